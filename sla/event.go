package sla

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// EventKind is what became of a promise.
type EventKind uint8

// The kinds of events.
const (
	Warned     EventKind = iota // a tier came
	Breached                    // the target was missed; said once
	Met                         // what was promised was done, in time or (Late, Missed) not
	Paused                      // the clock stands still
	Resumed                     // it runs again, to a later due
	Recomputed                  // another target, calendar or plan holds; a zero Promised: none does any more
)

var eventWords = [...]string{"warned", "breached", "met", "paused", "resumed", "recomputed"}

// Event tells what became of a promise. It is a plain value.
type Event struct {
	Kind EventKind `json:"kind"`

	// At is when it was noticed: never before that of the event before. Due is when
	// it was to happen: earlier than At only if nobody looked in time, or if the
	// deadline was moved into the past. Promised is when the target itself is due;
	// zero while its clock stands still, and for one that no calendar lets end.
	At       time.Time `json:"at"`
	Due      time.Time `json:"due"`
	Promised time.Time `json:"promised,omitzero"`

	Ticket  string         `json:"ticket"`
	Policy  string         `json:"policy"`
	Channel ticket.Channel `json:"channel,omitempty"`
	Team    string         `json:"team,omitempty"`
	Metric  Metric         `json:"metric"`
	Stage   string         `json:"stage,omitempty"`
	Cycle   int            `json:"cycle,omitempty"` // how often the clock was started before

	// Of Met: Missed tells whether it came too late at any time, Late by how much
	// working time it is over the target.
	Missed bool          `json:"missed,omitempty"`
	Late   time.Duration `json:"late,omitempty"`

	// Of Warned: the tier, with its audience and action.
	Tier Tier `json:"tier,omitzero"`
}

// Key is the same for the same event on every replay, and differs between events:
// a receiver that has seen it may drop the event. It is made of ticket, metric or
// stage, cycle, and the tier's label or the kind; the kinds that may come again in a
// cycle have their time in it.
func (e Event) Key() string {
	key := strconv.Quote(e.Ticket) + "/" + e.Metric.String()
	if e.Metric == Stage {
		key += "/" + strconv.Quote(e.Stage)
	}
	key += "/" + strconv.Itoa(e.Cycle) + "/" + e.Kind.String()
	switch e.Kind {
	case Warned:
		key += "/" + e.Tier.Label()
	case Paused, Resumed, Recomputed:
		key += "/" + strconv.FormatInt(e.At.UnixNano(), 10)
	}
	return key
}

// LogValue implements [slog.LogValuer].
func (e Event) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("kind", e.Kind.String()), slog.String("ticket", e.Ticket),
		slog.String("policy", e.Policy), slog.String("metric", e.Metric.String())}
	if e.Metric == Stage {
		attrs = append(attrs, slog.String("stage", e.Stage))
	}
	if e.Kind == Warned {
		attrs = append(attrs, slog.String("tier", e.Tier.Label()), slog.String("action", e.Tier.Action.String()))
	}
	if e.Late > 0 {
		attrs = append(attrs, slog.Duration("late", e.Late))
	}
	return slog.GroupValue(append(attrs, slog.Time("due", e.Due), slog.Time("promised", e.Promised))...)
}
