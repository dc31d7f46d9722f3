package sla

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

func TestKeeperOnAMockClock(t *testing.T) {
	clk := clock.NewMock()
	clk.Set(when("Mon 10:00"))
	var got []Event
	k, err := NewKeeper(Config{Plan: targets(resolution(4*time.Hour, Tier{Percent: 75})), Clock: clk,
		OnEvent: func(e Event) { got = append(got, e) }})
	require.NoError(t, err)
	_, err = k.Observe(ticket.Change{Ticket: "a", Kind: ticket.WasSubmitted, Channel: ticket.Web, At: when("Tue 10:00")})
	require.NoError(t, err)
	due, ok := k.Due("a")
	require.True(t, ok)
	require.Equal(t, when("Mon 14:00"), due, "nothing happens in the future")
	clk.Add(3 * time.Hour)
	k.Flush()
	require.Equal(t, []string{"a warned resolution Mon 13:00 75%"}, lines(got))
	clk.Add(2 * time.Hour)
	events, err := k.Observe(ticket.Change{Ticket: "a", Kind: ticket.WasResolved})
	require.NoError(t, err)
	require.Subset(t, []string{"a breached resolution Mon 14:00", "a met resolution Mon 15:00 late 1h0m0s"}, lines(events))
	k.Flush()
	require.Equal(t, []string{"a warned resolution Mon 13:00 75%", "a breached resolution Mon 14:00", "a met resolution Mon 15:00 late 1h0m0s"}, lines(got))
	require.Equal(t, 1, k.Attainment()[0].Missed)
	_, err = k.Observe(ticket.Change{Ticket: "b", Kind: ticket.WasResolved})
	require.ErrorIs(t, err, ErrUnknown)

	again, err := Restore(k.tracker.Plan(), k.Snapshot())
	require.NoError(t, err)
	k2, err := NewKeeper(Config{Tracker: again, Clock: clk})
	require.NoError(t, err)
	require.Equal(t, string(k.Snapshot()), string(k2.Snapshot()))
	require.True(t, k2.Forget("a"))
	_, err = k2.SetPlan(&Plan{Policies: []Policy{{}}})
	require.Error(t, err)
	_, err = k2.SetPlan(nil)
	require.NoError(t, err)
	k.Close()
	k2.Close()
	_, err = NewKeeper(Config{Plan: &Plan{Policies: []Policy{{}}}})
	require.Error(t, err)
}

// The real clock, in a bubble: no event is early, late, lost or told twice.
func TestKeeperInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var late []time.Duration
		k, err := NewKeeper(Config{Plan: targets(Target{Metric: Resolution, Within: time.Hour, Tiers: []Tier{{Percent: 50}, {Percent: 75}}}),
			OnEvent: func(e Event) {
				mu.Lock()
				late = append(late, time.Since(e.Due))
				mu.Unlock()
			}})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			wg.Go(func() {
				_, err := k.Observe(ticket.Change{Ticket: id, Kind: ticket.WasSubmitted, Channel: ticket.Web})
				if err != nil {
					t.Error(err)
				}
				time.Sleep(90 * time.Minute)
				k.Due(id)
			})
		}
		wg.Wait()
		k.Flush()
		require.Equal(t, make([]time.Duration, 15), late)
		k.Close()
	})
}

func TestLoad(t *testing.T) {
	plan := targets(response(time.Hour), resolution(8*time.Hour, Tier{Percent: 50}, Tier{Percent: 75}),
		Target{Metric: NextResponse, Within: time.Hour, Calendar: officeHours},
		Target{Metric: Stage, Stage: "visit", Within: time.Hour}, Target{Metric: Assignment, Within: time.Hour})
	records := []Record{
		{Ticket: "a", Channel: ticket.Web, Created: when("Mon 09:00"), Assigned: when("Mon 09:10"), Answers: []time.Time{when("Mon 09:30")},
			Holds:         []Hold{{WaitingOnCustomer, when("Mon 10:00"), when("Mon 11:00")}},
			CustomerWrote: []time.Time{when("Mon 17:30")},
			Stages:        []StageTime{{"visit", when("Mon 17:00"), time.Time{}}}},
		{Ticket: "b", Channel: ticket.Web, Created: when("Mon 09:00"), Resolved: when("Mon 09:30"), Closed: when("Mon 10:00")},
		{Ticket: "c", Channel: ticket.Web, Created: when("Mon 17:30"), Cancelled: when("Mon 17:40"), Escalated: when("Mon 17:35"), BotAnswers: []time.Time{when("Mon 17:31")}},
		{Ticket: "d", Channel: ticket.Web, Created: when("Mon 09:00"), Assigned: when("Mon 09:00"), Answers: []time.Time{when("Mon 17:58")}}, // after the host's last event
		{Ticket: "d", Created: when("Mon 09:00")},
		{Ticket: "e"},
		{Ticket: "f", Created: when("Mon 09:00"), Holds: []Hold{{string(make([]byte, 999)), when("Mon 10:00"), time.Time{}}}},
	}
	tr, events, err := Load(plan, records, when("Mon 17:45"), nil)
	require.ErrorIs(t, err, ErrTracked)
	require.ErrorContains(t, err, "is missing")
	require.ErrorContains(t, err, "is longer than")
	require.Equal(t, []string{"d met first-response Mon 17:58 late 7h58m0s"}, lines(events))
	require.Equal(t, 4, tr.Len())
	tr.checkInvariants(t)
	require.Equal(t, []string{ // d's resolution was due, and told, before the host's last event
		"a breached resolution Mon 18:00",
		"a breached visit Mon 18:00",
		"a breached next-response Tue 09:30",
	}, lines(tr.Advance(when("Tue 10:00"), nil)))

	// What was observed and what is loaded come to the same.
	observed, err := NewTracker(plan)
	require.NoError(t, err)
	for _, c := range records[0].changes() {
		_, err := observed.Observe(c, nil)
		require.NoError(t, err)
	}
	loaded, _, err := Load(plan, records[:1], when("Mon 17:45"), nil)
	require.NoError(t, err)
	observed.Advance(when("Mon 17:45"), nil)
	require.Equal(t, string(observed.Snapshot()), string(loaded.Snapshot()))
	_, _, err = Load(&Plan{Policies: []Policy{{}}}, nil, time.Time{}, nil)
	require.Error(t, err)
}
