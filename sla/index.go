package sla

import "hash/maphash"

// ids finds the slot of a ticket by its id: open addressing with linear probing,
// at most three quarters full. It keeps no ids: those are in the tickets, which
// are read next anyway, so that finding one costs a single visit to the table. Ids
// that were given out in sequence stand side by side there, and what is read from
// memory for one of them is at hand for the next.
type ids struct {
	table   []idEntry
	count   int
	seed    maphash.Seed
	tickets *slab[tracked]
}

type idEntry struct{ hash, slot uint32 } // slot 0: free

// place is where the search for an id ended. It holds until the table is changed.
type place struct {
	at   int
	hash uint32
}

func newIDs(tickets *slab[tracked]) ids {
	return ids{table: make([]idEntry, 8), seed: maphash.MakeSeed(), tickets: tickets}
}

// hash scatters ids, but for those that differ only in the last two bits: these stand
// side by side. Four are few enough that the table does not fill in lumps.
func (x *ids) hash(id string) uint32 {
	if id == "" {
		return 0
	}
	last := len(id) - 1
	const odd = 0x9e3779b1 // scatters the other bits of the last byte
	return uint32(maphash.String(x.seed, id[:last])) + uint32(id[last]/4)*odd ^ uint32(id[last]%4)
}

// find returns the slot of a ticket, 0 if there is none, and its place.
func (x *ids) find(id string) (slot uint32, p place) {
	hash := x.hash(id)
	mask := len(x.table) - 1
	i := int(hash) & mask
	for {
		e := x.table[i]
		if e.slot == 0 || e.hash == hash && x.tickets.at(e.slot).id == id {
			return e.slot, place{i, hash}
		}
		i = (i + 1) & mask
	}
}

// add puts a ticket in the place where it was not found.
func (x *ids) add(p place, slot uint32) {
	x.table[p.at] = idEntry{p.hash, slot}
	x.count++
	if 4*x.count > 3*len(x.table) {
		x.grow()
	}
}

func (x *ids) grow() {
	old := x.table
	x.table = make([]idEntry, 2*len(old))
	mask := len(x.table) - 1
	for _, e := range old {
		if e.slot == 0 {
			continue
		}
		i := int(e.hash) & mask
		for x.table[i].slot != 0 {
			i = (i + 1) & mask
		}
		x.table[i] = e
	}
}

// remove empties the place where a ticket was found, and closes the gap: what was
// pushed past it moves back.
func (x *ids) remove(p place) {
	mask := len(x.table) - 1
	gap := p.at
	for i := (gap + 1) & mask; x.table[i].slot != 0; i = (i + 1) & mask {
		home := int(x.table[i].hash) & mask
		if (i-home)&mask >= (i-gap)&mask { // it may stand at the gap
			x.table[gap] = x.table[i]
			gap = i
		}
	}
	x.table[gap] = idEntry{}
	x.count--
}

// slots returns those of all tickets, in no order.
func (x *ids) slots() []uint32 {
	list := make([]uint32, 0, x.count)
	for _, e := range x.table {
		if e.slot != 0 {
			list = append(list, e.slot)
		}
	}
	return list
}
