package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Skill admits only agents who have every required skill at the level asked for,
// and prefers those who fill more, by weight, of the preferred ones. Without it in
// the stack, skills on tickets mean nothing.
type Skill struct{}

func (Skill) Name() string { return "skill" }

// Shape keeps both lists of skills.
func (Skill) Shape(t *Ticket, d *ticket.Demand) { d.Required, d.Preferred = t.Required, t.Preferred }

// Qualifies asks for every required skill.
func (Skill) Qualifies(a *Agent, d *ticket.Demand) bool {
	for _, n := range d.Required {
		if !n.Met(a.Skills.Level(n.Skill)) {
			return false
		}
	}
	return true
}

// Fit is less the more weight of preferred skills an agent has.
func (Skill) Fit(a *Agent, d *ticket.Demand) int64 { return -ticket.Score(d.Preferred, a.Skills) }

// Load prefers the agent with the least in hand.
type Load struct {
	// MaxOpen puts agents with fewer open tickets than this before all others. It is
	// a preference; the hard limit is the agent's capacity. 0 sets none.
	MaxOpen int
	// Share compares the share of their capacity that agents have in use, instead
	// of the number of their open tickets.
	Share bool
}

func (l Load) Name() string { return fmt.Sprintf("load max-open=%d share=%t", l.MaxOpen, l.Share) }

// Check refuses a negative limit.
func (l Load) Check() error {
	if l.MaxOpen < 0 {
		return &FaultError{Policy: l.Name(), Problem: "max-open is negative"}
	}
	return nil
}

// Rank grows with what the agent has in hand.
func (l Load) Rank(a *Agent) int64 {
	r := int64(a.Live.Open)
	if l.Share {
		r = int64(a.Live.Load) * 1_000_000 / int64(max(a.Capacity, 1))
	}
	if l.MaxOpen > 0 && a.Live.Open >= l.MaxOpen {
		r += 1 << 50
	}
	return r
}

// LongestIdle prefers the agent whose last assignment or last finished ticket lies
// furthest back.
type LongestIdle struct{}

func (LongestIdle) Name() string { return "longest-idle" }

// Rank is the time since when the agent is idle.
func (LongestIdle) Rank(a *Agent) int64 { return a.Live.IdleSince.UnixNano() }

// RoundRobin gives agents turns in proportion to their Weight, by stride
// scheduling (Waldspurger and Weihl, 1995): an agent of weight 2 gets every other
// turn of two agents of weight 1, and who was away does not catch up.
type RoundRobin struct{}

func (RoundRobin) Name() string { return "round-robin" }

// Rank is the agent's next turn.
func (RoundRobin) Rank(a *Agent) int64 { return a.Live.Turn }

// LeastFlexible prefers the agent with the fewest skills, so that those who can do
// much stay free for what only they can do.
type LeastFlexible struct{}

func (LeastFlexible) Name() string { return "least-flexible" }

// Fit counts the agent's skills.
func (LeastFlexible) Fit(a *Agent, _ *ticket.Demand) int64 { return int64(len(a.Skills)) }

// Sticky holds a ticket back for the agent it names, or for the one who had it
// last, while that agent is online but has no room: at most for the time For,
// then anyone may take it. If that agent is away or cannot take it, nobody waits.
type Sticky struct {
	For time.Duration
}

func (s Sticky) Name() string { return "sticky for=" + s.For.String() }

// Check refuses a time that is not positive.
func (s Sticky) Check() error {
	if s.For <= 0 {
		return &FaultError{Policy: s.Name(), Problem: "the time to wait is not positive"}
	}
	return nil
}

// Stick names the last agent, else the preferred one.
func (s Sticky) Stick(t *Ticket) (string, time.Duration) {
	if t.LastAgent != "" {
		return t.LastAgent, s.For
	}
	return t.Agent, s.For
}

// Rings widens what a ticket asks for, ring by ring, while it waits. A need that
// is marked hard never changes. What it relaxes of skills needs Skill in the stack.
type Rings struct {
	// Insist makes preferred skills required until the first ring opens.
	Insist bool
	Rings  []Ring
}

// Ring is one widening, in place of the one before it.
type Ring struct {
	After time.Duration  // of waiting
	Lower ticket.Level   // take this off every level asked for, down to 1
	Drop  []ticket.Skill // ask no more for these
	Team  string         // ask this team instead
}

func (r Rings) Name() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rings insist=%t", r.Insist)
	for _, x := range r.Rings {
		fmt.Fprintf(&b, " %s{lower=%d drop=%q team=%q}", x.After, x.Lower, x.Drop, x.Team)
	}
	return b.String()
}

// Check refuses rings that never open, open before an earlier one, or widen
// nothing.
func (r Rings) Check() error {
	if len(r.Rings) == 0 {
		return &FaultError{Policy: "rings", Problem: "has no ring"}
	}
	if len(r.Rings) > MaxRings {
		return &FaultError{Policy: "rings", Problem: fmt.Sprintf("has %d rings, more than %d", len(r.Rings), MaxRings)}
	}
	var last time.Duration
	for i, x := range r.Rings {
		if x.After <= last {
			return &FaultError{Policy: r.Name(), Problem: fmt.Sprintf("ring %d opens after %s, not later than the one before", i+1, x.After)}
		}
		if x.Lower == 0 && len(x.Drop) == 0 && x.Team == "" && !(r.Insist && i == 0) {
			return &FaultError{Policy: r.Name(), Problem: fmt.Sprintf("ring %d widens nothing", i+1)}
		}
		last = x.After
	}
	return nil
}

func (r Rings) skills() bool {
	return r.Insist || slices.ContainsFunc(r.Rings, func(x Ring) bool { return x.Lower > 0 || len(x.Drop) > 0 })
}

// After is when a ring opens.
func (r Rings) After(ring int) (time.Duration, bool) {
	switch {
	case ring == 0:
		return 0, true
	case ring > len(r.Rings):
		return 0, false
	}
	return r.Rings[ring-1].After, true
}

// Widen relaxes a demand as the ring says.
func (r Rings) Widen(d ticket.Demand, ring int) ticket.Demand {
	if ring == 0 {
		if r.Insist && len(d.Preferred) > 0 {
			d.Required = slices.Clone(d.Required)
			for _, w := range d.Preferred {
				d.Required = append(d.Required, w.Need)
			}
		}
		return d
	}
	x := r.Rings[ring-1]
	if x.Team != "" && d.Team != "" {
		d.Team = x.Team
	}
	var needs []ticket.Need
	for _, n := range d.Required {
		switch {
		case n.Hard:
		case slices.Contains(x.Drop, n.Skill):
			continue
		case n.Op == ticket.AtLeast && n.Level > 1:
			n.Level = n.Level - min(x.Lower, n.Level-1)
		}
		needs = append(needs, n)
	}
	d.Required = needs
	return d
}
