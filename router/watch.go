package router

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/usherdesk/usher/ticket"
)

// watch is what the desk measures of itself, and what follows from that: the
// statistics, the pace that a forecast goes by, the limits of queues and the guard
// of a reserve. It hears of every event about a ticket once the ticket's state is
// what the event says, and keeps beside each ticket where it has counted it. A desk
// that is configured to measure nothing has no watch.
type watch struct {
	stats *stats
	paces map[ticket.Channel]*pace
	lines map[string]*line // of limited queues, by name
	guard *guard

	team    map[string]*line
	channel map[ticket.Channel]*line
	dirty   []*line // of other length than before

	touched []sight // tickets whose lines are to be looked at once all has settled
	idle    []*sighting
}

// sighting is where a ticket was counted.
type sighting struct {
	phase    phase
	group    *group  // of its channel and team
	agent    *ledger // of who has it or is offered it
	since    int64   // when the phase began
	taken    int64   // when its agent got it
	first    int64   // when an agent first had it; 0: nobody yet
	answered bool    // its response is counted

	lines  [2]*line // where it stands: that of its team and that of its channel
	place  int64    // since when, there
	warned [2]bool  // that it waits too long there was told
	moved  bool     // it has overflowed
	fresh  bool     // submitted by the command at hand
}

// sight is a ticket as long as it is the same one: what it is kept in is reused.
type sight struct {
	it  *item
	seq uint64
}

// phase is what a ticket counts as.
type phase uint8

const (
	gone phase = iota
	inLine
	inQuestion // still waiting, but for one agent's answer
	inHand     // with an agent, on hold or not
)

func phaseOf(s ticket.Status) phase {
	switch {
	case s == ticket.ToAssign:
		return inLine
	case s == ticket.Offered:
		return inQuestion
	case s.Assigned():
		return inHand
	}
	return gone
}

// newWatch returns nil if there is nothing to watch.
func newWatch(d *desk) *watch {
	w := &watch{lines: map[string]*line{}, team: map[string]*line{}, channel: map[ticket.Channel]*line{}}
	if d.Stats {
		w.stats = newStats(d)
		w.paces = map[ticket.Channel]*pace{}
	}
	for _, t := range d.Teams {
		if l := w.limit("team "+t.Name, t.Queue); l != nil {
			w.team[t.Name] = l
		}
	}
	for name, c := range d.Channels {
		if l := w.limit("channel "+string(name), c.Queue); l != nil {
			w.channel[name] = l
		}
	}
	if d.ReserveWindow > 0 {
		w.guard = &guard{window: int64(d.ReserveWindow)}
	}
	if w.stats == nil && len(w.lines) == 0 && w.guard == nil {
		return nil
	}
	return w
}

// see counts a ticket after an event about it.
func (w *watch) see(e *Engine, ev *Event) {
	if ev.Ticket == "" {
		return
	}
	it := e.tickets[ev.Ticket]
	if it == nil {
		return
	}
	s := it.seen
	if s == nil {
		s = w.sight(it)
	}
	if w.stats != nil {
		w.stats.see(e, w, it, s, ev)
	}
	was := s.phase
	w.count(e, it, s, ev)
	if ev.Kind == Submitted {
		s.fresh = true
	}
	if len(w.lines) > 0 || w.guard != nil && s.fresh {
		w.touched = append(w.touched, sight{it, it.seq})
	}
	if w.guard != nil && ev.Kind == Resolved && was == inHand {
		w.guard.worked(e.now - s.taken)
	}
	if s.phase == gone && len(w.lines) == 0 {
		w.release(it)
	}
}

func (w *watch) sight(it *item) *sighting {
	if n := len(w.idle); n > 0 {
		it.seen, w.idle = w.idle[n-1], w.idle[:n-1]
	} else {
		it.seen = &sighting{}
	}
	return it.seen
}

func (w *watch) release(it *item) {
	if it.seen != nil {
		*it.seen = sighting{}
		w.idle = append(w.idle, it.seen)
		it.seen = nil
	}
}

// count moves a ticket to where its state says.
func (w *watch) count(e *Engine, it *item, s *sighting, ev *Event) {
	to := phaseOf(it.status)
	if to == inHand && (ev.Kind == Assigned || ev.Kind == Accepted) {
		s.taken = e.now
		if s.first == 0 {
			s.first = e.now
		}
	}
	if w.stats != nil {
		w.stats.move(it, s, to)
	}
	if s.phase != to {
		s.phase, s.since = to, e.now
	}
}

// review looks at what the last settling left: who stands in which limited queue,
// and what the newcomers add to the load. It tells whether something may start
// because of it.
func (w *watch) review(e *Engine) bool {
	altered := false
	for i := 0; i < len(w.touched); i++ {
		it := w.touched[i].it
		if it.seq != w.touched[i].seq || it.seen == nil {
			continue
		}
		if s := it.seen; s.fresh {
			s.fresh = false
			if w.guard != nil {
				w.guard.came(e, it)
			}
		}
		if len(w.lines) > 0 && w.stand(e, it) {
			altered = true
		}
		if it.seen.phase == gone {
			w.release(it)
		}
	}
	w.touched = w.touched[:0]
	if len(w.lines) > 0 {
		w.measure(e)
	}
	return altered
}

