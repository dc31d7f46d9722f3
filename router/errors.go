package router

import (
	"errors"
	"fmt"

	"github.com/usherdesk/usher/ticket"
)

// What can be unknown or taken. Match with errors.Is; the error itself is an
// [*IDError] that carries the id.
var (
	ErrUnknownTicket   = errors.New("unknown ticket")
	ErrDuplicateTicket = errors.New("duplicate ticket")
	ErrUnknownAgent    = errors.New("unknown agent")
	ErrUnknownPolicy   = errors.New("unknown policy set")
	ErrUnknownPlan     = errors.New("unknown plan")
)

// What a command ran against. Match with errors.Is; the errors are a [*RuleError].
var (
	ErrNotOffered   = errors.New("not offered to this agent")
	ErrMayNot       = errors.New("a rule forbids it")
	ErrTooManyMoves = errors.New("passed on too often")
	ErrHighestLevel = errors.New("already at the highest line of support")
)

// ErrSnapshot is what every error about the bytes of a snapshot matches.
var ErrSnapshot = errors.New("bad snapshot")

// IDError is an id that names nothing, or something that already exists.
type IDError struct {
	Err error // one of the sentinels
	ID  string
}

func (e *IDError) Error() string { return fmt.Sprintf("usher: %v %q", e.Err, e.ID) }
func (e *IDError) Unwrap() error { return e.Err }

// RuleError is a command that is well formed but not allowed now.
type RuleError struct {
	Err    error // one of the sentinels
	Ticket string
	Agent  string
	Status ticket.Status // of the ticket; it stays
	Reason Reason        // with ErrMayNot: the first rule that forbids it
	Rule   string        // with ReasonUnqualified: the policy's name
	Limit  int           // with ErrTooManyMoves and ErrHighestLevel
}

func (e *RuleError) Error() string {
	s := fmt.Sprintf("usher: ticket %q (%s)", e.Ticket, e.Status)
	if e.Agent != "" {
		s += fmt.Sprintf(", agent %q", e.Agent)
	}
	s += ": " + e.Err.Error()
	if e.Reason != "" {
		s += ": " + string(e.Reason)
	}
	if e.Rule != "" {
		s += " (" + e.Rule + ")"
	}
	if e.Limit != 0 {
		s += fmt.Sprintf(" (limit %d)", e.Limit)
	}
	return s
}
func (e *RuleError) Unwrap() error { return e.Err }

// CommandError is a command that makes no sense in any state.
type CommandError struct {
	Kind    CommandKind
	Problem string
}

func (e *CommandError) Error() string { return fmt.Sprintf("usher: command %s %s", e.Kind, e.Problem) }

// MismatchError is a journal or snapshot made under other rules than those it is
// read with.
type MismatchError struct {
	What string // "command version", "snapshot version", "policy default", "hours of team …"
	Want string // what this desk has
	Got  string // what was read
	Err  error  // what says more, if anything does
}

// Unwrap returns what says more.
func (e *MismatchError) Unwrap() error { return e.Err }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("usher: %s is %q there, and %q on this desk", e.What, e.Got, e.Want)
}

// SnapshotError is what is wrong with the bytes of a snapshot.
type SnapshotError struct{ Problem error }

func (e *SnapshotError) Error() string        { return "usher: bad snapshot: " + e.Problem.Error() }
func (e *SnapshotError) Unwrap() error        { return e.Problem }
func (e *SnapshotError) Is(target error) bool { return target == ErrSnapshot }
