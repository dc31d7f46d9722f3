package sla

import (
	"cmp"
	"slices"

	"github.com/usherdesk/usher/ticket"
)

// Attained counts the verdicts on one target of a policy, for the tickets of one
// channel and team. Each cycle of each target counts once: as Missed from the moment
// of the breach, or as Met when it was met in time; a resolution taken back by a
// reopening is taken back here too. Cancelled tickets do not count.
type Attained struct {
	Policy  string         `json:"policy"`
	Channel ticket.Channel `json:"channel,omitempty"`
	Team    string         `json:"team,omitempty"`
	Metric  Metric         `json:"metric"`
	Stage   string         `json:"stage,omitempty"`
	Met     int            `json:"met"`
	Missed  int            `json:"missed"`
}

// Attainment returns the counts so far, in the order of policy, channel, team,
// metric and stage. Rows of several channels or teams may simply be added.
func (tr *Tracker) Attainment() []Attained {
	rows := slices.Clone(tr.attained)
	slices.SortFunc(rows, func(a, b Attained) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Team, b.Team),
			cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Stage, b.Stage))
	})
	return rows
}

// count changes the row of a target, which remembers which one it is.
func (tr *Tracker) count(s *spec, change func(*Attained)) {
	if s.tally < 0 {
		row := Attained{Policy: s.policy, Channel: s.class.Channel, Team: s.class.Team, Metric: s.Metric, Stage: s.Stage}
		s.tally = int32(slices.IndexFunc(tr.attained, func(a Attained) bool {
			a.Met, a.Missed = 0, 0
			return a == row
		}))
		if s.tally < 0 {
			s.tally = int32(len(tr.attained))
			tr.attained = append(tr.attained, row)
		}
	}
	change(&tr.attained[s.tally])
}
