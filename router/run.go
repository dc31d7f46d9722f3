package router

import (
	"slices"

	"github.com/google/btree"
)

// run holds things in a total order, in three parts. The first few stand near, in
// order; what is added after them stays late, in no order, until it is needed;
// the others are in a tree, far. Taking the first and adding one touch a few bytes
// side by side, and the tree is asked and filled some at a time, while it is in
// the cache. A short run has no tree.
//
// It trades: to go through a run puts what is late in order first.
type run[T ordered[T]] struct {
	near []T // the first few, in order, from head on; none only if there are none at all
	head int
	late []T
	far  *btree.BTreeG[T]
	few  int                 // about the most that are near, and the most that are late; at least 2
	free *btree.FreeListG[T] // where trees get their nodes
}

type ordered[T any] interface {
	comparable
	before(T) bool
}

const degree = 32 // of every tree

func (r *run[T]) len() int {
	n := len(r.near) - r.head + len(r.late)
	if r.far != nil {
		n += r.far.Len()
	}
	return n
}

// first returns the first; the run is not empty.
func (r *run[T]) first() *T { return &r.near[r.head] }

// add puts x in its place; the run does not hold it yet.
func (r *run[T]) add(x T) {
	n := len(r.near)
	full := n-r.head >= r.few
	if n > r.head && !x.before(r.near[n-1]) && (full || len(r.late) > 0 || r.far != nil && r.far.Len() > 0) {
		r.put(x)
		return
	}
	if full {
		r.put(r.near[n-1])
		n--
		r.near = r.near[:n]
	}
	if n == cap(r.near) && r.head >= n/2 && n > 0 { // otherwise the array grows
		n = copy(r.near, r.near[r.head:])
		clear(r.near[n:])
		r.near, r.head = r.near[:n], 0
	}
	if at := r.place(x); at < n {
		r.near = slices.Insert(r.near, at, x)
	} else {
		r.near = append(r.near, x)
	}
}

// place returns where x stands, or would, among what is near.
func (r *run[T]) place(x T) int {
	n := len(r.near)
	if n == r.head || r.near[n-1].before(x) {
		return n
	}
	at, end := r.head, n-1
	for at < end {
		if mid := (at + end) / 2; r.near[mid].before(x) {
			at = mid + 1
		} else {
			end = mid
		}
	}
	return at
}

// put adds what comes after all that is near.
func (r *run[T]) put(x T) {
	if len(r.late) == r.few {
		r.sort()
	}
	r.late = append(r.late, x)
}

// sort moves what is late to the tree.
func (r *run[T]) sort() {
	if len(r.late) > 0 && r.far == nil {
		r.far = btree.NewWithFreeListG(degree, T.before, r.free)
	}
	for _, x := range r.late {
		r.far.ReplaceOrInsert(x)
	}
	clear(r.late)
	r.late = r.late[:0]
}

// fetch brings the next few near.
func (r *run[T]) fetch() {
	n := copy(r.near, r.near[r.head:])
	clear(r.near[n:])
	r.near, r.head = r.near[:n], 0
	if r.far == nil || r.far.Len() == 0 {
		slices.SortFunc(r.late, func(x, y T) int {
			if x.before(y) {
				return -1
			}
			return 1
		})
		r.near = append(r.near, r.late...)
		clear(r.late)
		r.late = r.late[:0]
		return
	}
	r.sort()
	for range r.few / 2 {
		x, ok := r.far.DeleteMin()
		if !ok {
			return
		}
		r.near = append(r.near, x)
	}
}

// remove takes out x, which the run holds.
func (r *run[T]) remove(x T) {
	at := r.place(x)
	if at == len(r.near) {
		if at := slices.Index(r.late, x); at >= 0 {
			r.late = slices.Delete(r.late, at, at+1)
		} else {
			r.far.Delete(x)
		}
		return
	}
	if at > r.head {
		r.near = slices.Delete(r.near, at, at+1)
		return
	}
	r.pop()
}

// pop takes out the first; the run is not empty.
func (r *run[T]) pop() T {
	var none T
	x := r.near[r.head]
	r.near[r.head] = none
	if r.head++; r.head == len(r.near) {
		r.fetch()
	}
	return x
}

// each goes through the run in order. Where little is left near, since what is
// wanted is taken from its midst, more is fetched.
func (r *run[T]) each(yield func(T) bool) {
	for at := r.head; at < len(r.near); at++ {
		if !yield(r.near[at]) {
			return
		}
		if at+1 == len(r.near) && at-r.head < r.few/2 {
			at -= r.head
			r.fetch()
		}
	}
	r.sort()
	if r.far != nil {
		r.far.Ascend(yield)
	}
}

// from goes in order through what does not come before x.
func (r *run[T]) from(x T, yield func(T) bool) {
	for _, y := range r.near[r.head:] {
		if !y.before(x) && !yield(y) {
			return
		}
	}
	r.sort()
	if r.far != nil {
		r.far.AscendGreaterOrEqual(x, yield)
	}
}
