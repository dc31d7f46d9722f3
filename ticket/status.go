package ticket

// Status is where a ticket stands in its life.
type Status uint8

// The states of a ticket. None is the state before it is submitted.
const (
	None Status = iota
	ToAssign
	Offered
	InProgress
	OnHold           // waiting on the customer or on a third party
	AwaitingFeedback // answered; the customer is to say whether it helped
	Done
	Closed
	Cancelled // given up by the customer, or withdrawn
)

var statusWords = Words{Kind: "status", Names: []string{"none", "to-assign", "offered", "in-progress", "on-hold",
	"awaiting-feedback", "done", "closed", "cancelled"}}

func (s Status) String() string               { return statusWords.Text(int(s)) }
func (s Status) MarshalText() ([]byte, error) { return statusWords.Marshal(int(s)) }
func (s *Status) UnmarshalText(b []byte) error {
	i, err := statusWords.Parse(b)
	*s = Status(i)
	return err
}

// Ended tells whether no more work is expected: done, closed or cancelled.
func (s Status) Ended() bool { return s == Done || s == Closed || s == Cancelled }

// Assigned tells whether an agent has the ticket, worked on or parked.
func (s Status) Assigned() bool { return s == InProgress || s == OnHold || s == AwaitingFeedback }

// Role is who takes a step.
type Role uint8

// The roles. Anyone is the host itself: it may take every step.
const (
	Anyone Role = iota
	Customer
	Agent
	Supervisor
	Bot
	System // time, a rule, the router
)

var roleWords = Words{Kind: "role", Names: []string{"anyone", "customer", "agent", "supervisor", "bot", "system"}}

func (r Role) String() string                { return roleWords.Text(int(r)) }
func (r Role) MarshalText() ([]byte, error)  { return roleWords.Marshal(int(r)) }
func (r *Role) UnmarshalText(b []byte) error { i, err := roleWords.Parse(b); *r = Role(i); return err }

// Step is one move in the life of a ticket.
type Step uint8

// The steps.
const (
	Submit Step = iota
	Offer
	Accept
	Decline
	Expire   // an offer nobody answered
	Withdraw // an offer taken back
	Assign   // by the router, or by a supervisor
	Pull     // by the agent who wants it
	Reply    // also: customer's reply, note, stage: the ticket stays where it is
	Hold
	AwaitFeedback
	Resume
	Resolve
	Close
	Reopen
	Cancel
	Abandon // the customer gave up waiting
	Transfer
	Escalate
	Return // the agent left
	Alter  // its attributes change
)

var stepWords = Words{Kind: "step", Names: []string{"submit", "offer", "accept", "decline", "expire", "withdraw", "assign", "pull",
	"reply", "hold", "await-feedback", "resume", "resolve", "close", "reopen", "cancel", "abandon", "transfer",
	"escalate", "return", "alter"}}

func (s Step) String() string                { return stepWords.Text(int(s)) }
func (s Step) MarshalText() ([]byte, error)  { return stepWords.Marshal(int(s)) }
func (s *Step) UnmarshalText(b []byte) error { i, err := stepWords.Parse(b); *s = Step(i); return err }

// Legal is one row of the life cycle: a step, the states it may be taken from,
// the state it leads to (None: the state stays), and who may take it.
type Legal struct {
	Step Step
	From []Status
	To   Status
	By   []Role
}

// Life is the whole life cycle. It is a variable only because Go has no constant
// tables; nobody may write to it.
var Life = [...]Legal{
	{Submit, []Status{None}, ToAssign, []Role{Customer, Agent, Supervisor, Bot, System}},
	{Offer, []Status{ToAssign}, Offered, []Role{System}},
	{Accept, []Status{Offered}, InProgress, []Role{Agent}},
	{Decline, []Status{Offered}, ToAssign, []Role{Agent}},
	{Expire, []Status{Offered}, ToAssign, []Role{System}},
	{Withdraw, []Status{Offered}, ToAssign, []Role{Supervisor, System}},
	{Assign, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback}, InProgress, []Role{Supervisor, System}},
	{Pull, []Status{ToAssign}, InProgress, []Role{Agent}},
	{Reply, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback, Done}, None,
		[]Role{Customer, Agent, Supervisor, Bot, System}},
	{Hold, []Status{InProgress}, OnHold, []Role{Agent, Supervisor, System}},
	{AwaitFeedback, []Status{InProgress}, AwaitingFeedback, []Role{Agent, Supervisor, System}},
	{Resume, []Status{OnHold, AwaitingFeedback}, InProgress, []Role{Customer, Agent, Supervisor, System}},
	{Resolve, []Status{InProgress, OnHold, AwaitingFeedback}, Done, []Role{Customer, Agent, Supervisor, Bot, System}},
	{Close, []Status{Done}, Closed, []Role{Customer, Agent, Supervisor, System}},
	{Reopen, []Status{Done, Closed}, ToAssign, []Role{Customer, Agent, Supervisor, System}},
	{Cancel, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback}, Cancelled,
		[]Role{Customer, Supervisor, System}},
	{Abandon, []Status{ToAssign, Offered}, Cancelled, []Role{Customer, System}},
	{Transfer, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback}, ToAssign,
		[]Role{Agent, Supervisor, System}},
	{Escalate, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback}, ToAssign,
		[]Role{Customer, Agent, Supervisor, System}},
	{Alter, []Status{ToAssign, Offered, InProgress, OnHold, AwaitingFeedback}, None,
		[]Role{Customer, Agent, Supervisor, Bot, System}},
	{Return, []Status{Offered, InProgress, OnHold, AwaitingFeedback}, ToAssign, []Role{System}},
}

// may is Life compiled: by step and state, the state that follows.
var may = func() (m [len(Life)]struct {
	from [Cancelled + 1]bool
	by   [System + 1]bool
	to   Status
}) {
	for _, l := range Life {
		row := &m[l.Step]
		row.to = l.To
		for _, s := range l.From {
			row.from[s] = true
		}
		row.by[Anyone] = true
		for _, r := range l.By {
			row.by[r] = true
		}
	}
	return m
}()

// Next returns the state that a step leads to, or a [*StepError] if the step is
// not legal from that state or not for that role.
func Next(id string, from Status, s Step, by Role) (Status, error) {
	if int(s) >= len(may) || int(from) >= len(may[s].from) || int(by) >= len(may[s].by) ||
		!may[s].from[from] || !may[s].by[by] {
		to := None
		if int(s) < len(may) {
			to = may[s].to
		}
		return from, &StepError{Ticket: id, Step: s, From: from, To: to, By: by}
	}
	if may[s].to == None {
		return from, nil
	}
	return may[s].to, nil
}
