package sla

import "hash/maphash"

// ids finds the slot of a ticket by its id: open addressing with linear probing,
// at most three quarters full. It keeps no ids: those are in the tickets, which
// are read next anyway, so that finding one costs a single visit to the table.
type ids struct {
	table   []idEntry
	count   int
	seed    maphash.Seed
	tickets *slab[tracked]
}

type idEntry struct{ hash, slot uint32 } // slot 0: free

func (x *ids) hash(id string) uint32 { return uint32(maphash.String(x.seed, id)) }

// position returns where an id is, or the free place where its search ended.
func (x *ids) position(id string, hash uint32) int {
	mask := len(x.table) - 1
	i := int(hash) & mask
	for x.table[i].slot != 0 && (x.table[i].hash != hash || x.tickets.at(x.table[i].slot).id != id) {
		i = (i + 1) & mask
	}
	return i
}

func (x *ids) find(id string) (slot uint32, ok bool) {
	if x.count == 0 {
		return 0, false
	}
	slot = x.table[x.position(id, x.hash(id))].slot
	return slot, slot != 0
}

// add takes up a ticket whose id is not there.
func (x *ids) add(id string, slot uint32) {
	if 4*(x.count+1) > 3*len(x.table) {
		old := x.table
		x.table = make([]idEntry, max(2*len(old), 8))
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
	hash := x.hash(id)
	x.table[x.position(id, hash)] = idEntry{hash, slot}
	x.count++
}

// remove forgets an id that is there, and closes the gap: what was pushed past it
// moves back.
func (x *ids) remove(id string) {
	mask := len(x.table) - 1
	gap := x.position(id, x.hash(id))
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
