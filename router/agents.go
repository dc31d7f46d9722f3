package router

import (
	"cmp"
	"slices"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// setAgent makes an agent known, online at once, or changes one. Work in hand
// stays, even if it no longer fits: then nothing is added.
func (e *Engine) setAgent(c *Command) (*item, error) {
	if err := c.Profile.Validate(); err != nil {
		return nil, err
	}
	p := clonedAgent(*c.Profile)
	a := e.agents[p.ID]
	if a == nil {
		a = e.newAgent(p)
		e.emit(&Event{Kind: AgentSet, Agent: p.ID})
		e.recheckRounds(a.profile)
		e.ready(a)
		return nil, nil
	}
	e.emit(&Event{Kind: AgentSet, Agent: p.ID})
	e.unpool(a)
	held := e.unhold(a)
	e.recheckRounds(a.profile)
	e.leaveProfile(a)
	p.Live = a.p.Live
	a.p = p
	e.joinProfile(a)
	a.recount()
	for _, it := range held {
		e.queue(it)
	}
	e.recheckRounds(a.profile)
	e.ready(a)
	e.reportOverload(a)
	return nil, nil
}

// newAgent adds an agent, online and with nothing in hand.
func (e *Engine) newAgent(p policy.Agent) *agent {
	p.Live = policy.Live{IdleSince: instant(e.now), Turn: e.turn}
	a := &agent{p: p}
	e.agents[p.ID] = a
	e.agentOrder = append(e.agentOrder, a)
	e.joinProfile(a)
	a.recount()
	return a
}

func (e *Engine) joinProfile(a *agent) {
	e.enroll(a)
	if a.asked() {
		a.profile.online++
	}
}

func (e *Engine) leaveProfile(a *agent) {
	if a.asked() {
		a.profile.online--
	}
	e.disenroll(a)
}

func (e *Engine) reportOverload(a *agent) {
	if a.overloaded() {
		e.emit(&Event{Kind: Overloaded, Agent: a.p.ID, Note: digits(a.p.Live.Load) + " of " + digits(a.p.Capacity)})
	}
}

// unhold takes the tickets held back for an agent out of their lanes, in the order
// of submission, for the caller to queue.
func (e *Engine) unhold(a *agent) (held []*item) {
	for _, l := range a.only {
		for x := range l.each {
			held = append(held, x.it)
		}
	}
	slices.SortFunc(held, func(a, b *item) int { return cmp.Compare(a.seq, b.seq) })
	for _, it := range held {
		e.delane(it)
	}
	return held
}

// removeAgent takes an agent off the desk; what was in hand waits again.
func (e *Engine) removeAgent(c *Command) (*item, error) {
	a := e.agents[c.Agent]
	if a == nil {
		return nil, &IDError{ErrUnknownAgent, short(c.Agent)}
	}
	e.leave(a)
	a.until = 0
	e.returnWork(a, 0)
	e.recheckRounds(a.profile)
	a.rampEnd = 0
	e.armAgent(a)
	e.disenroll(a)
	a.profile, a.key = nil, rank{} // tickets may remember him as next
	delete(e.agents, a.p.ID)
	e.agentOrder = slices.DeleteFunc(e.agentOrder, func(x *agent) bool { return x == a })
	e.emit(&Event{Kind: AgentRemoved, Agent: a.p.ID})
	return nil, nil
}

func (e *Engine) presence(c *Command) (*item, error) {
	a := e.agents[c.Agent]
	if a == nil {
		return nil, &IDError{ErrUnknownAgent, short(c.Agent)}
	}
	var until int64
	if c.Presence == WrapUp {
		wrap := c.For
		fill(&wrap, e.desk.WrapUp)
		until = e.now + int64(wrap)
	} else if a.presence == c.Presence {
		return nil, nil
	}
	e.setPresence(a, c.Presence, until, 0)
	return nil, nil
}

// setPresence moves an agent to a presence, until a time if it is a wrap-up. due
// is the deadline that did it, 0 if it was none.
func (e *Engine) setPresence(a *agent, to Presence, until, due int64) {
	ev := Event{Kind: PresenceSet, Agent: a.p.ID, Note: to.String()}
	if due != 0 {
		ev.Due = instant(due)
	}
	e.emit(&ev)
	if to == Away || to == Offline {
		e.leave(a)
	} else {
		e.unpool(a)
		if !a.asked() {
			a.profile.online++
			e.comeBack(a)
		}
	}
	a.presence, a.until = to, until
	switch to {
	case Online:
		e.ready(a)
	case Offline:
		if e.desk.LeaveGrace > 0 && len(a.work)+len(a.parked) > 0 {
			a.until = e.now + int64(e.desk.LeaveGrace)
		} else {
			e.returnWork(a, 0)
		}
	}
	e.recheckRounds(a.profile)
	e.armAgent(a)
}

// leave takes an agent out of everything that might give him a ticket.
func (e *Engine) leave(a *agent) {
	e.unpool(a)
	if a.asked() {
		a.profile.online--
	}
	a.presence = Offline // while offers and held tickets go back; the caller sets what it is to be
	e.withdrawAll(a)
	for _, it := range e.unhold(a) {
		e.queue(it)
	}
}

// comeBack is for an agent who was away or offline: the ramp begins, and turns
// that others had meanwhile are not made up for.
func (e *Engine) comeBack(a *agent) {
	a.missed = 0
	a.p.Live.IdleSince = instant(e.now)
	a.p.Live.Turn = max(a.p.Live.Turn, e.turn)
	a.rampEnd = e.now + int64(e.desk.Ramp.For)
	a.nextTake = e.now
}

// returnWork puts everything an agent has back in the lanes, where its age says.
func (e *Engine) returnWork(a *agent, due int64) {
	for _, it := range append(slices.Clone(a.work), a.parked...) {
		e.free(it)
		it.status, it.since, it.reason = ticket.ToAssign, e.now, ""
		ev := Event{Kind: Returned, Ticket: it.t.ID, From: a.p.ID, Status: it.status}
		if due != 0 {
			ev.Due = instant(due)
		}
		e.emit(&ev)
		e.queue(it)
	}
}

// sortedAgents returns the agents by id.
func (e *Engine) sortedAgents() []*agent {
	return slices.SortedFunc(slices.Values(e.agentOrder), func(a, b *agent) int { return cmp.Compare(a.p.ID, b.p.ID) })
}

func clonedAgent(p policy.Agent) policy.Agent {
	p.Skills = slices.Clone(p.Skills)
	slices.SortFunc(p.Skills, func(a, b ticket.Rated) int { return cmp.Compare(a.Skill, b.Skill) })
	p.Teams, p.Tags = slices.Clone(p.Teams), slices.Clone(p.Tags)
	slices.Sort(p.Teams)
	if p.Channels != nil {
		channels := make(map[ticket.Channel]int, len(p.Channels))
		for c, n := range p.Channels {
			channels[c] = n
		}
		p.Channels = channels
	}
	return p
}

// short cuts a name that nobody checked, for an error.
func short(s string) string {
	if len(s) > ticket.MaxName {
		return s[:32] + "… (" + digits(len(s)) + " bytes)"
	}
	return s
}
