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
	old := tr.detach(i)
	tr.class.at(k.class).tickets--
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
	order := tr.byID()
	old := make([][]carried, len(order))
	for n, i := range order {
		old[n] = tr.detach(i)
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

// byID returns the slots of all tickets in the order of their ids.
func (tr *Tracker) byID() []uint32 {
	order := tr.index.slots()
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(tr.tickets.at(a).id, tr.tickets.at(b).id) })
	return order
}

// carried is a target between two plans or classes.
type carried struct {
	target
	spec spec
}

// told is what was said about a metric (or stage) of a ticket under another plan
// or other attributes, for when the same is promised again.
type told struct {
	Metric Metric   `json:"metric"`
	Stage  string   `json:"stage,omitempty"`
	Start  int64    `json:"start"`
	Cycle  uint32   `json:"cycle,omitempty"`
	Missed bool     `json:"missed,omitempty"`
	Labels []string `json:"labels,omitempty"` // of the tiers that warned
}

// detach takes a ticket's targets from it, and remembers what they told.
func (tr *Tracker) detach(i uint32) []carried {
	var old []carried
	tr.each(i, func(j uint32, t *target, s *spec) {
		old = append(old, carried{*t, *s})
		if t.state != idle {
			tr.pastFor(i).remember(t, s)
		}
	})
	tr.dropTargets(tr.tickets.at(i))
	return old
}

func (p *history) remember(t *target, s *spec) {
	r := p.toldOf(s)
	if r == nil {
		p.told = append(p.told, told{Metric: s.Metric, Stage: s.Stage, Start: t.start, Cycle: t.cycle})
		r = &p.told[len(p.told)-1]
	}
	if r.Cycle != t.cycle && t.start != r.Start {
		r.Labels, r.Missed = nil, false
	}
	r.Start, r.Cycle = t.start, t.cycle
	r.Missed = r.Missed || t.sent&breachBit != 0
	for n, tier := range s.Tiers {
		if label := tier.Label(); t.sent&(1<<n) != 0 && !slices.Contains(r.Labels, label) {
			r.Labels = append(r.Labels, label)
		}
	}
}

func (p *history) toldOf(s *spec) *told {
	n := slices.IndexFunc(p.told, func(r told) bool { return r.Metric == s.Metric && r.Stage == s.Stage })
	if n < 0 {
		return nil
	}
	return &p.told[n]
}

// recall sets a target's bits for what was told of the same start.
func (r *told) recall(t *target, s *spec) {
	t.cycle = r.Cycle
	t.sent = 0
	if r.Missed {
		t.sent = breachBit
	}
	for n, tier := range s.Tiers {
		if slices.Contains(r.Labels, tier.Label()) {
			t.sent |= 1 << n
		}
	}
}

// attach gives a ticket the targets of its class, carrying over what was detached.
func (tr *Tracker) attach(i uint32, old []carried, events []Event) []Event {
	tr.addTargets(i)
	taken := make([]bool, len(old))
	tr.each(i, func(j uint32, t *target, s *spec) {
		n := slices.IndexFunc(old, func(x carried) bool { return x.spec.Metric == s.Metric && x.spec.Stage == s.Stage })
		if n >= 0 {
			taken[n] = true
			events = tr.carry(j, t, s, &old[n], events)
			return
		}
		tr.beginByFacts(j, t, s)
		if past := tr.pastOf(i); past != nil {
			tr.resume(j, t, s, past.toldOf(s))
		}
		if t.state == running || t.state == paused {
			events = tr.tell(Recomputed, t, s, tr.now, events)
		}
	})
	for n, x := range old {
		if !taken[n] && (x.state == running || x.state == paused) {
			events = append(events, tr.endedEvent(i, &x))
		}
	}
	return events
}

// resume gives a target that was promised before, and then for a time was not, the
// cycle it was in, or the one after it if it has started anew since.
func (tr *Tracker) resume(j uint32, t *target, s *spec, r *told) {
	if r == nil {
		return
	}
	if t.state != idle && t.start != r.Start {
		t.cycle = r.Cycle + 1
		return
	}
	r.recall(t, s)
	switch t.state {
	case idle: // over by now
		t.state, t.start = met, r.Start
	case running:
		t.step = 0
		tr.schedule(j, t, s)
	}
}

// carry lets a target go on where another one of its metric or stage was.
func (tr *Tracker) carry(j uint32, t *target, s *spec, x *carried, events []Event) []Event {
	t.start, t.since, t.state = x.start, x.since, x.state
	past := tr.pastOf(t.ticket)
	if x.state != idle {
		past.toldOf(s).recall(t, s)
	}
	switch x.state {
	case running, paused:
		tr.begin(j, t, s, x.start, tr.now)
		same := x.state == t.state && x.spec.Within == s.Within && x.spec.calendar == s.calendar &&
			(t.state == paused || t.due == x.due) && slices.Equal(x.spec.Tiers, s.Tiers)
		if !same {
			events = tr.tell(Recomputed, t, s, tr.now, events)
		}
	case presumed, withdrawn: // may go on after a reopening
		t.done = tr.worked(past, s, x.start, x.since)
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
	return Event{Kind: Recomputed, At: now, Due: now, Ticket: k.id, Policy: x.spec.policy, Channel: c.Channel, Team: c.Team,
		Metric: x.spec.Metric, Stage: x.spec.Stage, Cycle: int(x.cycle)}
}
