package router

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/btree"

	"github.com/usherdesk/usher/ticket"
)

// Queue limits the tickets that wait for a team or on a channel. Reaching a limit
// is told by an event, and, if the queue overflows somewhere, moves tickets there:
// the newcomer who finds as many waiting as allowed, and whoever has waited as long
// as allowed. A ticket overflows once a wait, so that two full queues do not pass
// it to and fro. Only tickets that nobody has count; one that an agent is being
// asked about does not.
type Queue struct {
	// Most is how many may wait. With that many, QueueLong is told; once no more than
	// four fifths of them wait, QueueShort. 0: no limit.
	Most int
	// Wait is how long a ticket may wait. Then QueueWait is told of it. 0: no limit.
	Wait time.Duration
	// Team or Channel, if set, is where the queue overflows: the ticket becomes one of
	// that team or channel, with all that follows for who may take it and what is
	// promised.
	Team    string
	Channel ticket.Channel
}

func (q *Queue) overflows() bool { return q.Team != "" || q.Channel != "" }

// checkQueues names the faults of the limits.
func (d *desk) checkQueues() (faults []error) {
	check := func(id string, q Queue) {
		bad := func(field string, value any, problem string) {
			faults = append(faults, &ticket.FieldError{Ticket: id, Field: field, Value: fmt.Sprint(value), Problem: problem})
		}
		if q.Most < 0 || q.Most > 1<<30 {
			bad("queue most", q.Most, "is out of range")
		}
		if q.Wait < 0 || q.Wait > maxSpan {
			bad("queue wait", q.Wait, "is not between 0 and a year")
		}
		if q.overflows() && q.Most == 0 && q.Wait == 0 {
			bad("queue", q.Team+string(q.Channel), "overflows without a limit")
		}
		if err := errors.Join(ticket.CheckName(id, "queue team", q.Team, false), ticket.CheckName(id, "queue channel", string(q.Channel), false)); err != nil {
			faults = append(faults, err)
		}
	}
	for _, t := range d.Teams {
		check("team "+short(t.Name), t.Queue)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Channels)) {
		check("channel "+short(string(name)), d.Channels[name].Queue)
	}
	if d.ReserveWindow < 0 || d.ReserveWindow > maxSpan || d.ReserveWindow > 0 && d.ReserveWindow < time.Second {
		faults = append(faults, &ticket.FieldError{Ticket: "config", Field: "reserve window", Value: d.ReserveWindow.String(),
			Problem: "is not between a second and a year"})
	}
	return faults
}

// line is a queue that is limited, with those who wait in it by how long.
type line struct {
	name  string
	queue Queue
	tree  *btree.BTreeG[place]
	long  bool  // QueueLong was told last
	told  int64 // of those who have waited since then or longer, QueueWait was told
	timer int64
	dirty bool
}

type place struct {
	since int64
	it    *item
	seq   uint64
}

func (p place) less(q place) bool {
	if p.since != q.since {
		return p.since < q.since
	}
	return p.seq < q.seq
}

type lineState struct {
	Long bool  `json:"long,omitempty"`
	Told int64 `json:"told,omitempty"`
}

// limit makes the line of a queue that has a limit.
func (w *watch) limit(name string, q Queue) *line {
	if q.Most == 0 && q.Wait == 0 {
		return nil
	}
	l := &line{name: name, queue: q, tree: btree.NewG(degree, place.less)}
	w.lines[name] = l
	return l
}

// of returns the lines in which a ticket is to stand as it is.
func (w *watch) of(it *item) (to [2]*line) {
	if it.waits() {
		to[0], to[1] = w.team[it.t.Team], w.channel[it.t.Channel]
	}
	return to
}

// enter puts a ticket in its lines and takes it out of those it stood in.
func (w *watch) enter(it *item) (moved bool) {
	s, to := it.seen, w.of(it)
	if s.lines == to && (s.place == it.since || to == [2]*line{}) {
		return false
	}
	for i, l := range s.lines {
		if l != nil {
			l.tree.Delete(place{s.place, it, it.seq})
			w.mark(l)
		}
		if s.lines[i] = to[i]; to[i] != nil {
			to[i].tree.ReplaceOrInsert(place{it.since, it, it.seq})
			w.mark(to[i])
		}
	}
	if it.waits() {
		s.place = it.since
	}
	return true
}

