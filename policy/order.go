package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Priority serves tickets in strict classes of their priority: urgent before
// normal before low, however long the latter have waited.
type Priority struct{}

func (Priority) Name() string { return "priority" }

// Order makes a class of the priority.
func (Priority) Order(t *Ticket, u Urgency) Urgency {
	return u.Then(uint8(int(t.Ticket.Priority) + 128))
}

// Deadline serves the ticket whose nearest unmet promise is due first, breached
// or not; a ticket without a promise comes after all that have one.
type Deadline struct{}

func (Deadline) Name() string { return "deadline" }

// Order starts a ticket at its due time.
func (Deadline) Order(t *Ticket, u Urgency) Urgency {
	u.Start, u.Rate = Never, 1
	if !t.Due.IsZero() {
		u.Start = t.Due.UnixNano()
	}
	return u
}

// Aging lets every ticket gather priority while it waits, the more urgent one
// faster, so that nothing starves. Rates gives the speed by priority; a priority
// that is not among them takes the speed of the next more urgent one that is, or
// the most urgent's. Empty means 8, 4, 2 and 1 for P0, urgent, normal and low.
type Aging struct {
	Rates map[ticket.Priority]int64
}

var usualRates = map[ticket.Priority]int64{ticket.P0: 8, ticket.Urgent: 4, ticket.Normal: 2, ticket.Low: 1}

func (a Aging) Name() string {
	var b strings.Builder
	b.WriteString("aging")
	for _, p := range a.priorities() {
		fmt.Fprintf(&b, " %s=%d", p, a.rates()[p])
	}
	return b.String()
}

func (a Aging) rates() map[ticket.Priority]int64 {
	if len(a.Rates) == 0 {
		return usualRates
	}
	return a.Rates
}

func (a Aging) priorities() []ticket.Priority {
	var out []ticket.Priority
	for p := range a.rates() {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Check refuses rates below 1 or above [MaxRate].
func (a Aging) Check() error {
	for _, p := range a.priorities() {
		if r := a.rates()[p]; r < 1 || r > MaxRate {
			return &FaultError{Policy: a.Name(), Problem: fmt.Sprintf("rate %d of %s is not between 1 and %d", r, p, MaxRate)}
		}
	}
	return nil
}

// Order sets the rate by the ticket's priority.
func (a Aging) Order(t *Ticket, u Urgency) Urgency {
	p := t.Ticket.Priority
	if r, ok := a.rates()[p]; ok {
		u.Rate = r
		return u
	}
	all := a.priorities()
	i, _ := slices.BinarySearch(all, p)
	u.Rate = a.rates()[all[max(i-1, 0)]]
	return u
}

// VIP serves customers of the given tiers first and by senior agents first.
type VIP struct {
	// Tiers are those that count as VIP; empty means [ticket.VIP].
	Tiers []ticket.Tier
	// HeadStart makes a VIP's ticket count as if it had come that much earlier,
	// instead of putting it in a class before all others.
	HeadStart time.Duration
	// Reserve is how many agents with room are kept for VIPs: another ticket starts
	// only if more than that many who qualify for it have room. A ticket for which no
	// more than that many qualify at all never starts: give narrow demands enough
	// agents, or a stack without a reserve.
	Reserve int
	// Senior is the line of support from which agents are preferred for VIPs; 0 is 2.
	Senior int
}

func (v VIP) Name() string {
	return fmt.Sprintf("vip tiers=%q head-start=%s reserve=%d senior=%d", v.tiers(), v.HeadStart, v.Reserve, v.senior())
}

func (v VIP) tiers() []ticket.Tier {
	if len(v.Tiers) == 0 {
		return []ticket.Tier{ticket.VIP}
	}
	return v.Tiers
}

func (v VIP) senior() int {
	if v.Senior == 0 {
		return 2
	}
	return v.Senior
}

func (v VIP) is(t ticket.Tier) bool {
	if len(v.Tiers) == 0 {
		return t == ticket.VIP
	}
	return slices.Contains(v.Tiers, t)
}

// Check refuses negative settings.
func (v VIP) Check() error {
	if v.HeadStart < 0 || v.HeadStart > 365*24*time.Hour || v.Reserve < 0 || v.Senior < 0 || v.Senior > ticket.MaxLevel {
		return &FaultError{Policy: v.Name(), Problem: "head start, reserve or senior out of range"}
	}
	return nil
}

// Shape keeps the tier if it counts.
func (v VIP) Shape(t *Ticket, d *ticket.Demand) {
	if v.is(t.Tier) {
		d.Tier = t.Tier
	}
}

// Order makes a class of the tier, or gives the head start.
func (v VIP) Order(t *Ticket, u Urgency) Urgency {
	switch vip := v.is(t.Tier); {
	case v.HeadStart > 0 && vip:
		return u.HeadStart(v.HeadStart)
	case v.HeadStart > 0:
		return u
	case vip:
		return u.Then(0)
	default:
		return u.Then(1)
	}
}

// Fit puts senior agents first for a VIP.
func (v VIP) Fit(a *Agent, d *ticket.Demand) int64 {
	if v.is(d.Tier) && max(a.Level, 1) < v.senior() {
		return 1
	}
	return 0
}

// Keep is the reserve for everybody else.
func (v VIP) Keep(d *ticket.Demand) int {
	if v.is(d.Tier) {
		return 0
	}
	return v.Reserve
}
