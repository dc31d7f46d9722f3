package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usherdesk/usher/ticket"
)

// Serves tells whether the agent takes tickets of a channel.
func (a *Agent) Serves(c ticket.Channel) bool {
	if a.Channels == nil {
		return true
	}
	_, ok := a.Channels[c]
	return ok
}

// In tells whether the agent is a member of a team.
func (a *Agent) In(team string) bool { return slices.Contains(a.Teams, team) }

// Validate reports every fault of what the host sets, joined; each is a
// [*ticket.FieldError].
func (a *Agent) Validate() error {
	var faults []error
	keep := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	bad := func(field string, value any, problem string) {
		faults = append(faults, &ticket.FieldError{Ticket: short(a.ID), Field: field, Value: short(fmt.Sprint(value)), Problem: problem})
	}
	keep(ticket.CheckName("agent", "id", a.ID, true))
	if len(a.Skills) > ticket.MaxSkills {
		bad("skills", len(a.Skills), fmt.Sprintf("are more than %d", ticket.MaxSkills))
	}
	for i, r := range a.Skills {
		keep(ticket.CheckName(short(a.ID), "skill", string(r.Skill), true))
		if r.Level == 0 {
			bad("skill", r.Skill, "has level 0, which means not to have it")
		}
		if a.Skills[:i].Level(r.Skill) != 0 {
			bad("skill", r.Skill, "is given twice")
		}
	}
	if len(a.Teams)+len(a.Tags)+len(a.Channels) > ticket.MaxTags {
		bad("teams, tags and channels", len(a.Teams)+len(a.Tags)+len(a.Channels), fmt.Sprintf("are more than %d", ticket.MaxTags))
	}
	for _, s := range a.Teams {
		keep(ticket.CheckName(short(a.ID), "team", s, true))
	}
	for _, s := range a.Tags {
		keep(ticket.CheckName(short(a.ID), "tag", s, true))
	}
	for _, c := range sortedChannels(a.Channels) {
		keep(ticket.CheckName(short(a.ID), "channel", string(c), true))
		if n := a.Channels[c]; n < 0 || n > ticket.MaxWeight {
			bad("limit of channel "+short(string(c)), n, fmt.Sprintf("is not between 0 and %d", ticket.MaxWeight))
		}
	}
	for _, f := range []struct {
		name string
		n    int
		most int
	}{{"level", a.Level, ticket.MaxLevel}, {"capacity", a.Capacity, ticket.MaxWeight}, {"weight", a.Weight, ticket.MaxWeight}} {
		if f.n < 0 || f.n > f.most {
			bad(f.name, f.n, fmt.Sprintf("is not between 0 and %d", f.most))
		}
	}
	return errors.Join(faults...)
}

func sortedChannels(m map[ticket.Channel]int) []ticket.Channel {
	var out []ticket.Channel
	for c := range m {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

func short(s string) string {
	if len(s) > ticket.MaxName {
		return fmt.Sprintf("%.32q… (%d bytes)", s, len(s))
	}
	return s
}
