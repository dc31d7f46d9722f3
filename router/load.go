package router

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Rows are a desk as the host's own database has it.
type Rows struct {
	At time.Time // now
	// SentThrough is the instant through which the host has stored events: what the
	// promises said by then is not said again. Zero: At.
	SentThrough time.Time
	// Events is the number of the last event that the host has stored: the desk goes on
	// counting from there, so that no key comes again.
	Events  uint64
	Agents  []AgentRow
	Tickets []TicketRow
}

// AgentRow is one agent. What an agent has who is offline in the rows returns to the
// lanes, at once or after Config.LeaveGrace, as if he had left at the time of the rows:
// a host whose agents log in again after a restart sets a grace, or loads them away.
type AgentRow struct {
	Agent
	Presence  Presence
	Until     time.Time // end of a wrap-up; zero takes Config.WrapUp from now
	IdleSince time.Time // zero: now
}

// TicketRow is one ticket. A ticket that was offered when the host stopped is
// offered anew.
type TicketRow struct {
	ticket.Ticket
	Status    ticket.Status
	Agent     string    // who has it: in progress, on hold, awaiting feedback; Ticket.Agent is whom it would prefer
	Since     time.Time // since when it waits, or when it ended; zero: Created
	LastAgent string
	Transfers int
	Reason    string   // why it is on hold
	Declined  []string // who has declined it this round
	// Record has the times that promises are computed from; what it says of the
	// ticket's attributes is taken from Ticket.
	Record sla.Record
}

// maxFaults is how many faults of rows are named before Load gives up.
const maxFaults = 100

// Load makes a desk from the host's rows, whatever their order, and appends to
// events what follows from them: agents who have more in hand than they may, which
// is kept and never added to, and waiting tickets that can start. Rows that
// contradict each other are named, the first hundred at once, and nothing is
// loaded.
func Load(cfg Config, rows Rows, events []Event) (*Engine, []Event, error) {
	e, err := NewEngine(cfg)
	if err != nil {
		return nil, events, err
	}
	if err := ticket.CheckTime("rows", "at", rows.At); err != nil {
		return nil, events, err
	}
	e.begin(unix(rows.At))
	e.by = ticket.System
	e.events = min(rows.Events, math.MaxUint64/2)
	var faults []error
	fault := func(err error) bool {
		if err != nil {
			faults = append(faults, err)
		}
		return len(faults) < maxFaults
	}
	for i := range rows.Agents {
		if !fault(e.loadAgent(&rows.Agents[i])) {
			return nil, events, errors.Join(faults...)
		}
	}
	e.tickets = make(map[string]*item, len(rows.Tickets))
	var endedRows []*item
	for _, i := range byAge(rows.Tickets) {
		it, err := e.loadTicket(&rows.Tickets[i])
		if !fault(err) {
			return nil, events, errors.Join(faults...)
		}
		if err == nil && it.ended != 0 {
			endedRows = append(endedRows, it)
		}
	}
	if len(faults) > 0 {
		return nil, events, errors.Join(faults...)
	}
	slices.SortStableFunc(endedRows, func(a, b *item) int { return cmp.Compare(a.ended, b.ended) })
	for _, it := range endedRows {
		e.ended.push(it)
	}
	if err := e.loadPromises(&rows); err != nil {
		return nil, events, err
	}
	e.out = events
	if e.tracker != nil {
		e.emitPromises()
		e.advancePromises()
	}
	for _, a := range e.sortedAgents() {
		e.reportOverload(a)
		e.ready(a)
		e.armAgent(a)
	}
	for it := range e.roll.all() {
		if it.waits() {
			e.queue(it)
		}
	}
	e.loadWatch()
	for _, a := range e.sortedAgents() {
		switch {
		case a.presence != Offline || len(a.work)+len(a.parked) == 0:
		case e.desk.LeaveGrace > 0:
			a.until = e.now + int64(e.desk.LeaveGrace)
			e.armAgent(a)
		default:
			e.returnWork(a, 0)
		}
	}
	e.settle()
	e.forgetEnded()
	return e, e.take(), nil
}

// byAge orders tickets by their creation, then by their id. The times are taken out
// of the rows first, which lie far apart.
func byAge(rows []TicketRow) []int {
	created := make([]time.Time, len(rows))
	order := make([]int, len(rows))
	for i := range rows {
		created[i], order[i] = rows[i].Created, i
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := created[a].Compare(created[b]); c != 0 {
			return c
		}
		return cmp.Compare(rows[a].ID, rows[b].ID)
	})
	return order
}

