package router

import (
	"math/bits"
	"slices"

	"github.com/usherdesk/usher/policy"
)

// The ticket index. Waiting tickets stand in lanes. In a lane all ask for the same,
// at the same ring, with the same class and rate, and with the same exceptions;
// their order never changes, so that a lane is one run, and a decision compares
// only the heads of lanes. The heads lie side by side, and name their lanes by
// number: comparing a hundred touches no lane but the best.
//
// A lane for everyone lives as long as its want, and every profile that may take
// its tickets lists it: an agent who gets room goes through one list. A lane for
// some (declined by, held back for) lives while it holds a ticket, and is found
// through its want, which the profiles list meanwhile.
//
// The rest of the router puts tickets in and takes them out by enlane and delane,
// decides by mostUrgent and eachLane, and goes through lanes by allLanes and claimed.

// entry is a ticket's place in its lane.
type entry struct {
	start int64
	seq   uint64
	it    *item
}

func (x entry) before(y entry) bool {
	if x.start != y.start {
		return x.start < y.start
	}
	return x.seq < y.seq
}

// head is what decides between a lane and others: the urgency and the order of
// submission of its first ticket. No seq: the lane is empty.
type head struct {
	start int64
	seq   uint64
	class uint64
	rate  int64
}

// before tells whether h is more urgent than g at an instant.
func (h *head) before(g *head, now int64) bool {
	if h.class == g.class && h.rate == g.rate {
		if h.start != g.start {
			return h.start < g.start
		}
		return h.seq < g.seq
	}
	if c := h.urgency().Compare(g.urgency(), now); c != 0 {
		return c < 0
	}
	return h.seq < g.seq
}

func (h *head) urgency() policy.Urgency {
	return policy.Urgency{Class: h.class, Rate: h.rate, Start: h.start}
}

type laneKey struct {
	want   *want
	ring   int
	class  uint64
	rate   int64
	except *exception
	only   *agent
}

type lane struct {
	laneKey
	run[entry]
	number int32  // its place in Engine.heads and Engine.lanes
	mark   uint64 // the decision that has seen it
}

func (l *lane) head() *item { return l.first().it }

// everyone tells whether the lane is for all who qualify.
func (k *laneKey) everyone() bool { return k.except == nil && k.only == nil }

// held tells whether the lane concerns nobody but one agent.
func (k *laneKey) held() bool { return k.only != nil && k.want.keep == 0 }

// enlane puts a waiting ticket in the lane that its want, ring, urgency,
// exceptions and stickiness name.
func (e *Engine) enlane(it *item) *lane {
	k := laneKey{it.want, it.ring, it.urgency.Class, it.urgency.Rate, it.except, it.only}
	l := e.lane(&k)
	l.add(entry{it.urgency.Start, it.seq, it})
	e.behead(l)
	it.lane = l
	e.waiting++
	return l
}

// behead notes who is first in a lane.
func (e *Engine) behead(l *lane) {
	h := &e.heads[l.number]
	if l.len() == 0 {
		h.seq = 0
		return
	}
	x := l.first()
	h.start, h.seq = x.start, x.seq
}

// lane finds the lane of a key, making it if there is none.
func (e *Engine) lane(k *laneKey) *lane {
	if !k.everyone() {
		if l := e.someLanes[*k]; l != nil {
			return l
		}
	} else {
		for _, l := range k.want.lanes {
			if l.ring == k.ring && l.class == k.class && l.rate == k.rate {
				return l
			}
		}
	}
	if k.everyone() && len(k.want.lanes) >= k.want.most {
		e.dropEmpty(k.want)
	}
	l := e.newLane(k)
	if k.everyone() {
		k.want.lanes = append(k.want.lanes, l)
		for i := range k.want.fits {
			if m := &k.want.fits[i]; m.ring <= k.ring {
				m.profile.lanes = append(m.profile.lanes, l.number)
			}
		}
		return l
	}
	e.someLanes[*k] = l
	if k.held() {
		k.want.held = append(k.want.held, l)
	} else if k.want.extra = append(k.want.extra, l); len(k.want.extra) == 1 {
		e.claims(k.want)
	}
	if k.only != nil {
		k.only.only = append(k.only.only, l)
	}
	return l
}

