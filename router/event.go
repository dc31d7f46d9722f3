package router

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Event is one thing that happened on a desk. Events are numbered without a gap
// and their times never decrease.
type Event struct {
	Seq  uint64    `json:"seq"`
	At   time.Time `json:"at"`           // the later of its deadline and the desk's time
	Due  time.Time `json:"due,omitzero"` // the deadline that brought it, or that it sets (an offer's end)
	Kind EventKind `json:"kind"`

	Ticket string        `json:"ticket,omitempty"`
	Agent  string        `json:"agent,omitempty"` // who has it after the event, or whom the event is about
	From   string        `json:"from,omitempty"`  // who had it before
	Status ticket.Status `json:"status,omitempty"`

	By       ticket.Role `json:"by,omitempty"`
	Actor    string      `json:"actor,omitempty"`
	Override bool        `json:"override,omitempty"` // done against a rule, on purpose
	// Note is a detail: the reason given, a stage, a ring, a presence, a policy set.
	Note string `json:"note,omitempty"`
	// Promise is the event of a promise, of the kinds Warned to Recomputed.
	Promise *sla.Event `json:"promise,omitempty"`
}

// Key is the same whenever the same commands are replayed, and no other event of
// the desk has it: a receiver can drop repeats by it. That of a promise is made of
// ticket, target, cycle and tier, and stays the same even on a desk that was loaded
// anew.
func (e Event) Key() string {
	if e.Promise != nil {
		return e.Promise.Key()
	}
	return strconv.FormatUint(e.Seq, 10)
}

// LogValue groups the fields that are set.
func (e Event) LogValue() slog.Value {
	attrs := make([]slog.Attr, 0, 10)
	text := func(k, v string) {
		if v != "" {
			attrs = append(attrs, slog.String(k, v))
		}
	}
	attrs = append(attrs, slog.Uint64("seq", e.Seq), slog.Time("at", e.At), slog.String("kind", e.Kind.String()))
	text("ticket", e.Ticket)
	text("agent", e.Agent)
	text("from", e.From)
	if e.Status != ticket.None {
		text("status", e.Status.String())
	}
	if e.By != ticket.Anyone {
		text("by", e.By.String())
	}
	text("actor", e.Actor)
	if e.Override {
		attrs = append(attrs, slog.Bool("override", true))
	}
	text("note", e.Note)
	if e.Promise != nil {
		text("promise", e.Promise.Metric.String())
		text("policy", e.Promise.Policy)
	}
	if !e.Due.IsZero() {
		attrs = append(attrs, slog.Time("due", e.Due))
	}
	return slog.GroupValue(attrs...)
}

// LogValue groups the fields that are set.
func (o Outcome) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("ticket", o.Ticket), slog.String("status", o.Status.String())}
	if o.Agent != "" {
		attrs = append(attrs, slog.String("agent", o.Agent))
	}
	if o.Reason != "" {
		attrs = append(attrs, slog.String("reason", string(o.Reason)))
	}
	if o.Repeat {
		attrs = append(attrs, slog.Bool("repeat", true))
	}
	return slog.GroupValue(attrs...)
}
