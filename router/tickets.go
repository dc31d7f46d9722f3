package router

import (
	"slices"
	"strconv"

	"github.com/usherdesk/usher/ticket"
)

// submit checks a new ticket, and starts it or lets it wait.
func (e *Engine) submit(c *Command) (*item, error) {
	t := c.Submit
	if err := e.admit(t); err != nil {
		return nil, err
	}
	if _, err := ticket.Next(t.ID, ticket.None, ticket.Submit, c.By); err != nil {
		return nil, err
	}
	it := e.newItem(t)
	it.status, it.since = ticket.ToAssign, e.now
	e.emit(&Event{Kind: Submitted, Ticket: it.t.ID, Status: it.status})
	e.place(it)
	return it, nil
}

// admit refuses what cannot come onto the desk.
func (e *Engine) admit(t *ticket.Ticket) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if t.Level > e.desk.MaxLevel {
		return &RuleError{Err: ErrHighestLevel, Ticket: t.ID, Limit: e.desk.MaxLevel}
	}
	if !t.Created.IsZero() && unix(t.Created) > e.now {
		return &ticket.FieldError{Ticket: t.ID, Field: "created",
			Value: t.Created.UTC().Format(timeForm), Problem: "is later than the submission"}
	}
	if e.tickets[t.ID] != nil {
		return &IDError{ErrDuplicateTicket, t.ID}
	}
	return nil
}

const timeForm = "2006-01-02T15:04:05.999999999Z07:00"

// newItem takes a ticket onto the desk, as the youngest.
func (e *Engine) newItem(t *ticket.Ticket) *item {
	it := e.roll.spare()
	it.t.Ticket = *t
	it.t.Created = t.Created.UTC()
	if t.Created.IsZero() {
		it.t.Created = instant(e.now)
	}
	it.weight = e.desk.cost(t)
	w := e.wantOf(&it.t, it.weight) // before there is a ticket: a policy may panic
	e.seq++
	e.roll.add(e.seq)
	e.rewant(it, w)
	e.own(it)
	e.tickets[it.t.ID] = it
	return it
}

// own makes the slices of a ticket that has just been given its want its own: those
// of its demand if they are in it, which all tickets that ask for the same share, or
// copies.
func (e *Engine) own(it *item) {
	it.t.Tags = slices.Clone(it.t.Tags)
	if d := &it.want.demand; same(it.t.Required, e.demand.Required) && same(it.t.Preferred, e.demand.Preferred) {
		it.t.Required, it.t.Preferred = d.Required, d.Preferred
		return
	}
	it.t.Required, it.t.Preferred = slices.Clone(it.t.Required), slices.Clone(it.t.Preferred)
}

// same tells whether two slices are one.
func same[T any](x, y []T) bool { return len(x) == len(y) && (len(x) == 0 || &x[0] == &y[0]) }

// place starts a ticket that has just begun to wait if somebody may take it, and
// queues it otherwise. While nothing else is unsettled it is the only one that can
// start, and needs no lane.
func (e *Engine) place(it *item) {
	if len(e.dirtyAgents)+len(e.dirtyLanes)+len(e.asked) > 0 || it.except != nil {
		e.queue(it)
		return
	}
	e.prepare(it)
	k := laneKey{want: it.want, ring: it.ring, only: it.only}
	if c := e.pick(&k); c.agent != nil {
		e.start(it, c)
		return
	}
	e.enlane(it)
	e.armItem(it)
}

// said is for what leaves the ticket where it is: a reply, a note, a stage.
func said(kind EventKind) func(*Engine, *Command, *item, ticket.Status) error {
	return func(e *Engine, c *Command, it *item, _ ticket.Status) error {
		note := c.Reason
		if c.Stage != "" {
			note = c.Stage
		}
		e.emit(&Event{Kind: kind, Ticket: it.t.ID, Agent: it.holder(), Status: it.status, Note: note})
		return nil
	}
}

func (it *item) holder() string { return it.agent.id() }

// park puts a ticket on hold, or lets it await the customer's feedback.
func (e *Engine) park(c *Command, it *item, to ticket.Status) error {
	it.status, it.reason = to, c.Reason
	a := it.agent
	if e.desk.ReleaseParked {
		e.free(it)
		it.agent, it.parked = a, true
		a.parked = append(a.parked, it)
	}
	kind := Held
	if to == ticket.AwaitingFeedback {
		kind = Parked
	}
	e.emit(&Event{Kind: kind, Ticket: it.t.ID, Agent: a.p.ID, Status: to, Note: c.Reason})
	return nil
}

