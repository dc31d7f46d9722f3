package sla

import (
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// alter gives a ticket the attributes of a change, if it has any.
func (tr *Tracker) alter(i uint32, c *ticket.Change, events []Event) []Event {
	if c.Channel == "" {
		return events
	}
	k := tr.tickets.at(i)
	to := tr.classOf(c)
	if to == k.class {
		return events
	}
	from := tr.class.at(k.class)
	old := tr.detach(i, from)
	from.tickets--
	k.class = to
	tr.class.at(to).tickets++
	return tr.attach(i, old, events)
}

// SetPlan puts another plan in force, having advanced to now. Every target is
// recomputed from the creation of its ticket: what has begun goes on under the new
// duration, calendar and pause reasons, with the pauses that there were; tiers (by
// label) and breaches that were told are not told again; what the new plan
// promises in addition begins where it would have begun, and what it no longer
// promises ends. Each clock that runs, stands or ended so gives an event Recomputed,
// tickets in the order of their ids; deadlines that are past under the new plan
// follow. The plan is checked as in [NewTracker]; an error changes nothing.
func (tr *Tracker) SetPlan(p *Plan, now time.Time, events []Event) ([]Event, error) {
	if p == nil {
		p = &Plan{}
	}
	if err := p.Validate(); err != nil {
		return events, err
	}
	events = tr.Advance(now, events)
	order := make([]uint32, 0, len(tr.index))
	for _, i := range tr.index {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(tr.tickets.at(a).id, tr.tickets.at(b).id) })
	old := make([][]carried, len(order))
	for n, i := range order {
		old[n] = tr.detach(i, tr.class.at(tr.tickets.at(i).class))
	}
	tr.plan = p
	for _, c := range tr.classes {
		tr.compileClass(tr.class.at(c))
	}
	for n, i := range order {
		events = tr.attach(i, old[n], events)
	}
	return tr.advance(tr.now, events), nil
}

// carried is a target between two plans or classes.
type carried struct {
	target
	spec   spec
	policy string
	told   []string // labels of the tiers that warned
}

// detach takes a ticket's targets from it.
func (tr *Tracker) detach(i uint32, c *class) []carried {
	var old []carried
	tr.each(i, func(j uint32, t *target, s *spec) {
		x := carried{target: *t, spec: *s, policy: tr.plan.Policies[c.policy].Name}
		for n, tier := range s.Tiers {
			if t.sent&(1<<n) != 0 {
				x.told = append(x.told, tier.Label())
			}
		}
		old = append(old, x)
	})
	tr.dropTargets(tr.tickets.at(i))
	return old
}

// attach gives a ticket the targets of its class, carrying over what was detached.
func (tr *Tracker) attach(i uint32, old []carried, events []Event) []Event {
	tr.addTargets(i)
	taken := make([]bool, len(old))
	tr.each(i, func(j uint32, t *target, s *spec) {
		n := slices.IndexFunc(old, func(x carried) bool { return x.spec.Metric == s.Metric && x.spec.Stage == s.Stage })
		if n < 0 {
			tr.beginByFacts(j)
			if t.state == running || t.state == paused {
				events = append(events, tr.event(Recomputed, t, tr.now))
			}
			return
		}
		taken[n] = true
		events = tr.carry(j, &old[n], events)
	})
	for n, x := range old {
		if !taken[n] && (x.state == running || x.state == paused) {
			e := tr.endedEvent(i, &x)
			events = append(events, e)
		}
	}
	return events
}

// carry lets a target go on where another one of its metric or stage was.
func (tr *Tracker) carry(j uint32, x *carried, events []Event) []Event {
	t := tr.targets.at(j)
	s := tr.specOf(t)
	t.cycle, t.start, t.since, t.state = x.cycle, x.start, x.since, x.state
	t.sent = x.sent & breachBit
	for n, tier := range s.Tiers {
		if slices.Contains(x.told, tier.Label()) {
			t.sent |= 1 << n
		}
	}
	switch x.state {
	case running, paused:
		tr.begin(j, x.start, tr.now)
		same := x.state == t.state && x.spec.Within == s.Within && x.spec.calendar == s.calendar && (t.state == paused || t.due == x.due) &&
			slices.Equal(x.spec.Tiers, s.Tiers)
		if !same {
			events = append(events, tr.event(Recomputed, t, tr.now))
		}
	case presumed, withdrawn: // may go on after a reopening
		t.done = x.done
		if past := tr.pastOf(t.ticket); past != nil && x.start != none {
			t.done = tr.worked(past, s, x.start, x.since)
		}
	default:
		t.done = x.done
	}
	return events
}

// endedEvent tells that nothing is promised any more.
func (tr *Tracker) endedEvent(i uint32, x *carried) Event {
	k := tr.tickets.at(i)
	c := tr.class.at(k.class)
	now := clockTime(tr.now)
	return Event{Kind: Recomputed, At: now, Due: now, Ticket: k.id, Policy: x.policy, Channel: c.Channel, Team: c.Team,
		Metric: x.spec.Metric, Stage: x.spec.Stage, Cycle: int(x.cycle)}
}
