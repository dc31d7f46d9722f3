package ticket

import "time"

// ChangeKind is what happened to a ticket.
type ChangeKind uint8

// What can happen to a ticket, as far as a promise about it is concerned.
const (
	WasSubmitted   ChangeKind = iota
	WasAssigned               // Agent has it now
	WasUnassigned             // nobody has it any more: it waits again
	WasAnswered               // the desk wrote to the customer; By tells whether a person or a bot did
	CustomerWrote             // the customer wrote
	WasNoted                  // an internal note: the customer saw nothing
	WasHeld                   // it rests, for Reason
	WasResumed                // it no longer rests
	WasResolved               // the desk thinks it is done
	WasClosed                 // done for good
	WasReopened               // it was not done after all
	WasCancelled              // cancelled, or abandoned by the customer
	WasAltered                // its attributes changed: those of the Change are the new ones
	WasEscalated              // it went to a higher line of support
	WasTransferred            // it went to another agent or team
	StageBegan                // the host's own stage named Stage began
	StageEnded                // and ended
)

var changeWords = Words{Kind: "change", Names: []string{"submitted", "assigned", "unassigned", "answered", "customer-wrote", "noted",
	"held", "resumed", "resolved", "closed", "reopened", "cancelled", "altered", "escalated", "transferred",
	"stage-began", "stage-ended"}}

func (k ChangeKind) String() string               { return changeWords.Text(int(k)) }
func (k ChangeKind) MarshalText() ([]byte, error) { return changeWords.Marshal(int(k)) }
func (k *ChangeKind) UnmarshalText(b []byte) error {
	i, err := changeWords.Parse(b)
	*k = ChangeKind(i)
	return err
}

// Change is a flat record of what happened to a ticket: everything that promises
// about it are made of. The attributes are those after the change.
type Change struct {
	Ticket string     `json:"ticket"`
	At     time.Time  `json:"at"`
	Kind   ChangeKind `json:"kind"`
	By     Role       `json:"by,omitempty"`
	Agent  string     `json:"agent,omitempty"`  // who has the ticket after the change; "" if nobody
	Reason string     `json:"reason,omitempty"` // of WasHeld
	Stage  string     `json:"stage,omitempty"`  // of StageBegan and StageEnded

	Channel  Channel   `json:"channel,omitempty"`
	Type     Type      `json:"type,omitempty"`
	Priority Priority  `json:"priority,omitempty"`
	Tier     Tier      `json:"tier,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
	Team     string    `json:"team,omitempty"`
	Created  time.Time `json:"created,omitzero"`
}
