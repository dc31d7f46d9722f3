package router

import (
	"iter"
	"math/bits"
	"slices"

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
// The rest of the router calls only pool and unpool, and choose and roomy (see
// choose.go).

const (
	maxRanks       = 3 // Rankers in a stack
	maxPreferences = 8 // Fitters and Rankers in a stack
)

// sizes say when an index changes its ways; which, decides nothing that can be seen.
type sizes struct {
	nearTickets int // few of a lane's run
	nearAgents  int // few of a pool's
	crowd       int // from so many profiles on there is a crowd
}

var usualSizes = sizes{nearTickets: 32, nearAgents: 64, crowd: 2048}

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
// the keys and the room are made of may change only in between. A Ranker that panics
// leaves the agent out.
func (e *Engine) pool(a *agent) {
	if a.pooled || a.available(e.now) != "" {
		return
	}
	if a.p.Live.Load < a.p.Capacity {
		key := rank{a: a, profile: a.profile.index}
		i := 0
		for _, p := range e.rules.Preferences {
			if p.Rank != nil {
				key.keys[i] = p.Rank.Rank(&a.p)
				i++
			}
		}
		key.keys[i] = unix(a.p.Live.IdleSince)
		a.key = key
	}
	e.seat(a)
}

// seat puts an agent in the pools by the key he has.
func (e *Engine) seat(a *agent) {
	a.pooled = true
	if a.p.Live.Load >= a.p.Capacity {
		return // in none of them
	}
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
		p.pools[i] = pool{run[rank]{few: e.sizes.nearAgents, free: e.freeRanks}, int32(n)}
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
	if e.crowd == nil && len(e.profiles) >= e.sizes.crowd {
		e.repool(func() { e.crowd = &run[rank]{few: e.sizes.nearAgents, free: e.freeRanks} })
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
		e.seat(a)
	}
}
