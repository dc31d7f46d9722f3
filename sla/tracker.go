package sla

import (
	"cmp"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/usherdesk/usher/ticket"
)

// Tracker keeps the promises of a [Plan]: it observes what happens to tickets and
// tells, as events, what becomes of the targets. It is a deterministic state machine
// without lock, goroutine or clock, not safe for concurrent use ([Keeper] is):
// the same changes and times give the same events, whatever the pattern of Advance
// calls between them.
//
// Time never runs backwards: a change or an Advance with an older time counts as of
// the latest time seen. Deadlines that lie between two calls come in their order, each
// stamped with its own instant; what is due at the very instant of a change comes
// before it, so that an answer at the due instant is late.
type Tracker struct {
	plan *Plan
	now  int64 // Unix nanoseconds, as all times inside

	index   ids
	tickets slab[tracked]
	targets slab[target]
	past    slab[history]
	agenda  agenda

	classes     map[string]uint32
	class       slab[class]
	classesKept int
	keyBuffer   []byte

	attained []Attained
}

// tracked is a ticket.
type tracked struct {
	id      string
	created int64
	class   uint32
	first   uint32 // its targets, linked, in the policy's order
	past    uint32 // its history, 0 while there is nothing to tell
	flags   uint8
}

// Flags of a ticket.
const (
	assigned uint8 = 1 << iota // somebody has it
	resolved                   // and it was not reopened
	done                       // closed or cancelled: nothing is promised any more, but stages after it
)

// history is what has to be known to make a promise that holds since the creation.
type history struct {
	moments
	holds  []hold // in order, none overlapping; the last one may still last (to never)
	stages []stageRecord
	told   []told // under other plans or attributes
}

// moments are times at which something happened; none if it did not.
type moments struct {
	answered  int64 // first answer by a person
	automatic int64 // first answer by a bot or the system
	last      int64 // latest answer by a person
	lastAuto  int64
	wrote     int64 // the customer's oldest message not yet answered by a person
	wroteAuto int64 // nor by a bot
	waiting   int64 // since when it has waited again
	resolved  int64
	escalated int64
}

var noMoments = moments{none, none, none, none, none, none, none, none, none}

// hold is a time in which the clocks of some targets stand still; of all, if it
// had ended (resolved, until reopened).
type hold struct {
	from, to int64
	reason   string
	ended    bool
}

// stageRecord is the host's own stage, the last time it began and ended.
type stageRecord struct {
	name         string
	began, ended int64
}

// none is no time at all.
const none = -1 << 63

// Errors of Observe, wrapped in a [*TicketError].
var (
	ErrUnknown = errors.New("is not tracked")
	ErrTracked = errors.New("is already tracked")
)

// TicketError is a change that the tracker cannot take.
type TicketError struct {
	Ticket string
	Kind   ticket.ChangeKind
	Err    error // ErrUnknown or ErrTracked
}

func (e *TicketError) Error() string {
	return fmt.Sprintf("usher: change %s: ticket %q %s", e.Kind, cut(e.Ticket), e.Err)
}

func (e *TicketError) Unwrap() error { return e.Err }

