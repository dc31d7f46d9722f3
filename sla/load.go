package sla

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Record is a ticket as the host's own tables have it: what [Load] needs to compute
// its promises. Times that are zero did not happen.
type Record struct {
	Ticket   string          `json:"ticket,omitempty"`
	Channel  ticket.Channel  `json:"channel,omitempty"`
	Type     ticket.Type     `json:"type,omitempty"`
	Priority ticket.Priority `json:"priority,omitempty"`
	Tier     ticket.Tier     `json:"tier,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Team     string          `json:"team,omitempty"`

	Created       time.Time   `json:"created,omitzero"`
	Assigned      time.Time   `json:"assigned,omitzero"`        // when somebody got it
	Answers       []time.Time `json:"answers,omitempty"`        // the desk's answers by people; the first and the latest suffice
	BotAnswers    []time.Time `json:"bot_answers,omitempty"`    // and by bots or the system
	CustomerWrote []time.Time `json:"customer_wrote,omitempty"` // the messages after the first; those not yet answered suffice
	Holds         []Hold      `json:"holds,omitempty"`
	Stages        []StageTime `json:"stages,omitempty"`
	Escalated     time.Time   `json:"escalated,omitzero"`
	Resolved      time.Time   `json:"resolved,omitzero"`
	Closed        time.Time   `json:"closed,omitzero"`
	Cancelled     time.Time   `json:"cancelled,omitzero"`
}

// Hold is a time in which a ticket rested.
type Hold struct {
	Reason string    `json:"reason,omitempty"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero if it still rests
}

// StageTime is a stage of the host's own.
type StageTime struct {
	Name  string    `json:"name"`
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"` // zero if it has not
}

// changes tells the record as what happened, in order.
func (r *Record) changes() []ticket.Change {
	var list []ticket.Change
	add := func(at time.Time, kind ticket.ChangeKind, c ticket.Change) {
		if at.IsZero() {
			return
		}
		c.Ticket, c.At, c.Kind = r.Ticket, at, kind
		list = append(list, c)
	}
	add(r.Created, ticket.WasSubmitted, ticket.Change{Channel: r.Channel, Type: r.Type, Priority: r.Priority,
		Tier: r.Tier, Tags: r.Tags, Team: r.Team, Created: r.Created})
	add(r.Assigned, ticket.WasAssigned, ticket.Change{Agent: "somebody"})
	for _, at := range r.Answers {
		add(at, ticket.WasAnswered, ticket.Change{By: ticket.Agent})
	}
	for _, at := range r.BotAnswers {
		add(at, ticket.WasAnswered, ticket.Change{By: ticket.Bot})
	}
	for _, at := range r.CustomerWrote {
		add(at, ticket.CustomerWrote, ticket.Change{By: ticket.Customer})
	}
	for _, h := range r.Holds {
		add(h.From, ticket.WasHeld, ticket.Change{Reason: h.Reason})
		add(h.To, ticket.WasResumed, ticket.Change{})
	}
	for _, s := range r.Stages {
		add(s.Began, ticket.StageBegan, ticket.Change{Stage: s.Name})
		add(s.Ended, ticket.StageEnded, ticket.Change{Stage: s.Name})
	}
	somebody := ""
	if !r.Assigned.IsZero() {
		somebody = "somebody"
	}
	add(r.Escalated, ticket.WasEscalated, ticket.Change{Agent: somebody})
	add(r.Resolved, ticket.WasResolved, ticket.Change{})
	add(r.Closed, ticket.WasClosed, ticket.Change{})
	add(r.Cancelled, ticket.WasCancelled, ticket.Change{})
	slices.SortStableFunc(list, func(a, b ticket.Change) int { return a.At.Compare(b.At) })
	return list
}

// Load makes a tracker from the host's own tickets. Ages are kept and every clock is
// computed from the recorded times. sentThrough is the instant through which the
// host has already stored events: what was due by then is not said again, and
// the tracker's time begins there; what the records say happened later gives its
// events now, appended in the order of their time and ticket, and deadlines after
// sentThrough come with the next Advance.
//
// An escalated ticket counts as assigned if Assigned says so. The error joins one for
// each record that cannot be taken, as [Tracker.Observe] gives it; the tracker then
// has the others.
func Load(p *Plan, records []Record, sentThrough time.Time, events []Event) (*Tracker, []Event, error) {
	tr, err := NewTracker(p)
	if err != nil {
		return nil, events, err
	}
	var faults []error
	var said []Event
	through := nano(sentThrough)
	var later []entry
	for n := range records {
		one, err := tr.loadOne(&records[n], through)
		if err != nil {
			faults = append(faults, err)
		}
		said = append(said, one...)
		for _, e := range tr.agenda.heap { // nothing else is on it while one ticket is loaded
			if tr.agenda.valid(e) {
				later = append(later, e)
			}
		}
		tr.agenda.heap, tr.agenda.stale = tr.agenda.heap[:0], 0
	}
	for _, e := range later {
		tr.agenda.push(e)
	}
	tr.now = through
	slices.SortStableFunc(said, func(a, b Event) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Ticket, b.Ticket))
	})
	for _, e := range said {
		if e.Due.After(sentThrough) {
			tr.now = max(tr.now, nano(e.Due))
			e.At = clockTime(tr.now)
			events = append(events, e)
		}
	}
	return tr, events, errors.Join(faults...)
}

// loadOne runs through the life of one ticket, from the beginning of time.
func (tr *Tracker) loadOne(r *Record, through int64) (events []Event, err error) {
	if r.Created.IsZero() {
		return nil, &ticket.FieldError{Ticket: cut(r.Ticket), Field: "created", Problem: "is missing"}
	}
	if i, _ := tr.index.find(r.Ticket); i != 0 {
		return nil, &TicketError{Ticket: r.Ticket, Kind: ticket.WasSubmitted, Err: ErrTracked}
	}
	tr.now = nano(ticket.MinTime)
	for _, c := range r.changes() {
		if events, err = tr.Observe(c, events); err != nil {
			tr.Forget(r.Ticket)
			return nil, err
		}
	}
	return tr.advance(through, events), nil
}