// watchState is the watch in a snapshot; what follows from the tickets is counted
// anew.
type watchState struct {
	Stats *statsState              `json:"stats,omitempty"`
	Paces map[ticket.Channel]*pace `json:"paces,omitempty"`
	Lines map[string]lineState     `json:"lines,omitempty"`
	Guard *guard                   `json:"guard,omitempty"`
}

// seenState is a sighting in a snapshot.
type seenState struct {
	Since    int64   `json:"since"`
	Taken    int64   `json:"taken,omitempty"`
	First    int64   `json:"first,omitempty"`
	Answered bool    `json:"answered,omitempty"`
	Warned   [2]bool `json:"warned,omitzero"`
	Place    int64   `json:"place,omitempty"`
	Moved    bool    `json:"moved,omitempty"`
}

func (it *item) seenState() *seenState {
	s := it.seen
	if s == nil {
		return nil
	}
	return &seenState{s.since, s.taken, s.first, s.answered, s.warned, s.place, s.moved}
}

func (w *watch) state() *watchState {
	if w == nil {
		return nil
	}
	s := &watchState{Paces: w.paces, Guard: w.guard}
	if w.stats != nil {
		s.Stats = w.stats.state()
	}
	if len(w.lines) > 0 {
		s.Lines = map[string]lineState{}
		for name, l := range w.lines {
			s.Lines[name] = lineState{l.long, l.told}
		}
	}
	return s
}

// restoreWatch is for a snapshot, once its tickets are in place.
func (e *Engine) restoreWatch(snap *snapshot) error {
	w, s := e.watch, snap.Watch
	if w == nil && s == nil {
		return nil
	}
	if (w == nil) != (s == nil) || (w.stats != nil) != (s.Stats != nil) || (w.guard != nil) != (s.Guard != nil) || len(w.lines) != len(s.Lines) {
		return &MismatchError{What: "what the desk measures", Want: w.what(), Got: "something else"}
	}
	for _, name := range slices.Sorted(maps.Keys(w.lines)) {
		l, ok := s.Lines[name]
		if !ok {
			return &MismatchError{What: "queue limits", Want: "those of " + name, Got: "none"}
		}
		w.lines[name].long, w.lines[name].told = l.Long, l.Told
	}
	if w.stats != nil {
		if err := w.stats.restore(s.Stats); err != nil {
			return err
		}
		for name, p := range s.Paces {
			if p == nil || p.Done < 0 || p.Handle < 0 || p.GaveUp < 0 || p.Waited < 0 {
				return fmt.Errorf("pace of channel %q is none", short(string(name)))
			}
			w.paces[name] = p
		}
	}
	if w.guard != nil {
		if s.Guard.Vip < 0 || s.Guard.Regular < 0 || s.Guard.Work < 0 || s.Guard.Works < 0 || s.Guard.Keep < 0 {
			return errors.New("the guard's counts are negative")
		}
		s.Guard.window = w.guard.window
		w.guard = s.Guard
	}
	for i := range snap.Tickets {
		it, v := e.tickets[snap.Tickets[i].ID], snap.Tickets[i].Seen
		if v == nil && it.ended != 0 {
			continue
		}
		if v == nil || v.Since > e.now || v.Taken > e.now || v.First > e.now || it.ended != 0 {
			return fmt.Errorf("ticket %q was not counted as it stands", it.t.ID)
		}
		x := w.sight(it)
		x.since, x.taken, x.first, x.answered, x.warned, x.place, x.moved = v.Since, v.Taken, v.First, v.Answered, v.Warned, v.Place, v.Moved
		w.adopt(it)
	}
	for _, l := range w.lines {
		l.arm(e)
	}
	return nil
}

// loadWatch counts the tickets of a host's rows.
func (e *Engine) loadWatch() {
	if e.watch == nil {
		return
	}
	for it := range e.roll.all() {
		if it.ended != 0 {
			continue
		}
		s := e.watch.sight(it)
		s.since = it.since
		if it.status.Assigned() {
			s.taken, s.first = it.since, it.since
		}
		e.watch.adopt(it)
	}
	e.watch.measure(e)
}

// adopt counts a ticket whose sighting says since when it is in its state.
func (w *watch) adopt(it *item) {
	s := it.seen
	to := phaseOf(it.status)
	if w.stats != nil {
		w.stats.move(it, s, to)
	}
	s.phase = to
	w.enter(it)
}

func (w *watch) what() string {
	if w == nil {
		return "nothing"
	}
	return fmt.Sprintf("statistics %t, %d limited queues, guard %t", w.stats != nil, len(w.lines), w.guard != nil)
}