func (e *Engine) loadAgent(r *AgentRow) error {
	if err := r.Agent.Validate(); err != nil {
		return err
	}
	if e.agents[r.ID] != nil {
		return &ticket.FieldError{Ticket: r.ID, Field: "agent", Value: r.ID, Problem: "stands twice"}
	}
	if r.Presence > Offline {
		return &ticket.FieldError{Ticket: r.ID, Field: "presence", Value: r.Presence.String(), Problem: "is unknown"}
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"idle since", r.IdleSince}, {"until", r.Until}} {
		if t.at.IsZero() {
			continue
		}
		if err := ticket.CheckTime(r.ID, t.name, t.at); err != nil {
			return err
		}
	}
	if r.IdleSince.After(instant(e.now)) || r.Until.Sub(instant(e.now)) > maxSpan {
		return &ticket.FieldError{Ticket: r.ID, Field: "idle since or until", Value: r.IdleSince.Format(timeForm) + ", " + r.Until.Format(timeForm),
			Problem: "is later than the rows, or than a year from them"}
	}
	a := e.newAgent(clonedAgent(r.Agent))
	if !r.IdleSince.IsZero() {
		a.p.Live.IdleSince = r.IdleSince.UTC()
	}
	if r.Presence == Online {
		return nil
	}
	if r.Presence == WrapUp {
		a.until = e.now + int64(e.desk.WrapUp)
		if r.Until.After(instant(e.now)) {
			a.until = unix(r.Until)
		}
	} else {
		a.profile.online--
	}
	a.presence = r.Presence
	return nil
}

func (e *Engine) loadTicket(r *TicketRow) (*item, error) {
	t := &r.Ticket
	if err := t.Validate(); err != nil {
		return nil, err
	}
	bad := func(field string, value any, problem string) error {
		return &ticket.FieldError{Ticket: t.ID, Field: field, Value: short(fmt.Sprint(value)), Problem: problem}
	}
	now := instant(e.now)
	switch {
	case e.tickets[t.ID] != nil:
		return nil, &IDError{ErrDuplicateTicket, t.ID}
	case t.Created.IsZero() || t.Created.After(now):
		return nil, bad("created", t.Created, "is missing or later than the rows")
	case r.Since.After(now):
		return nil, bad("since", r.Since, "is later than the rows")
	case t.Level > e.desk.MaxLevel:
		return nil, &RuleError{Err: ErrHighestLevel, Ticket: t.ID, Limit: e.desk.MaxLevel}
	case r.Status == ticket.None || r.Status > ticket.Cancelled:
		return nil, bad("status", r.Status, "is not that of a ticket")
	case r.Transfers < 0:
		return nil, bad("transfers", r.Transfers, "is negative")
	}
	if !r.Since.IsZero() {
		if err := ticket.CheckTime(t.ID, "since", r.Since); err != nil {
			return nil, err
		}
	}
	if err := cmp.Or(ticket.CheckName(t.ID, "last agent", r.LastAgent, false), ticket.CheckName(t.ID, "reason", r.Reason, false)); err != nil {
		return nil, err
	}
	for _, s := range r.Declined {
		if err := ticket.CheckName(t.ID, "declined", s, true); err != nil {
			return nil, err
		}
	}
	var a *agent
	if r.Status.Assigned() {
		if a = e.agents[r.Agent]; a == nil {
			return nil, bad("agent", r.Agent, "is unknown")
		}
	}
	it := e.newItem(t)
	it.status, it.transfers, it.reason, it.t.LastAgent = r.Status, r.Transfers, r.Reason, r.LastAgent
	it.since = unix(it.t.Created)
	if !r.Since.IsZero() {
		it.since = unix(r.Since)
	}
	switch {
	case it.status.Ended():
		it.ended = it.since
		e.rewant(it, nil)
	case a == nil: // to assign, or offered
		it.status = ticket.ToAssign
		e.except(it, sorted(r.Declined))
	case e.desk.ReleaseParked && it.status != ticket.InProgress:
		it.agent, it.parked = a, true
		a.parked = append(a.parked, it)
	default:
		it.agent = a
		a.put(it)
		if g := e.teamOf(it); g != nil {
			g.open++
		}
	}
	return it, nil
}
