package router

import (
	"slices"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// item is a ticket on the desk. It is in exactly one place: in a lane (it waits),
// resting (it waits for nobody: everyone has declined), in an agent's work
// (offered, worked on, parked), with its former agent but out of his work (parked,
// if that frees capacity), or ended.
type item struct {
	seq       uint64 // order of submission
	status    ticket.Status
	parked    bool // with its agent, but not in his work
	rests     bool // the tracker was told that it is on hold
	weight    int  // capacity units
	transfers int
	page      *page  // of the roll, where it stands
	agent     *agent // who has it or is offered it; nil while it waits
	ended     int64  // when it ended; 0 while it has not
	ending    uint64 // its place in Engine.ended

	// While it waits (status ToAssign).
	since   int64 // when this wait began: rings and stickiness count from here
	want    *want
	ring    int
	urgency policy.Urgency
	lane    *lane      // nil while it rests
	except  *exception // who has declined it this round; nil: nobody
	only    *agent     // the agent it is held back for

	until  int64  // deadline of its state: an offer's end, the end of a rest, or of being held for one agent; 0: none
	timer  int64  // when its timer fires; 0: none
	reason string // why it is on hold

	// Why its agent was chosen: who was next, and the preference that told them apart.
	next *agent // who may have left since; nil: nobody
	by   string

	t policy.Ticket // with its due time and last agent

	seen *sighting // where the desk's measures have counted it; see watch.go
}

// waits tells whether the ticket is to be assigned, in a lane or resting.
func (it *item) waits() bool { return it.status == ticket.ToAssign }

// resting tells whether the ticket waits for a new round of offers.
func (it *item) resting() bool { return it.status == ticket.ToAssign && it.lane == nil }

// agent is someone on the desk. What every ticket given and taken touches lies
// together, from the counts at the profile's end on.
type agent struct {
	until  int64 // end of a wrap-up, or of the grace after leaving; 0: none
	timer  int64
	missed int // offers missed in a row

	p        policy.Agent // ends with the counts
	profile  *profile
	presence Presence
	pooled   bool    // available, and in the pools he has room for, at key
	dirty    bool    // in Engine.dirtyAgents
	work     []*item // offered or worked on, in the order they came
	key      rank
	rampEnd  int64 // until then the ramp spaces out new tickets
	nextTake int64 // not before this, during the ramp
	counts   []int // of the work, by the profile's limited channels

	parked []*item // parked without taking capacity
	only   []*lane // tickets held back for this agent
}

// id is the agent's, or "" for nobody.
func (a *agent) id() string {
	if a == nil {
		return ""
	}
	return a.p.ID
}

// available tells whether the agent may get anything new at the instant now.
func (a *agent) available(now int64) Reason {
	switch {
	case a.presence == Offline:
		return ReasonOffline
	case a.presence == Away:
		return ReasonAway
	case a.presence == WrapUp:
		return ReasonWrapUp
	case now < a.rampEnd && now < a.nextTake:
		return ReasonRamp
	}
	return ""
}

// asked tells whether the agent counts among those a round of offers asks.
func (a *agent) asked() bool { return a.presence == Online || a.presence == WrapUp }

// room tells whether a ticket of that weight on that channel fits.
func (a *agent) room(c ticket.Channel, weight int) Reason {
	if a.p.Live.Load+weight > a.p.Capacity {
		return ReasonCapacity
	}
	if i := a.limited(c); i >= 0 && a.counts[i] >= a.profile.limits[i].most {
		return ReasonChannelLimit
	}
	return ""
}

// overloaded tells whether the agent has more in hand than allowed, which only a
// lowered capacity, a heavier ticket, an override or Load can bring about.
func (a *agent) overloaded() bool {
	if a.p.Live.Load > a.p.Capacity {
		return true
	}
	for i, l := range a.profile.limits {
		if a.counts[i] > l.most {
			return true
		}
	}
	return false
}

// put adds a ticket to the agent's work; drop takes it out. Both keep the counts
// that room and the policies read, and leave the pools to the caller.
func (a *agent) put(it *item) {
	a.work = append(a.work, it)
	a.count(it, 1)
}

func (a *agent) drop(it *item) {
	i := slices.Index(a.work, it)
	a.work = slices.Delete(a.work, i, i+1)
	a.count(it, -1)
}

func (a *agent) count(it *item, n int) {
	a.p.Live.Open += n
	a.p.Live.Load += n * it.weight
	if i := a.limited(it.t.Channel); i >= 0 {
		a.counts[i] += n
	}
}

// limited is the profile's, which is not asked where no channel has a limit.
func (a *agent) limited(c ticket.Channel) int {
	if len(a.counts) == 0 {
		return -1
	}
	return a.profile.limited(c)
}

// recount takes the counts from the work, after the profile has changed.
func (a *agent) recount() {
	a.p.Live.Open, a.p.Live.Load = 0, 0
	a.counts = make([]int, len(a.profile.limits))
	for _, it := range a.work {
		a.count(it, 1)
	}
}

// exception is a set of agents who have declined a ticket, or passed it on, and
// are not asked again this round. Equal sets are one, so that the tickets that
// share one share a lane.
type exception struct {
	ids   []string // sorted
	key   string
	users int // tickets
}

func (x *exception) has(id string) bool {
	if x == nil {
		return false
	}
	_, ok := slices.BinarySearch(x.ids, id)
	return ok
}

// with returns the ids of x and one more.
func (x *exception) with(id string) []string {
	var ids []string
	if x != nil {
		ids = x.ids
	}
	i, found := slices.BinarySearch(ids, id)
	if found {
		return ids
	}
	return slices.Insert(slices.Clone(ids), i, id)
}

// except sets whom a ticket that is in no lane is not to be given to.
func (e *Engine) except(it *item, ids []string) {
	if x := it.except; x != nil {
		if x.users--; x.users == 0 {
			delete(e.exceptions, x.key)
		}
	}
	it.except = nil
	if len(ids) == 0 {
		return
	}
	e.scratch = e.scratch[:0]
	for _, s := range ids {
		e.scratch = appendName(e.scratch, s)
	}
	x, ok := e.exceptions[string(e.scratch)]
	if !ok {
		x = &exception{ids: ids, key: string(e.scratch)}
		e.exceptions[x.key] = x
	}
	x.users++
	it.except = x
}

// gate is a team's or channel's say in whether its tickets may start.
type gate struct {
	name   string // "team …" or "channel …"
	hours  Hours
	shut   bool
	most   int // tickets in hand at once; 0: no limit
	open   int // tickets in hand
	change int64
	wants  []*want // that pass through it
}

// unix counts nanoseconds. In this package 0 means "never", so the one instant that
// it would stand for, where a fake clock begins, counts as a nanosecond later.
func unix(t time.Time) int64 {
	if n := t.UnixNano(); n != 0 {
		return n
	}
	return 1
}

func instant(n int64) time.Time { return time.Unix(0, n).UTC() }

func cloned(t ticket.Ticket) ticket.Ticket {
	t.Tags = slices.Clone(t.Tags)
	t.Required = slices.Clone(t.Required)
	t.Preferred = slices.Clone(t.Preferred)
	t.Created = t.Created.UTC()
	return t
}
