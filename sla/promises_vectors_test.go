package sla

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

// A promiseVector is the life of a ticket with what three help desks' test suites
// say is due when. Minutes are working time.
type promiseVector struct {
	ID            string
	Zone          string
	Hours         map[string][][2]string
	Holidays      []string
	FirstResponse int `json:"first_response"`
	NextResponse  int `json:"next_response"`
	Resolution    int
	Events        []struct {
		At, Type, State, To string
		OutOfOrder          bool `json:"out_of_order"`
	}
	Expect []map[string]any
}

// The vectors that are not followed, with the reason.
var promisesNotFollowed = map[string]string{
	"sla-005": "the peer writes single columns out of order (a contact before the recorded first response); here time never runs backwards",
	"sla-006": "as sla-005",
	"sla-007": "as sla-005",
	"sla-009": "as sla-005",
	"sla-055": "the peer's blank condition matches nothing; here a Match without conditions is the way to say \"every ticket\"",
}

func TestPromiseVectors(t *testing.T) {
	f, err := os.Open("testdata/promises.jsonl")
	require.NoError(t, err)
	defer f.Close()
	followed, not := 0, 0
	for rows := bufio.NewScanner(f); rows.Scan(); {
		var v promiseVector
		require.NoError(t, json.Unmarshal(rows.Bytes(), &v))
		if promisesNotFollowed[v.ID] != "" {
			not++
			continue
		}
		followed++
		t.Run(v.ID, v.follow)
	}
	require.Equal(t, [2]int{20, len(promisesNotFollowed)}, [2]int{followed, not})
}

func (v *promiseVector) follow(t *testing.T) {
	c, err := (&vector{Zone: v.Zone, Hours: v.Hours, Holidays: v.Holidays}).calendar(t)
	require.NoError(t, err)
	var list []Target
	for _, x := range []struct {
		m       Metric
		minutes int
	}{{FirstResponse, v.FirstResponse}, {NextResponse, v.NextResponse}, {Resolution, v.Resolution}} {
		if x.minutes > 0 {
			list = append(list, Target{Metric: x.m, Within: time.Duration(x.minutes) * time.Minute, Calendar: c, Pause: []string{AnyReason}})
		}
	}
	tr, err := NewTracker(targets(list...))
	require.NoError(t, err)
	var all []Event
	for n, e := range v.Events {
		for _, c := range v.changes(n) {
			c.Ticket, c.At = "a", at(t, e.At)
			all, err = tr.Observe(c, all)
			require.NoError(t, err)
		}
		all = tr.Advance(at(t, e.At), all)
		if n+1 == len(v.Events) || v.Events[n+1].At != e.At {
			for _, want := range v.Expect {
				if want["at"] == e.At {
					v.expect(t, tr, all, want)
				}
			}
		}
	}
}

// changes says in our words what an event of the vector says.
func (v *promiseVector) changes(n int) []ticket.Change {
	e := v.Events[n]
	switch e.Type {
	case "created":
		list := []ticket.Change{{Kind: ticket.WasSubmitted, Channel: ticket.Email}}
		if e.State == "pending" {
			list = append(list, ticket.Change{Kind: ticket.WasHeld})
		}
		return list
	case "customer_message", "waiting_since":
		return []ticket.Change{{Kind: ticket.CustomerWrote}}
	case "agent_reply", "first_response_recorded":
		return []ticket.Change{{Kind: ticket.WasAnswered, By: ticket.Agent}}
	case "agent_note":
		return []ticket.Change{{Kind: ticket.WasNoted}}
	case "state":
		switch {
		case e.To == "open":
			kind := ticket.WasResumed
			for _, before := range v.Events[:n] {
				if before.To == "closed" {
					kind = ticket.WasReopened
				}
			}
			return []ticket.Change{{Kind: kind}}
		case e.To == "pending" || strings.Contains(e.To, "[paused]"):
			return []ticket.Change{{Kind: ticket.WasHeld}}
		case e.To == "replied": // a pause that is an answer, too
			return []ticket.Change{{Kind: ticket.WasAnswered, By: ticket.Agent}, {Kind: ticket.WasHeld}}
		default:
			return []ticket.Change{{Kind: ticket.WasResolved}}
		}
	}
	return nil // tick
}

