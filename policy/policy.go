package policy

import (
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Policy is one rule. Its name carries its parameters ("load max-open=5"): it is
// what Explain shows, and what tells two versions of a rule apart when a snapshot
// is restored. What it does is told by the roles it plays; see the interfaces.
type Policy interface {
	Name() string
}

// Ticket is a ticket as a policy sees it.
type Ticket struct {
	ticket.Ticket
	Due       time.Time // the nearest promise about it that is still unmet; zero if none
	LastAgent string    // who had it last; "" if nobody yet
}

// Agent is someone who handles tickets. The first part is set by the host; Live is
// kept by the router and ignored where a host passes an Agent.
type Agent struct {
	ID       string                 `json:"id"`
	Skills   ticket.Skills          `json:"skills,omitempty"`
	Channels map[ticket.Channel]int `json:"channels,omitzero"` // most tickets at once by channel, 0: no limit of its own; nil: every channel
	Teams    []string               `json:"teams,omitempty"`
	Level    int                    `json:"level,omitempty"` // line of support; 0 is the first line, as 1
	Tags     []string               `json:"tags,omitempty"`
	Location ticket.Point           `json:"location,omitzero"`
	Capacity int                    `json:"capacity"`         // total weight of tickets at once
	Weight   int                    `json:"weight,omitempty"` // share of turns in RoundRobin; 0 is 1

	Live Live `json:"-"`
}

// Live is where an agent stands at the moment of a decision. Offers count.
type Live struct {
	Open      int       // tickets in hand
	Load      int       // their weight, in capacity units
	IdleSince time.Time // when the agent last got or finished a ticket, or came online
	Turn      int64     // stride scheduling: the turn at which the agent is next; grows by 1<<20 / Weight a ticket
}

// Shaper copies to the demand what the stack looks at. Channel, weight, team and
// level are always there.
type Shaper interface {
	Shape(t *Ticket, d *ticket.Demand)
}

// Qualifier tells whether an agent may take a demand at all. It may read of the
// agent only what the host sets, but for ID, Capacity and Weight, which are empty
// here: one answer holds for all agents who are otherwise described alike, until
// they are set anew.
type Qualifier interface {
	Qualifies(a *Agent, d *ticket.Demand) bool
}

// Fitter tells how well an agent suits a demand, the smaller the better. As with
// Qualifier, Live is not to be read: it is empty.
type Fitter interface {
	Fit(a *Agent, d *ticket.Demand) int64
}

// Ranker tells where an agent stands now, the smaller the sooner. It is asked
// again whenever Live changes.
type Ranker interface {
	Rank(a *Agent) int64
}

// Orderer adds to the urgency that the policies before it in the stack gave a
// ticket.
type Orderer interface {
	Order(t *Ticket, u Urgency) Urgency
}

// Keeper keeps agents free: a ticket of this demand starts only if more than that
// many agents who qualify for it have room.
type Keeper interface {
	Keep(d *ticket.Demand) int
}

// Sticker names the agent for whom a ticket is held back, and for how long while
// that agent is online but has no room. No agent means no wish.
type Sticker interface {
	Stick(t *Ticket) (agent string, wait time.Duration)
}

// Widener tells how a demand widens while its ticket waits.
type Widener interface {
	// Widen returns the demand of the given ring: ring 0 is at once, ring i from
	// After(i) of waiting on. An agent who qualifies for any ring that is open may
	// take the ticket; those of an earlier ring come first.
	Widen(d ticket.Demand, ring int) ticket.Demand
	// After returns the waiting time that opens a ring, and false if there is no
	// such ring. After(0) is 0; there are at most MaxRings more.
	After(ring int) (time.Duration, bool)
}

// MaxRings is how often a demand may widen.
const MaxRings = 16

// Checker is a policy that can be set wrongly.
type Checker interface {
	Check() error
}

// Set is a stack that commands and snapshots can name.
type Set struct {
	Name    string
	Version string
	Stack   Stack
}

// FaultError is one thing that is wrong with a policy or with a composition.
type FaultError struct {
	Policy  string // the name of the policy
	Problem string
}

func (e *FaultError) Error() string { return "usher: policy " + e.Policy + ": " + e.Problem }
