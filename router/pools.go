package router

import (
	"cmp"
	"math/bits"
	"strings"

	"github.com/google/btree"

	"github.com/usherdesk/usher/policy"
)

// The agent index. Agents with room stand in pools, one for each profile, limited
// channel and weight class, ordered by what the Rankers say; so that within a
// pool the first is the best for every demand, and a decision compares only the
// first of each pool whose profile qualifies.
//
// Where there are very many profiles, that is many pools to compare. Then all
// agents with room stand in one crowd as well, in the same order, and a demand for
// which nothing but rank tells agents apart, and which many can fill, goes through
// the crowd from the best on until two turn up who qualify. For a demand that few
// can fill the pools are few enough to compare.
//
// The rest of the router calls only pool, unpool, choose and roomy.

const (
	maxRanks       = 3 // Rankers in a stack
	maxPreferences = 8 // Fitters and Rankers in a stack

	crowdProfiles = 2048 // from so many on there is a crowd
)

// rank is an agent's place in a pool: what the Rankers say, in order, then the
// time since when the agent is idle, then the id.
type rank struct {
	keys    [maxRanks + 1]int64
	a       *agent
	profile int // its index
}

func (r *rank) before(s *rank) bool {
	for i := range r.keys {
		if r.keys[i] != s.keys[i] {
			return r.keys[i] < s.keys[i]
		}
	}
	return r.a.p.ID < s.a.p.ID
}

// after is the order of trees: the best at the end, which is the cheaper to take.
func after(r, s rank) bool { return s.before(&r) }

// pool holds agents in order of rank. The best is kept out of the tree: it is what
// is asked for, and many pools hold nobody else.
type pool struct {
	best rank // no agent: the pool is empty
	rest *btree.BTreeG[rank]
}

func (p *pool) add(r rank, free *btree.FreeListG[rank]) {
	if p.best.a == nil {
		p.best = r
		return
	}
	if p.rest == nil {
		p.rest = btree.NewWithFreeListG(degree, after, free)
	}
	if r.before(&p.best) {
		r, p.best = p.best, r
	}
	p.rest.ReplaceOrInsert(r)
}

func (p *pool) remove(r rank) {
	switch {
	case p.best.a != r.a:
		p.rest.Delete(r)
	case p.rest == nil:
		p.best = rank{}
	default:
		p.best, _ = p.rest.DeleteMax()
	}
}

// each goes through the agents, the best first.
func (p *pool) each(yield func(*agent) bool) {
	if p.best.a != nil && yield(p.best.a) && p.rest != nil {
		p.rest.Descend(func(r rank) bool { return yield(r.a) })
	}
}

func ranks(r *policy.Rules) (n int) {
	for _, p := range r.Preferences {
		if p.Rank != nil {
			n++
		}
	}
	return n
}

// pool puts an agent in every pool there is room for; unpool takes it out. What
// the keys and the room are made of may change only in between.
func (e *Engine) pool(a *agent) {
	if a.pooled || a.available(e.now) != "" {
		return
	}
	a.key = rank{a: a, profile: a.profile.index}
	i := 0
	for _, p := range e.rules.Preferences {
		if p.Rank != nil {
			a.key.keys[i] = p.Rank.Rank(&a.p)
			i++
		}
	}
	a.key.keys[maxRanks] = unix(a.p.Live.IdleSince)
	a.eachPool(e.classes, func(p *pool) { p.add(a.key, e.freeRanks) })
	a.pooled = true
	if a.p.Live.Load < a.p.Capacity {
		e.roomyAgents++
		if e.crowd != nil {
			e.crowd.ReplaceOrInsert(a.key)
		}
	}
}

func (e *Engine) unpool(a *agent) {
	if !a.pooled {
		return
	}
	a.eachPool(e.classes, func(p *pool) { p.remove(a.key) })
	a.pooled = false
	if a.p.Live.Load < a.p.Capacity {
		e.roomyAgents--
		if e.crowd != nil {
			e.crowd.Delete(a.key)
		}
	}
}