func (e *Engine) newLane(k *laneKey) *lane {
	var l *lane
	if n := len(e.idleLanes); n > 0 {
		l, e.idleLanes = e.idleLanes[n-1], e.idleLanes[:n-1]
	} else {
		l = &lane{run: run[entry]{few: e.sizes.nearTickets, free: e.freeEntries}, number: int32(len(e.lanes))}
		e.lanes, e.heads = append(e.lanes, l), append(e.heads, head{})
	}
	l.laneKey = *k
	e.heads[l.number] = head{class: k.class, rate: k.rate}
	return l
}

// delane takes a ticket out of its lane.
func (e *Engine) delane(it *item) {
	l := it.lane
	it.lane = nil
	e.waiting--
	l.remove(entry{it.urgency.Start, it.seq, it})
	e.behead(l)
	if l.len() == 0 && !l.everyone() {
		delete(e.someLanes, l.laneKey)
		if l.held() {
			l.want.held = without(l.want.held, l)
		} else {
			l.want.extra = without(l.want.extra, l)
		}
		if l.only != nil {
			l.only.only = without(l.only.only, l)
		}
		e.dropLane(l)
	}
}

// idleLanes is how many unused lanes keep their memory.
const idleLanes = 1024

// dropEmpty gives up the empty lanes for everyone of a want, so that a policy which
// has another class or rate for every ticket does not make them more and more.
func (e *Engine) dropEmpty(w *want) {
	empty := func(l *lane) bool { return l.want == w && l.len() == 0 }
	for i := range w.fits {
		p := w.fits[i].profile
		p.lanes = slices.DeleteFunc(p.lanes, func(n int32) bool { return empty(e.lanes[n]) })
	}
	for _, l := range w.lanes {
		if l.len() == 0 {
			e.dropLane(l)
		}
	}
	w.lanes = slices.DeleteFunc(w.lanes, func(l *lane) bool { return l.want == nil })
	w.most = 64 + 2*len(w.lanes)
}

// dropLane keeps an empty lane that nothing leads to for the next that is needed.
func (e *Engine) dropLane(l *lane) {
	l.laneKey = laneKey{}
	if len(e.idleLanes) >= idleLanes {
		l.run = run[entry]{few: l.few, free: l.free}
	}
	e.idleLanes = append(e.idleLanes, l)
}

func without(lanes []*lane, l *lane) []*lane {
	i := slices.Index(lanes, l)
	return slices.Delete(lanes, i, i+1)
}

// eachLane goes through the lanes that hold tickets which may start because an
// agent has got room: those he qualifies for, and those that others may take once
// he is kept free in their place.
func (e *Engine) eachLane(a *agent, yield func(*lane)) {
	for _, n := range a.profile.lanes {
		if e.heads[n].seq != 0 {
			yield(e.lanes[n])
		}
	}
	e.eachOther(a, yield)
}

// eachOther goes through those of them that are not for everyone.
func (e *Engine) eachOther(a *agent, yield func(*lane)) {
	for _, l := range a.only {
		yield(l)
	}
	for c := range a.profile.claimed {
		keeps := c.want.keep > 0
		for _, l := range c.want.extra {
			switch {
			case c.ring > l.ring:
			case l.only == nil:
				if keeps || !l.except.has(a.p.ID) {
					yield(l)
				}
			case keeps && l.only.available(e.now) == "" && l.only.room(c.want.demand.Channel, c.want.demand.Weight) == "":
				yield(l)
			}
		}
	}
}

// claim is a want that a profile may take from a ring on, and that has lanes which
// are not for everyone.
type claim struct {
	want *want
	ring int
}

