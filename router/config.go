package router

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Agent is someone who handles tickets, as the host sets it.
type Agent = policy.Agent

// Mode is how a ticket comes to an agent.
type Mode uint8

// The modes.
const (
	Default Mode = iota // of a channel: as the desk
	Push                // assigned at once
	Offers              // offered first: the agent accepts, declines or misses it
	Pull                // waits until an agent takes it
)

// Config says how a desk works. The zero value works: first come, first served, to
// the longest idle agent, pushed. New fills defaults on a copy of its own.
type Config struct {
	// Policy is the stack the desk starts with, known to commands as "default".
	Policy policy.Stack
	// Sets are further stacks that a command can switch to by name and version.
	Sets []policy.Set

	// SLA is what is promised about tickets; nil promises nothing. Its nearest due
	// time is what the policy Deadline goes by. Plans are further ones that a command
	// can switch to by name and version. Plans must not be written to any more.
	SLA   *sla.Plan
	Plans []*sla.Plan

	// Channels are the ways tickets come in. A channel that is not listed costs 1,
	// works as the desk does, and is always open.
	Channels map[ticket.Channel]Channel
	// Teams are the groups that have hours or limits. A team that is not listed has
	// neither.
	Teams []Team

	// Mode is that of channels that name none: Push unless set.
	Mode Mode
	// OfferFor is how long an offer stands; 30 s unless set.
	OfferFor time.Duration
	// MissedAway sets an agent away who missed that many offers in a row; 0 never does.
	MissedAway int
	// RoundPause is how long a ticket rests after everyone asked has declined it; 30 s unless set.
	RoundPause time.Duration
	// LeaveGrace is how long an agent may be offline before open work returns to the
	// lanes; 0 returns it at once.
	LeaveGrace time.Duration
	// Ramp spares an agent who comes back.
	Ramp Ramp
	// WrapUp limits a wrap-up that names no time; 2 min unless set.
	WrapUp time.Duration
	// ReleaseParked frees the agent's capacity while a ticket is on hold or awaits
	// feedback. When it resumes and the agent has no room, it waits for that agent.
	ReleaseParked bool
	// MaxTransfers bounds how often a ticket may be passed on; 10 unless set.
	MaxTransfers int
	// MaxLevel is the highest line of support; 3 unless set.
	MaxLevel int
	// Keep tells how long ended tickets stay in memory.
	Keep Keep
	// Keys is how many idempotency keys are remembered; 1024 unless set.
	Keys int

	// Stats has the desk count what it does: see Engine.Stats and Engine.Forecast.
	Stats bool
	// Zone is where the desk's day begins at midnight; UTC unless set.
	Zone *time.Location
	// ReserveWindow is how long the desk measures its load before it tells whether the
	// agents that the policy keeps free leave the others a finite queue, by the events
	// ReserveUnstable and ReserveStable; see policy.ReserveRoom. A window should hold a
	// hundred tickets or more. 0 does not measure.
	ReserveWindow time.Duration

	// Clock is the Router's; an Engine ignores it. The system's unless set.
	Clock clock.Clock
	// OnEvent is called by the Router for every event, in order, without its lock; it
	// may call the Router. An Engine ignores it.
	OnEvent func(Event)
}

// Channel is how tickets of one channel are handled.
type Channel struct {
	Cost     int           // capacity units a ticket takes if it names no weight; 0 is 1
	Mode     Mode          // Default: as the desk
	OfferFor time.Duration // 0: as the desk
	WrapUp   time.Duration // after-call work: the agent takes no ticket that long after resolving one
	Hours    Hours         // nil: always open
	Queue    Queue         // limits of those who wait
	Handle   time.Duration // mean time an agent has a ticket, for Forecast as long as none is measured; 0: unknown
	Patience time.Duration // mean time a customer waits before giving up, as well; 0: without end
}

// Team is a named group of agents; who belongs to it is told by the agents.
type Team struct {
	Name    string
	Hours   Hours // nil: always open
	MaxOpen int   // most tickets of the team in agents' hands at once; 0: no limit
	Queue   Queue // limits of those who wait
}

// Hours are the opening hours of a team or channel, such as a *sla.Calendar.
// They must always give the same answers, and are asked under the desk's lock.
type Hours interface {
	Open(t time.Time) bool
	// NextChange returns the first instant after t at which Open changes, and false
	// if it never does. An instant that is not after t counts as never.
	NextChange(t time.Time) (time.Time, bool)
}

// Ramp spaces out the tickets of an agent who comes back online: at most PerMinute
// of them during the time For. Zero does not.
type Ramp struct {
	PerMinute int
	For       time.Duration
}

// Keep bounds the ended tickets (done, closed, cancelled) that stay in memory. A
// ticket is forgotten when it has been ended for longer than Age (0: no bound) or
// when more than Count ended later (0: 10,000).
type Keep struct {
	Age   time.Duration
	Count int
}

// desk is a checked Config with its defaults filled.
type desk struct {
	Config
	sets []compiled
}

type compiled struct {
	policy.Set
	rules *policy.Rules
}

