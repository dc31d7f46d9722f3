package sla

import (
	"slices"
	"time"
)

// state of a target's clock.
type state uint8

const (
	idle    state = iota // not begun
	running              // from since on
	paused
	met       // what was promised was done
	presumed  // met only by resolving the ticket: a reopening takes it back
	withdrawn // the ticket was cancelled
)

// target is one promise about one ticket. Its clock has done working time up to
// since, and if running more since then. Only its next deadline is on the agenda.
type target struct {
	start, since int64
	done         time.Duration
	due          int64  // while running: when done reaches the target
	sent         uint32 // a bit for each tier that warned, by index, and one for the breach
	ticket       uint32
	next         uint32 // of the same ticket
	cycle        uint32
	spec         uint16 // index in the class's specs
	step         uint8  // the next of the spec's steps
	state        state
	listed       bool // on the agenda, with its entry of this seq
	seq          uint32
}

const (
	breachBit = uint32(1) << due
	tierBits  = breachBit - 1
)

func (tr *Tracker) specOf(t *target) *spec {
	return &tr.class.at(tr.tickets.at(t.ticket).class).specs[t.spec]
}

// begin starts a target's clock at an instant, maybe one long past: paused if a
// hold stands against it.
func (tr *Tracker) begin(j uint32, t *target, s *spec, start, now int64) {
	t.start, t.since, t.done, t.step = start, start, 0, 0
	t.state = running
	if past := tr.pastOf(t.ticket); past != nil && len(past.holds) > 0 {
		t.done = tr.worked(past, s, start, now)
		t.since = now
		if h := past.current(); h != nil && s.pauses(h) {
			t.state = paused
			tr.agenda.remove(j)
			return
		}
	}
	tr.schedule(j, t, s)
}

// again starts a target's next cycle.
func (tr *Tracker) again(j uint32, t *target, s *spec, start, now int64) {
	if t.state != idle {
		t.cycle++
	}
	t.sent = 0
	tr.begin(j, t, s, start, now)
}

// schedule puts the next deadline of a running target on the agenda.
func (tr *Tracker) schedule(j uint32, t *target, s *spec) {
	t.due = tr.reach(t, s, s.Within)
	for ; int(t.step) < len(s.steps); t.step++ {
		x := s.steps[t.step]
		if t.sent&(1<<x.tier) != 0 {
			continue
		}
		deadline := t.due
		if x.tier != due {
			deadline = tr.reach(t, s, x.after)
		}
		if deadline != never {
			tr.agenda.set(j, deadline)
			return
		}
	}
	tr.agenda.remove(j)
}

// reach returns when the clock of a running target reaches, or reached, a working
// time since its start.
func (tr *Tracker) reach(t *target, s *spec, after time.Duration) int64 {
	if after > t.done {
		return s.add(t.since, after-t.done)
	}
	at := t.start // it is past: look it up between the holds
	if past := tr.pastOf(t.ticket); past != nil {
		for i := range past.holds {
			h := &past.holds[i]
			if h.to <= at || !s.pauses(h) {
				continue
			}
			if h.from > at {
				worked := s.between(at, h.from)
				if worked >= after {
					break
				}
				after -= worked
			}
			at = h.to // never, if it still lasts
		}
	}
	if at == never {
		return never
	}
	return s.add(at, after)
}

// worked is the working time of a spec from start to now, less the holds that
// stop its clock.
func (tr *Tracker) worked(past *history, s *spec, start, now int64) time.Duration {
	sum := s.between(start, now)
	for i := range past.holds {
		h := &past.holds[i]
		to := min(h.to, now)
		if s.pauses(h) && to > start {
			sum -= s.between(max(h.from, start), to)
		}
	}
	return sum
}

// stop takes the time that a running target's clock shows.
func (tr *Tracker) stop(j uint32, t *target, s *spec, now int64, as state) {
	if t.state == running {
		t.done += s.between(t.since, now)
	}
	t.since = now
	t.state = as
	tr.agenda.remove(j)
}

// fire lets the deadline that a target is on the agenda with come.
func (tr *Tracker) fire(j uint32, deadline int64, events []Event) []Event {
	t := tr.targets.at(j)
	s := tr.specOf(t)
	x := s.steps[t.step]
	t.sent |= 1 << x.tier
	kind := Warned
	if x.tier == due {
		kind = Breached
	}
	events = tr.tell(kind, t, s, deadline, events)
	if kind == Warned {
		events[len(events)-1].Tier = s.Tiers[x.tier]
	} else {
		tr.count(s, func(a *Attained) { a.Missed++ })
	}
	t.step++
	if int(t.step) == len(s.steps) {
		tr.agenda.remove(j)
		return events
	}
	tr.schedule(j, t, s)
	return events
}

// meet ends a target: what was promised has been done.
func (tr *Tracker) meet(j uint32, t *target, s *spec, now int64, as state, events []Event) []Event {
	if t.state != running && t.state != paused {
		return events
	}
	promised := t.due
	if t.state == paused {
		promised = never
	}
	tr.stop(j, t, s, now, as)
	events = tr.tell(Met, t, s, now, events)
	e := &events[len(events)-1]
	e.Promised = clockTime(promised)
	e.Late = max(t.done-s.Within, 0)
	e.Missed = t.sent&breachBit != 0
	if !e.Missed {
		tr.count(s, func(a *Attained) { a.Met++ })
	}
	return events
}

// tell appends an event, stamped with the tracker's time and the deadline given.
func (tr *Tracker) tell(kind EventKind, t *target, s *spec, deadline int64, events []Event) []Event {
	promised := never
	if t.state == running {
		promised = t.due
	}
	events = append(events, Event{}) // it is large: written where it stays
	e := &events[len(events)-1]
	e.Kind, e.Metric, e.Stage, e.Cycle = kind, s.Metric, s.Stage, int(t.cycle)
	e.At, e.Due, e.Promised = clockTime(max(tr.now, deadline)), clockTime(deadline), clockTime(promised)
	e.Ticket, e.Policy, e.Channel, e.Team = tr.tickets.at(t.ticket).id, s.policy, s.class.Channel, s.class.Team
	return events
}

func (tr *Tracker) pastOf(i uint32) *history {
	if p := tr.tickets.at(i).past; p != 0 {
		return tr.past.at(p)
	}
	return nil
}

// pastFor is pastOf for something to be noted.
func (tr *Tracker) pastFor(i uint32) *history {
	k := tr.tickets.at(i)
	if k.past == 0 {
		k.past = tr.past.take()
		tr.past.at(k.past).moments = noMoments
	}
	return tr.past.at(k.past)
}

// empty drops what a history holds, and keeps the room for it.
func (p *history) empty() {
	clear(p.holds)
	clear(p.stages)
	clear(p.told)
	p.holds, p.stages, p.told = p.holds[:0], p.stages[:0], p.told[:0]
}

// current is the hold that lasts now.
func (p *history) current() *hold {
	if n := len(p.holds); n > 0 && p.holds[n-1].to == never {
		return &p.holds[n-1]
	}
	return nil
}

func (p *history) stage(name string) *stageRecord {
	i := slices.IndexFunc(p.stages, func(s stageRecord) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return &p.stages[i]
}