// eachPool calls f for the pools an agent belongs in by the room it has.
func (a *agent) eachPool(classes uint32, f func(*pool)) {
	p := a.profile
	free := a.p.Capacity - a.p.Live.Load
	slots := bits.OnesCount32(classes)
	for ch := range 1 + len(p.limits) {
		if ch > 0 && a.counts[ch-1] >= p.limits[ch-1].most {
			continue
		}
		at := ch * slots
		for left := classes; left != 0; left &= left - 1 {
			if free < 1<<bits.TrailingZeros32(left) {
				break
			}
			f(&p.pools[at])
			at++
		}
	}
}

// A profile's pools lie side by side, those without a channel's limit first, with
// one for each weight class in use. newPools makes them, empty.
func (e *Engine) newPools(p *profile) {
	p.pools = make([]pool, (1+len(p.limits))*bits.OnesCount32(e.classes))
}

// poolFor returns the pool of a profile that serves a want.
func (e *Engine) poolFor(p *profile, w *want) *pool {
	below := e.classes & (1<<weightClass(w.demand.Weight) - 1)
	return &p.pools[(1+p.limited(w.demand.Channel))*bits.OnesCount32(e.classes)+bits.OnesCount32(below)]
}

// useClass begins to keep pools for a weight class.
func (e *Engine) useClass(weight int) {
	class := weightClass(weight)
	if e.classes&(1<<class) != 0 {
		return
	}
	e.repool(func() {
		e.classes |= 1 << class
		for _, p := range e.profiles {
			e.newPools(p)
		}
		for _, w := range e.wantOrder {
			for i := range w.fits {
				w.fits[i].pool = e.poolFor(w.fits[i].profile, w)
			}
		}
	})
}

// gatherCrowd begins to keep the crowd once there are enough profiles.
func (e *Engine) gatherCrowd() {
	if e.crowd == nil && len(e.profiles) >= crowdProfiles {
		e.repool(func() { e.crowd = btree.NewWithFreeListG(degree, after, e.freeRanks) })
	}
}

// repool changes what pools there are while nobody is in one.
func (e *Engine) repool(change func()) {
	var pooled []*agent
	for _, a := range e.agentOrder {
		if a.pooled {
			e.unpool(a)
			pooled = append(pooled, a)
		}
	}
	change()
	for _, a := range pooled {
		e.pool(a)
	}
}

// candidate is an agent who may take a ticket; m only where Fitters or rings have
// a say.
type candidate struct {
	a *agent
	m *match
}

// fitting tells whether a ticket of the want fits an agent who is in the pool for
// it, and who is not excepted. A weight that is a power of two needs no look: that
// is what the pools are made by.
func (w *want) fitting(a *agent, x *exception) bool {
	if weight := w.demand.Weight; weight&(weight-1) != 0 && a.room(w.demand.Channel, weight) != "" {
		return false
	}
	return x == nil || !x.has(a.p.ID)
}

// choose returns the best agent with room for a want at a ring, and the second
// best; neither is excepted.
func (e *Engine) choose(w *want, ring int, x *exception) (best, next candidate) {
	if e.roomyAgents == 0 || len(w.fits) == 0 {
		return best, next
	}
	if !w.flat {
		return e.compareFits(w, ring, x)
	}
	if w.ring > ring {
		return best, next
	}
	// In the crowd one agent in profiles/fits qualifies, so that two are found in
	// about twice as many steps; among the pools it takes a step for each that fits.
	if n := len(w.fits); e.crowd != nil && n*n > len(e.profiles) {
		if best, next, ok := e.searchCrowd(w, x, 2*n); ok {
			return best, next
		}
	}
	return e.compareBest(w, x)
}

