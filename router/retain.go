package router

import (
	"time"

	"github.com/usherdesk/usher/ticket"
)

// ended is a queue of the tickets that have ended, oldest first, by which they are
// forgotten. A ticket that was reopened leaves a stale entry behind.
type ended struct {
	queue []lapse
	head  int
	live  int    // entries that are not stale
	count uint64 // endings so far
}

type lapse struct {
	it     *item
	ending uint64 // which of all endings it is
	at     int64
}

// stale tells whether the ticket was reopened, or erased, since.
func (l lapse) stale() bool { return l.it.ending != l.ending }

func (q *ended) push(it *item) {
	if len(q.queue) > 2*q.live+64 { // most of it is gone or stale
		kept := q.queue[:0]
		for _, l := range q.queue[q.head:] {
			if !l.stale() {
				kept = append(kept, l)
			}
		}
		clear(q.queue[len(kept):])
		q.queue, q.head = kept, 0
	}
	q.count++
	it.ending = q.count
	q.queue = append(q.queue, lapse{it, it.ending, it.ended})
	q.live++
}

// revive is for a ticket that did not end after all.
func (q *ended) revive(it *item) {
	it.ending = 0
	q.live--
}

// oldest returns the entry that is forgotten next.
func (q *ended) oldest() (lapse, bool) {
	for q.head < len(q.queue) {
		if l := q.queue[q.head]; !l.stale() {
			return l, true
		}
		q.pop()
	}
	return lapse{}, false
}

func (q *ended) pop() {
	q.queue[q.head] = lapse{}
	q.head++
}

// next is when age alone will next have a ticket forgotten.
func (q *ended) next(age time.Duration) (int64, bool) {
	l, ok := q.oldest()
	return l.at + int64(age), ok && age > 0
}

// forgetEnded lets go of the tickets that have been ended for too long, or are too
// many.
func (e *Engine) forgetEnded() {
	for {
		l, ok := e.ended.oldest()
		if !ok {
			return
		}
		old := e.desk.Keep.Age > 0 && l.at+int64(e.desk.Keep.Age) <= e.now
		if !old && e.ended.live <= e.desk.Keep.Count {
			return
		}
		e.ended.pop()
		e.ended.live--
		e.forget(l.it)
	}
}

// forget erases an ended ticket.
func (e *Engine) forget(it *item) {
	delete(e.tickets, it.t.ID)
	if e.tracker != nil {
		e.tracker.Forget(it.t.ID)
	}
	e.roll.remove(it)
}

// erase forgets all that has ended about a customer, and takes the customer, the
// tags and the place off what has not. It looks at every ticket. What is left of
// those are the host's own words: ids, actors, reasons of a hold, names of stages;
// they should name nobody.
func (e *Engine) erase(c *Command) (*item, error) {
	var gone, kept int
	for it := range e.roll.all() {
		if it.t.Customer != c.Customer {
			continue
		}
		if it.status.Ended() {
			gone++
			e.ended.live--
			e.forget(it)
			continue
		}
		kept++
		t := it.t.Ticket
		t.Customer, t.Tags = "", nil
		t.Location.Lat, t.Location.Lon = 0, 0
		e.alter(it, t, nil)
		if e.tracker != nil {
			e.tell(e.change(it, ticket.WasAltered))
			e.refreshDue(it)
		}
	}
	e.emit(&Event{Kind: Erased, Note: digits(gone) + " forgotten, " + digits(kept) + " made anonymous"})
	return nil, nil
}

// keys remembers the outcomes of the last commands that had an idempotency key.
type keys struct {
	known map[string]kept
	ring  []string
	next  int
}

type kept struct {
	kind CommandKind
	out  Outcome
	err  error
}

// recall returns what became of the command with a key, or an error if that was
// another kind of command.
func (k *keys) recall(key string, kind CommandKind) (kept, bool) {
	if key == "" {
		return kept{}, false
	}
	r, ok := k.known[key]
	r.out.Repeat = true
	if ok && r.kind != kind {
		return kept{err: &CommandError{Kind: kind, Problem: "has the idempotency key of another command"}}, true
	}
	return r, ok
}

func (k *keys) remember(key string, r kept, most int) {
	if k.known == nil {
		k.known = map[string]kept{}
	}
	if len(k.ring) < most {
		k.ring = append(k.ring, key)
	} else {
		delete(k.known, k.ring[k.next])
		k.ring[k.next] = key
		k.next = (k.next + 1) % most
	}
	k.known[key] = r
}
