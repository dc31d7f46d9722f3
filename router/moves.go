package router

import (
	"strings"

	"github.com/usherdesk/usher/ticket"
)

// People's own moves: an agent takes a ticket, a supervisor assigns or moves one,
// a ticket is passed on or escalated. They obey the rules that decisions obey, or
// say that they do not.

// assign gives a ticket to the agent that an agent (Take) or a supervisor names.
func (e *Engine) assign(c *Command, it *item, to ticket.Status) error {
	a, err := e.target(c, it, e.questionOf(it))
	if err != nil {
		return err
	}
	from := e.release(it)
	e.hand(it, a, Event{Kind: Assigned, From: from, Override: c.Override, Note: c.Reason})
	return nil
}

// target finds the agent a command names, and asks the rules unless overridden.
func (e *Engine) target(c *Command, it *item, q question) (*agent, error) {
	a := e.agents[c.Agent]
	if a == nil {
		return nil, &IDError{ErrUnknownAgent, short(c.Agent)}
	}
	if it.agent == a && it.status == ticket.InProgress {
		return nil, &RuleError{Err: ErrMayNot, Ticket: it.t.ID, Agent: a.p.ID, Status: it.status, Reason: ReasonHasIt}
	}
	if c.Override {
		return a, nil
	}
	q.byHand = true
	if v := e.verdict(q, a); v.Reason != "" {
		return nil, &RuleError{Err: ErrMayNot, Ticket: it.t.ID, Agent: a.p.ID, Status: it.status, Reason: v.Reason, Rule: v.Rule}
	}
	return a, nil
}

// release takes an open ticket out of wherever it is, for a new place, and returns
// who had it.
func (e *Engine) release(it *item) (from string) {
	from = it.holder()
	if it.agent != nil {
		e.free(it)
	}
	e.unqueue(it)
	e.except(it, nil)
	it.reason = ""
	return from
}

// hand gives a released ticket to an agent whom a person chose.
func (e *Engine) hand(it *item, a *agent, ev Event) {
	e.give(it, a)
	it.status, it.next, it.by = ticket.InProgress, nil, "by hand"
	e.armItem(it)
	ev.Ticket, ev.Agent, ev.Status = it.t.ID, a.p.ID, it.status
	e.emit(&ev)
	e.reportOverload(a)
}

// transfer passes a ticket on: to an agent, or, perhaps with other attributes, to
// whoever may take it but the one who passes it on.
func (e *Engine) transfer(c *Command, it *item, to ticket.Status) error {
	if it.transfers >= e.desk.MaxTransfers && !c.Override {
		return &RuleError{Err: ErrTooManyMoves, Ticket: it.t.ID, Status: it.status, Limit: e.desk.MaxTransfers}
	}
	t, err := e.patched(c, it)
	if err != nil {
		return err
	}
	if c.Agent == "" {
		it.transfers++
		e.passOn(it, t, c.Override, c.Reason)
		return nil
	}
	a, err := e.target(c, it, e.questionAs(it, t))
	if err != nil {
		return err
	}
	it.transfers++
	from := e.rename(it, t)
	e.emit(&Event{Kind: Transferred, Ticket: it.t.ID, Agent: a.p.ID, From: from, Status: to, Override: c.Override, Note: c.Reason})
	if e.desk.mode(t.Channel) == Offers && !c.Override {
		it.next, it.by = nil, "by hand"
		e.offer(it, a)
		return nil
	}
	e.hand(it, a, Event{Kind: Assigned, Override: c.Override})
	return nil
}

// rename releases a ticket, with new attributes, to wait anew.
func (e *Engine) rename(it *item, t ticket.Ticket) (from string) {
	from = e.release(it)
	it.t.Ticket, it.weight = t, e.desk.cost(&t)
	e.rewant(it, nil)
	it.status, it.since = ticket.ToAssign, e.now
	return from
}

// passOn has a ticket wait, with new attributes, for anyone but who had it.
func (e *Engine) passOn(it *item, t ticket.Ticket, override bool, note string) {
	from := e.rename(it, t)
	if from != "" {
		e.except(it, []string{from})
	}
	it.t.LastAgent = "" // nobody waits for the one who passed it on
	e.emit(&Event{Kind: Transferred, Ticket: it.t.ID, From: from, Status: it.status, Override: override, Note: note})
	e.queue(it)
}

// escalate asks the next line of support: one above the ticket's, and above that
// of the agent who has it.
func (e *Engine) escalate(c *Command, it *item, _ ticket.Status) error {
	level := it.line()
	if level >= e.desk.MaxLevel {
		return &RuleError{Err: ErrHighestLevel, Ticket: it.t.ID, Status: it.status, Limit: e.desk.MaxLevel}
	}
	e.raise(it, level+1, c.Reason)
	return nil
}

// line is the line of support that a ticket is at.
func (it *item) line() int {
	level := max(it.t.Level, 1)
	if it.agent != nil {
		level = max(level, it.agent.p.Level)
	}
	return level
}

// raise has a ticket wait for a line of support. The event's note is the line, and
// the reason behind it.
func (e *Engine) raise(it *item, level int, reason string) {
	t := it.t.Ticket
	t.Level = level
	from := e.rename(it, t)
	it.t.LastAgent = ""
	e.emit(&Event{Kind: Escalated, Ticket: it.t.ID, From: from, Status: it.status, Note: strings.TrimSpace(digits(level) + " " + reason)})
	e.queue(it)
}

// switchPolicy has everything that waits stand in line anew, by another stack.
func (e *Engine) switchPolicy(c *Command) (*item, error) {
	set, ok := e.desk.set(c.Policy, c.Edition)
	if !ok {
		return nil, &IDError{ErrUnknownPolicy, short(c.Policy + " " + c.Edition)}
	}
	e.set, e.rules = set, set.rules
	e.emit(&Event{Kind: PolicySwitched, Note: set.Name + " " + set.Version})
	e.reindex()
	return nil, nil
}

// reindex builds every index from the tickets and agents, by the stack in use.
func (e *Engine) reindex() {
	e.clearIndexes()
	for _, a := range e.agentOrder {
		a.only, a.pooled, a.profile = nil, false, nil
	}
	for _, a := range e.agentOrder {
		e.joinProfile(a)
		a.recount()
		e.pool(a)
	}
	for it := range e.roll.all() {
		lane := it.lane != nil
		it.lane, it.want = nil, nil
		if it.waits() && lane {
			e.queue(it)
		} else if it.waits() {
			it.ring = e.openRing(it.since)
			e.armItem(it)
		}
	}
}
