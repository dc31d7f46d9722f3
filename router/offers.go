package router

import (
	"cmp"
	"slices"

	"github.com/usherdesk/usher/ticket"
)

// offer asks an agent; the offer holds the agent's capacity until it is answered,
// runs out or is taken back.
func (e *Engine) offer(it *item, a *agent) {
	e.give(it, a)
	it.status, it.until = ticket.Offered, e.now+e.desk.offerFor(it.t.Channel)
	e.armItem(it)
	e.emit(&Event{Kind: Offered, Due: instant(it.until), Ticket: it.t.ID, Agent: a.p.ID, Status: it.status})
}

// offered checks that an offer stands with the agent who answers it.
func (it *item) offered(c *Command) error {
	if it.agent.p.ID != c.Agent {
		return &RuleError{Err: ErrNotOffered, Ticket: it.t.ID, Agent: short(c.Agent), Status: it.status}
	}
	return nil
}

func (e *Engine) accept(c *Command, it *item, to ticket.Status) error {
	if err := it.offered(c); err != nil {
		return err
	}
	it.status, it.until, it.agent.missed = to, 0, 0
	e.except(it, nil)
	e.armItem(it)
	e.emit(&Event{Kind: Accepted, Ticket: it.t.ID, Agent: c.Agent, Status: to})
	return nil
}

// decline frees the agent, who is not asked again this round.
func (e *Engine) decline(c *Command, it *item, to ticket.Status) error {
	if err := it.offered(c); err != nil {
		return err
	}
	it.agent.missed = 0
	it.status = to
	e.emit(&Event{Kind: Declined, Ticket: it.t.ID, From: c.Agent, Status: to, Note: c.Reason})
	e.unoffer(it, true)
	return nil
}

// miss is a decline by silence; too many in a row set the agent away.
func (e *Engine) miss(it *item, at int64) {
	a := it.agent
	it.status = ticket.ToAssign
	e.emit(&Event{Kind: Missed, Due: instant(at), Ticket: it.t.ID, From: a.p.ID, Status: it.status})
	e.unoffer(it, true)
	if a.missed++; e.desk.MissedAway > 0 && a.missed >= e.desk.MissedAway && a.asked() {
		e.setPresence(a, Away, 0, 0)
	}
}

// unoffer returns a ticket from an offer to the lanes.
func (e *Engine) unoffer(it *item, asked bool) {
	a := e.free(it)
	if asked {
		e.except(it, it.except.with(a.p.ID))
	}
	e.queue(it)
}

// withdrawAll takes back the offers an agent has not answered.
func (e *Engine) withdrawAll(a *agent) {
	for _, it := range slices.Clone(a.work) {
		if it.status != ticket.Offered {
			continue
		}
		it.status = ticket.ToAssign
		e.emit(&Event{Kind: Withdrawn, Ticket: it.t.ID, From: a.p.ID, Status: it.status})
		e.unoffer(it, false)
	}
}

// Rounds. A ticket is offered to everyone who qualifies and is online once; when
// all of them have declined it rests for a while, and then everyone is asked anew.

// recheckRounds marks the lanes for whose tickets an agent's coming, going or
// changing may leave nobody to ask.
func (e *Engine) recheckRounds(p *profile) {
	if len(e.exceptions) == 0 {
		return
	}
	for c := range p.claimed {
		for _, l := range c.want.extra {
			if l.only == nil {
				e.recheck = append(e.recheck, l)
			}
		}
	}
}

// restDeclined lets the tickets of marked lanes rest, in the order of submission,
// that everyone online has declined.
func (e *Engine) restDeclined() {
	e.mark++
	var rest []*item
	for _, l := range e.recheck {
		if l.mark == e.mark || l.except == nil || l.len() == 0 { // it may have been given up since
			continue
		}
		l.mark = e.mark
		if e.exhausted(l.head()) {
			for x := range l.each {
				rest = append(rest, x.it)
			}
		}
	}
	clear(e.recheck)
	e.recheck = e.recheck[:0]
	slices.SortFunc(rest, func(a, b *item) int { return cmp.Compare(a.seq, b.seq) })
	for _, it := range rest {
		e.delane(it)
		e.by, e.actor = ticket.System, ""
		it.only, it.until = nil, e.now+int64(e.desk.RoundPause)
		e.emit(&Event{Kind: AllDeclined, Due: instant(it.until), Ticket: it.t.ID, Status: it.status})
		e.armItem(it)
	}
}

// exhausted tells whether somebody who qualifies is online, and all of those have
// declined.
func (e *Engine) exhausted(it *item) bool {
	online, declined := 0, 0
	for i := range it.want.fits {
		m := &it.want.fits[i]
		if m.ring <= it.ring {
			online += m.profile.online
		}
		if online > len(it.except.ids) {
			return false // somebody is left
		}
	}
	for _, id := range it.except.ids {
		if a := e.agents[id]; a != nil && a.asked() {
			if m := it.want.fit(a.profile); m != nil && m.ring <= it.ring {
				declined++
			}
		}
	}
	return online > 0 && online == declined
}
