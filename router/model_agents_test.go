package router

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// What commands do to agents, and to the desk as a whole.

func (m *model) setAgent(c Command) error {
	if err := c.Profile.Validate(); err != nil {
		return err
	}
	m.emit(Event{Kind: AgentSet, Agent: c.Profile.ID})
	a := m.agent(c.Profile.ID)
	if a == nil {
		a = &modelAgent{idle: m.now, turn: m.turn}
		a.set(*c.Profile)
		m.agents = append(m.agents, a)
		slices.SortFunc(m.agents, func(a, b *modelAgent) int { return strings.Compare(a.p.ID, b.p.ID) })
		return nil
	}
	a.set(*c.Profile)
	m.unhold(a)
	m.reportOverload(a)
	return nil
}

// unhold asks anew whether the tickets that are held back for an agent still are.
func (m *model) unhold(a *modelAgent) {
	for _, t := range m.tickets {
		if t.only == a {
			m.queue(t)
		}
	}
}

func (m *model) removeAgent(c Command) error {
	a := m.agent(c.Agent)
	if a == nil {
		return &IDError{ErrUnknownAgent, cut(c.Agent)}
	}
	m.leave(a)
	m.returnWork(a, 0)
	m.agents = slices.DeleteFunc(m.agents, func(b *modelAgent) bool { return b == a })
	m.emit(Event{Kind: AgentRemoved, Agent: a.p.ID})
	return nil
}

func (m *model) presence(c Command) error {
	a := m.agent(c.Agent)
	if a == nil {
		return &IDError{ErrUnknownAgent, cut(c.Agent)}
	}
	if c.Presence == WrapUp {
		usual(&c.For, m.cfg.WrapUp)
		m.setPresence(a, WrapUp, m.now+int64(c.For), 0)
	} else if a.presence != c.Presence {
		m.setPresence(a, c.Presence, 0, 0)
	}
	return nil
}

func (m *model) setPresence(a *modelAgent, to Presence, until, due int64) {
	e := Event{Kind: PresenceSet, Agent: a.p.ID, Note: to.String()}
	if due != 0 {
		e.Due = at(due)
	}
	m.emit(e)
	if to == Away || to == Offline {
		m.leave(a)
	}
	if to < Away && a.presence >= Away { // comes back
		a.missed, a.idle, a.turn = 0, m.now, max(a.turn, m.turn)
		a.nextTake, a.rampEnd = m.now, m.now+int64(m.cfg.Ramp.For)
	}
	a.presence, a.until = to, until
	if to == Offline {
		if m.cfg.LeaveGrace > 0 && len(m.work(a))+len(m.parkedWith(a)) > 0 {
			a.until = m.now + int64(m.cfg.LeaveGrace)
		} else {
			m.returnWork(a, 0)
		}
	}
}

// leave takes back what an agent was offered, and what waits for that agent.
func (m *model) leave(a *modelAgent) {
	a.presence = Offline
	m.withdrawAll(a)
	m.unhold(a)
}

func (m *model) returnWork(a *modelAgent, due int64) {
	for _, t := range append(m.work(a), m.parkedWith(a)...) {
		m.free(t)
		t.status, t.since, t.reason = ticket.ToAssign, m.now, ""
		e := Event{Kind: Returned, Ticket: t.t.ID, From: a.p.ID, Status: t.status}
		if due != 0 {
			e.Due = at(due)
		}
		m.emit(e)
		m.queue(t)
	}
}

func (m *model) reportOverload(a *modelAgent) {
	if m.overloaded(a) {
		m.emit(Event{Kind: Overloaded, Agent: a.p.ID, Note: fmt.Sprintf("%d of %d", m.live(a).Load, a.p.Capacity)})
	}
}

func (m *model) switchPolicy(c Command) error {
	i := slices.IndexFunc(m.sets, func(s policy.Set) bool { return s.Name == c.Policy && s.Version == c.Edition })
	if i < 0 {
		return &IDError{ErrUnknownPolicy, cut(c.Policy + " " + c.Edition)}
	}
	m.use(m.sets[i])
	m.emit(Event{Kind: PolicySwitched, Note: c.Policy + " " + c.Edition})
	for _, t := range m.tickets {
		switch {
		case t.status != ticket.ToAssign:
		case t.resting:
			m.reach(t)
		default:
			m.queue(t)
		}
	}
	return nil
}
