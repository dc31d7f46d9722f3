package sla

// agenda orders targets by their next deadline, equal ones in the order in which they
// were put on it. It is a heap of four children; what is taken off stays in the heap
// as a stale entry, which is cheaper than to look for it, until it comes to the
// top or the stale ones are too many. The top is never stale.
type agenda struct {
	heap    []entry
	stale   int
	seq     uint32        // of the latest entry; it may run over
	targets *slab[target] // their fields listed and seq are the agenda's
}

type entry struct {
	deadline int64
	slot     uint32
	seq      uint32 // stale unless it is the target's
}

func less(x, y entry) bool {
	return x.deadline < y.deadline || x.deadline == y.deadline && x.seq-y.seq > 1<<31
}

func (a *agenda) valid(e entry) bool {
	t := a.targets.at(e.slot)
	return t.listed && t.seq == e.seq
}

func (a *agenda) empty() bool { return len(a.heap) == 0 }

// first returns what comes next; there must be something.
func (a *agenda) first() (slot uint32, deadline int64) { return a.heap[0].slot, a.heap[0].deadline }

// set puts a target on the agenda, or moves it there.
func (a *agenda) set(slot uint32, deadline int64) {
	t := a.targets.at(slot)
	a.seq++
	if t.listed && a.heap[0].slot == slot && a.heap[0].seq == t.seq {
		t.seq = a.seq
		a.down(0, entry{deadline, slot, a.seq})
		a.tidy()
		return
	}
	if t.listed {
		a.stale++
	}
	t.listed, t.seq = true, a.seq
	a.push(entry{deadline, slot, a.seq})
	a.tidy()
}

func (a *agenda) push(e entry) {
	if n := len(a.heap); n == cap(a.heap) { // by an eighth: it may be large
		a.heap = append(make([]entry, 0, n+n/8+16), a.heap...)
	}
	a.heap = append(a.heap, e)
	a.up(len(a.heap)-1, e)
}

func (a *agenda) remove(slot uint32) {
	t := a.targets.at(slot)
	if !t.listed {
		return
	}
	t.listed = false
	a.stale++
	a.tidy()
}

// tidy keeps the top valid, and the stale entries the fewer.
func (a *agenda) tidy() {
	for len(a.heap) > 0 && !a.valid(a.heap[0]) {
		a.stale--
		n := len(a.heap) - 1
		last := a.heap[n]
		a.heap = a.heap[:n]
		if n > 0 {
			a.down(0, last)
		}
	}
	if a.stale <= len(a.heap)/2+64 {
		return
	}
	kept := a.heap[:0]
	for _, e := range a.heap {
		if a.valid(e) {
			kept = append(kept, e)
		}
	}
	a.heap, a.stale = kept, 0
	for i := len(kept)/4 + 1; i >= 0; i-- {
		if i < len(kept) {
			a.down(i, kept[i])
		}
	}
}

func (a *agenda) up(i int, e entry) {
	for i > 0 && less(e, a.heap[(i-1)/4]) {
		a.heap[i] = a.heap[(i-1)/4]
		i = (i - 1) / 4
	}
	a.heap[i] = e
}

func (a *agenda) down(i int, e entry) {
	for {
		least := 4*i + 1
		if least >= len(a.heap) {
			break
		}
		for j := least + 1; j < min(4*i+5, len(a.heap)); j++ {
			if less(a.heap[j], a.heap[least]) {
				least = j
			}
		}
		if less(e, a.heap[least]) {
			break
		}
		a.heap[i] = a.heap[least]
		i = least
	}
	a.heap[i] = e
}

// slab keeps records in blocks that never move, and gives back the places of those
// that are gone. Place 0 is never given.
type slab[T any] struct {
	blocks []*[block]T
	used   uint32
	free   []uint32
}

// block is little for a small desk, and enough that none of the memory between
// blocks counts.
const block = 64

func (s *slab[T]) at(i uint32) *T { return &s.blocks[i/block][i%block] }

func (s *slab[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.used++
	if int(s.used/block) == len(s.blocks) {
		s.blocks = append(s.blocks, new([block]T))
	}
	return s.used
}

func (s *slab[T]) drop(i uint32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
}
