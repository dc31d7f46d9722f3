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
// takes one unseen), the same string ids looked up, the same keys (due or arrival for tickets; open tickets, idle time and id
// for agents), the same events with the same fields appended, a ticket's record
// kept and let go.
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
		a := &laneAgent{a: *c.Profile, idle: c.At.UnixNano()}
		o.agents[a.a.ID] = a
		o.free.ReplaceOrInsert(agentEntry{a.open, a.idle, a})
	case router.Submit:
		return o.submit(&c, events)
	case router.Resolve:
		return o.resolve(&c, events)
	}
	return router.Outcome{}, events, nil
}

func (o *OneLane) submit(c *router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	if err := c.Submit.Validate(); err != nil {
		return router.Outcome{}, events, err
	}
	if o.tickets[c.Submit.ID] != nil {
		return router.Outcome{}, events, router.ErrDuplicateTicket
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
	events = o.emit(events, router.Event{At: c.At, Kind: router.Submitted, Ticket: t.t.ID, Status: ticket.ToAssign})
	out := router.Outcome{At: c.At, Ticket: t.t.ID, Status: ticket.ToAssign}
	if best, ok := o.free.DeleteMin(); ok {
		events = o.assign(t, best.a, c.At, events)
		out.Status, out.Agent = ticket.InProgress, best.a.a.ID
		return out, events, nil
	}
	o.waiting.ReplaceOrInsert(laneEntry{o.key(t), t.seq, t})
	return out, events, nil
}

func (o *OneLane) resolve(c *router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	t := o.tickets[c.Ticket]
	if t == nil || t.agent == nil {
		return router.Outcome{}, events, router.ErrUnknownTicket
	}
	a := t.agent
	a.open--
	a.idle = c.At.UnixNano()
	events = o.emit(events, router.Event{At: c.At, Kind: router.Resolved, Ticket: t.t.ID, Agent: a.a.ID, Status: ticket.Done})
	delete(o.tickets, t.t.ID)
	out := router.Outcome{At: c.At, Ticket: t.t.ID, Status: ticket.Done}
	*t = laneTicket{}
	o.idle = append(o.idle, t)
	if head, ok := o.waiting.DeleteMax(); ok {
		return out, o.assign(head.t, a, c.At, events), nil
	}
	o.free.ReplaceOrInsert(agentEntry{a.open, a.idle, a})
	return out, events, nil
}

func (o *OneLane) assign(t *laneTicket, a *laneAgent, at time.Time, events []router.Event) []router.Event {
	t.agent = a
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
