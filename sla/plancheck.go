package sla

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usherdesk/usher/ticket"
)

const (
	maxTiers    = 31
	maxPolicies = 1000
	maxTargets  = 64 // of one policy
	maxWithin   = 10 * 365 * 24 * time.Hour
)

// Validate names every fault of the plan, joined; each is a [*ticket.FieldError].
// Besides wrong values it finds policies that overlap without saying so, and dead
// ones, which earlier policies leave no ticket to.
func (p *Plan) Validate() error {
	var faults []error
	check := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	check(ticket.CheckName("plan "+cut(p.Name), "name", p.Name, false))
	if len(p.Policies) > maxPolicies {
		check(&ticket.FieldError{Ticket: cut("plan " + p.Name), Field: "policies", Value: fmt.Sprint(len(p.Policies)),
			Problem: fmt.Sprintf("are more than %d", maxPolicies)})
		return errors.Join(faults...)
	}
	names := map[string]bool{}
	for i := range p.Policies {
		policy := &p.Policies[i]
		fault := func(field string, value any, problem string) {
			check(&ticket.FieldError{Ticket: cut("policy " + policy.Name), Field: field,
				Value: cut(fmt.Sprint(value)), Problem: problem})
		}
		check(ticket.CheckName("policy "+cut(policy.Name), "name", policy.Name, true))
		if names[policy.Name] {
			fault("name", policy.Name, "is given twice")
		}
		for _, y := range policy.Yields {
			if !names[y] {
				fault("yields", y, "is no earlier policy")
			}
		}
		names[policy.Name] = true
		policy.checkTargets(fault)
	}
	p.checkOverlaps(check)
	return errors.Join(faults...)
}

func (p *Policy) checkTargets(fault func(field string, value any, problem string)) {
	if len(p.Targets) > maxTargets {
		fault("targets", len(p.Targets), fmt.Sprintf("are more than %d", maxTargets))
		return
	}
	for i, t := range p.Targets {
		field := t.name()
		if int(t.Metric) >= len(metricWords) || int(t.Begins) >= len(beginWords) || int(t.Hours) >= len(whoseWords) {
			fault(field, fmt.Sprint(t.Metric, " ", t.Begins, " ", t.Hours), "is unknown")
		}
		if (t.Metric == Stage) != (t.Stage != "") {
			fault(field, t.Stage, "must be named if it is a stage, and only then")
		}
		if err := ticket.CheckName(p.Name, "stage", t.Stage, false); err != nil {
			fault(field, t.Stage, "is too long, or not UTF-8")
		}
		if t.Within <= 0 || t.Within > maxWithin {
			fault(field, t.Within, "is not between 1 ns and ten years")
		}
		if slices.ContainsFunc(p.Targets[:i], func(o Target) bool { return o.Metric == t.Metric && o.Stage == t.Stage }) {
			fault(field, t.Within, "is promised twice")
		}
		if len(t.Tiers) > maxTiers {
			fault(field, len(t.Tiers), fmt.Sprintf("tiers are more than %d", maxTiers))
			continue
		}
		labels := map[string]bool{}
		for _, tier := range t.Tiers {
			label := tier.Label()
			switch {
			case labels[label]:
				fault(field, label, "is given twice")
			case tier.Percent < 0 || tier.Percent > 1000:
				fault(field, label, "is not between 1 and 1000 percent")
			case tier.Percent != 0 && tier.Span != 0:
				fault(field, label, "has both a share and a span")
			case tier.Span > maxWithin || tier.after(t.Within) <= 0:
				fault(field, label, "is not after the start, or too far behind the due")
			case int(tier.Action) >= len(actionWords):
				fault(field, tier.Action, "is no action")
			case (tier.Action == Transfer) != (tier.Team != ""):
				fault(field, label, "must name a team if it transfers, and only then")
			}
			labels[label] = true
		}
	}
}

func (t *Target) name() string {
	if t.Metric == Stage {
		return cut("stage " + t.Stage)
	}
	return t.Metric.String()
}

