package router

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// Who may take what, and who is to.

// ask is what a ticket asks of agents: its demand, that demand at each ring, and
// how many agents the policies keep free of it.
type ask struct {
	demand ticket.Demand
	rings  []ticket.Demand
	keep   int
}

func (m *model) ask(t policy.Ticket) ask {
	q := ask{demand: m.rules.Demand(&t, m.weight(t.Ticket))}
	q.keep = m.rules.Keep(&q.demand)
	for ring := 0; ; ring++ {
		if _, ok := m.rules.After(ring); !ok {
			return q
		}
		q.rings = append(q.rings, m.rules.Widen(q.demand, ring))
	}
}

func (m *model) weight(t ticket.Ticket) int {
	if t.Weight > 0 {
		return t.Weight
	}
	return max(m.cfg.Channels[t.Channel].Cost, 1)
}

func (m *model) mode(c ticket.Channel) Mode {
	if mode := m.cfg.Channels[c].Mode; mode != Default {
		return mode
	}
	return m.cfg.Mode
}

// set is what the host says of an agent. Qualifiers and Fitters see less of it.
func (a *modelAgent) set(p policy.Agent) {
	a.p = p
	p.ID, p.Capacity, p.Weight, p.Live = "", 0, 0, policy.Live{}
	a.profile = &p
}

// ringOf is the first ring at which an agent qualifies; ok is false if there is
// none, and rule is what keeps the agent from the ring asked about.
func (m *model) ringOf(q ask, a *modelAgent) (ring int, ok bool) {
	for ring := range q.rings {
		if m.rules.Qualifies(a.profile, &q.rings[ring]) == "" {
			return ring, true
		}
	}
	return 0, false
}

// available, room and load tell what an agent's state says about anything new.
func (m *model) available(a *modelAgent) Reason {
	switch {
	case a.presence == Offline:
		return ReasonOffline
	case a.presence == Away:
		return ReasonAway
	case a.presence == WrapUp:
		return ReasonWrapUp
	case m.now < a.rampEnd && m.now < a.nextTake:
		return ReasonRamp
	}
	return ""
}

func (a *modelAgent) asked() bool { return a.presence == Online || a.presence == WrapUp }

func (m *model) room(a *modelAgent, d *ticket.Demand) Reason {
	load, onChannel := 0, 0
	for _, t := range m.tickets {
		if t.agent == a && !t.parked {
			load += m.weight(t.t.Ticket)
			if t.t.Channel == d.Channel {
				onChannel++
			}
		}
	}
	if load+d.Weight > a.p.Capacity {
		return ReasonCapacity
	}
	if limit := a.p.Channels[d.Channel]; limit > 0 && onChannel >= limit {
		return ReasonChannelLimit
	}
	return ""
}

func (m *model) live(a *modelAgent) policy.Live {
	l := policy.Live{IdleSince: at(a.idle), Turn: a.turn}
	for _, t := range m.tickets {
		if t.agent == a && !t.parked {
			l.Open++
			l.Load += m.weight(t.t.Ticket)
		}
	}
	return l
}

func (m *model) overloaded(a *modelAgent) bool {
	if m.live(a).Load > a.p.Capacity {
		return true
	}
	for channel, limit := range a.p.Channels {
		n := 0
		for _, t := range m.tickets {
			if t.agent == a && !t.parked && t.t.Channel == channel {
				n++
			}
		}
		if limit > 0 && n > limit {
			return true
		}
	}
	return false
}

// question is what is asked about a ticket and any agent.
type modelQuestion struct {
	ask
	ring    int
	except  []string
	only    *modelAgent
	resting bool
	byHand  bool         // a person moves it: it need not wait to be taken, nor for a round
	held    *modelTicket // the ticket, if somebody has it already, in the room it takes
	counted string       // the team that counts it already
}

func (m *model) questionOf(t *modelTicket) modelQuestion {
	return modelQuestion{ask: m.ask(t.t), ring: t.ring, except: t.except, only: t.only, resting: t.resting}
}

