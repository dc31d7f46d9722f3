package router

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Version is the version of the commands' and snapshots' form and of the rules
// that replay them. It grows when either would be read or decided differently.
const Version = 1

// Command is one input to a desk, as data: what a journal keeps. The same commands
// in the same order give the same events on any machine. Refused commands belong
// in the journal as well, or, equally good, every command is journaled with the
// time of its Outcome in place of its own, since a later time stays even if the
// command that brought it was refused.
type Command struct {
	V    int         `json:"v"` // Version; 0 means Version
	Kind CommandKind `json:"kind"`
	// At is when it happens. A time before the desk's own counts as the desk's.
	At time.Time `json:"at"`
	// Key, if set, makes the command idempotent: a repeat does nothing and returns
	// the outcome of the first, as long as that is among the last Config.Keys. Another
	// kind of command with the same key is a [*CommandError].
	Key string `json:"key,omitempty"`
	// Rules, if set, must be what Engine.Rules returns: see there.
	Rules string `json:"rules,omitempty"`
	// Actor is recorded in the events; By, unless Anyone, must be a role that may
	// take the step.
	Actor string      `json:"actor,omitempty"`
	By    ticket.Role `json:"by,omitempty"`

	Ticket string `json:"ticket,omitempty"` // every command about a ticket but Submit
	// Agent is who acts (Accept, Decline: must be whom it was offered to; Take;
	// RemoveAgent, SetPresence), or who is to get the ticket (Assign, Transfer).
	Agent string `json:"agent,omitempty"`

	Submit   *ticket.Ticket `json:"submit,omitempty"`   // Submit
	Patch    *Patch         `json:"patch,omitempty"`    // Update, Transfer
	Profile  *Agent         `json:"profile,omitempty"`  // SetAgent
	Presence Presence       `json:"presence,omitempty"` // SetPresence
	For      time.Duration  `json:"for,omitempty"`      // SetPresence to WrapUp: how long
	Reason   string         `json:"reason,omitempty"`   // Decline, Hold, Cancel, Transfer, Escalate
	Stage    string         `json:"stage,omitempty"`    // BeginStage, EndStage
	Override bool           `json:"override,omitempty"` // Take, Assign, Transfer to an agent: against the rules
	Policy   string         `json:"policy,omitempty"`   // SwitchPolicy, SwitchPlan: the name of the set or plan
	Edition  string         `json:"edition,omitempty"`  // and its version
	Customer string         `json:"customer,omitempty"` // Erase
}

// Patch is a change of a ticket's attributes; nil leaves one as it is.
type Patch struct {
	Channel   *ticket.Channel  `json:"channel,omitempty"`
	Type      *ticket.Type     `json:"type,omitempty"`
	Priority  *ticket.Priority `json:"priority,omitempty"`
	Tier      *ticket.Tier     `json:"tier,omitempty"`
	Team      *string          `json:"team,omitempty"`
	Level     *int             `json:"level,omitempty"`
	Weight    *int             `json:"weight,omitempty"`
	Agent     *string          `json:"agent,omitempty"`
	Tags      *[]string        `json:"tags,omitempty"`
	Required  *[]ticket.Need   `json:"required,omitempty"`
	Preferred *[]ticket.Wish   `json:"preferred,omitempty"`
}

// MarshalJSON writes a list that is to be emptied as [], since null means to leave
// it as it is.
func (p Patch) MarshalJSON() ([]byte, error) {
	type plain Patch
	p.Tags, p.Required, p.Preferred = emptied(p.Tags), emptied(p.Required), emptied(p.Preferred)
	return json.Marshal(plain(p))
}

func emptied[T any](list *[]T) *[]T {
	if list != nil && *list == nil {
		return &[]T{}
	}
	return list
}

// apply returns the patched ticket; it shares no slice with the patch.
func (p *Patch) apply(t ticket.Ticket) ticket.Ticket {
	if p == nil {
		return t
	}
	set(&t.Channel, p.Channel)
	set(&t.Type, p.Type)
	set(&t.Priority, p.Priority)
	set(&t.Tier, p.Tier)
	set(&t.Team, p.Team)
	set(&t.Level, p.Level)
	set(&t.Weight, p.Weight)
	set(&t.Agent, p.Agent)
	set(&t.Tags, p.Tags)
	set(&t.Required, p.Required)
	set(&t.Preferred, p.Preferred)
	return cloned(t)
}

func set[T any](v *T, to *T) {
	if to != nil {
		*v = *to
	}
}

// Outcome is what became of a command.
type Outcome struct {
	At     time.Time     `json:"at"` // when it took effect: never before an earlier command
	Ticket string        `json:"ticket,omitempty"`
	Status ticket.Status `json:"status,omitempty"`
	Agent  string        `json:"agent,omitempty"`  // who has the ticket, or is offered it
	Reason Reason        `json:"reason,omitempty"` // why it waits
	Repeat bool          `json:"repeat,omitempty"` // the key was known: nothing was done
}

// check refuses what is wrong with a command whatever the desk's state.
func (c *Command) check() error {
	switch {
	case c.V != 0 && c.V != Version:
		return &MismatchError{What: "command version", Want: fmt.Sprint(Version), Got: fmt.Sprint(c.V)}
	case c.Kind == Invalid || c.Kind > Recover:
		return &CommandError{Kind: c.Kind, Problem: "is unknown"}
	case c.Kind == Submit && c.Submit == nil:
		return &CommandError{Kind: c.Kind, Problem: "has no ticket"}
	case c.Kind == SetAgent && c.Profile == nil:
		return &CommandError{Kind: c.Kind, Problem: "has no profile"}
	case c.Kind == Update && c.Patch == nil:
		return &CommandError{Kind: c.Kind, Problem: "has no patch"}
	case c.Presence > Offline:
		return &CommandError{Kind: c.Kind, Problem: "has an unknown presence"}
	case c.By > ticket.System:
		return &CommandError{Kind: c.Kind, Problem: "has an unknown role"}
	case c.For < 0 || c.For > maxSpan:
		return &ticket.FieldError{Ticket: c.Agent, Field: "for", Value: c.For.String(), Problem: "is not between 0 and a year"}
	}
	stage, customer := c.Kind == BeginStage || c.Kind == EndStage, c.Kind == Erase
	if stage || customer || len(c.Key)+len(c.Actor)+len(c.Reason)+len(c.Stage)+len(c.Customer) > 0 {
		if err := c.checkNames(stage, customer); err != nil {
			return err
		}
	}
	return ticket.CheckTime("command", "time", c.At)
}

func (c *Command) checkNames(stage, customer bool) error {
	for _, n := range [...]struct {
		field, value string
		must         bool
	}{
		{"key", c.Key, false}, {"actor", c.Actor, false}, {"reason", c.Reason, false},
		{"stage", c.Stage, stage}, {"customer", c.Customer, customer},
	} {
		if n.value == "" && !n.must {
			continue
		}
		if err := ticket.CheckName(c.Kind.String(), n.field, n.value, n.must); err != nil {
			return err
		}
	}
	return nil
}
