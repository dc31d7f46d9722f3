package router

import (
	"slices"

	"github.com/google/btree"

	"github.com/usherdesk/usher/policy"
)

// The ticket index. Waiting tickets stand in lanes. In a lane all ask for the same,
// at the same ring, with the same class and rate, and with the same exceptions;
// their order never changes, so that a lane is one tree, and a decision compares
// only the heads of lanes. The rest of the router calls only enlane, delane and
// the lists of lanes that wants and agents hold.

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
	laneKey
	tree *btree.BTreeG[entry]
	head entry
	mark uint64 // the decision that has seen it
}

func (l *lane) urgency() policy.Urgency {
	return policy.Urgency{Class: l.class, Rate: l.rate, Start: l.head.start}
}

// before tells whether the head of l is more urgent than that of m.
func (l *lane) before(m *lane, now int64) bool {
	if c := l.urgency().Compare(m.urgency(), now); c != 0 {
		return c < 0
	}
	return l.head.seq < m.head.seq
}

// enlane puts a waiting ticket in the lane that its want, ring, urgency,
// exceptions and stickiness name.
func (e *Engine) enlane(it *item) *lane {
	k := laneKey{it.want, it.ring, it.urgency.Class, it.urgency.Rate, it.except, it.only}
	l, ok := e.lanes[k]
	if !ok {
		if n := len(e.idleLanes); n > 0 {
			l, e.idleLanes = e.idleLanes[n-1], e.idleLanes[:n-1]
		} else {
			l = &lane{tree: btree.NewWithFreeListG(degree, entry.less, e.freeEntries)}
		}
		l.laneKey = k
		e.lanes[k] = l
		if k.only != nil {
			k.only.only = append(k.only.only, l)
			k.want.held = append(k.want.held, l)
		} else {
			k.want.lanes = append(k.want.lanes, l)
		}
	}
	l.tree.ReplaceOrInsert(entry{it.urgency.Start, it.seq, it})
	l.head, _ = l.tree.Max()
	it.lane = l
	e.waiting++
	return l
}

// delane takes a ticket out of its lane.
func (e *Engine) delane(it *item) {
	l := it.lane
	it.lane = nil
	e.waiting--
	if l.head.it == it {
		l.tree.DeleteMax()
	} else {
		l.tree.Delete(entry{it.urgency.Start, it.seq, it})
	}
	if l.tree.Len() > 0 {
		l.head, _ = l.tree.Max()
		return
	}
	l.head = entry{}
	delete(e.lanes, l.laneKey)
	if l.only != nil {
		l.only.only = without(l.only.only, l)
		l.want.held = without(l.want.held, l)
	} else {
		l.want.lanes = without(l.want.lanes, l)
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