func (w *watch) mark(l *line) {
	if !l.dirty {
		l.dirty = true
		w.dirty = append(w.dirty, l)
	}
}

// stand puts a ticket in its lines, and lets it overflow where it finds no place,
// or has waited too long already. It tells whether it did.
func (w *watch) stand(e *Engine, it *item) bool {
	s := it.seen
	if it.waits() && s.place != it.since { // a new wait
		s.warned, s.moved = [2]bool{}, false
	}
	if !w.enter(it) {
		return false
	}
	for _, l := range s.lines {
		if l == nil {
			continue
		}
		if l.queue.Most > 0 && l.tree.Len() > l.queue.Most && w.overflow(e, it, l, 0) {
			return true
		}
		if due := it.since + int64(l.queue.Wait); l.queue.Wait > 0 && it.since <= l.told && w.late(e, it, l, due) {
			return true
		}
	}
	return false
}

// overflow moves a ticket to where a line overflows, and tells whether it did.
func (w *watch) overflow(e *Engine, it *item, l *line, due int64) bool {
	t := it.t.Ticket
	if l.queue.Team != "" {
		t.Team = l.queue.Team
	}
	if l.queue.Channel != "" {
		t.Channel = l.queue.Channel
	}
	if it.seen.moved || t.Team == it.t.Team && t.Channel == it.t.Channel {
		return false
	}
	it.seen.moved = true
	to := "team " + t.Team
	if t.Channel != it.t.Channel {
		to = "channel " + string(t.Channel)
	}
	ev := Event{Kind: Overflowed, Note: l.name + " to " + to}
	if due != 0 {
		ev.Due = instant(due)
	}
	e.by, e.actor = ticket.System, ""
	e.alter(it, t, &ev)
	return true
}

// late tells that a ticket has waited too long, and lets it overflow.
func (w *watch) late(e *Engine, it *item, l *line, due int64) bool {
	i := 0
	if l == it.seen.lines[1] {
		i = 1
	}
	if it.seen.warned[i] {
		return false
	}
	it.seen.warned[i] = true
	e.by, e.actor = ticket.System, ""
	e.emit(&Event{Kind: QueueWait, Due: instant(due), Ticket: it.t.ID, Status: it.status, Note: l.name})
	return w.overflow(e, it, l, due)
}

// measure tells of the lines whose length has reached a limit or left it, and sets
// the timers of all that have changed.
func (w *watch) measure(e *Engine) {
	slices.SortFunc(w.dirty, func(a, b *line) int { return cmp.Compare(a.name, b.name) })
	for _, l := range w.dirty {
		l.dirty = false
		n, most := l.tree.Len(), l.queue.Most
		switch {
		case most > 0 && !l.long && n >= most:
			l.long = true
			e.tellLine(QueueLong, l, n)
		case l.long && n <= most*4/5:
			l.long = false
			e.tellLine(QueueShort, l, n)
		}
		l.arm(e)
	}
	w.dirty = w.dirty[:0]
}

func (e *Engine) tellLine(kind EventKind, l *line, n int) {
	e.by, e.actor = ticket.System, ""
	e.emit(&Event{Kind: kind, Note: l.name + ": " + digits(n) + " waiting"})
}

// arm sets a line's timer by the next of whom QueueWait is to be told.
func (l *line) arm(e *Engine) {
	var at int64
	if l.queue.Wait > 0 {
		l.tree.AscendGreaterOrEqual(place{since: l.told + 1}, func(p place) bool {
			at = p.since + int64(l.queue.Wait)
			return false
		})
	}
	e.timers.move(timer{at: l.timer, line: l}, timer{at: at, line: l})
	l.timer = at
}

// fireLine tells of those who have waited too long by now.
func (e *Engine) fireLine(l *line) {
	from := place{since: l.told + 1}
	l.told = e.now - int64(l.queue.Wait)
	var late []place
	l.tree.AscendRange(from, place{since: l.told + 1}, func(p place) bool {
		late = append(late, p)
		return true
	})
	for _, p := range late {
		e.watch.late(e, p.it, l, p.since+int64(l.queue.Wait))
	}
	l.arm(e)
}