// searchCrowd goes through all agents with room, the best first, for at most so
// many steps, and tells whether that was enough.
func (e *Engine) searchCrowd(w *want, x *exception, steps int) (best, next candidate, ok bool) {
	ok = true
	e.crowd.Descend(func(r rank) bool {
		if steps--; steps < 0 {
			ok = false
			return false
		}
		if w.may.has(r.profile) && (w.exact || r.a.room(w.demand.Channel, w.demand.Weight) == "") && (x == nil || !x.has(r.a.p.ID)) {
			if best.a != nil {
				next.a = r.a
				return false
			}
			best.a = r.a
		}
		return true
	})
	return best, next, ok
}

// compareBest compares the best of each pool where rank alone tells agents apart.
func (e *Engine) compareBest(w *want, x *exception) (best, next candidate) {
	var first, second *rank
	var from *pool
	for i := range w.fits {
		p := w.fits[i].pool
		r := &p.best
		if r.a == nil {
			continue
		}
		if !w.fitting(r.a, x) {
			if r = p.first(w, x, nil); r == nil {
				continue
			}
		}
		switch {
		case first == nil || r.before(first):
			first, second, from = r, first, p
		case second == nil || r.before(second):
			second = r
		}
	}
	if first == nil {
		return best, next
	}
	// The second may stand behind the best, in its pool.
	if from.rest != nil {
		if r := from.first(w, x, first.a); r != nil && (second == nil || r.before(second)) {
			second = r
		}
	}
	best.a = first.a
	if second != nil {
		next.a = second.a
	}
	return best, next
}

// compareFits compares the best of each pool whose profile may take the want,
// where Fitters or rings have a say.
func (e *Engine) compareFits(w *want, ring int, x *exception) (best, next candidate) {
	for i := range w.fits {
		m := &w.fits[i]
		if m.pool.best.a == nil || m.ring > ring {
			continue
		}
		a := m.pool.best.a
		if !w.fitting(a, x) {
			r := m.pool.first(w, x, nil)
			if r == nil {
				continue
			}
			a = r.a
		}
		switch c := (candidate{a, m}); {
		case best.a == nil:
			best = c
		case e.before(c, best):
			best, next = c, best
		case next.a == nil || e.before(c, next):
			next = c
		}
	}
	if best.a != nil { // the second may stand behind the best, in its pool
		if r := best.m.pool.first(w, x, best.a); r != nil {
			if c := (candidate{r.a, best.m}); next.a == nil || e.before(c, next) {
				next = c
			}
		}
	}
	return best, next
}

// first returns the best of a pool whom a ticket fits, but for one agent.
func (p *pool) first(w *want, x *exception, but *agent) *rank {
	if a := p.best.a; a != nil && a != but && w.fitting(a, x) {
		return &a.key
	}
	if p.rest == nil {
		return nil
	}
	if r, ok := p.rest.Max(); !ok {
		return nil
	} else if r.a != but && w.fitting(r.a, x) {
		return &r.a.key
	}
	var found *rank
	p.rest.Descend(func(r rank) bool {
		if r.a != but && w.fitting(r.a, x) {
			found = &r.a.key
		}
		return found == nil
	})
	return found
}

// roomy counts the agents with room for a want at a ring, up to enough.
func (e *Engine) roomy(w *want, ring, enough int) (n int) {
	for i := range w.fits {
		m := &w.fits[i]
		if m.ring > ring {
			continue
		}
		m.pool.each(func(a *agent) bool {
			if w.fitting(a, nil) {
				n++
			}
			return n < enough
		})
		if n >= enough {
			break
		}
	}
	return n
}

func (e *Engine) before(c, d candidate) bool {
	n, _ := e.compare(c, d)
	return n < 0
}

// compare tells which of two agents is preferred, and the name of the rule that
// tells them apart.
func (e *Engine) compare(c, d candidate) (int, string) {
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
			n = cmp.Compare(c.a.key.keys[i], d.a.key.keys[i])
			i++
		}
		if n != 0 {
			return n, p.Name
		}
	}
	if n := cmp.Compare(c.a.key.keys[maxRanks], d.a.key.keys[maxRanks]); n != 0 {
		return n, "longest-idle"
	}
	return strings.Compare(c.a.p.ID, d.a.p.ID), "id"
}
