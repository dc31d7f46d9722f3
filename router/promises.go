package router

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Promises. With a plan, everything that happens to a ticket is told to an
// sla.Tracker. What it answers become events of the desk; the nearest due time goes
// on the ticket, where policies see it; and what a tier asks for (raise, escalate,
// transfer) is done as a step of the desk's own, which no journal holds since a
// replay derives it again.

// changeOf tells which events a tracker hears of, and as what.
var changeOf = map[EventKind]ticket.ChangeKind{
	Submitted: ticket.WasSubmitted, Assigned: ticket.WasAssigned, Accepted: ticket.WasAssigned,
	Answered: ticket.WasAnswered, CustomerWrote: ticket.CustomerWrote, Noted: ticket.WasNoted,
	Held: ticket.WasHeld, Parked: ticket.WasHeld, Resumed: ticket.WasResumed,
	Resolved: ticket.WasResolved, Closed: ticket.WasClosed, Reopened: ticket.WasReopened,
	Cancelled: ticket.WasCancelled, Abandoned: ticket.WasCancelled, Altered: ticket.WasAltered,
	Transferred: ticket.WasTransferred, Escalated: ticket.WasEscalated, Returned: ticket.WasUnassigned,
	Overflowed: ticket.WasAltered, StageBegan: ticket.StageBegan, StageEnded: ticket.StageEnded,
}

var promiseKinds = [...]EventKind{sla.Warned: Warned, sla.Breached: Breached, sla.Met: Met,
	sla.Paused: Paused, sla.Resumed: Unpaused, sla.Recomputed: Recomputed}

// observe tells the tracker of an event that has just been emitted.
func (e *Engine) observe(ev *Event) {
	kind, heard := changeOf[ev.Kind]
	it := e.tickets[ev.Ticket]
	if !heard || it == nil {
		return
	}
	c := e.change(it, kind)
	c.By, c.Agent = ev.By, ev.Agent
	rests := it.status == ticket.OnHold || it.status == ticket.AwaitingFeedback
	switch {
	case kind == ticket.WasHeld:
		if c.Reason = ev.Note; c.Reason == "" && ev.Kind == Parked {
			c.Reason = sla.WaitingOnCustomer
		}
	case kind == ticket.StageBegan || kind == ticket.StageEnded:
		c.Stage = ev.Note
	case it.rests && !rests && kind != ticket.WasResumed && !it.status.Ended(): // it was taken away while it rested
		resumed := c
		resumed.Kind = ticket.WasResumed
		e.tell(resumed)
	}
	it.rests = rests
	e.tell(c)
	if ev.Kind == Resumed && it.waits() {
		c.Kind = ticket.WasUnassigned
		e.tell(c)
	}
	e.refreshDue(it)
}

// change is a change of a ticket as it stands.
func (e *Engine) change(it *item, kind ticket.ChangeKind) ticket.Change {
	return ticket.Change{Ticket: it.t.ID, At: instant(e.now), Kind: kind, Agent: it.holder(),
		Channel: it.t.Channel, Type: it.t.Type, Priority: it.t.Priority, Tier: it.t.Tier, Tags: it.t.Tags, Team: it.t.Team,
		Created: it.t.Created}
}

// tell passes a change on and emits what follows. A change of a ticket that the
// desk has checked is never refused.
func (e *Engine) tell(c ticket.Change) {
	e.promised, _ = e.tracker.Observe(c, e.promised[:0])
	e.emitPromises()
}

func (e *Engine) emitPromises() {
	for i := range e.promised {
		p := &e.promised[i]
		it := e.tickets[p.Ticket]
		if it == nil {
			continue
		}
		e.append(&Event{Kind: promiseKinds[p.Kind], Due: p.Due, Ticket: p.Ticket, Agent: it.holder(), Status: it.status,
			By: ticket.System, Promise: e.keep(p)})
		if p.Kind == sla.Breached {
			e.overdue(it)
		}
		if p.Kind == sla.Warned && p.Tier.Action != sla.Notify {
			e.asked = append(e.asked, asked{it, it.seq, p.Tier})
		}
	}
}

// keep copies an event to where it can stay. Events are allocated many at a time.
func (e *Engine) keep(p *sla.Event) *sla.Event {
	if len(e.promises) == cap(e.promises) {
		e.promises = make([]sla.Event, 0, min(max(2*cap(e.promises), 8), 256))
	}
	e.promises = append(e.promises, *p)
	return &e.promises[len(e.promises)-1]
}

// refreshDue puts the nearest due time on a ticket, and the ticket in the place in
// line that this gives it.
func (e *Engine) refreshDue(it *item) {
	due, _ := e.tracker.Due(it.t.ID)
	if due.Equal(it.t.Due) {
		return
	}
	it.t.Due = due
	if it.lane == nil {
		return
	}
	if u := e.rules.Urgency(&it.t); u != it.urgency {
		e.delane(it)
		it.urgency = u
		if l := e.enlane(it); len(e.dirtyLanes) > 0 {
			e.stirLane(l) // perhaps it was dirty where it was
		}
	}
}

