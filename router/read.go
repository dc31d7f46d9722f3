package router

import (
	"cmp"
	"slices"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// View is a ticket as it stands. Its slices are the desk's: read only.
type View struct {
	ticket.Ticket
	Number    uint64        `json:"number"` // order of submission
	Status    ticket.Status `json:"status"`
	Agent     string        `json:"agent,omitempty"` // who has it, or is offered it
	LastAgent string        `json:"last_agent,omitempty"`
	Transfers int           `json:"transfers,omitempty"`
	Waiting   time.Time     `json:"waiting,omitzero"` // since when, while it waits
	Until     time.Time     `json:"until,omitzero"`   // an offer's end, or that of a rest or of being held back
	Due       time.Time     `json:"due,omitzero"`     // the nearest unmet promise
	Reason    string        `json:"reason,omitempty"` // why it is on hold
}

func (it *item) view() View {
	v := View{Ticket: it.t.Ticket, Number: it.seq, Status: it.status, Agent: it.holder(), LastAgent: it.t.LastAgent,
		Transfers: it.transfers, Due: it.t.Due, Reason: it.reason}
	if it.waits() {
		v.Waiting = instant(it.since)
	}
	if it.until != 0 {
		v.Until = instant(it.until)
	}
	return v
}

// AgentView is an agent as he stands. Its slices and map are the desk's: read only.
type AgentView struct {
	Agent
	Live     policy.Live `json:"live"`
	Presence Presence    `json:"presence"`
	Until    time.Time   `json:"until,omitzero"` // end of the wrap-up, or of the grace after leaving
}

// Ticket returns a ticket.
func (e *Engine) Ticket(id string) (View, error) {
	it := e.tickets[id]
	if it == nil {
		return View{}, &IDError{ErrUnknownTicket, short(id)}
	}
	return it.view(), nil
}

// Agent returns an agent.
func (e *Engine) Agent(id string) (AgentView, error) {
	a := e.agents[id]
	if a == nil {
		return AgentView{}, &IDError{ErrUnknownAgent, short(id)}
	}
	return a.view(), nil
}

func (a *agent) view() AgentView {
	v := AgentView{Agent: a.p, Live: a.p.Live, Presence: a.presence}
	if a.until != 0 {
		v.Until = instant(a.until)
	}
	return v
}

// Agents returns all agents by id.
func (e *Engine) Agents() []AgentView {
	out := make([]AgentView, 0, len(e.agents))
	for _, a := range e.sortedAgents() {
		out = append(out, a.view())
	}
	return out
}

// Query selects tickets; a field left empty selects all.
type Query struct {
	Status  []ticket.Status
	Channel ticket.Channel
	Team    string
	Agent   string // has it, or is offered it
	After   uint64 // only those submitted after the ticket of this number
	Limit   int    // most tickets to return; 100 unless set
}

// Page is a part of an answer. If More is set, ask again with After set to Last.
type Page struct {
	Tickets []View
	Last    uint64
	More    bool
}

// pageScan is how many tickets one page may look at, so that no read keeps
// writers waiting for long.
const pageScan = 4096

// List returns tickets in the order of submission, a page at a time. A page looks
// at a bounded number of tickets, so it may be short, even empty, with More set.
func (e *Engine) List(q Query) Page {
	fill(&q.Limit, 100)
	p := Page{Last: q.After}
	look := func(it *item, looked int) bool {
		if len(p.Tickets) == q.Limit || looked == pageScan {
			p.More = true
			return false
		}
		p.Last = it.seq
		if (len(q.Status) == 0 || slices.Contains(q.Status, it.status)) &&
			(q.Channel == "" || it.t.Channel == q.Channel) && (q.Team == "" || it.t.Team == q.Team) {
			p.Tickets = append(p.Tickets, it.view())
		}
		return true
	}
	looked := 0
	if q.Agent != "" {
		a := e.agents[q.Agent]
		if a == nil {
			return p
		}
		has := append(slices.Clone(a.work), a.parked...)
		slices.SortFunc(has, func(x, y *item) int { return cmp.Compare(x.seq, y.seq) })
		for _, it := range has {
			if it.seq > q.After && !look(it, looked) {
				break
			}
			looked++
		}
		return p
	}
	for it := range e.roll.from(q.After + 1) {
		if !look(it, looked) {
			break
		}
		looked++
	}
	return p
}

// Lane is a line of waiting tickets that ask for the same and never change places.
type Lane struct {
	Demand ticket.Demand
	Ring   int
	Class  uint64   // of policy.Urgency: lanes of a lower class go first
	Rate   int64    // of policy.Urgency
	Except []string // who has declined them
	Only   string   // whom they are held back for
	Len    int
	Head   string // the ticket that goes first
}

// Lanes returns the lanes that hold tickets, the one with the most urgent head
// first.
func (e *Engine) Lanes() []Lane {
	lanes := slices.Collect(e.allLanes)
	slices.SortFunc(lanes, func(a, b *lane) int {
		if e.outranks(a, b) {
			return -1
		}
		return 1
	})
	out := make([]Lane, 0, len(lanes))
	for _, l := range lanes {
		v := Lane{Demand: l.want.demand.Clone(), Ring: l.ring, Class: l.class, Rate: l.rate, Len: l.len(), Head: l.head().t.ID}
		if l.except != nil {
			v.Except = slices.Clone(l.except.ids)
		}
		if l.only != nil {
			v.Only = l.only.p.ID
		}
		out = append(out, v)
	}
	return out
}

// InLane returns up to limit tickets of a waiting ticket's lane, from that ticket
// on, in the order in which they will go: start with the Head of a Lane, go on with
// the last ticket returned.
func (e *Engine) InLane(id string, limit int) ([]View, error) {
	it := e.tickets[id]
	if it == nil {
		return nil, &IDError{ErrUnknownTicket, short(id)}
	}
	if it.lane == nil {
		return nil, nil
	}
	var out []View
	it.lane.from(entry{it.urgency.Start, it.seq, it}, func(x entry) bool {
		if len(out) < limit {
			out = append(out, x.it.view())
		}
		return len(out) < limit
	})
	return out, nil
}