func (v *promiseVector) expect(t *testing.T, tr *Tracker, events []Event, want map[string]any) {
	find := func(m Metric) (*target, *spec) {
		for j := tr.tickets.at(slotOf(tr, "a")).first; j != 0; j = tr.targets.at(j).next {
			if x := tr.targets.at(j); tr.specOf(x).Metric == m {
				return x, tr.specOf(x)
			}
		}
		return &target{}, &spec{}
	}
	last := func(kind EventKind, m Metric) (Event, int) {
		var found Event
		n := 0
		for _, e := range events {
			if e.Kind == kind && e.Metric == m {
				found = e
				n++
			}
		}
		return found, n
	}
	due := func(m Metric) any {
		if x, _ := find(m); x.state == running {
			return clockTime(x.due).Format(time.RFC3339)
		}
		return nil
	}
	breached := func(m Metric) bool { _, n := last(Breached, m); return n > 0 }
	_, answeredCount := last(Met, FirstResponse)
	metrics := map[string]Metric{"first_response": FirstResponse, "next_response": NextResponse, "resolution": Resolution}
	for key, w := range want {
		name, rest := key, ""
		for prefix := range metrics {
			if r, ok := strings.CutPrefix(key, prefix+"_"); ok {
				name, rest = prefix, r
			}
		}
		m := metrics[name]
		x, s := find(m)
		switch {
		case key == "at", key == "tolerance_seconds":
		case key == "next_due":
			d, ok := tr.Due("a")
			require.Equal(t, w != nil, ok, key)
			if w != nil {
				require.Equal(t, at(t, w.(string)), d)
			}
		case key == "misses_include" || key == "misses":
			for metric, n := range w.(map[string]any) {
				_, have := last(Breached, metrics[metric])
				require.EqualValues(t, n, have, metric)
			}
		case key == "hold_seconds":
			p := tr.pastOf(slotOf(tr, "a"))
			_, s := find(Resolution)
			require.EqualValues(t, w, s.between(p.holds[0].from, p.holds[0].to)/time.Second)
		case key == "resolution_due_for_hold_seconds":
			for hold, end := range w.(map[string]any) {
				seconds, err := time.ParseDuration(hold + "s")
				require.NoError(t, err)
				require.Equal(t, at(t, end.(string)).UnixNano(), s.add(s.add(x.start, seconds), s.Within))
			}
		case key == "status":
			v.status(t, tr, w.(string), breached, find)
		case rest == "due":
			if w != nil && want["tolerance_seconds"] != nil {
				require.WithinDuration(t, at(t, w.(string)), clockTime(x.due), time.Minute)
				continue
			}
			require.Equal(t, w, due(m), key)
		case rest == "took_minutes":
			require.EqualValues(t, w, x.done/time.Minute, key)
		case rest == "took_seconds":
			require.EqualValues(t, w, x.done/time.Second, key)
		case rest == "slack_minutes":
			require.EqualValues(t, w, (s.Within-x.done)/time.Minute, key)
		case rest == "breached":
			require.Equal(t, w, breached(m), key)
		case rest == "late_seconds":
			e, n := last(Met, m)
			require.Equal(t, 1, n)
			if w == nil {
				require.False(t, e.Missed)
				continue
			}
			require.EqualValues(t, w, e.Late/time.Second)
		case rest == "at":
			require.Equal(t, w != nil, answeredCount > 0, key)
		default:
			t.Fatal("unknown expectation", key)
		}
	}
}

func (v *promiseVector) status(t *testing.T, tr *Tracker, w string, breached func(Metric) bool, find func(Metric) (*target, *spec)) {
	missed := breached(FirstResponse) || breached(NextResponse) || breached(Resolution)
	_, isDue := tr.Due("a")
	over := tr.tickets.at(slotOf(tr, "a")).flags&resolved != 0
	switch w {
	case "paused":
		x, _ := find(Resolution)
		require.Equal(t, paused, x.state)
	case "resolution_due":
		x, _ := find(Resolution)
		require.Equal(t, running, x.state)
	case "fulfilled", "hit":
		require.False(t, missed || isDue)
		require.True(t, over)
	case "failed", "active_with_misses":
		require.True(t, missed)
	case "active":
		require.False(t, missed || over)
	default:
		t.Fatal("unknown status", w)
	}
}
