package desk

import (
	"time"

	"github.com/google/btree"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// OneLane is the least engine that does the job when there is nothing to choose:
// every agent may take every ticket, so that one tree of tickets and one of agents
// decide. It does no less than the route op asks for: the ticket checked (no desk
// takes one unseen), the same string ids looked up, the same keys (due or arrival
// for tickets; open tickets, idle time and id for agents), the same events with the
// same fields appended, a ticket's record kept and let go. It chooses nothing by
// skill, and knows no offers: these are what the engine is allowed to cost more for.
type OneLane struct {
	byDue   bool
	seq     uint64
	events  uint64
	tickets map[string]*laneTicket
	agents  map[string]*laneAgent
	idle    []*laneTicket // records to use again
	waiting *btree.BTreeG[laneEntry]
	free    *btree.BTreeG[agentEntry]
}

type laneTicket struct {
	t     ticket.Ticket
	seq   uint64
	agent *laneAgent
}

type laneAgent struct {
	a    router.Agent
	open int
	idle int64
	last *laneTicket // the only one in hand: every capacity here is 1
	away bool
}

type laneEntry struct {
	key int64
	seq uint64
	t   *laneTicket
}

type agentEntry struct {
	open int
	idle int64
	a    *laneAgent
}

// NewOneLane makes the anchor.
func NewOneLane(w World) Desk {
	return &OneLane{byDue: w.ByDue, tickets: map[string]*laneTicket{}, agents: map[string]*laneAgent{},
		waiting: btree.NewG(32, func(x, y laneEntry) bool { // reversed: taking the end is cheaper
			if x.key != y.key {
				return x.key > y.key
			}
			return x.seq > y.seq
		}),
		free: btree.NewG(32, func(x, y agentEntry) bool {
			if x.open != y.open {
				return x.open < y.open
			}
			if x.idle != y.idle {
				return x.idle < y.idle
			}
			return x.a.a.ID < y.a.a.ID
		})}
}

// Apply does a command.
func (o *OneLane) Apply(c router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	switch c.Kind {
	case router.SetAgent:
		a := o.know(&c)
		o.free.ReplaceOrInsert(agentEntry{a.open, a.idle, a})
	case router.Submit:
		return o.submit(&c, events)
	case router.Resolve:
		return o.resolve(&c, events)
	case router.SetPresence:
		return router.Outcome{At: c.At}, o.presence(&c, events), nil
	}
	return router.Outcome{}, events, nil
}

// know makes an agent known.
func (o *OneLane) know(c *router.Command) *laneAgent {
	a := &laneAgent{a: *c.Profile, idle: c.At.UnixNano()}
	o.agents[a.a.ID] = a
	return a
}

func (o *OneLane) submit(c *router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	t, events, err := o.take(c, events)
	if err != nil {
		return router.Outcome{}, events, err
	}
	out := router.Outcome{At: c.At, Ticket: t.t.ID, Status: ticket.ToAssign}
	if best, ok := o.free.DeleteMin(); ok {
		events = o.assign(t, best.a, c.At, events)
		out.Status, out.Agent = ticket.InProgress, best.a.a.ID
		return out, events, nil
	}
	o.waiting.ReplaceOrInsert(laneEntry{o.key(t), t.seq, t})
	return out, events, nil
}

// take checks a new ticket and keeps a record of it.
func (o *OneLane) take(c *router.Command, events []router.Event) (*laneTicket, []router.Event, error) {
	if err := c.Submit.Validate(); err != nil {
		return nil, events, err
	}
	if o.tickets[c.Submit.ID] != nil {
		return nil, events, router.ErrDuplicateTicket
	}
	var t *laneTicket
	if n := len(o.idle); n > 0 {
		t, o.idle = o.idle[n-1], o.idle[:n-1]
	} else {
		t = &laneTicket{}
	}
	o.seq++
	t.t, t.seq = *c.Submit, o.seq
	o.tickets[t.t.ID] = t
	return t, o.emit(events, router.Event{At: c.At, Kind: router.Submitted, Ticket: t.t.ID, Status: ticket.ToAssign}), nil
}

func (o *OneLane) resolve(c *router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	a, out, events, err := o.finish(c, events)
	if err != nil {
		return out, events, err
	}
	return out, o.serve(a, c.At, events), nil
}

// finish ends a ticket, lets its record go and returns who had it.
func (o *OneLane) finish(c *router.Command, events []router.Event) (*laneAgent, router.Outcome, []router.Event, error) {
	t := o.tickets[c.Ticket]
	if t == nil || t.agent == nil {
		return nil, router.Outcome{}, events, router.ErrUnknownTicket
	}
	a := t.agent
	a.open--
	a.idle = c.At.UnixNano()
	events = o.emit(events, router.Event{At: c.At, Kind: router.Resolved, Ticket: t.t.ID, Agent: a.a.ID, Status: ticket.Done})
	delete(o.tickets, t.t.ID)
	out := router.Outcome{At: c.At, Ticket: t.t.ID, Status: ticket.Done}
	*t = laneTicket{}
	o.idle = append(o.idle, t)
	return a, out, events, nil
}

// serve gives the most urgent ticket to an agent who has got room.
func (o *OneLane) serve(a *laneAgent, at time.Time, events []router.Event) []router.Event {
	if head, ok := o.waiting.DeleteMax(); ok {
		return o.assign(head.t, a, at, events)
	}
	o.free.ReplaceOrInsert(agentEntry{a.open, a.idle, a})
	return events
}

// presence has an agent leave, whose ticket goes back to the place its age gives
// it, or come back and take the head.
func (o *OneLane) presence(c *router.Command, events []router.Event) []router.Event {
	a := o.agents[c.Agent]
	if a == nil || a.away == (c.Presence == router.Offline) {
		return events
	}
	a.away = !a.away
	events = o.emit(events, router.Event{At: c.At, Kind: router.PresenceSet, Agent: a.a.ID, Note: c.Presence.String()})
	switch {
	case !a.away:
		a.idle = c.At.UnixNano()
		return o.serve(a, c.At, events)
	case a.open == 0:
		o.free.Delete(agentEntry{a.open, a.idle, a})
		return events
	}
	t := a.last
	t.agent = nil
	a.open--
	events = o.emit(events, router.Event{At: c.At, Kind: router.Returned, Ticket: t.t.ID, From: a.a.ID, Status: ticket.ToAssign})
	if best, ok := o.free.DeleteMin(); ok {
		return o.assign(t, best.a, c.At, events)
	}
	o.waiting.ReplaceOrInsert(laneEntry{o.key(t), t.seq, t})
	return events
}

func (o *OneLane) assign(t *laneTicket, a *laneAgent, at time.Time, events []router.Event) []router.Event {
	t.agent, a.last = a, t
	a.open++
	a.idle = at.UnixNano()
	return o.emit(events, router.Event{At: at, Kind: router.Assigned, Ticket: t.t.ID, Agent: a.a.ID, Status: ticket.InProgress})
}

func (o *OneLane) emit(events []router.Event, ev router.Event) []router.Event {
	o.events++
	ev.Seq = o.events
	return append(events, ev)
}

func (o *OneLane) key(t *laneTicket) int64 {
	if o.byDue {
		return due(&t.t)
	}
	return t.t.Created.UnixNano()
}
