package router

import (
	"cmp"
	"strings"

	"github.com/google/btree"

	"github.com/usherdesk/usher/policy"
)

// The agent index. Agents with room stand in pools, one for each profile, limited
// channel and weight class, ordered by what the Rankers say; so that within a
// pool the first is the best for every demand, and a decision compares only the
// first of each pool whose profile qualifies. The rest of the router calls only
// pool, unpool, choose and roomy.

const (
	maxRanks       = 4 // Rankers in a stack
	maxPreferences = 8 // Fitters and Rankers in a stack
)

// rank is an agent's place in a pool: what the Rankers say, in order, then the
// time since when the agent is idle, then the id.
type rank struct {
	keys [maxRanks + 1]int64
	a    *agent
}

func (r rank) less(s rank) bool {
	for i := range r.keys {
		if r.keys[i] != s.keys[i] {
			return r.keys[i] < s.keys[i]
		}
	}
	return r.a.p.ID < s.a.p.ID
}

type pool struct{ tree *btree.BTreeG[rank] }

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
	a.key = rank{a: a}
	i := 0
	for _, p := range e.rules.Preferences {
		if p.Rank != nil {
			a.key.keys[i] = p.Rank.Rank(&a.p)
			i++
		}
	}
	a.key.keys[maxRanks] = unix(a.p.Live.IdleSince)
	e.eachPool(a, func(t *btree.BTreeG[rank]) { t.ReplaceOrInsert(a.key) })
	a.pooled = true
}

func (e *Engine) unpool(a *agent) {
	if !a.pooled {
		return
	}
	e.eachPool(a, func(t *btree.BTreeG[rank]) { t.Delete(a.key) })
	a.pooled = false
}

// eachPool calls f for the pools an agent belongs in by the room it has.
func (e *Engine) eachPool(a *agent, f func(*btree.BTreeG[rank])) {
	p := a.profile
	free := a.p.Capacity - a.p.Live.Load
	for ch := range 1 + len(p.limits) {
		if ch > 0 && a.counts[ch-1] >= p.limits[ch-1].most {
			continue
		}
		for class := 0; class < weightClasses && free >= 1<<class; class++ {
			if e.classes&(1<<class) == 0 {
				continue
			}
			at := &p.pools[ch*weightClasses+class]
			if at.tree == nil {
				at.tree = btree.NewWithFreeListG(degree, rank.less, e.freeRanks)
			}
			f(at.tree)
		}
	}
}

// useClass begins to keep pools for a weight class.
func (e *Engine) useClass(weight int) {
	class := weightClass(weight)
	if e.classes&(1<<class) != 0 {
		return
	}
	var pooled []*agent
	for _, a := range e.agentOrder {
		if a.pooled {
			e.unpool(a)
			pooled = append(pooled, a)
		}
	}
	e.classes |= 1 << class
	for _, a := range pooled {
		e.pool(a)
	}
}

// poolOf returns the pool of a profile that serves a want, nil if nobody is in it.
func (p *profile) poolOf(w *want) *btree.BTreeG[rank] {
	t := p.pools[(1+p.limited(w.demand.Channel))*weightClasses+weightClass(w.demand.Weight)].tree
	if t == nil || t.Len() == 0 {
		return nil
	}
	return t
}

// candidate is an agent who may take a ticket.
type candidate struct {
	a *agent
	m *match
}

// choose returns the best agent with room for a want at a ring, and the second
// best; neither is excepted.
func (e *Engine) choose(w *want, ring int, x *exception) (best, next candidate) {
	for _, m := range w.fits {
		if m.ring > ring {
			continue
		}
		t := m.profile.poolOf(w)
		if t == nil {
			continue
		}
		found := 0
		t.Ascend(func(r rank) bool {
			if r.a.room(w.demand.Channel, w.demand.Weight) != "" || x.has(r.a.p.ID) {
				return true
			}
			c := candidate{r.a, m}
			switch {
			case best.a == nil:
				best = c
			case e.before(c, best):
				best, next = c, best
			case next.a == nil || e.before(c, next):
				next = c
			default:
				return false
			}
			found++
			return found < 2
		})
	}
	return best, next
}

// roomy counts the agents with room for a want at a ring, up to enough.
func (e *Engine) roomy(w *want, ring, enough int) (n int) {
	for _, m := range w.fits {
		if m.ring > ring {
			continue
		}
		if t := m.profile.poolOf(w); t != nil {
			t.Ascend(func(r rank) bool {
				if r.a.room(w.demand.Channel, w.demand.Weight) == "" {
					n++
				}
				return n < enough
			})
		}
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
	if n := cmp.Compare(c.m.ring, d.m.ring); n != 0 {
		return n, "rings"
	}
	i := 0
	for at, p := range e.rules.Preferences {
		var n int
		if p.Fit != nil {
			n = cmp.Compare(c.m.prefer[at], d.m.prefer[at])
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
