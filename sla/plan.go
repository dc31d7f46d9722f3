package sla

import (
	"strconv"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Metric is what a target measures.
type Metric uint8

// The metrics, with the change that starts each clock and the one that stops it.
// Resolving a ticket stops all of them but a stage's; cancelling drops them all.
const (
	Assignment     Metric = iota // created, or waiting again → somebody has it
	FirstResponse                // created → the first answer
	NextResponse                 // the customer wrote (a second message restarts nothing) → the next answer
	PeriodicUpdate               // created, then every answer → the next answer
	Resolution                   // created → resolved; runs on after a reopening, less the time between
	Stage                        // as Begins says → ticket.StageEnded with the stage's name
)

var metricWords = [...]string{"assignment", "first-response", "next-response", "periodic-update", "resolution", "stage"}

// Begin is the change that starts a stage's clock.
type Begin uint8

// What can begin a stage.
const (
	OnStage      Begin = iota // ticket.StageBegan with its name
	OnCreation                // the ticket was created
	OnEscalation              // it went to a higher line of support
	OnResolution              // it was resolved: for what is to happen afterwards
)

var beginWords = [...]string{"stage", "creation", "escalation", "resolution"}

// Whose says which calendar a target without one of its own takes from the plan.
type Whose uint8

// The calendars of a plan. Where it has none for the channel or the team, the
// clock runs day and night.
const (
	RoundTheClock Whose = iota
	ChannelHours        // Plan.Channels, by the ticket's channel
	TeamHours           // Plan.Teams, by the ticket's team
)

var whoseWords = [...]string{"round-the-clock", "channel", "team"}

// Audience is who should hear of a tier. Hosts may define their own.
type Audience string

// The usual audiences.
const (
	Assignee   Audience = "assignee"
	Supervisor Audience = "supervisor"
	Manager    Audience = "manager"
)

// Action is what a tier asks for. The tracker only says so in its event: the router,
// or the host, does it.
type Action uint8

// The actions.
const (
	Notify        Action = iota
	RaisePriority        // to the tier's Priority
	Escalate             // to the next line of support
	Transfer             // to the tier's Team
)

var actionWords = [...]string{"notify", "raise-priority", "escalate", "transfer"}

// AnyReason among the pause reasons of a target stands for all of them.
const AnyReason = "*"

// The usual reasons for which a ticket rests. Hosts may define their own.
const (
	WaitingOnCustomer    = "customer"
	WaitingOnThirdParty  = "third-party"
	WaitingOnEngineering = "engineering"
)

// Tier is one step of warning: an instant, and who should do what then. The instant
// is a share of the target or lies a span before or after the due, both in the
// target's working time.
type Tier struct {
	Percent  int             `json:"percent,omitempty"` // of the target, 1 to 1000; 100 is the due itself
	Span     time.Duration   `json:"span,omitempty"`    // if Percent is 0: from the due, negative before it
	Audience Audience        `json:"audience,omitempty"`
	Action   Action          `json:"action,omitempty"`
	Priority ticket.Priority `json:"priority,omitempty"` // of RaisePriority
	Team     string          `json:"team,omitempty"`     // of Transfer
}

// Label names a tier among those of its target, for people and in event keys:
// "75%", "-30m0s", "+2h0m0s", and the audience behind a slash if it has one. A
// tier of the same label is the same tier, whatever becomes of the plan: it does not
// warn again.
func (t Tier) Label() string {
	s := strconv.Itoa(t.Percent) + "%"
	if t.Percent == 0 {
		s = t.Span.String()
		if t.Span >= 0 {
			s = "+" + s
		}
	}
	if t.Audience != "" {
		s += "/" + string(t.Audience)
	}
	return s
}

// after is the working time from the start of a target to the tier.
func (t Tier) after(within time.Duration) time.Duration {
	if t.Percent == 0 {
		return within + t.Span
	}
	p := time.Duration(t.Percent)
	return within/100*p + within%100*p/100
}

// Target is one promise: this metric, within that much working time.
type Target struct {
	Metric   Metric        `json:"metric"`
	Stage    string        `json:"stage,omitempty"`  // the name, of Metric Stage
	Begins   Begin         `json:"begins,omitempty"` // of Metric Stage
	Within   time.Duration `json:"within"`
	Calendar *Calendar     `json:"calendar,omitempty"` // nil takes the one that Hours says
	Hours    Whose         `json:"hours,omitempty"`
	Pause    []string      `json:"pause,omitempty"` // the reasons of a hold that stop the clock; AnyReason for all
	Bots     bool          `json:"bots,omitempty"`  // a bot's or the system's answer counts
	Tiers    []Tier        `json:"tiers,omitempty"` // at most 31; in any order
}

// Match selects tickets. Each list that is not empty must have the ticket's value;
// of Tags, the ticket must have all. The zero Match selects every ticket.
type Match struct {
	Priorities []ticket.Priority `json:"priorities,omitempty"`
	Channels   []ticket.Channel  `json:"channels,omitempty"`
	Types      []ticket.Type     `json:"types,omitempty"`
	Tiers      []ticket.Tier     `json:"tiers,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
}

// Policy is what is promised to the tickets it matches.
type Policy struct {
	Name    string   `json:"name"`
	When    Match    `json:"when,omitzero"`
	Targets []Target `json:"targets"` // at most one of each metric, or stage

	// Yields names earlier policies that match some of the same tickets, and goes
	// first with them. An overlap that is neither named here nor that of a special
	// case before the general one is a fault of the plan.
	Yields []string `json:"yields,omitempty"`
}

// Plan is all that is promised: the first policy that matches a ticket is its own.
// A ticket that none matches is promised nothing. A plan must not be written to
// while it is in use.
type Plan struct {
	Name     string                       `json:"name"`
	Version  int                          `json:"version"`
	Policies []Policy                     `json:"policies"`
	Channels map[ticket.Channel]*Calendar `json:"channels,omitempty"` // service hours by channel
	Teams    map[string]*Calendar         `json:"teams,omitempty"`    // and by team
}
