package router

import "github.com/usherdesk/usher/ticket"

// Presence is whether an agent can be asked.
type Presence uint8

// The presences. An agent who is set for the first time is online.
const (
	Online  Presence = iota
	WrapUp           // finishing up after a ticket; back online by itself
	Away             // not asked; keeps what is in hand
	Offline          // left; what is in hand returns to the lanes
)

// CommandKind is what a [Command] asks for.
type CommandKind uint8

// The commands. Which fields of a Command each one reads is told there.
const (
	Invalid CommandKind = iota
	Submit
	Accept
	Decline
	Reply
	CustomerReply
	Note
	Hold
	AwaitFeedback
	Resume
	Resolve
	Close
	Reopen
	Cancel
	Abandon
	Transfer
	Escalate
	Take
	Assign
	Update
	BeginStage
	EndStage
	SetAgent
	RemoveAgent
	SetPresence
	SwitchPolicy
	SwitchPlan
	Erase
	Recover
)

// EventKind is what happened.
type EventKind uint8

// The events.
const (
	Submitted EventKind = iota
	Offered
	Accepted
	Declined
	Missed    // an offer ran out
	Withdrawn // an offer was taken back
	Assigned
	Answered      // the desk wrote to the customer
	CustomerWrote // the customer wrote
	Noted
	Held
	Parked // answered, awaiting the customer's feedback
	Resumed
	Resolved
	Closed
	Reopened
	Cancelled
	Abandoned
	Transferred
	Escalated
	Returned // the agent left, or lost the ticket: it waits again
	Altered
	Widened     // a ring opened
	AllDeclined // everyone online who could have taken it has declined: it rests
	RoundBegan  // it is offered anew, to all
	StageBegan
	StageEnded
	AgentSet
	AgentRemoved
	PresenceSet
	Overloaded // an agent has more in hand than the capacity allows; nothing is added
	Opened     // a team or channel: its hours began
	Shut       // and ended
	PolicySwitched
	PlanSwitched
	Erased
	Recovered

	// Of promises; Event.Promise has the rest.
	Warned     // a tier came
	Breached   // the target was missed
	Met        // what was promised was done, in time or not
	Paused     // the clock stands still
	Unpaused   // it runs again
	Recomputed // another target or plan holds

	// Measures; see Queue and Config.ReserveWindow.
	QueueLong       // as many wait in a queue as its limit allows
	QueueShort      // no more than four fifths of that
	QueueWait       // a ticket has waited as long as its queue's limit allows
	Overflowed      // a ticket has gone where its queue overflows
	ReserveUnstable // beside the agents kept free, the others' queue would grow without end
	ReserveStable   // not any more
)

var (
	modeWords     = ticket.Words{Kind: "mode", Names: []string{"default", "push", "offers", "pull"}}
	presenceWords = ticket.Words{Kind: "presence", Names: []string{"online", "wrap-up", "away", "offline"}}
	commandWords  = ticket.Words{Kind: "command", Names: []string{"invalid", "submit", "accept", "decline", "reply", "customer-reply", "note",
		"hold", "await-feedback", "resume", "resolve", "close", "reopen", "cancel", "abandon", "transfer", "escalate",
		"take", "assign", "update", "begin-stage", "end-stage", "set-agent", "remove-agent", "set-presence",
		"switch-policy", "switch-plan", "erase", "recover"}}
	eventWords = ticket.Words{Kind: "event", Names: []string{"submitted", "offered", "accepted", "declined", "missed", "withdrawn",
		"assigned", "answered", "customer-wrote", "noted", "held", "parked", "resumed", "resolved", "closed", "reopened",
		"cancelled", "abandoned", "transferred", "escalated", "returned", "altered", "widened", "all-declined",
		"round-began", "stage-began", "stage-ended", "agent-set", "agent-removed", "presence-set",
		"overloaded", "opened", "shut", "policy-switched", "plan-switched", "erased", "recovered",
		"warned", "breached", "met", "paused", "unpaused", "recomputed",
		"queue-long", "queue-short", "queue-wait", "overflowed", "reserve-unstable", "reserve-stable"}}
)

func (m Mode) String() string                   { return modeWords.Text(int(m)) }
func (m Mode) MarshalText() ([]byte, error)     { return modeWords.Marshal(int(m)) }
func (m *Mode) UnmarshalText(b []byte) error    { i, err := modeWords.Parse(b); *m = Mode(i); return err }
func (p Presence) String() string               { return presenceWords.Text(int(p)) }
func (p Presence) MarshalText() ([]byte, error) { return presenceWords.Marshal(int(p)) }
func (p *Presence) UnmarshalText(b []byte) error {
	i, err := presenceWords.Parse(b)
	*p = Presence(i)
	return err
}
func (k CommandKind) String() string { return commandWords.Text(int(k)) }
func (k CommandKind) MarshalText() ([]byte, error) {
	return commandWords.Marshal(int(k))
}
func (k *CommandKind) UnmarshalText(b []byte) error {
	i, err := commandWords.Parse(b)
	*k = CommandKind(i)
	return err
}
func (k EventKind) String() string               { return eventWords.Text(int(k)) }
func (k EventKind) MarshalText() ([]byte, error) { return eventWords.Marshal(int(k)) }
func (k *EventKind) UnmarshalText(b []byte) error {
	i, err := eventWords.Parse(b)
	*k = EventKind(i)
	return err
}