// resume takes up a parked ticket. If its agent has given the room away, it waits
// again, for that agent first if the stack is sticky.
func (e *Engine) resume(c *Command, it *item, to ticket.Status) error {
	it.reason = ""
	a := it.agent
	if !it.parked || a.available(e.now) == "" && a.room(it.t.Channel, it.weight) == "" {
		if it.parked {
			e.free(it)
			e.give(it, a)
		}
		it.status = to
		e.emit(&Event{Kind: Resumed, Ticket: it.t.ID, Agent: a.p.ID, Status: to})
		return nil
	}
	e.free(it)
	it.status, it.since = ticket.ToAssign, e.now
	e.emit(&Event{Kind: Resumed, Ticket: it.t.ID, From: a.p.ID, Status: it.status})
	e.place(it)
	return nil
}

func (e *Engine) resolve(c *Command, it *item, to ticket.Status) error {
	a := e.free(it)
	e.end(it, to)
	e.emit(&Event{Kind: Resolved, Ticket: it.t.ID, Agent: a.p.ID, Status: to, Note: c.Reason})
	if wrap := e.desk.Channels[it.t.Channel].WrapUp; wrap > 0 && a.asked() {
		e.setPresence(a, WrapUp, max(a.until, e.now+int64(wrap)), 0)
	}
	return nil
}

func (e *Engine) close(c *Command, it *item, to ticket.Status) error {
	it.status = to
	e.emit(&Event{Kind: Closed, Ticket: it.t.ID, Status: to, Note: c.Reason})
	return nil
}

// cancel is for tickets that nobody needs any more.
func (e *Engine) cancel(c *Command, it *item, to ticket.Status) error {
	from := it.holder()
	if it.agent != nil {
		e.free(it)
	}
	e.unqueue(it)
	e.end(it, to)
	kind := Cancelled
	if c.Kind == Abandon {
		kind = Abandoned
	}
	e.emit(&Event{Kind: kind, Ticket: it.t.ID, From: from, Status: to, Note: c.Reason})
	return nil
}

// unqueue takes a ticket out of its lane, if it is in one, and ends its wait.
func (e *Engine) unqueue(it *item) {
	if it.lane != nil {
		e.delane(it)
	}
	it.only, it.until = nil, 0
}

// end lets go of a ticket that is in no lane and nobody's work.
func (e *Engine) end(it *item, to ticket.Status) {
	it.status, it.ended, it.reason = to, e.now, ""
	e.except(it, nil)
	e.rewant(it, nil)
	e.armItem(it)
	e.ended.push(it)
}

func (e *Engine) reopen(c *Command, it *item, to ticket.Status) error {
	e.ended.revive(it)
	it.status, it.ended, it.since = to, 0, e.now
	e.emit(&Event{Kind: Reopened, Ticket: it.t.ID, From: it.t.LastAgent, Status: to, Note: c.Reason})
	e.place(it)
	return nil
}

// update changes a ticket's attributes, wherever it is. It keeps its age.
func (e *Engine) update(c *Command, it *item, _ ticket.Status) error {
	t, err := e.patched(c, it)
	if err != nil {
		return err
	}
	e.alter(it, t, &Event{Kind: Altered, Note: c.Reason})
	return nil
}

func (e *Engine) patched(c *Command, it *item) (ticket.Ticket, error) {
	t := c.Patch.apply(it.t.Ticket)
	if err := t.Validate(); err != nil {
		return t, err
	}
	if t.Level > e.desk.MaxLevel {
		return t, &RuleError{Err: ErrHighestLevel, Ticket: t.ID, Status: it.status, Limit: e.desk.MaxLevel}
	}
	return t, nil
}

// alter puts new attributes on a ticket and everything they count for in place. The
// event, if there is one to emit, comes when the ticket has them.
func (e *Engine) alter(it *item, t ticket.Ticket, ev *Event) {
	say := func() {
		if ev != nil {
			ev.Ticket, ev.Agent, ev.Status = it.t.ID, it.holder(), it.status
			e.emit(ev)
		}
	}
	weight := e.desk.cost(&t)
	switch {
	case it.agent != nil && !it.parked:
		a := it.agent
		e.unpool(a)
		a.count(it, -1)
		e.leaveTeam(it)
		it.t.Ticket, it.weight = t, weight
		a.count(it, 1)
		if g := e.teamOf(it); g != nil {
			g.open++
		}
		e.rewant(it, nil)
		e.ready(a)
		say()
		e.reportOverload(a)
	case it.lane != nil:
		e.delane(it)
		it.t.Ticket, it.weight = t, weight
		e.rewant(it, nil)
		say()
		e.queue(it)
	default:
		it.t.Ticket, it.weight = t, weight
		e.rewant(it, nil)
		say()
	}
}

func digits(n int) string { return strconv.Itoa(n) }
