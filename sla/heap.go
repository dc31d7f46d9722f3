package sla

// agenda orders targets by their next deadline: a heap of four children, with the
// place of each target in it, so that one can be moved or taken out. Slots are
// those of the target slab. Equal deadlines are ordered by rank.
type agenda struct {
	heap []entry
	at   []uint32                 // by slot: index in heap plus one, 0 if absent
	rank func(slot uint32) uint64 // asked for equal deadlines only; no two are alike
}

type entry struct {
	deadline int64
	slot     uint32
}

func (a *agenda) less(x, y entry) bool {
	if x.deadline != y.deadline {
		return x.deadline < y.deadline
	}
	return a.rank(x.slot) < a.rank(y.slot)
}

// set puts a target on the agenda, or moves it there.
func (a *agenda) set(slot uint32, deadline int64) {
	for int(slot) >= len(a.at) {
		a.at = append(a.at, 0)
	}
	e := entry{deadline, slot}
	if i := a.at[slot]; i > 0 {
		a.settle(int(i-1), e)
		return
	}
	a.heap = append(a.heap, e)
	a.up(len(a.heap)-1, e)
}

func (a *agenda) remove(slot uint32) {
	if int(slot) >= len(a.at) || a.at[slot] == 0 {
		return
	}
	i := int(a.at[slot] - 1)
	a.at[slot] = 0
	n := len(a.heap) - 1
	last := a.heap[n]
	a.heap = a.heap[:n]
	if i < n {
		a.settle(i, last)
	}
}

// deadline returns that of a target, false if it is not on the agenda.
func (a *agenda) deadline(slot uint32) (int64, bool) {
	if int(slot) >= len(a.at) || a.at[slot] == 0 {
		return 0, false
	}
	return a.heap[a.at[slot]-1].deadline, true
}

func (a *agenda) put(i int, e entry) {
	a.heap[i] = e
	a.at[e.slot] = uint32(i + 1)
}

// settle places e at i, or where it belongs from there.
func (a *agenda) settle(i int, e entry) {
	if i > 0 && a.less(e, a.heap[(i-1)/4]) {
		a.up(i, e)
	} else {
		a.down(i, e)
	}
}

func (a *agenda) up(i int, e entry) {
	for i > 0 && a.less(e, a.heap[(i-1)/4]) {
		a.put(i, a.heap[(i-1)/4])
		i = (i - 1) / 4
	}
	a.put(i, e)
}

func (a *agenda) down(i int, e entry) {
	for {
		first := 4*i + 1
		if first >= len(a.heap) {
			break
		}
		least := first
		for j := first + 1; j < min(first+4, len(a.heap)); j++ {
			if a.less(a.heap[j], a.heap[least]) {
				least = j
			}
		}
		if !a.less(a.heap[least], e) {
			break
		}
		a.put(i, a.heap[least])
		i = least
	}
	a.put(i, e)
}

// slab keeps records in blocks that never move, and gives back the places of those
// that are gone. Place 0 is never given.
type slab[T any] struct {
	blocks [][]T
	used   uint32
	free   []uint32
}

const slabBlock = 1024

func (s *slab[T]) at(i uint32) *T { return &s.blocks[i/slabBlock][i%slabBlock] }

func (s *slab[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.used++
	if int(s.used/slabBlock) >= len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, slabBlock))
	}
	return s.used
}

func (s *slab[T]) drop(i uint32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
}
