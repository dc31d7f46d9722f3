package router

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// inOrder records events and tells whether they came in order, one at a time.
type inOrder struct {
	mu     sync.Mutex
	inside bool
	events []Event
	faults []string
}

func (o *inOrder) enter(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.inside {
		o.faults = append(o.faults, "two events at once")
	}
	o.inside = true
	if n := len(o.events); e.Seq != uint64(n+1) || n > 0 && e.At.Before(o.events[n-1].At) {
		o.faults = append(o.faults, fmt.Sprintf("%+v after %d events", e, n))
	}
	o.events = append(o.events, e)
}

func (o *inOrder) leave() {
	o.mu.Lock()
	o.inside = false
	o.mu.Unlock()
}

// TestStorm has eight goroutines do everything at once, while callbacks call back
// in and time runs.
func TestStorm(t *testing.T) {
	const workers, ops = 8, 400
	mock := clock.NewMock()
	mock.Set(monday)
	var seen inOrder
	var r *Router
	cfg := Config{
		Policy: policy.Stack{policy.VIP{Reserve: 1}, policy.Priority{}, policy.Sticky{For: 20 * time.Second}, policy.Load{MaxOpen: 2}},
		Sets:   []policy.Set{{Name: "other", Version: "1", Stack: policy.Stack{policy.Aging{}, policy.LongestIdle{}}}},
		Mode:   Offers, OfferFor: 5 * time.Second, MissedAway: 3, RoundPause: 10 * time.Second, LeaveGrace: 5 * time.Second,
		Ramp: Ramp{PerMinute: 20, For: 30 * time.Second}, Keep: Keep{Count: 50}, Clock: mock,
	}
	cfg.OnEvent = func(e Event) {
		seen.enter(e)
		defer seen.leave()
		switch { // what it does may fail: others are quicker
		case e.Kind == Offered && e.Seq%3 != 0:
			_, _ = r.Accept(e.Ticket, e.Agent)
		case e.Kind == Offered && e.Seq%2 == 0:
			_, _ = r.Decline(e.Ticket, e.Agent, "busy")
		case e.Kind == AllDeclined:
			_, _ = r.Explain(e.Ticket)
		case e.Kind == Missed:
			_, _ = r.SetPresence(e.From, Online)
			r.Flush() // from a callback it must not wait for itself
		}
	}
	r, err := New(cfg)
	require.NoError(t, err)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range ops {
				storm(r, dice, fmt.Sprintf("w%d-%d", w, i))
				if w == 0 && i%50 == 0 {
					mock.Add(3 * time.Second)
				}
			}
		})
	}
	all.Wait()
	mock.Add(time.Minute)
	r.Flush()
	seen.mu.Lock()
	defer seen.mu.Unlock()
	require.Empty(t, seen.faults)
	require.Equal(t, r.engine.events, uint64(len(seen.events)), "every event reaches the callback once")
	happened := map[EventKind]bool{}
	for _, ev := range seen.events {
		happened[ev.Kind] = true
	}
	// What succeeds whoever comes first; the rest depends on who does.
	for _, k := range []EventKind{Submitted, AgentSet, PolicySwitched} {
		require.True(t, happened[k], "the storm brought no %s", k)
	}
	require.NoError(t, r.engine.audit())
	snap, err := r.Snapshot()
	require.NoError(t, err)
	_, err = Restore(cfg, snap)
	require.NoError(t, err)
	r.Stop()
}

// storm is one thing that somebody does; most of it fails, since others are quicker.
func storm(r *Router, dice *rand.Rand, id string) {
	agent := fmt.Sprintf("agent%d", dice.IntN(6))
	some := r.List(Query{Limit: 20}).Tickets
	old := "nothing"
	if len(some) > 0 {
		old = some[dice.IntN(len(some))].ID
	}
	switch dice.IntN(16) {
	case 0:
		_, _ = r.SetAgent(Agent{ID: agent, Capacity: 1 + dice.IntN(4), Level: dice.IntN(3)})
	case 1:
		_, _ = r.SetPresence(agent, Presence(dice.IntN(4)))
	case 2:
		if dice.IntN(5) == 0 {
			_, _ = r.RemoveAgent(agent)
		}
	case 3:
		if dice.IntN(5) == 0 {
			_, _ = r.SwitchPolicy("other", "1")
		} else {
			_, _ = r.SwitchPolicy("default", "")
		}
	case 4:
		_, _ = r.Transfer(old, "", nil)
	case 5:
		_, _ = r.Escalate(old, "")
	case 6:
		_, _ = r.Reopen(old)
	case 7:
		_, _ = r.Cancel(old, "")
	case 8:
		_, _ = r.Assign(old, agent)
	case 9, 10, 11:
		_, _ = r.Resolve(old)
	case 12:
		_, _ = r.Explain(old)
		_ = r.Lanes()
		_ = r.Agents()
	default:
		_, _ = r.Submit(ticket.Ticket{ID: id, Channel: ticket.Web, Tier: []ticket.Tier{ticket.Regular, ticket.VIP}[dice.IntN(2)]})
	}
}

// TestPanickingCallback: the panic reaches the caller, the lock is free, the event
// it died of counts as delivered, and those behind it follow with the next call.
func TestPanickingCallback(t *testing.T) {
	var got []EventKind
	mock := clock.NewMock()
	mock.Set(monday)
	r, err := New(Config{Clock: mock, OnEvent: func(e Event) {
		got = append(got, e.Kind)
		if e.Kind == Submitted {
			panic("host")
		}
	}})
	require.NoError(t, err)
	_, err = r.SetAgent(Agent{ID: "ann", Capacity: 1})
	require.NoError(t, err)
	require.PanicsWithValue(t, "host", func() { _, _ = r.Submit(ticket.Ticket{ID: "a", Channel: ticket.Web}) })
	require.Equal(t, []EventKind{AgentSet, Submitted}, got)
	v, err := r.Ticket("a") // a read delivers, too
	require.NoError(t, err)
	require.Equal(t, ticket.InProgress, v.Status, "what was done is done")
	require.Equal(t, []EventKind{AgentSet, Submitted, Assigned}, got)
	_, err = r.Resolve("a")
	require.NoError(t, err)
	require.Equal(t, []EventKind{AgentSet, Submitted, Assigned, Resolved}, got)
}

// TestTimeAlone runs a desk by the system's clock, whose time is the bubble's:
// nobody calls, and everything still happens at its instant.
func TestTimeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		start := time.Now()
		r, err := New(Config{Mode: Offers, OfferFor: 10 * time.Second, RoundPause: time.Minute, MissedAway: 2,
			OnEvent: func(e Event) { got = append(got, fmt.Sprint(e.At.Sub(start), " ", e.Kind)) }})
		require.NoError(t, err)
		_, err = r.SetAgent(Agent{ID: "ann", Capacity: 1})
		require.NoError(t, err)
		_, err = r.Submit(ticket.Ticket{ID: "a", Channel: ticket.Web})
		require.NoError(t, err)
		<-time.After(24 * time.Hour) // of the bubble's time: an instant
		synctest.Wait()
		r.Stop()
		require.Equal(t, []string{"0s agent-set", "0s submitted", "0s offered", "10s missed", "10s all-declined",
			"1m10s round-began", "1m10s offered", "1m20s missed", "1m20s presence-set"}, got)
	})
}