// NewTracker makes a tracker for a plan, which it checks as [Plan.Validate] does. The
// plan must not be written to from then on. A nil plan promises nothing.
func NewTracker(p *Plan) (*Tracker, error) {
	if p == nil {
		p = &Plan{}
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	tr := &Tracker{plan: p, classes: map[string]uint32{}, now: ticket.MinTime.UnixNano()}
	tr.agenda.targets, tr.index = &tr.targets, newIDs(&tr.tickets)
	return tr, nil
}

// Plan returns the plan in force. It must not be written to.
func (tr *Tracker) Plan() *Plan { return tr.plan }

// Now is the latest time seen.
func (tr *Tracker) Now() time.Time { return clockTime(tr.now) }

// Len counts the tickets.
func (tr *Tracker) Len() int { return tr.index.count }

// Next returns the earliest deadline still to come, false if there is none. It
// implements [Core].
func (tr *Tracker) Next() (time.Time, bool) {
	if tr.agenda.empty() {
		return time.Time{}, false
	}
	_, deadline := tr.agenda.first()
	return clockTime(deadline), true
}

// Advance lets time pass until now, now included, and appends the events of the
// deadlines on the way. It implements [Core].
func (tr *Tracker) Advance(now time.Time, events []Event) []Event {
	return tr.advance(nano(now), events)
}

func (tr *Tracker) advance(to int64, events []Event) []Event {
	to = max(to, tr.now)
	for !tr.agenda.empty() {
		slot, deadline := tr.agenda.first()
		if deadline > to {
			break
		}
		tr.now = max(tr.now, deadline)
		events = tr.fire(slot, deadline, events)
	}
	tr.now = to
	return events
}

// Observe takes note of a change, having advanced to its time, and appends the
// events. The attributes of the change (channel, type, priority, …) are read from
// the kinds that may change them (submitted, altered, assigned, escalated, transferred,
// reopened), and there only if it has a channel. Changes that make no sense (a
// resumption of what is not held) change nothing.
//
// The error is a [*TicketError], or a [*ticket.FieldError] for values that usher
// cannot work with; the change then had no effect, not even on the time.
func (tr *Tracker) Observe(c ticket.Change, events []Event) ([]Event, error) {
	i, place := tr.index.find(c.Ticket)
	if err := tr.checkChange(&c, i != 0); err != nil {
		return events, err
	}
	at := max(nano(c.At), tr.now)
	events = tr.advance(at, events)
	if c.Kind == ticket.WasSubmitted {
		return tr.submit(&c, place, events), nil
	}
	return tr.apply(i, &c, at, events), nil
}

func (tr *Tracker) checkChange(c *ticket.Change, known bool) error {
	if beyond(c.At) {
		if err := ticket.CheckTime(c.Ticket, "at", c.At); err != nil {
			return err
		}
	}
	if c.Kind > ticket.StageEnded {
		return &ticket.FieldError{Ticket: cut(c.Ticket), Field: "kind", Value: c.Kind.String(), Problem: "is unknown"}
	}
	if known != (c.Kind != ticket.WasSubmitted) {
		err := ErrTracked
		if !known {
			err = ErrUnknown
		}
		return &TicketError{Ticket: c.Ticket, Kind: c.Kind, Err: err}
	}
	if !known {
		if err := ticket.CheckName(c.Ticket, "id", c.Ticket, true); err != nil {
			return err
		}
	}
	if !fits(c.Reason) || !fits(c.Stage) {
		return cmp.Or(ticket.CheckName(c.Ticket, "reason", c.Reason, false), ticket.CheckName(c.Ticket, "stage", c.Stage, false))
	}
	if (!known || c.Channel != "") && // else the attributes are not read
		(!fits(string(c.Channel)) || !fits(string(c.Type)) || !fits(string(c.Tier)) || !fits(c.Team)) {
		return cmp.Or(ticket.CheckName(c.Ticket, "channel", string(c.Channel), false),
			ticket.CheckName(c.Ticket, "type", string(c.Type), false),
			ticket.CheckName(c.Ticket, "tier", string(c.Tier), false), ticket.CheckName(c.Ticket, "team", c.Team, false))
	}
	if len(c.Tags) > ticket.MaxTags {
		return &ticket.FieldError{Ticket: cut(c.Ticket), Field: "tags", Value: fmt.Sprint(len(c.Tags)),
			Problem: fmt.Sprintf("are more than %d", ticket.MaxTags)}
	}
	for _, tag := range c.Tags {
		if err := ticket.CheckName(c.Ticket, "tag", tag, true); err != nil {
			return err
		}
	}
	if !c.Created.IsZero() && beyond(c.Created) {
		return ticket.CheckTime(c.Ticket, "created", c.Created)
	}
	return nil
}

// Due returns when the nearest target of a ticket that is not yet met is or was
// due, missed or not; false if there is none. A target whose clock stands still is
// not due. Routing takes its urgency from this.
func (tr *Tracker) Due(id string) (time.Time, bool) {
	i, _ := tr.index.find(id)
	if i == 0 {
		return time.Time{}, false
	}
	nearest := never
	for j := tr.tickets.at(i).first; j != 0; {
		t := tr.targets.at(j)
		if t.state == running {
			nearest = min(nearest, t.due)
		}
		j = t.next
	}
	return clockTime(nearest), nearest != never
}

// Forget drops all that is known of a ticket, without an event, and tells whether
// there was anything. The counts of Attainment stay.
func (tr *Tracker) Forget(id string) bool {
	i, place := tr.index.find(id)
	if i == 0 {
		return false
	}
	tr.index.remove(place)
	k := tr.tickets.at(i)
	tr.dropTargets(k)
	if k.past != 0 {
		tr.past.at(k.past).empty()
		tr.past.free = append(tr.past.free, k.past)
	}
	tr.class.at(k.class).tickets--
	tr.tickets.drop(i)
	return true
}

func (tr *Tracker) dropTargets(k *tracked) {
	for j := k.first; j != 0; {
		next := tr.targets.at(j).next
		tr.agenda.remove(j)
		tr.targets.free = append(tr.targets.free, j)
		j = next
	}
	k.first = 0
}

// fits tells whether ticket.CheckName would take a name, which may be missing.
func fits(s string) bool { return s == "" || len(s) <= ticket.MaxName && utf8.ValidString(s) }

// beyond tells whether a time is outside usher's reach.
func beyond(t time.Time) bool { return t.Unix() < minUnix || t.Unix() >= maxUnix }

// nano is a time inside; the times outside usher's reach are its ends.
func nano(t time.Time) int64 {
	if beyond(t) {
		if t.Before(ticket.MinTime) {
			return ticket.MinTime.UnixNano()
		}
		return ticket.MaxTime.UnixNano()
	}
	return t.UnixNano()
}

// clockTime is a time outside; no time is the zero time there.
func clockTime(n int64) time.Time {
	if n == never {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
