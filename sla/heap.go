package sla

// agenda orders targets by their next deadline: a heap of four children, with the
// place of each target in it, so that one can be moved or taken out. Slots are
// those of the target slab. Equal deadlines are ordered by before.
type agenda struct {
	deadlines []int64
	slots     []uint32
	places    [][]uint32                   // by slot, in blocks: index in the heap plus one, 0 if absent
	before    func(slot, than uint32) bool // asked for equal deadlines only
}

func (a *agenda) less(d int64, slot uint32, i int) bool {
	if d != a.deadlines[i] {
		return d < a.deadlines[i]
	}
	return a.before(slot, a.slots[i])
}

func (a *agenda) len() int { return len(a.slots) }

// first returns what comes next; there must be something.
func (a *agenda) first() (slot uint32, deadline int64) { return a.slots[0], a.deadlines[0] }

func (a *agenda) place(slot uint32) *uint32 { return &a.places[slot/slabBlock][slot%slabBlock] }

// set puts a target on the agenda, or moves it there.
func (a *agenda) set(slot uint32, deadline int64) {
	for int(slot/slabBlock) >= len(a.places) {
		a.places = append(a.places, make([]uint32, slabBlock))
	}
	if i := *a.place(slot); i > 0 {
		a.settle(int(i-1), deadline, slot)
		return
	}
	n := len(a.slots)
	if n == cap(a.slots) || n == cap(a.deadlines) { // by an eighth: these are large
		a.deadlines = append(make([]int64, 0, n+n/8+16), a.deadlines...)
		a.slots = append(make([]uint32, 0, n+n/8+16), a.slots...)
	}
	a.deadlines = append(a.deadlines, deadline)
	a.slots = append(a.slots, slot)
	a.up(n, deadline, slot)
}

func (a *agenda) remove(slot uint32) {
	if int(slot/slabBlock) >= len(a.places) || *a.place(slot) == 0 {
		return
	}
	i := int(*a.place(slot) - 1)
	*a.place(slot) = 0
	n := len(a.slots) - 1
	deadline, last := a.deadlines[n], a.slots[n]
	a.deadlines, a.slots = a.deadlines[:n], a.slots[:n]
	if i < n {
		a.settle(i, deadline, last)
	}
}

func (a *agenda) put(i int, deadline int64, slot uint32) {
	a.deadlines[i], a.slots[i] = deadline, slot
	*a.place(slot) = uint32(i + 1)
}

// settle places a target at i, or where it belongs from there.
func (a *agenda) settle(i int, deadline int64, slot uint32) {
	if i > 0 && a.less(deadline, slot, (i-1)/4) {
		a.up(i, deadline, slot)
	} else {
		a.down(i, deadline, slot)
	}
}

func (a *agenda) up(i int, deadline int64, slot uint32) {
	for i > 0 && a.less(deadline, slot, (i-1)/4) {
		a.put(i, a.deadlines[(i-1)/4], a.slots[(i-1)/4])
		i = (i - 1) / 4
	}
	a.put(i, deadline, slot)
}

func (a *agenda) down(i int, deadline int64, slot uint32) {
	for {
		least := 4*i + 1
		if least >= len(a.slots) {
			break
		}
		for j := least + 1; j < min(4*i+5, len(a.slots)); j++ {
			if a.less(a.deadlines[j], a.slots[j], least) {
				least = j
			}
		}
		if a.less(deadline, slot, least) {
			break
		}
		a.put(i, a.deadlines[least], a.slots[least])
		i = least
	}
	a.put(i, deadline, slot)
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
