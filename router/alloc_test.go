//go:build !race

package router

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

const raced = false // see race_test.go

// route is a desk in steady state: ids that come round, one slice for events.
type route struct {
	e      *Engine
	now    time.Time
	ids    []string
	next   int
	ticket ticket.Ticket
	submit Command
	events []Event
	inHand []string // a ring
	first  int
	last   int
}

func newRoute(t *testing.T, agents, capacity, waiting int) *route {
	t.Helper()
	const keep = 100
	e, err := NewEngine(Config{Keep: Keep{Count: keep}, Policy: policy.Stack{policy.VIP{}, policy.Aging{}, policy.Skill{}, policy.Load{MaxOpen: 5}}})
	require.NoError(t, err)
	open := agents*capacity + waiting
	r := &route{e: e, now: monday, ids: make([]string, 20*(open+keep)), inHand: make([]string, 20*(open+keep))}
	for i := range r.ids {
		r.ids[i] = fmt.Sprintf("GD20231009%06d", i)
	}
	skills := []ticket.Skill{"order", "refund", "german", "repair"}
	for i := range agents {
		a := Agent{ID: fmt.Sprintf("agent%d", i), Capacity: capacity, Skills: ticket.Skills{
			{Skill: skills[i%4], Level: 3}, {Skill: skills[(i+1)%4], Level: 2}}}
		r.apply(t, &Command{Kind: SetAgent, Profile: &a})
	}
	r.submit = Command{Kind: Submit, Submit: &r.ticket}
	for range open {
		r.arrive(t)
	}
	return r
}

func (r *route) apply(t *testing.T, c *Command) {
	r.now = r.now.Add(time.Millisecond)
	c.At = r.now
	var err error
	if _, r.events, err = r.e.Apply(*c, r.events[:0]); err != nil {
		t.Fatal(err)
	}
	for i := range r.events {
		if ev := &r.events[i]; ev.Kind == Assigned {
			r.inHand[r.last%len(r.inHand)] = ev.Ticket
			r.last++
		}
	}
}

var (
	demands = [][]ticket.Need{{{Skill: "order", Level: 1}}, {{Skill: "refund", Level: 2}}, {{Skill: "german", Level: 1}}, {{Skill: "repair", Level: 2}}, nil}
	hurry   = []ticket.Priority{ticket.Urgent, ticket.Normal, ticket.Low}
	tiers   = []ticket.Tier{ticket.Regular, ticket.Regular, ticket.Regular, ticket.VIP}
)

func (r *route) arrive(t *testing.T) {
	n := r.next
	r.next++
	r.ticket = ticket.Ticket{ID: r.ids[n%len(r.ids)], Channel: ticket.Phone, Type: ticket.Inquiry, Priority: hurry[n%3],
		Tier: tiers[n%4], Required: demands[n%5]}
	r.apply(t, &r.submit)
}

func (r *route) finish(t *testing.T) {
	id := r.inHand[r.first%len(r.inHand)]
	r.first++
	r.apply(t, &Command{Kind: Resolve, Ticket: id})
}

// mallocs counts what so many ops of submit, assign and resolve allocate.
func (r *route) mallocs(t *testing.T, ops int, op func()) int {
	for range 20_000 { // until everything is warm
		op()
	}
	assigned := r.last
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range ops {
		op()
	}
	runtime.ReadMemStats(&after)
	require.Equal(t, ops, r.last-assigned, "every op assigns one ticket")
	require.NoError(t, r.e.audit())
	return int(after.Mallocs - before.Mallocs)
}

func TestMallocs(t *testing.T) {
	ops := 100_000
	if long() {
		ops = 1_000_000
	}
	for name, test := range map[string]struct {
		agents, capacity, waiting int
	}{
		"backlog": {agents: 100, capacity: 1, waiting: 1000},
		"idle":    {agents: 100, capacity: 2, waiting: -100},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoute(t, test.agents, test.capacity, test.waiting)
			got := r.mallocs(t, ops, func() {
				r.arrive(t)
				r.finish(t)
			})
			t.Logf("%d mallocs in %d ops", got, ops)
			require.LessOrEqual(t, got, ops*3/100)
		})
	}
}
