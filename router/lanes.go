package router

import (
	"slices"

	"github.com/google/btree"

	"github.com/usherdesk/usher/policy"
)

// The ticket index. Waiting tickets stand in lanes. In a lane all ask for the same,
// at the same ring, with the same class and rate, and with the same exceptions;
// their order never changes, so that a lane is one tree, and a decision compares
// only the heads of lanes.
//
// A lane for everyone lives as long as its want, and every profile that may take
// its tickets lists it: an agent who gets room goes through one list. A lane for
// some (declined by, held back for) lives while it holds a ticket, and is found
// through its want.
//
// The rest of the router calls only enlane, delane, mostUrgent and eachLane.

const degree = 32 // of every tree

// entry is a ticket's place in its lane.
type entry struct {
	start int64
	seq   uint64
	it    *item
}

// Trees hold entries last first: taking a tree's end is cheaper than its begin.
func (x entry) less(y entry) bool {
	if x.start != y.start {
		return x.start > y.start
	}
	return x.seq > y.seq
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
	head entry // no ticket: the lane is empty
	laneKey
	tree *btree.BTreeG[entry]
	mark uint64 // the decision that has seen it
	at   int    // place in Engine.excepted
}

func (l *lane) urgency() policy.Urgency {
	return policy.Urgency{Class: l.class, Rate: l.rate, Start: l.head.start}
}

// before tells whether the head of l is more urgent than that of m.
func (l *lane) before(m *lane, now int64) bool {
	if l.class == m.class && l.rate == m.rate {
		if l.head.start != m.head.start {
			return l.head.start < m.head.start
		}
		return l.head.seq < m.head.seq
	}
	if c := l.urgency().Compare(m.urgency(), now); c != 0 {
		return c < 0
	}
	return l.head.seq < m.head.seq
}

// everyone tells whether the lane is for all who qualify.
func (k *laneKey) everyone() bool { return k.except == nil && k.only == nil }

// enlane puts a waiting ticket in the lane that its want, ring, urgency,
// exceptions and stickiness name.
func (e *Engine) enlane(it *item) *lane {
	k := laneKey{it.want, it.ring, it.urgency.Class, it.urgency.Rate, it.except, it.only}
	l := e.lane(&k)
	x := entry{it.urgency.Start, it.seq, it}
	if l.head.it == nil || l.head.less(x) {
		l.head = x
	}
	l.tree.ReplaceOrInsert(x)
	it.lane = l
	e.waiting++
	return l
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
	var l *lane
	if n := len(e.idleLanes); n > 0 {
		l, e.idleLanes = e.idleLanes[n-1], e.idleLanes[:n-1]
	} else {
		l = &lane{tree: btree.NewWithFreeListG(degree, entry.less, e.freeEntries)}
	}
	l.laneKey = *k
	if k.everyone() {
		k.want.lanes = append(k.want.lanes, l)
		for i := range k.want.fits {
			if m := &k.want.fits[i]; m.ring <= k.ring {
				m.profile.lanes = append(m.profile.lanes, l)
			}
		}
		return l
	}
	e.someLanes[*k] = l
	k.want.extra = append(k.want.extra, l)
	if k.only != nil {
		k.only.only = append(k.only.only, l)
	} else {
		l.at = len(e.excepted)
		e.excepted = append(e.excepted, l)
	}
	return l
}

// delane takes a ticket out of its lane.
func (e *Engine) delane(it *item) {
	l := it.lane
	it.lane = nil
	e.waiting--
	if l.head.it != it {
		l.tree.Delete(entry{it.urgency.Start, it.seq, it})
		return
	}
	l.tree.DeleteMax()
	if l.tree.Len() > 0 {
		l.head, _ = l.tree.Max()
		return
	}
	l.head = entry{}
	if l.everyone() {
		return
	}
	delete(e.someLanes, l.laneKey)
	l.want.extra = without(l.want.extra, l)
	if l.only != nil {
		l.only.only = without(l.only.only, l)
	} else {
		last := len(e.excepted) - 1
		e.excepted[l.at] = e.excepted[last]
		e.excepted[l.at].at = l.at
		e.excepted[last] = nil
		e.excepted = e.excepted[:last]
	}
	l.laneKey = laneKey{}
	if len(e.idleLanes) < idleLanes {
		e.idleLanes = append(e.idleLanes, l)
	}
}

func without(lanes []*lane, l *lane) []*lane {
	i := slices.Index(lanes, l)
	return slices.Delete(lanes, i, i+1)
}

// idleLanes is how many empty lanes are kept for reuse.
const idleLanes = 1024

// eachLane goes through the lanes that hold tickets which may start because an
// agent has got room: those he qualifies for, and those that others may take once
// he is kept free in their place.
func (e *Engine) eachLane(a *agent, yield func(*lane)) {
	for _, l := range a.profile.lanes {
		if l.head.it != nil {
			yield(l)
		}
	}
	for _, l := range a.only {
		yield(l)
	}
	for _, l := range e.excepted {
		if m := l.want.fit(a.profile); m != nil && m.ring <= l.ring && (l.want.keep > 0 || !l.except.has(a.p.ID)) {
			yield(l)
		}
	}
	if !e.rules.Keeps() {
		return
	}
	for _, l := range e.someLanes {
		if l.only == nil || l.want.keep == 0 || l.only.available(e.now) != "" ||
			l.only.room(l.want.demand.Channel, l.want.demand.Weight) != "" {
			continue
		}
		if m := l.want.fit(a.profile); m != nil && m.ring <= l.ring {
			yield(l)
		}
	}
}

// allLanes goes through the lanes that hold tickets.
func (e *Engine) allLanes(yield func(*lane) bool) {
	for _, w := range e.wantOrder {
		for _, lanes := range [...][]*lane{w.lanes, w.extra} {
			for _, l := range lanes {
				if l.head.it != nil && !yield(l) {
					return
				}
			}
		}
	}
}

// mostUrgent returns the lane whose head an agent who has just got room is to
// take, nil if there is none. Rules are asked only of lanes that would win.
func (e *Engine) mostUrgent(a *agent) (best *lane) {
	if e.waiting == 0 {
		return nil
	}
	look := func(l *lane) {
		d := &l.want.demand
		if (best == nil || l.before(best, e.now)) && e.shut(l.want) == "" &&
			a.room(d.Channel, d.Weight) == "" && !e.reserved(l.want, l.ring) {
			best = l
		}
	}
	e.eachLane(a, look)
	return best
}

// laneHeap orders lanes by their heads at one instant, the most urgent first.
type laneHeap struct {
	lanes []*lane
	now   int64
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
		if c+1 < len(h.lanes) && h.lanes[c+1].before(h.lanes[c], h.now) {
			c++
		}
		if !h.lanes[c].before(h.lanes[i], h.now) {
			return
		}
		h.lanes[i], h.lanes[c] = h.lanes[c], h.lanes[i]
		i = c
	}
}
