package router

import (
	"slices"

	"github.com/usherdesk/usher/ticket"
)

// Deciding. Before a command no waiting ticket has an agent who may take it. So
// after one, a ticket can only start if it has just come (its lane is dirty) or if
// an agent who qualifies for it has just got room (the agent is dirty). settle
// gathers those lanes, and as long as one of them can be served, the most urgent
// head goes to its best agent. Within one settling agents only lose room: a lane
// that cannot be served drops out.

// stirLane, stir and ready mark what settle has to look at.
func (e *Engine) stirLane(l *lane) { e.dirtyLanes = append(e.dirtyLanes, l) }

func (e *Engine) stir(g *gate) {
	for _, w := range g.wants {
		e.dirtyLanes = append(append(append(e.dirtyLanes, w.lanes...), w.extra...), w.held...)
	}
}

// ready lets settle look at an agent who may have got room.
func (e *Engine) ready(a *agent) {
	if !a.pooled && !a.dirty && a.available(e.now) == "" {
		a.dirty = true
		e.dirtyAgents = append(e.dirtyAgents, a)
	}
}

func (e *Engine) settle() {
	if len(e.asked) > 0 {
		e.obey()
	}
	if len(e.recheck) > 0 {
		e.restDeclined()
	}
	switch {
	case len(e.dirtyAgents)+len(e.dirtyLanes) == 0:
	case len(e.dirtyAgents) == 1 && len(e.dirtyLanes) == 0 && !e.rules.Keeps():
		e.settleAgent(e.dirtyAgents[0])
	default:
		e.settleAll()
	}
	if e.watch != nil && len(e.watch.touched) > 0 && e.watch.review(e) {
		e.settle() // a queue has overflowed
	}
}

// settleAgent serves the one agent who has got room, where nobody is kept free:
// whatever starts now could not before, and so goes to that agent. He enters the
// pools only with the room he is left with.
func (e *Engine) settleAgent(a *agent) {
	a.dirty = false
	e.dirtyAgents = e.dirtyAgents[:0]
	for a.available(e.now) == "" && a.p.Live.Load < a.p.Capacity {
		l := e.mostUrgent(a)
		if l == nil {
			break
		}
		it := l.head()
		e.delane(it)
		e.start(it, choice{agent: a})
	}
	e.pool(a)
}

// settleAll serves whatever the dirt touches: the most urgent head goes first, and
// a lane that cannot be served drops out.
func (e *Engine) settleAll() {
	e.gather()
	for len(e.heap.lanes) > 0 {
		l := e.heap.lanes[0]
		c := e.pick(&l.laneKey)
		if c.agent == nil {
			e.heap.pop()
			continue
		}
		it := l.head()
		last := l.len() == 1
		e.delane(it)
		e.start(it, c)
		if last {
			e.heap.pop()
		} else {
			e.heap.fix()
		}
	}
}

// gather pools the dirty agents and fills the heap with the lanes that the dirt
// touches, each once.
func (e *Engine) gather() {
	e.mark++
	e.heap = laneHeap{e.heap.lanes[:0], e.heads, e.now}
	add := func(l *lane) {
		if l.mark != e.mark && l.len() > 0 {
			l.mark = e.mark
			e.heap.lanes = append(e.heap.lanes, l)
		}
	}
	for _, l := range e.dirtyLanes {
		add(l)
	}
	for _, a := range e.dirtyAgents {
		a.dirty = false
		e.pool(a)
		if a.pooled {
			e.eachLane(a, add)
		}
	}
	clear(e.dirtyLanes)
	e.dirtyLanes, e.dirtyAgents = e.dirtyLanes[:0], e.dirtyAgents[:0]
	e.heap.init()
}

// pick returns who is to take the head of a lane now, and who would be next; no
// agent if a rule holds the lane back or nobody has room.
func (e *Engine) pick(k *laneKey) (c choice) {
	if e.shut(k.want) != "" || e.reserved(k.want, k.ring) {
		return c
	}
	if a := k.only; a != nil {
		if a.available(e.now) == "" && a.room(k.want.demand.Channel, k.want.demand.Weight) == "" {
			c.agent = a
		}
		return c
	}
	return e.choose(k.want, k.ring, k.except)
}

// shut names the rule that holds all tickets of a want back, whoever has room.
func (e *Engine) shut(w *want) Reason {
	if e.desk.mode(w.demand.Channel) == Pull {
		return ReasonPull
	}
	return w.gated(nil)
}

// gated names the rule by which a team or channel holds a want's tickets back. The
// team that counts a ticket already has a place for it.
func (w *want) gated(counted *gate) Reason {
	for _, g := range w.gates {
		if g.shut {
			return ReasonClosed
		}
		if g.most > 0 && g.open >= g.most && g != counted {
			return ReasonTeamLimit
		}
	}
	return ""
}

