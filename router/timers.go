package router

import (
	"cmp"
	"strings"

	"github.com/google/btree"

	"github.com/usherdesk/usher/ticket"
)

// timer is one thing that time will change. Every ticket, agent, gate and limited
// queue has at most one; at one instant gates come first, then agents by id, then
// tickets in the order of submission, then queues, and what follows from all of them
// is decided after.
type timer struct {
	at    int64
	gate  *gate
	agent *agent
	item  *item
	line  *line
}

func (t timer) rank() int {
	switch {
	case t.gate != nil:
		return 0
	case t.agent != nil:
		return 1
	case t.item != nil:
		return 2
	}
	return 3
}

func (t timer) less(u timer) bool {
	if t.at != u.at {
		return t.at < u.at
	}
	if c := cmp.Compare(t.rank(), u.rank()); c != 0 {
		return c < 0
	}
	switch t.rank() {
	case 0:
		return t.gate.name < u.gate.name
	case 1:
		return strings.Compare(t.agent.p.ID, u.agent.p.ID) < 0
	case 2:
		return t.item.seq < u.item.seq
	}
	return t.line.name < u.line.name
}

type timers struct{ tree *btree.BTreeG[timer] }

func newTimers() timers { return timers{btree.NewG(degree, timer.less)} }

func (ts timers) move(from, to timer) {
	if from.at == to.at {
		return
	}
	if from.at != 0 {
		ts.tree.Delete(from)
	}
	if to.at != 0 {
		ts.tree.ReplaceOrInsert(to)
	}
}

// armItem sets a ticket's timer by its state.
func (e *Engine) armItem(it *item) {
	at := it.until
	if next, ok := e.nextRing(it); ok && (at == 0 || next < at) {
		at = next
	}
	if at != it.timer {
		e.timers.move(timer{at: it.timer, item: it}, timer{at: at, item: it})
		it.timer = at
	}
}

// nextRing is when the next ring of a waiting ticket opens.
func (e *Engine) nextRing(it *item) (int64, bool) {
	if !it.waits() {
		return 0, false
	}
	after, ok := e.rules.After(it.ring + 1)
	return it.since + int64(after), ok
}

// armAgent sets an agent's timer by its presence.
func (e *Engine) armAgent(a *agent) {
	at := a.until
	if a.available(e.now) == ReasonRamp {
		at = min(a.nextTake, a.rampEnd)
	}
	e.timers.move(timer{at: a.timer, agent: a}, timer{at: at, agent: a})
	a.timer = at
}

func (e *Engine) armGate(g *gate) {
	var at int64
	if g.hours != nil {
		now := instant(e.now)
		// Hours that stand still, or change when no desk lives any more, never change.
		if t, ok := g.hours.NextChange(now); ok && t.After(now) && t.Before(ticket.MaxTime) {
			at = unix(t)
		}
	}
	e.timers.move(timer{at: g.change, gate: g}, timer{at: at, gate: g})
	g.change = at
}

// fire does what a timer is for. The desk's time is not before the timer's.
func (e *Engine) fire(t timer) {
	switch {
	case t.gate != nil:
		t.gate.change = 0
		e.fireGate(t.gate, t.at)
	case t.agent != nil:
		t.agent.timer = 0
		e.fireAgent(t.agent, t.at)
	case t.item != nil:
		t.item.timer = 0
		e.fireItem(t.item, t.at)
	default:
		t.line.timer = 0
		e.fireLine(t.line)
	}
}

func (e *Engine) fireGate(g *gate, at int64) {
	shut := !g.hours.Open(instant(e.now))
	if shut != g.shut {
		g.shut = shut
		kind := Opened
		if shut {
			kind = Shut
		}
		e.emit(&Event{Kind: kind, Due: instant(at), Note: g.name})
		if !shut {
			e.stir(g)
		}
	}
	e.armGate(g)
}

func (e *Engine) fireAgent(a *agent, at int64) {
	switch {
	case a.presence == WrapUp && a.until <= e.now:
		e.setPresence(a, Online, 0, at)
	case a.presence == Offline && a.until != 0 && a.until <= e.now:
		a.until = 0
		e.returnWork(a, at)
	default: // the ramp lets the next ticket through
		e.ready(a)
	}
	e.armAgent(a)
}

func (e *Engine) fireItem(it *item, at int64) {
	switch due := it.until != 0 && it.until <= at; {
	case due && it.status == ticket.Offered:
		e.miss(it, at)
	case due && it.resting():
		it.until = 0
		e.except(it, nil)
		e.emit(&Event{Kind: RoundBegan, Due: instant(at), Ticket: it.t.ID, Status: it.status})
		e.queue(it)
	case due: // held back for one agent long enough
		e.unstick(it)
	}
	if next, ok := e.nextRing(it); ok && next <= at {
		e.widen(it, next)
	}
	e.armItem(it)
}