// claims lists a want with all its profiles where it is not.
func (e *Engine) claims(w *want) {
	for i, may := range w.may {
		for left := may &^ w.listed.word(i); left != 0; left &= left - 1 {
			w.claim(w.fit(e.profileOrder[i<<6+bits.TrailingZeros64(left)]))
		}
	}
}

func (w *want) claim(m *match) {
	w.listed.put(m.profile.index)
	m.profile.claims = append(m.profile.claims, claim{w, m.ring})
}

// claimed goes through a profile's claims, and drops those that have no lanes any
// more.
func (p *profile) claimed(yield func(claim) bool) {
	for i := 0; i < len(p.claims); {
		c := p.claims[i]
		if len(c.want.extra) == 0 {
			c.want.listed.drop(p.index)
			last := len(p.claims) - 1
			p.claims[i], p.claims[last] = p.claims[last], claim{}
			p.claims = p.claims[:last]
			continue
		}
		if !yield(c) {
			return
		}
		i++
	}
}

// allLanes goes through the lanes that hold tickets.
func (e *Engine) allLanes(yield func(*lane) bool) {
	for _, w := range e.wantOrder {
		for _, lanes := range [...][]*lane{w.lanes, w.extra, w.held} {
			for _, l := range lanes {
				if l.len() > 0 && !yield(l) {
					return
				}
			}
		}
	}
}

// mostUrgent returns the lane whose head an agent who has just got room is to
// take, nil if there is none. Rules are asked only of lanes that would win, and
// mostly they let the first pass.
func (e *Engine) mostUrgent(a *agent) *lane {
	if e.waiting == 0 {
		return nil
	}
	may := func(l *lane) bool {
		d := &l.want.demand
		return e.shut(l.want) == "" && a.room(d.Channel, d.Weight) == "" && !e.reserved(l.want, l.ring)
	}
	best := e.firstOf(a.profile.lanes, nil)
	if best != nil && !may(best) {
		best = e.firstOf(a.profile.lanes, may)
	}
	e.eachOther(a, func(l *lane) {
		if (best == nil || e.outranks(l, best)) && may(l) {
			best = l
		}
	})
	return best
}

// firstOf returns the lane with the most urgent head of those that pass, nil if
// there is none.
func (e *Engine) firstOf(numbers []int32, pass func(*lane) bool) *lane {
	var best *head
	var number int32
	for _, n := range numbers {
		h := &e.heads[n]
		if h.seq != 0 && (best == nil || h.before(best, e.now)) && (pass == nil || pass(e.lanes[n])) {
			best, number = h, n
		}
	}
	if best == nil {
		return nil
	}
	return e.lanes[number]
}

// outranks tells whether the head of l is more urgent than that of m.
func (e *Engine) outranks(l, m *lane) bool {
	return e.heads[l.number].before(&e.heads[m.number], e.now)
}

// laneHeap orders lanes by their heads at one instant, the most urgent first.
type laneHeap struct {
	lanes []*lane
	heads []head
	now   int64
}

func (h *laneHeap) before(i, j int) bool {
	return h.heads[h.lanes[i].number].before(&h.heads[h.lanes[j].number], h.now)
}

func (h *laneHeap) init() {
	for i := len(h.lanes)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

// fix restores the order after the top's head has changed; pop removes the top.
func (h *laneHeap) fix() { h.down(0) }

func (h *laneHeap) pop() {
	n := len(h.lanes) - 1
	h.lanes[0] = h.lanes[n]
	h.lanes[n] = nil
	h.lanes = h.lanes[:n]
	h.down(0)
}

func (h *laneHeap) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h.lanes) {
			return
		}
		if c+1 < len(h.lanes) && h.before(c+1, c) {
			c++
		}
		if !h.before(c, i) {
			return
		}
		h.lanes[i], h.lanes[c] = h.lanes[c], h.lanes[i]
		i = c
	}
}
