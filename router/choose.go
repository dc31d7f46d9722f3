package router

import (
	"cmp"
	"strings"
)

// choice is who is to take a ticket, who would be next, and what tells them apart;
// nil is nobody.
type choice struct {
	agent *agent
	next  *agent
	by    string
}

// candidate is an agent who may take a ticket; m only where pools were compared
// profile by profile. No agent in the rank: there is no candidate.
type candidate struct {
	rank
	m *match
}

func (e *Engine) choice(best, next *candidate) (c choice) {
	c.agent, c.next = best.a, next.a
	if c.next != nil {
		_, c.by = e.compare(best, next)
	}
	return c
}

// fitting tells whether a ticket of the want fits an agent who is in the pool for
// it, and who is not excepted.
func (w *want) fitting(a *agent, x *exception) bool {
	if !w.even() && a.room(w.demand.Channel, w.demand.Weight) != "" {
		return false
	}
	return x == nil || !x.has(a.p.ID)
}

// even tells whether a ticket fits whoever is in the pools for it: its weight is a
// power of two, which is what pools are made by.
func (w *want) even() bool { return w.demand.Weight&(w.demand.Weight-1) == 0 }

// choose returns the best agent with room for a want at a ring, and the second
// best; neither is excepted.
func (e *Engine) choose(w *want, ring int, x *exception) choice {
	switch {
	case e.roomyAgents == 0 || len(w.fits) == 0 || w.flat && w.ring > ring:
		return choice{}
	case !w.flat:
		return e.compareFits(w, ring, x)
	}
	// In the crowd one agent in profiles/fits qualifies, so that two are found in
	// about twice as many steps; among the pools it takes a step for each that fits.
	if n := len(w.fits); e.crowd != nil && n*n > len(e.profiles) {
		if c, ok := e.searchCrowd(w, x, 2*n); ok {
			return c
		}
	}
	if x != nil || !w.even() {
		return e.compareFits(w, ring, x)
	}
	return e.compareBest(w)
}

// searchCrowd goes through all agents with room, the best first, for at most so
// many steps, and tells whether that was enough.
func (e *Engine) searchCrowd(w *want, x *exception, steps int) (choice, bool) {
	var best, next candidate
	ok := true
	e.crowd.each(func(r rank) bool {
		if steps--; steps < 0 {
			ok = false
			return false
		}
		if w.may.has(r.profile) && (w.exact || r.a.room(w.demand.Channel, w.demand.Weight) == "") && (x == nil || !x.has(r.a.p.ID)) {
			if best.a != nil {
				next.rank = r
				return false
			}
			best.rank = r
		}
		return true
	})
	return e.choice(&best, &next), ok
}

// compareBest compares the best of each pool where rank alone tells agents apart,
// and whoever is in a pool may take the ticket.
func (e *Engine) compareBest(w *want) choice {
	var first, second *rank
	var from int32
	for _, n := range w.pools {
		if !e.filled.has(int(n)) {
			continue
		}
		switch r := &e.bests[n]; {
		case first == nil || r.precedes(first):
			first, second, from = r, first, n
		case second == nil || r.precedes(second):
			second = r
		}
	}
	if first == nil {
		return choice{}
	}
	// The second may stand behind the best, in its pool.
	if p := e.pools[from]; p.len() > 0 && (second == nil || p.first().precedes(second)) {
		second = p.first()
	}
	if second == nil {
		return choice{agent: first.a}
	}
	return e.choice(&candidate{rank: *first}, &candidate{rank: *second})
}

// compareFits compares the best of each pool whose profile may take the want,
// where Fitters, rings, exceptions or an odd weight have a say.
func (e *Engine) compareFits(w *want, ring int, x *exception) choice {
	var best, next candidate
	for i := range w.fits {
		m := &w.fits[i]
		if m.ring > ring {
			continue
		}
		r := e.fitting(m.pool, w, x, nil)
		if r.a == nil {
			continue
		}
		switch c := (candidate{r, m}); {
		case best.a == nil:
			best = c
		case e.before(&c, &best):
			best, next = c, best
		case next.a == nil || e.before(&c, &next):
			next = c
		}
	}
	if best.a == nil {
		return choice{}
	}
	// The second may stand behind the best, in its pool.
	if r := e.fitting(best.m.pool, w, x, best.a); r.a != nil {
		if c := (candidate{r, best.m}); next.a == nil || e.before(&c, &next) {
			next = c
		}
	}
	return e.choice(&best, &next)
}

// fitting returns the best of a pool whom a ticket fits, but for one agent.
func (e *Engine) fitting(p *pool, w *want, x *exception, but *agent) rank {
	for r := range e.inside(p) {
		if r.a != but && w.fitting(r.a, x) {
			return r
		}
	}
	return rank{}
}

// roomy counts the agents with room for a want at a ring, up to enough.
func (e *Engine) roomy(w *want, ring, enough int) (n int) {
	for i := range w.fits {
		m := &w.fits[i]
		if m.ring > ring {
			continue
		}
		for r := range e.inside(m.pool) {
			if n == enough {
				return n
			}
			if w.fitting(r.a, nil) {
				n++
			}
		}
	}
	return n
}

func (e *Engine) before(c, d *candidate) bool {
	n, _ := e.compare(c, d)
	return n < 0
}

// compare tells which of two agents is preferred, and the name of the rule that
// tells them apart.
func (e *Engine) compare(c, d *candidate) (int, string) {
	if c.m != nil && c.m.ring != d.m.ring {
		return c.m.ring - d.m.ring, "rings"
	}
	i := 0
	for at := range e.rules.Preferences {
		p := &e.rules.Preferences[at]
		var n int
		if p.Fit != nil {
			if c.m != nil {
				n = cmp.Compare(c.m.prefer[at], d.m.prefer[at])
			}
		} else {
			n = cmp.Compare(c.keys[i], d.keys[i])
			i++
		}
		if n != 0 {
			return n, p.Name
		}
	}
	if n := cmp.Compare(c.keys[i], d.keys[i]); n != 0 {
		return n, "longest-idle"
	}
	return strings.Compare(c.a.p.ID, d.a.p.ID), "id"
}
