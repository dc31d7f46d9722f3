package router

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
	"strings"

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
	fewAgents     = 256  // of a pool's run
)

// rank is an agent's place in a pool: what the Rankers say, in order, then the
// time since when the agent is idle, then the id.
type rank struct {
	keys    [maxRanks + 1]int64
	a       *agent
	profile int // its index
}

func (r rank) before(s rank) bool { return r.precedes(&s) }

func (r *rank) precedes(s *rank) bool {
	for i := range r.keys {
		if r.keys[i] != s.keys[i] {
			return r.keys[i] < s.keys[i]
		}
	}
	return r.a.p.ID < s.a.p.ID
}

// pool holds agents in order of rank. The best of all pools lie side by side, in
// Engine.bests; a pool has those behind its own, and many have none.
type pool struct {
	run[rank]
	number int32 // its place in Engine.pools and Engine.bests
}

// enter adds an agent to a pool; exit takes it out.
func (e *Engine) enter(p *pool, r rank) {
	switch b := &e.bests[p.number]; {
	case b.a == nil:
		*b = r
		e.filled.put(int(p.number))
	case r.precedes(b):
		p.add(*b)
		*b = r
	default:
		p.add(r)
	}
}

func (e *Engine) exit(p *pool, r rank) {
	switch b := &e.bests[p.number]; {
	case b.a != r.a:
		p.remove(r)
	case p.len() > 0:
		*b = p.pop()
	default:
		*b = rank{}
		e.filled.drop(int(p.number))
	}
}

// inside goes through a pool, the best agent first.
func (e *Engine) inside(p *pool) iter.Seq[rank] {
	return func(yield func(rank) bool) {
		if b := e.bests[p.number]; b.a != nil && yield(b) {
			p.each(yield)
		}
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
	a.pooled = true
	if a.p.Live.Load >= a.p.Capacity {
		return // in none of them
	}
	a.key = rank{a: a, profile: a.profile.index}
	i := 0
	for _, p := range e.rules.Preferences {
		if p.Rank != nil {
			a.key.keys[i] = p.Rank.Rank(&a.p)
			i++
		}
	}
	a.key.keys[i] = unix(a.p.Live.IdleSince)
	for p := range e.poolsOf(a) {
		e.enter(p, a.key)
	}
	e.roomyAgents++
	if e.crowd != nil {
		e.crowd.add(a.key)
	}
}

func (e *Engine) unpool(a *agent) {
	if !a.pooled {
		return
	}
	a.pooled = false
	if a.p.Live.Load >= a.p.Capacity {
		return
	}
	for p := range e.poolsOf(a) {
		e.exit(p, a.key)
	}
	e.roomyAgents--
	if e.crowd != nil {
		e.crowd.remove(a.key)
	}
}

// poolsOf goes through the pools an agent belongs in by the room it has.
func (e *Engine) poolsOf(a *agent) iter.Seq[*pool] {
	return func(yield func(*pool) bool) {
		p := a.profile
		slots := bits.OnesCount32(e.classes)
		free := uint(max(a.p.Capacity-a.p.Live.Load, 0))
		within := bits.OnesCount32(e.classes & (1<<bits.Len(free) - 1))
		for ch := range 1 + len(a.counts) {
			if ch > 0 && a.counts[ch-1] >= p.limits[ch-1].most {
				continue
			}
			for i := range within {
				yield(&p.pools[ch*slots+i])
			}
		}
	}
}

// A profile's pools lie side by side, those without a channel's limit first, with
// one for each weight class in use. newPools makes them, empty.
func (e *Engine) newPools(p *profile) {
	e.dropPools(p)
	n := (1 + len(p.limits)) * bits.OnesCount32(e.classes)
	p.pools = p.one[:0]
	p.pools = slices.Grow(p.pools, n)[:n]
	for i := range p.pools {
		n := len(e.pools)
		if last := len(e.idlePools) - 1; last >= 0 {
			n, e.idlePools = int(e.idlePools[last]), e.idlePools[:last]
		} else {
			e.pools, e.bests = append(e.pools, nil), append(e.bests, rank{})
		}
		p.pools[i] = pool{run[rank]{few: fewAgents, free: e.freeRanks}, int32(n)}
		e.pools[n] = &p.pools[i]
	}
}

// dropPools lets go of a profile's pools, which are empty.
func (e *Engine) dropPools(p *profile) {
	for i := range p.pools {
		e.pools[p.pools[i].number] = nil
		e.idlePools = append(e.idlePools, p.pools[i].number)
	}
	p.pools = nil
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
				w.pools[i] = w.fits[i].pool.number
			}
		}
	})
}

// gatherCrowd begins to keep the crowd once there are enough profiles.
func (e *Engine) gatherCrowd() {
	if e.crowd == nil && len(e.profiles) >= crowdProfiles {
		e.repool(func() { e.crowd = &run[rank]{few: fewAgents, free: e.freeRanks} })
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

// choice is who is to take a ticket, who would be next, and what tells them apart;
// nil is nobody.
type choice struct {
	agent *agent
	next  *agent
	by    string
}

// candidate is an agent who may take a ticket; m only where Fitters or rings have
// a say. No agent in the rank: there is no candidate.
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
// where Fitters, rings or single agents have a say.
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
