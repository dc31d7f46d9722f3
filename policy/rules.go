package policy

import (
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Rules are a stack taken apart by role, once, so that a decision asks only those
// who have something to say. They are immutable and safe for concurrent use as far
// as the policies are.
type Rules struct {
	shapers    []Shaper
	qualifiers []Qualifier
	keepers    []Keeper
	orderers   []Orderer
	sticker    Sticker
	widener    Widener

	// Preferences are the Fitters and Rankers in the order of the stack.
	Preferences []Preference
}

// Preference is one comparison between two agents: by Fit if the policy is a
// Fitter, else by Rank. A policy that is both is two preferences, its Fit first.
type Preference struct {
	Name string
	Fit  Fitter
	Rank Ranker
}

// Compile takes the stack apart, or names all its faults as [Stack.Check] does.
func (s Stack) Compile() (*Rules, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	r := &Rules{}
	for _, p := range s {
		if x, ok := p.(Shaper); ok {
			r.shapers = append(r.shapers, x)
		}
		if x, ok := p.(Qualifier); ok {
			r.qualifiers = append(r.qualifiers, x)
		}
		if x, ok := p.(Keeper); ok {
			r.keepers = append(r.keepers, x)
		}
		if x, ok := p.(Orderer); ok {
			r.orderers = append(r.orderers, x)
		}
		if x, ok := p.(Sticker); ok {
			r.sticker = x
		}
		if x, ok := p.(Widener); ok {
			r.widener = x
		}
		if x, ok := p.(Fitter); ok {
			r.Preferences = append(r.Preferences, Preference{Name: p.Name(), Fit: x})
		}
		if x, ok := p.(Ranker); ok {
			r.Preferences = append(r.Preferences, Preference{Name: p.Name(), Rank: x})
		}
	}
	return r, nil
}

// Urgency composes what the Orderers say about a ticket.
func (r *Rules) Urgency(t *Ticket) Urgency {
	u := FirstCome(t.Created)
	for _, o := range r.orderers {
		u = o.Order(t, u)
	}
	u.Rate = min(max(u.Rate, 1), MaxRate)
	return u
}

// Demand composes what the Shapers look at, for a ticket of the given weight in
// capacity units. It may share the ticket's slices.
func (r *Rules) Demand(t *Ticket, weight int) ticket.Demand {
	var d ticket.Demand
	r.Shape(t, weight, &d)
	return d
}

// Shape is Demand into memory of the caller's.
func (r *Rules) Shape(t *Ticket, weight int, d *ticket.Demand) {
	*d = ticket.Demand{Channel: t.Channel, Weight: weight, Team: t.Team, Level: t.Level}
	for _, s := range r.shapers {
		s.Shape(t, d)
	}
}

// Qualifies returns the name of the first rule that keeps an agent from a demand,
// or "". Channel, team and level come before the policies of the stack.
func (r *Rules) Qualifies(a *Agent, d *ticket.Demand) string {
	switch {
	case !a.Serves(d.Channel):
		return "channel"
	case d.Team != "" && !a.In(d.Team):
		return "team"
	case d.Level > max(a.Level, 1):
		return "level"
	}
	for _, q := range r.qualifiers {
		if !q.Qualifies(a, d) {
			return q.(Policy).Name()
		}
	}
	return ""
}

// Keep is the largest number of agents that any policy keeps free of a demand.
func (r *Rules) Keep(d *ticket.Demand) int {
	most := 0
	for _, k := range r.keepers {
		most = max(most, k.Keep(d))
	}
	return most
}

// Keeps tells whether any policy ever keeps agents free.
func (r *Rules) Keeps() bool { return len(r.keepers) > 0 }

// Stick asks for whom, and how long, a ticket is held back.
func (r *Rules) Stick(t *Ticket) (agent string, wait time.Duration) {
	if r.sticker == nil {
		return "", 0
	}
	return r.sticker.Stick(t)
}

// Widen returns the demand at a ring, and After the waiting time that opens it;
// without a Widener there is ring 0 alone.
func (r *Rules) Widen(d ticket.Demand, ring int) ticket.Demand {
	if r.widener == nil {
		return d
	}
	return r.widener.Widen(d, ring)
}

// After returns the waiting time that opens a ring, and false if there is none.
func (r *Rules) After(ring int) (time.Duration, bool) {
	if r.widener == nil {
		return 0, ring == 0
	}
	return r.widener.After(ring)
}