// gate is the first rule of a team or channel that holds everybody back.
func (m *model) gate(q modelQuestion) Reason {
	for _, g := range m.gates {
		if d := q.demand; g.name == "team "+d.Team && d.Team != "" {
			if g.shut {
				return ReasonClosed
			}
			n := 0
			for _, t := range m.tickets {
				if t.t.Team == d.Team && t.agent != nil && !t.parked {
					n++
				}
			}
			if g.most > 0 && n >= g.most && q.counted != d.Team {
				return ReasonTeamLimit
			}
		}
	}
	for _, g := range m.gates {
		if g.name == "channel "+string(q.demand.Channel) && g.shut {
			return ReasonClosed
		}
	}
	return ""
}

// verdict is the first rule that keeps an agent from a ticket.
func (m *model) verdict(q modelQuestion, a *modelAgent) Verdict {
	v := Verdict{Agent: a.p.ID}
	ring, fits := m.ringOf(q.ask, a)
	switch {
	case m.mode(q.demand.Channel) == Pull && !q.byHand:
		v.Reason = ReasonPull
	case m.gate(q) != "":
		v.Reason = m.gate(q)
	case q.resting && !q.byHand:
		v.Reason = ReasonResting
	case !fits:
		v.Reason = ReasonUnqualified
		v.Rule = m.rules.Qualifies(a.profile, &q.rings[len(q.rings)-1])
	case ring > q.ring:
		v.Reason = ReasonRing
		v.Rule = m.rules.Qualifies(a.profile, &q.rings[q.ring])
	case m.available(a) != "":
		v.Reason = m.available(a)
	case slices.Contains(q.except, a.p.ID):
		v.Reason = ReasonDeclined
	case q.only != nil && q.only != a:
		v.Reason = ReasonSticky
	case m.roomFor(q, a) != "":
		v.Reason = m.roomFor(q, a)
	case q.keep > 0 && m.roomy(q) <= q.keep:
		v.Reason = ReasonReserve
	}
	return v
}

// roomFor is what room says, but that a ticket needs none where it is already, if
// it does not grow or come by another channel.
func (m *model) roomFor(q modelQuestion, a *modelAgent) Reason {
	if q.held == nil || q.held.agent != a {
		return m.room(a, &q.demand)
	}
	own := m.weight(q.held.t.Ticket)
	if sameChannel := q.demand.Channel == q.held.t.Channel; sameChannel && q.demand.Weight <= own {
		return ""
	} else if m.live(a).Load-own+q.demand.Weight > a.p.Capacity {
		return ReasonCapacity
	} else if sameChannel {
		return ""
	}
	d := ticket.Demand{Channel: q.demand.Channel, Weight: -1 << 40} // the limit of the channel alone
	return m.room(a, &d)
}

// roomy counts the agents with room who qualify.
func (m *model) roomy(q modelQuestion) (n int) {
	for _, a := range m.agents {
		ring, ok := m.ringOf(q.ask, a)
		if ok && ring <= q.ring && m.available(a) == "" && m.room(a, &q.demand) == "" {
			n++
		}
	}
	return n
}

// holdup is why a waiting ticket waits, as a whole.
func (m *model) holdup(t *modelTicket, q modelQuestion) Reason {
	qualified := func(a *modelAgent) bool { _, ok := m.ringOf(q.ask, a); return ok }
	inRing := func(a *modelAgent) bool { ring, ok := m.ringOf(q.ask, a); return ok && ring <= q.ring }
	switch {
	case t.resting:
		return ReasonResting
	case m.mode(q.demand.Channel) == Pull:
		return ReasonPull
	case m.gate(q) != "":
		return m.gate(q)
	case t.only != nil:
		return ReasonSticky
	case !slices.ContainsFunc(m.agents, qualified):
		return ReasonNobody
	case !slices.ContainsFunc(m.agents, func(a *modelAgent) bool { return inRing(a) && (a.presence == Online || a.presence == WrapUp) }):
		if slices.ContainsFunc(m.agents, inRing) {
			return ReasonAbsent
		}
		return ReasonRing
	case q.keep > 0 && m.roomy(q) > 0:
		return ReasonReserve
	}
	return ReasonBusy
}