// advancePromises lets the tracker's time catch up with the desk's.
func (e *Engine) advancePromises() {
	e.promised = e.tracker.Advance(instant(e.now), e.promised[:0])
	e.emitPromises()
	for i := range e.promised {
		if it := e.tickets[e.promised[i].Ticket]; it != nil {
			e.refreshDue(it)
		}
	}
}

// asked is something that a tier asks of the desk.
type asked struct {
	it   *item
	seq  uint64
	tier sla.Tier
}

// obey does what tiers have asked for, as far as the ticket's state allows it: what
// has ended, stands at the highest line, or is already so, stays.
func (e *Engine) obey() {
	for i := 0; i < len(e.asked); i++ {
		it, tier := e.asked[i].it, e.asked[i].tier
		if it.seq != e.asked[i].seq || it.status.Ended() {
			continue
		}
		e.by, e.actor = ticket.System, ""
		note := "warning " + tier.Label()
		switch tier.Action {
		case sla.RaisePriority:
			if t := it.t.Ticket; tier.Priority < t.Priority {
				t.Priority = tier.Priority
				e.alter(it, t, &Event{Kind: Altered, Note: note})
			}
		case sla.Escalate:
			if level := it.line(); level < e.desk.MaxLevel {
				e.raise(it, level+1, note)
			}
		case sla.Transfer:
			if t := it.t.Ticket; tier.Team != t.Team {
				t.Team = tier.Team
				e.passOn(it, t, false, note)
			}
		}
	}
	clear(e.asked)
	e.asked = e.asked[:0]
}

// switchPlan has the desk promise by another of its plans.
func (e *Engine) switchPlan(c *Command) (*item, error) {
	p := e.desk.plan(c.Policy, c.Edition)
	if p == nil {
		return nil, &IDError{ErrUnknownPlan, short(c.Policy + " " + c.Edition)}
	}
	var err error
	if e.promised, err = e.tracker.SetPlan(p, instant(e.now), e.promised[:0]); err != nil {
		return nil, err
	}
	e.append(&Event{Kind: PlanSwitched, By: e.by, Actor: e.actor, Note: p.Name + " " + strconv.Itoa(p.Version)})
	e.emitPromises()
	for it := range e.roll.all() {
		e.refreshDue(it)
	}
	return nil, nil
}

// plan finds a registered plan.
func (d *desk) plan(name, version string) *sla.Plan {
	for _, p := range append([]*sla.Plan{d.SLA}, d.Plans...) {
		if p != nil && p.Name == name && strconv.Itoa(p.Version) == version {
			return p
		}
	}
	return nil
}

// Attainment counts promises met and missed, by policy, channel and team.
func (e *Engine) Attainment() []sla.Attained {
	if e.tracker == nil {
		return nil
	}
	return e.tracker.Attainment()
}

// loadPromises has the tracker compute its clocks from the rows.
func (e *Engine) loadPromises(rows *Rows) error {
	if e.tracker == nil {
		return nil
	}
	through := rows.SentThrough
	if through.IsZero() || through.After(rows.At) {
		through = rows.At
	}
	records := make([]sla.Record, 0, len(rows.Tickets))
	for i := range rows.Tickets {
		r := rows.Tickets[i].Record
		t := &rows.Tickets[i].Ticket
		r.Ticket, r.Channel, r.Type, r.Priority, r.Tier, r.Tags, r.Team = t.ID, t.Channel, t.Type, t.Priority, t.Tier, t.Tags, t.Team
		r.Created = t.Created
		records = append(records, r)
	}
	tracker, promised, err := sla.Load(e.desk.SLA, records, through, e.promised[:0])
	if err != nil {
		return err
	}
	e.tracker, e.promised = tracker, promised
	for it := range e.roll.all() {
		it.t.Due, _ = tracker.Due(it.t.ID)
		it.rests = it.status == ticket.OnHold || it.status == ticket.AwaitingFeedback
	}
	return nil
}

// restorePromises is for a snapshot.
func (e *Engine) restorePromises(s *snapshot) error {
	if len(s.SLA) == 0 && e.tracker == nil {
		return nil
	}
	p := e.desk.plan(s.Plan, s.PlanEdition)
	if e.tracker == nil || len(s.SLA) == 0 || p == nil && s.Plan != "" {
		return &MismatchError{What: "plan", Want: "no such plan", Got: short(s.Plan + " " + s.PlanEdition)}
	}
	tracker, err := sla.Restore(p, s.SLA)
	var other *sla.FingerprintError
	if errors.As(err, &other) {
		return &MismatchError{What: "plan " + short(s.Plan), Want: strconv.FormatUint(other.Have, 16), Got: strconv.FormatUint(other.Want, 16), Err: err}
	}
	if err != nil {
		return &SnapshotError{err}
	}
	if now := tracker.Now(); !now.IsZero() && now.After(instant(s.Now)) {
		return &SnapshotError{fmt.Errorf("promises are of %s, later than the desk", now.Format(timeForm))}
	}
	e.tracker = tracker
	return nil
}
