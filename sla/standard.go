package sla

import (
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Standard returns a plan of usual figures, to be used as it is or as a model. Its
// times of day are of the given zone (an IANA name; the error is that of
// [NewCalendar]).
//
//	picked up     phone 10 s, web chat 30 s; all else assigned within 10 min
//	resolved      P0 15 min, urgent 2 h, normal 4 h (any other, too), low 24 h
//	complaints    begun in 1 h (first response), answered in 24 h (stage "feedback")
//	escalations   reviewed in 30 min (stage "review")
//	afterwards    a follow-up within 48 h (stage "follow-up")
//	hours         phone 8:00–22:00; web and social 9:00–18:00 on workdays; others always
//
// Assignment and resolution count the hours of the ticket's channel, the stages
// run day and night. A hold for the customer or a third party stops the resolution.
// It warns the assignee at 75 % and the supervisor at 90 %; a breach goes to the
// manager as an escalation.
func Standard(zone string) (*Plan, error) {
	daily, err := ParseCalendar("name phone\nzone " + zone + "\nmon-sun 08:00-22:00")
	if err != nil {
		return nil, err
	}
	workdays, err := ParseCalendar("name office\nzone " + zone + "\nmon-fri 09:00-18:00")
	if err != nil {
		return nil, err
	}
	plan := &Plan{Name: "standard", Version: 1, Channels: map[ticket.Channel]*Calendar{
		ticket.Phone: daily, ticket.Web: workdays, ticket.Social: workdays}}
	for _, about := range []struct {
		name  string
		types []ticket.Type
		own   []Target
	}{
		{"complaint", []ticket.Type{ticket.Complaint}, []Target{
			{Metric: FirstResponse, Within: 1 * time.Hour, Tiers: steps},
			{Metric: Stage, Stage: "feedback", Begins: OnCreation, Within: 24 * time.Hour, Tiers: steps}}},
		{"any", nil, nil},
	} {
		for _, on := range []struct {
			name     string
			channels []ticket.Channel
			pickUp   time.Duration
		}{
			{"phone", []ticket.Channel{ticket.Phone}, 10 * time.Second},
			{"web", []ticket.Channel{ticket.Web}, 30 * time.Second},
			{"any", nil, 10 * time.Minute},
		} {
			for _, of := range []struct {
				name       string
				priorities []ticket.Priority
				resolved   time.Duration
			}{
				{"P0", []ticket.Priority{ticket.P0}, 15 * time.Minute},
				{"urgent", []ticket.Priority{ticket.Urgent}, 2 * time.Hour},
				{"low", []ticket.Priority{ticket.Low}, 24 * time.Hour},
				{"normal", nil, 4 * time.Hour},
			} {
				plan.Policies = append(plan.Policies, Policy{
					Name: about.name + "/" + on.name + "/" + of.name,
					When: Match{Types: about.types, Channels: on.channels, Priorities: of.priorities},
					Targets: append([]Target{
						{Metric: Assignment, Within: on.pickUp, Hours: ChannelHours},
						{Metric: Resolution, Within: of.resolved, Hours: ChannelHours, Tiers: steps,
							Pause: []string{WaitingOnCustomer, WaitingOnThirdParty}},
						{Metric: Stage, Stage: "review", Begins: OnEscalation, Within: 30 * time.Minute, Tiers: steps},
						{Metric: Stage, Stage: "follow-up", Begins: OnResolution, Within: 48 * time.Hour},
					}, about.own...),
				})
			}
		}
	}
	plan.yieldAll()
	return plan, plan.Validate()
}

var steps = []Tier{
	{Percent: 75, Audience: Assignee},
	{Percent: 90, Audience: Supervisor},
	{Percent: 100, Audience: Manager, Action: Escalate},
}

// yieldAll declares every overlap: the order of a table made of three is meant.
func (p *Plan) yieldAll() {
	for i := range p.Policies {
		for _, earlier := range p.Policies[:i] {
			if earlier.When.meets(p.Policies[i].When) {
				p.Policies[i].Yields = append(p.Policies[i].Yields, earlier.Name)
			}
		}
	}
}
