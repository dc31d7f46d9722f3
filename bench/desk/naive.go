package desk

import (
	"container/heap"
	"fmt"
	"slices"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// naive says what a desk has to do, as simply as it can be said, for the timed ones
// to be held against. It shares no code with the router. A ticket that comes looks
// at every agent with room; an agent who has got room looks at the head of every
// kind of ticket that waits. It keeps no tree, no pool and no lane; what makes a
// million tickets bearable is only that those who ask for the same wait in one heap,
// and that it asks once, not each time, whether agents described alike may take
// tickets that ask for the same.
type naive struct {
	rule
	byDue    bool
	promised bool // whether the stack called default goes by due
	seq      int
	turn     int // the number of the agent found last
	agents   map[string]*naiveAgent
	room     []*naiveAgent // everybody who can take one more, in no order
	kinds    []*naiveKind
	kindOf   map[[2]ticket.Need]*naiveKind
	profile  map[string]int
	tickets  map[string]*naiveTicket
}

// rule is whose job it says.
type rule struct {
	anyone bool // OneLane's: everybody may take everything
	turns  bool // roundRobin's: the next in turn, not the best
}

type naiveAgent struct {
	id      string
	number  int // in the order they came
	skills  ticket.Skills
	profile int
	most    int
	idle    int64
	work    []*naiveTicket
	at      int // one more than the place in room; 0: not there
}

type naiveTicket struct {
	t     ticket.Ticket
	key   int64
	seq   int
	kind  *naiveKind
	agent *naiveAgent
}

// naiveKind is the tickets that ask for the same.
type naiveKind struct {
	needs   []ticket.Need
	waiting naiveHeap
	may     []int8 // by profile: 1 yes, -1 no, 0 not asked yet
}

func newNaive(r rule) func(World) Desk {
	return func(w World) Desk {
		return &naive{rule: r, byDue: w.ByDue, promised: w.ByDue, turn: -1, agents: map[string]*naiveAgent{}, kindOf: map[[2]ticket.Need]*naiveKind{},
			profile: map[string]int{}, tickets: map[string]*naiveTicket{}}
	}
}

// Apply does a command, and tells of assignments only.
func (n *naive) Apply(c router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	now := c.At.UnixNano()
	switch c.Kind {
	case router.SetAgent:
		profile := fmt.Sprint(c.Profile.Skills)
		if _, ok := n.profile[profile]; !ok {
			n.profile[profile] = len(n.profile)
		}
		a := &naiveAgent{id: c.Profile.ID, number: len(n.agents), skills: c.Profile.Skills, profile: n.profile[profile], most: c.Profile.Capacity, idle: now}
		n.agents[a.id] = a
		events = n.freed(a, now, events)
	case router.Submit:
		if c.Submit.Channel == offered {
			break // whoever is offered one declines it, so that it waits for nobody
		}
		n.seq++
		t := &naiveTicket{t: *c.Submit, seq: n.seq, kind: n.kind(c.Submit.Required)}
		n.tickets[t.t.ID] = t
		events = n.waits(t, now, events)
	case router.Resolve:
		t := n.tickets[c.Ticket]
		delete(n.tickets, c.Ticket)
		events = n.freed(n.drop(t, now), now, events)
	case router.SetPresence:
		a := n.agents[c.Agent]
		if c.Presence == router.Online {
			a.idle = now
			events = n.freed(a, now, events)
			break
		}
		n.full(a)
		for len(a.work) > 0 {
			t := a.work[0]
			n.drop(t, now)
			events = n.waits(t, now, events)
		}
	case router.SwitchPolicy:
		n.byDue = n.promised && c.Policy == "default"
		for _, k := range n.kinds {
			for _, t := range k.waiting {
				t.key = n.key(t)
			}
			heap.Init(&k.waiting)
		}
	}
	return router.Outcome{}, events, nil
}

// waits gives a ticket to the best agent with room, or has it wait.
func (n *naive) waits(t *naiveTicket, now int64, events []router.Event) []router.Event {
	var best *naiveAgent
	for _, a := range n.room {
		if n.may(a, t.kind) && (best == nil || n.before(a, best)) {
			best = a
		}
	}
	if best != nil {
		n.turn = best.number
		return n.give(t, best, now, events)
	}
	t.key = n.key(t)
	heap.Push(&t.kind.waiting, t)
	return events
}

// freed gives an agent who has got room the most urgent tickets he may take.
func (n *naive) freed(a *naiveAgent, now int64, events []router.Event) []router.Event {
	n.full(a)
	for len(a.work) < a.most {
		var head *naiveTicket
		for _, k := range n.kinds {
			if len(k.waiting) > 0 && (head == nil || k.waiting[0].before(head)) && n.may(a, k) {
				head = k.waiting[0]
			}
		}
		if head == nil {
			n.room = append(n.room, a)
			a.at = len(n.room)
			break
		}
		heap.Pop(&head.kind.waiting)
		events = n.give(head, a, now, events)
	}
	return events
}

func (n *naive) give(t *naiveTicket, a *naiveAgent, now int64, events []router.Event) []router.Event {
	t.agent, a.work = a, append(a.work, t)
	a.idle = now
	if len(a.work) >= a.most {
		n.full(a)
	}
	return append(events, router.Event{Kind: router.Assigned, Ticket: t.t.ID, Agent: a.id})
}

// drop takes a ticket from its agent.
func (n *naive) drop(t *naiveTicket, now int64) *naiveAgent {
	a := t.agent
	a.work = slices.DeleteFunc(a.work, func(x *naiveTicket) bool { return x == t })
	a.idle = now
	return a
}

// full counts an agent out of those with room.
func (n *naive) full(a *naiveAgent) {
	if a.at == 0 {
		return
	}
	last := n.room[len(n.room)-1]
	n.room[a.at-1], last.at, a.at = last, a.at, 0
	n.room = n.room[:len(n.room)-1]
}

// before tells who of two agents with room is preferred: who has less in hand, then
// who is idle longer, then the lower id; or who is next after the one served last.
func (n *naive) before(a, b *naiveAgent) bool {
	switch {
	case n.turns:
		after := func(x *naiveAgent) int { return (x.number - n.turn - 1 + len(n.agents)) % len(n.agents) }
		return after(a) < after(b)
	case len(a.work) != len(b.work):
		return len(a.work) < len(b.work)
	case a.idle != b.idle:
		return a.idle < b.idle
	}
	return a.id < b.id
}

// may tells whether the agent has every skill at the level asked for.
func (n *naive) may(a *naiveAgent, k *naiveKind) bool {
	if n.anyone {
		return true
	}
	for len(k.may) <= a.profile {
		k.may = append(k.may, 0)
	}
	if k.may[a.profile] == 0 {
		k.may[a.profile] = 1
		for _, need := range k.needs {
			if !slices.ContainsFunc(a.skills, func(r ticket.Rated) bool { return r.Skill == need.Skill && r.Level >= need.Level }) {
				k.may[a.profile] = -1
			}
		}
	}
	return k.may[a.profile] > 0
}

// key is what the most urgent ticket has least of: its due time, or its arrival.
func (n *naive) key(t *naiveTicket) int64 {
	if n.byDue {
		return due(&t.t)
	}
	return t.t.Created.UnixNano()
}

func (n *naive) kind(needs []ticket.Need) *naiveKind {
	var key [2]ticket.Need // no ticket here asks for more
	copy(key[:], needs)
	k := n.kindOf[key]
	if k == nil {
		k = &naiveKind{needs: needs}
		n.kindOf[key] = k
		n.kinds = append(n.kinds, k)
	}
	return k
}

func (t *naiveTicket) before(u *naiveTicket) bool {
	return t.key < u.key || t.key == u.key && t.seq < u.seq
}

type naiveHeap []*naiveTicket

func (h naiveHeap) Len() int           { return len(h) }
func (h naiveHeap) Less(i, j int) bool { return h[i].before(h[j]) }
func (h naiveHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *naiveHeap) Push(x any)        { *h = append(*h, x.(*naiveTicket)) }
func (h *naiveHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
