package router

import (
	"iter"
	"slices"
)

// roll holds the tickets in the order of their submission: adding, removing and
// finding one costs the same however many there are. Tickets lie in slabs and
// their memory is used again; what is kept in order is pages of pointers, of which
// empty ones cost nothing.
type roll struct {
	pages map[uint64]*page
	order []uint64 // numbers of the pages in use, ascending
	idle  []*page
	free  []*item
	last  *page // where tickets are added, and its number
	lastN uint64
}

const (
	pageSize = 256
	slabSize = 16
)

type page struct {
	items [pageSize]*item
	used  int
}

// add takes the spare ticket in, with the given number, the highest so far.
func (r *roll) add(seq uint64) *item {
	n := seq / pageSize
	if r.last == nil || r.lastN != n {
		r.leave()
		if r.last = r.pages[n]; r.last == nil {
			r.last = r.newPage(n)
		}
		r.lastN = n
	}
	p, it := r.last, r.spare()
	r.free = r.free[:len(r.free)-1]
	it.seq, it.page = seq, p
	p.items[seq%pageSize] = it
	p.used++
	return it
}

// spare returns the ticket that add returns next, to be filled before.
func (r *roll) spare() *item {
	if len(r.free) == 0 {
		slab := make([]item, slabSize)
		for i := range slab {
			r.free = append(r.free, &slab[i])
		}
	}
	return r.free[len(r.free)-1]
}

func (r *roll) newPage(n uint64) *page {
	if r.pages == nil {
		r.pages = map[uint64]*page{}
	}
	p := &page{}
	if last := len(r.idle) - 1; last >= 0 {
		p, r.idle = r.idle[last], r.idle[:last]
	}
	r.pages[n] = p
	at, _ := slices.BinarySearch(r.order, n)
	r.order = slices.Insert(r.order, at, n)
	return p
}

// find returns the ticket with the given number, nil if there is none.
func (r *roll) find(seq uint64) *item {
	if p := r.pages[seq/pageSize]; p != nil {
		return p.items[seq%pageSize]
	}
	return nil
}

// remove lets go of a ticket; its number is not given again.
func (r *roll) remove(it *item) {
	p, seq := it.page, it.seq
	*it = item{}
	r.free = append(r.free, it)
	p.items[seq%pageSize] = nil
	if p.used--; p.used == 0 && p != r.last {
		r.drop(p, seq/pageSize)
	}
}

// leave lets go of the page where tickets were added, if all of them are gone.
func (r *roll) leave() {
	if r.last != nil && r.last.used == 0 {
		r.drop(r.last, r.lastN)
	}
}

func (r *roll) drop(p *page, n uint64) {
	delete(r.pages, n)
	at, _ := slices.BinarySearch(r.order, n)
	r.order = slices.Delete(r.order, at, at+1)
	r.idle = append(r.idle, p)
}

// all goes through the tickets in the order of submission. The one just given may
// be removed.
func (r *roll) all() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for it := range r.from(0) {
			if !yield(it) {
				return
			}
		}
	}
}

// from goes through the tickets whose number is seq or higher.
func (r *roll) from(seq uint64) iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for n := seq / pageSize; ; n++ {
			at, _ := slices.BinarySearch(r.order, n)
			if at == len(r.order) {
				return
			}
			n = r.order[at]
			p := r.pages[n]
			for _, it := range p.items {
				if it != nil && it.seq >= seq && !yield(it) {
					return
				}
			}
		}
	}
}