// settle restores what must hold: nobody is asked in vain, and no waiting ticket
// has an agent who may take it.
func (m *model) settle() {
	for _, t := range m.tickets {
		if t.status == ticket.ToAssign && !t.resting && m.declinedByAll(t) {
			m.by, m.actor = ticket.System, ""
			t.resting, t.only, t.until = true, nil, m.now+int64(m.cfg.RoundPause)
			m.emit(Event{Kind: AllDeclined, Due: at(t.until), Ticket: t.t.ID, Status: t.status})
		}
	}
	for {
		var first *modelTicket
		for _, t := range m.tickets {
			if t.status == ticket.ToAssign && !t.resting && (first == nil || m.before(t, first)) && len(m.candidates(t)) > 0 {
				first = t
			}
		}
		if first == nil {
			return
		}
		m.start(first, m.candidates(first))
	}
}

// declinedByAll: somebody who qualifies is online, and all of them have declined.
func (m *model) declinedByAll(t *modelTicket) bool {
	if len(t.except) == 0 {
		return false
	}
	q := m.ask(t.t)
	online, declined := 0, 0
	for _, a := range m.agents {
		if ring, ok := m.ringOf(q, a); ok && ring <= t.ring && a.asked() {
			online++
			if slices.Contains(t.except, a.p.ID) {
				declined++
			}
		}
	}
	return online > 0 && online == declined
}

// before tells which of two waiting tickets goes first.
func (m *model) before(t, u *modelTicket) bool {
	if c := m.rules.Urgency(&t.t).Compare(m.rules.Urgency(&u.t), m.now); c != 0 {
		return c < 0
	}
	return t.seq < u.seq
}

// candidates are the agents who may take a waiting ticket now, the best first.
func (m *model) candidates(t *modelTicket) (out []*modelAgent) {
	q := m.questionOf(t)
	for _, a := range m.agents {
		if m.verdict(q, a).Reason == "" {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *modelAgent) int {
		c, _ := m.prefer(q.ask, a, b)
		return c
	})
	return out
}

// prefer compares two agents for a ticket, and names the rule that tells them apart.
func (m *model) prefer(q ask, a, b *modelAgent) (int, string) {
	ra, _ := m.ringOf(q, a)
	rb, _ := m.ringOf(q, b)
	if c := cmp.Compare(ra, rb); c != 0 {
		return c, "rings"
	}
	for _, p := range m.rules.Preferences {
		var c int
		if p.Fit != nil {
			c = cmp.Compare(p.Fit.Fit(a.profile, &q.demand), p.Fit.Fit(b.profile, &q.demand))
		} else {
			pa, pb := a.p, b.p
			pa.Live, pb.Live = m.live(a), m.live(b)
			c = cmp.Compare(p.Rank.Rank(&pa), p.Rank.Rank(&pb))
		}
		if c != 0 {
			return c, p.Name
		}
	}
	if c := cmp.Compare(a.idle, b.idle); c != 0 {
		return c, "longest-idle"
	}
	return strings.Compare(a.p.ID, b.p.ID), "id"
}

func (m *model) start(t *modelTicket, best []*modelAgent) {
	m.by, m.actor = ticket.System, ""
	t.next, t.chosen = "", ""
	if len(best) > 1 {
		t.next = best[1].p.ID
		_, t.chosen = m.prefer(m.ask(t.t), best[0], best[1])
	}
	if m.mode(t.t.Channel) == Offers {
		m.offer(t, best[0])
		return
	}
	m.give(t, best[0])
	t.status, t.except = ticket.InProgress, nil
	m.emit(Event{Kind: Assigned, Ticket: t.t.ID, Agent: best[0].p.ID, Status: t.status})
}

// explain is Engine.Explain.
func (m *model) explain(id string) Explanation {
	t := m.find(id)
	x := Explanation{Ticket: id, Status: t.status}
	if t.agent != nil {
		x.Agent, x.Next, x.By = t.agent.p.ID, t.next, t.chosen
	}
	if t.status == ticket.ToAssign {
		q := m.questionOf(t)
		x.Reason, x.Agents = m.holdup(t, q), []Verdict{}
		for _, a := range m.agents {
			x.Agents = append(x.Agents, m.verdict(q, a))
		}
	}
	return x
}