// checkOverlaps reports, for each policy, the earlier ones that take some of its
// tickets without either saying so or being the special case, and whether they
// leave it any.
func (p *Plan) checkOverlaps(check func(error)) {
	for i := range p.Policies {
		later := &p.Policies[i]
		fault := func(with, problem string) {
			check(&ticket.FieldError{Ticket: cut("policy " + later.Name), Field: "when", Value: cut(with), Problem: problem})
		}
		dead := false
		for _, earlier := range p.Policies[:i] {
			switch {
			case !earlier.When.meets(later.When):
			case earlier.When.covers(later.When):
				dead = true
				fault(earlier.Name, "matches all its tickets before it: it is dead")
			case !later.When.covers(earlier.When) && !slices.Contains(later.Yields, earlier.Name):
				fault(earlier.Name, "overlaps with it: name it in Yields if it is to go first")
			}
		}
		if !dead && !p.reaches(i) {
			fault("", "leaves it no ticket that earlier policies do not take: it is dead")
		}
	}
}

// meets tells whether some ticket is matched by both.
func (m Match) meets(o Match) bool {
	return common(m.Priorities, o.Priorities) && common(m.Channels, o.Channels) &&
		common(m.Types, o.Types) && common(m.Tiers, o.Tiers)
}

func common[T comparable](a, b []T) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}

// covers tells whether m matches whatever o matches.
func (m Match) covers(o Match) bool {
	return holds(m.Priorities, o.Priorities) && holds(m.Channels, o.Channels) &&
		holds(m.Types, o.Types) && holds(m.Tiers, o.Tiers) && all(o.Tags, m.Tags)
}

func holds[T comparable](a, b []T) bool { return len(a) == 0 || len(b) > 0 && all(a, b) }

// all tells whether a has every element of b.
func all[T comparable](a, b []T) bool {
	return !slices.ContainsFunc(b, func(x T) bool { return !slices.Contains(a, x) })
}

func (m Match) matches(c *class) bool {
	has := func(ok bool, n int) bool { return n == 0 || ok }
	return has(slices.Contains(m.Priorities, c.Priority), len(m.Priorities)) &&
		has(slices.Contains(m.Channels, c.Channel), len(m.Channels)) &&
		has(slices.Contains(m.Types, c.Type), len(m.Types)) &&
		has(slices.Contains(m.Tiers, c.Tier), len(m.Tiers)) && all(c.Tags, m.Tags)
}

// reaches looks for a ticket whose first match is policy i. Only values that some
// policy names, and one that none does, can make a difference, and a ticket with no
// more tags than the policy asks for is the hardest to take away. Plans with more
// than a million combinations are not looked through.
func (p *Plan) reaches(i int) bool {
	when := p.Policies[i].When
	var priorities []ticket.Priority
	var channels []ticket.Channel
	var types []ticket.Type
	var tiers []ticket.Tier
	for _, e := range p.Policies[:i] {
		priorities = append(priorities, e.When.Priorities...)
		channels = append(channels, e.When.Channels...)
		types = append(types, e.When.Types...)
		tiers = append(tiers, e.When.Tiers...)
	}
	other := ticket.Priority(-128)
	for slices.Contains(priorities, other) && other < 127 {
		other++
	}
	priorities = choices(when.Priorities, append(priorities, other))
	channels = choices(when.Channels, append(channels, "\x00"))
	types = choices(when.Types, append(types, "\x00"))
	tiers = choices(when.Tiers, append(tiers, "\x00"))
	if len(priorities)*len(channels)*len(types)*len(tiers) > 1_000_000 {
		return true
	}
	c := class{attributes: attributes{Tags: when.Tags}}
	for _, c.Priority = range priorities {
		for _, c.Channel = range channels {
			for _, c.Type = range types {
				for _, c.Tier = range tiers {
					if p.policyOf(&c) == i {
						return true
					}
				}
			}
		}
	}
	return false
}

func choices[T comparable](named, others []T) []T {
	if len(named) > 0 {
		return named
	}
	var unique []T
	for _, x := range others {
		if !slices.Contains(unique, x) {
			unique = append(unique, x)
		}
	}
	return unique
}

// policyOf returns the first policy that matches, or -1.
func (p *Plan) policyOf(c *class) int {
	return slices.IndexFunc(p.Policies, func(policy Policy) bool { return policy.When.matches(c) })
}