func (c Config) compile() (desk, error) {
	d := desk{Config: c}
	d.Channels = maps.Clone(c.Channels)
	d.Teams = slices.Clone(c.Teams)
	fill(&d.Mode, Push)
	fill(&d.OfferFor, 30*time.Second)
	fill(&d.RoundPause, 30*time.Second)
	fill(&d.WrapUp, 2*time.Minute)
	fill(&d.MaxTransfers, 10)
	fill(&d.MaxLevel, 3)
	fill(&d.Keep.Count, 10_000)
	fill(&d.Keys, 1024)
	var faults []error
	bad := func(id, field string, value any, problem string) {
		faults = append(faults, &ticket.FieldError{Ticket: id, Field: field, Value: fmt.Sprint(value), Problem: problem})
	}
	span := func(id, field string, v time.Duration) {
		if v < 0 || v > maxSpan {
			bad(id, field, v, "is not between 0 and a year")
		}
	}
	number := func(id, field string, v, most int) {
		if v < 0 || v > most {
			bad(id, field, v, fmt.Sprintf("is not between 0 and %d", most))
		}
	}
	mode := func(id string, m Mode) {
		if m > Pull {
			bad(id, "mode", m, "is unknown")
		}
	}
	mode("config", d.Mode)
	span("config", "offer for", d.OfferFor)
	span("config", "round pause", d.RoundPause)
	span("config", "leave grace", d.LeaveGrace)
	span("config", "wrap-up", d.WrapUp)
	span("config", "ramp for", d.Ramp.For)
	span("config", "keep age", d.Keep.Age)
	number("config", "missed away", d.MissedAway, 1000)
	number("config", "ramp per minute", d.Ramp.PerMinute, 60_000)
	number("config", "max transfers", d.MaxTransfers, 1_000_000)
	number("config", "max level", d.MaxLevel, ticket.MaxLevel)
	number("config", "keep count", d.Keep.Count, 1<<30)
	number("config", "keys", d.Keys, 1<<20)
	if (d.Ramp.PerMinute == 0) != (d.Ramp.For == 0) {
		bad("config", "ramp", d.Ramp, "needs both a rate and a time")
	}
	hours := func(id string, h Hours) {
		if v := reflect.ValueOf(h); v.Kind() == reflect.Pointer && v.IsNil() {
			bad(id, "hours", "nil", "are a pointer to nothing; leave them out instead")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		ch, id := d.Channels[name], "channel "+string(name)
		if err := ticket.CheckName(id, "name", string(name), true); err != nil {
			faults = append(faults, err)
		}
		number(id, "cost", ch.Cost, ticket.MaxWeight)
		mode(id, ch.Mode)
		hours(id, ch.Hours)
		span(id, "offer for", ch.OfferFor)
		span(id, "wrap-up", ch.WrapUp)
	}
	seen := map[string]bool{}
	for i, t := range d.Teams {
		id := fmt.Sprintf("team #%d", i)
		if err := ticket.CheckName(id, "name", t.Name, true); err != nil {
			faults = append(faults, err)
		}
		if seen[t.Name] {
			bad(id, "name", t.Name, "is given twice")
		}
		seen[t.Name] = true
		number(id, "max open", t.MaxOpen, ticket.MaxWeight)
		hours(id, t.Hours)
	}
	faults = append(faults, d.checkQueues()...)
	faults = append(faults, d.compileSets()...)
	for _, p := range d.Plans {
		if _, err := sla.NewTracker(p); err != nil {
			faults = append(faults, err)
		}
	}
	return d, errors.Join(faults...)
}

func (d *desk) compileSets() (faults []error) {
	all := append([]policy.Set{{Name: "default", Stack: d.Policy}}, d.Sets...)
	for i, s := range all {
		rules, err := s.Stack.Compile()
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if n := ranks(rules); n > maxRanks {
			faults = append(faults, &policy.FaultError{Policy: s.Name, Problem: fmt.Sprintf("has %d rankers, more than %d", n, maxRanks)})
		}
		if err := ticket.CheckName("policy set", "name", s.Name, true); err != nil {
			faults = append(faults, err)
		}
		for _, other := range all[:i] {
			if other.Name == s.Name && other.Version == s.Version {
				faults = append(faults, &policy.FaultError{Policy: s.Name, Problem: fmt.Sprintf("version %q is registered twice", s.Version)})
			}
		}
		d.sets = append(d.sets, compiled{Set: s, rules: rules})
	}
	return faults
}

// set finds a registered stack.
func (d *desk) set(name, version string) (compiled, bool) {
	for _, s := range d.sets {
		if s.Name == name && s.Version == version {
			return s, true
		}
	}
	return compiled{}, false
}

// maxSpan bounds every duration of a setting or command, so that no sum of a time
// and a span overflows.
const maxSpan = 366 * 24 * time.Hour

func fill[T comparable](v *T, usual T) {
	var zero T
	if *v == zero {
		*v = usual
	}
}

func (d *desk) cost(t *ticket.Ticket) int {
	if t.Weight > 0 {
		return t.Weight
	}
	return max(d.Channels[t.Channel].Cost, 1)
}

func (d *desk) mode(c ticket.Channel) Mode {
	if m := d.Channels[c].Mode; m != Default {
		return m
	}
	return d.Mode
}

func (d *desk) offerFor(c ticket.Channel) int64 {
	if t := d.Channels[c].OfferFor; t > 0 {
		return int64(t)
	}
	return int64(d.OfferFor)
}
