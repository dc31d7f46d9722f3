package router

import (
	"iter"
	"slices"
)

// roll holds the tickets in the order of their submission, in pages that are
// reused: adding, removing and finding one costs the same however many there are,
// and pages that are empty cost nothing.
type roll struct {
	pages map[uint64]*page
	order []uint64 // numbers of the pages in use, ascending
	idle  []*page
}

const pageSize = 32

type page struct {
	items [pageSize]item
	used  int
}

// add returns a fresh ticket with the given number, the highest so far.
func (r *roll) add(seq uint64) *item {
	n := seq / pageSize
	p := r.pages[n]
	if p == nil {
		if r.pages == nil {
			r.pages = map[uint64]*page{}
		}
		if last := len(r.idle) - 1; last >= 0 {
			p, r.idle = r.idle[last], r.idle[:last]
		} else {
			p = &page{}
		}
		r.pages[n] = p
		at, _ := slices.BinarySearch(r.order, n)
		r.order = slices.Insert(r.order, at, n)
	}
	p.used++
	it := &p.items[seq%pageSize]
	*it = item{seq: seq}
	return it
}

// find returns the ticket with the given number, nil if there is none.
func (r *roll) find(seq uint64) *item {
	p := r.pages[seq/pageSize]
	if p == nil || p.items[seq%pageSize].seq == 0 {
		return nil
	}
	return &p.items[seq%pageSize]
}

// remove lets go of a ticket; its number is not given again.
func (r *roll) remove(it *item) {
	n := it.seq / pageSize
	p := r.pages[n]
	*it = item{}
	if p.used--; p.used > 0 {
		return
	}
	delete(r.pages, n)
	at, _ := slices.BinarySearch(r.order, n)
	r.order = slices.Delete(r.order, at, at+1)
	if len(r.idle) < 64 {
		r.idle = append(r.idle, p)
	}
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
			for i := range p.items {
				if it := &p.items[i]; it.seq >= max(seq, 1) && !yield(it) {
					return
				}
			}
		}
	}
}