// reserved tells whether the agents with room are all to be kept free.
func (e *Engine) reserved(w *want, ring int) bool {
	return w.keep > 0 && e.roomy(w, ring, w.keep+1) <= w.keep
}

// start gives a ticket that is in no lane to the agent chosen for it: at once, or
// as an offer.
func (e *Engine) start(it *item, c choice) {
	e.by, e.actor = ticket.System, ""
	it.next, it.by = c.next, c.by
	if e.desk.mode(it.t.Channel) == Offers {
		e.offer(it, c.agent)
		return
	}
	e.give(it, c.agent)
	it.status = ticket.InProgress
	e.except(it, nil)
	e.armItem(it)
	e.emit(&Event{Kind: Assigned, Ticket: it.t.ID, Agent: c.agent.p.ID, Status: it.status})
}

// give puts a ticket in an agent's work and counts it. The caller sets its state,
// and then its timer.
func (e *Engine) give(it *item, a *agent) {
	it.until, it.only = 0, nil
	pooled := a.pooled
	e.unpool(a)
	it.agent = a
	a.put(it)
	if g := e.teamOf(it); g != nil {
		g.open++
	}
	a.p.Live.IdleSince = instant(e.now)
	e.turn = max(e.turn, a.p.Live.Turn)
	a.p.Live.Turn = e.turn + stride/int64(max(a.p.Weight, 1))
	if e.now < a.rampEnd {
		a.nextTake = e.now + minute/int64(e.desk.Ramp.PerMinute)
		e.armAgent(a)
	}
	if pooled {
		e.pool(a)
	}
}

const (
	stride = 1 << 20
	minute = int64(60e9)
)

// free takes a ticket out of its agent's work, or from among his parked ones; the
// room it leaves is up for the next.
func (e *Engine) free(it *item) *agent {
	a := it.agent
	it.agent, it.until = nil, 0
	it.t.LastAgent = a.p.ID
	if it.parked {
		it.parked = false
		i := slices.Index(a.parked, it)
		a.parked = slices.Delete(a.parked, i, i+1)
		return a
	}
	e.unpool(a)
	a.drop(it)
	e.leaveTeam(it)
	a.p.Live.IdleSince = instant(e.now)
	e.ready(a)
	return a
}

// leaveTeam counts a ticket out of its team's hands; below the limit, those who
// waited for that may start.
func (e *Engine) leaveTeam(it *item) {
	if g := e.teamOf(it); g != nil {
		if g.open--; g.open == g.most-1 {
			e.stir(g)
		}
	}
}

// teamOf returns the gate that a ticket in work counts at, if any.
func (e *Engine) teamOf(it *item) *gate {
	if it.t.Team == "" || len(e.gates) == 0 {
		return nil
	}
	return e.gates["team "+it.t.Team]
}

// queue computes what a waiting ticket asks for, how urgent it is and for whom it
// is held back, by the stack in use, and puts it in its lane.
func (e *Engine) queue(it *item) {
	e.prepare(it)
	e.stand(it)
	e.armItem(it)
}

// stand puts a ticket in its lane, for settle to look at.
func (e *Engine) stand(it *item) {
	l := e.enlane(it)
	e.stirLane(l)
	if l.except != nil {
		e.recheck = append(e.recheck, l)
	}
}

func (e *Engine) prepare(it *item) {
	if it.want == nil {
		e.rewant(it, e.wantOf(&it.t, it.weight))
	}
	it.urgency = e.rules.Urgency(&it.t)
	it.ring = e.openRing(it.since)
	it.only, it.until = nil, 0
	if name, wait := e.rules.Stick(&it.t); name != "" && it.since+int64(wait) > e.now {
		a := e.agents[name]
		if a == nil || !a.asked() || it.except.has(name) {
			return
		}
		if m := it.want.fit(a.profile); m != nil && m.ring <= it.ring {
			it.only, it.until = a, it.since+int64(wait)
		}
	}
}

// openRing is the ring that a wait since then has reached.
func (e *Engine) openRing(since int64) (ring int) {
	for {
		after, ok := e.rules.After(ring + 1)
		if !ok || since+int64(after) > e.now {
			return ring
		}
		ring++
	}
}

func (e *Engine) rewant(it *item, w *want) {
	if it.want != nil {
		it.want.users--
	}
	it.want = w
	if w != nil {
		w.users++
	}
}

// unstick lets anyone take a ticket that was held back for one agent.
func (e *Engine) unstick(it *item) {
	e.delane(it)
	it.only, it.until = nil, 0
	e.stand(it)
	e.armItem(it)
}

// widen opens the next ring for a ticket.
func (e *Engine) widen(it *item, at int64) {
	in := it.lane != nil
	if in {
		e.delane(it)
	}
	it.ring++
	e.emit(&Event{Kind: Widened, Due: instant(at), Ticket: it.t.ID, Status: it.status, Note: digits(it.ring)})
	if in {
		e.stand(it)
	}
}
