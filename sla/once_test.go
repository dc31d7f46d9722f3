package sla

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

// busyPlan has something of everything.
func busyPlan() *Plan {
	tiers := []Tier{{Percent: 50, Audience: Assignee}, {Span: -10 * time.Minute, Audience: Supervisor},
		{Percent: 100, Audience: Manager, Action: Escalate}, {Span: time.Hour}}
	night := MustCalendar("name night\nzone Australia/Lord_Howe\nmon-sun 22:00-02:30 12:00-14:00\n")
	all := []Target{
		{Metric: Assignment, Within: 10 * time.Minute, Hours: ChannelHours, Tiers: tiers[:1]},
		{Metric: FirstResponse, Within: time.Hour, Calendar: officeHours, Tiers: tiers, Pause: []string{AnyReason}},
		{Metric: NextResponse, Within: 2 * time.Hour, Calendar: night, Tiers: tiers, Bots: true},
		{Metric: PeriodicUpdate, Within: 3 * time.Hour, Hours: TeamHours, Tiers: tiers, Pause: []string{WaitingOnCustomer}},
		{Metric: Resolution, Within: 8 * time.Hour, Calendar: officeHours, Tiers: tiers, Pause: []string{WaitingOnCustomer, WaitingOnEngineering}},
		{Metric: Stage, Stage: "visit", Within: time.Hour, Tiers: tiers},
		{Metric: Stage, Stage: "review", Begins: OnEscalation, Within: 30 * time.Minute},
		{Metric: Stage, Stage: "follow-up", Begins: OnResolution, Within: 48 * time.Hour, Pause: []string{AnyReason}},
	}
	urgent := slices.Clone(all[:5])
	for i := range urgent {
		urgent[i].Within /= 2
	}
	return &Plan{Name: "busy", Version: 3, Channels: map[ticket.Channel]*Calendar{ticket.Phone: night},
		Teams: map[string]*Calendar{"red": officeHours},
		Policies: []Policy{
			{Name: "urgent", When: Match{Priorities: []ticket.Priority{ticket.Urgent}}, Targets: urgent},
			{Name: "store", When: Match{Channels: []ticket.Channel{ticket.Store}, Priorities: []ticket.Priority{ticket.Low}}},
			{Name: "rest", Targets: all},
		}}
}

// randomChanges are lives of a few tickets, in the order of time.
func randomChanges(r *rand.Rand, n int) (list []ticket.Change) {
	now := when("Mon 08:00")
	known := map[string]bool{}
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	for len(list) < n {
		if r.IntN(3) > 0 {
			now = now.Add(time.Duration(r.Int64N(int64(50 * time.Minute))))
		}
		if r.IntN(4) == 0 {
			now = now.Truncate(10 * time.Minute).Add(10 * time.Minute) // meets deadlines exactly
		}
		c := ticket.Change{Ticket: pick("a", "b", "c", "d"), At: now, Kind: ticket.ChangeKind(r.IntN(int(ticket.StageEnded) + 1)),
			By: ticket.Role(r.IntN(6)), Agent: pick("", "li", "wang"), Reason: pick(WaitingOnCustomer, WaitingOnEngineering, "other"),
			Stage: pick("visit", "review", "follow-up"), Channel: ticket.Channel(pick("phone", "email", "store", "")),
			Priority: []ticket.Priority{ticket.Urgent, ticket.Normal, ticket.Low}[r.IntN(3)], Team: pick("", "red")}
		if !known[c.Ticket] {
			c.Kind, c.Created = ticket.WasSubmitted, now.Add(-time.Duration(r.Int64N(int64(3*time.Hour))))
			known[c.Ticket] = true
		} else if c.Kind == ticket.WasSubmitted {
			continue
		}
		list = append(list, c)
	}
	return list
}

func rounds(short, long int) int {
	if os.Getenv("USHER_LONG") != "" {
		return long
	}
	return short
}

// The same changes give the same events, however often somebody looks in between,
// with a snapshot and a restart at every step, and after a sleep of weeks.
func TestExactlyOnce(t *testing.T) {
	plan := busyPlan()
	for seed := range rounds(25, 2000) {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		changes := randomChanges(r, 40)
		end := changes[len(changes)-1].At.Add(30 * 24 * time.Hour)
		plain, err := NewTracker(plan)
		require.NoError(t, err)
		var want []Event
		for _, c := range changes {
			want, err = plain.Observe(c, want)
			require.NoError(t, err)
			plain.checkInvariants(t)
		}
		want = plain.Advance(end, want)

		restless, err := NewTracker(plan)
		require.NoError(t, err)
		var got []Event
		for _, c := range changes {
			for range r.IntN(4) { // look in between
				at := restless.Now().Add(time.Duration(r.Float64() * float64(c.At.Sub(restless.Now()))))
				if r.IntN(2) == 0 {
					if next, ok := restless.Next(); ok && next.Before(c.At) {
						at = next
					}
				}
				got = restless.Advance(at, got)
			}
			got, err = restless.Observe(c, got)
			require.NoError(t, err)
			bytes := restless.Snapshot()
			again, err := Restore(plan, bytes)
			require.NoError(t, err)
			require.Equal(t, string(bytes), string(again.Snapshot()))
			again.checkInvariants(t)
			restless = again
		}
		for {
			next, ok := restless.Next()
			if !ok || next.After(end) {
				break
			}
			got = restless.Advance(next, got)
		}
		got = restless.Advance(end, got)
		require.Equal(t, asText(t, want), asText(t, got), "seed %d", seed)
		require.Equal(t, string(plain.Snapshot()), string(restless.Snapshot()))
		checkEvents(t, want)
	}
}

func asText(t *testing.T, events []Event) string {
	b, err := json.MarshalIndent(events, "", " ")
	require.NoError(t, err)
	return string(b)
}

// checkEvents: times never decrease, no deadline is in the future, no key comes twice
// except for what a second change at the same instant undid.
func checkEvents(t *testing.T, events []Event) {
	seen := map[string]bool{}
	for i, e := range events {
		require.False(t, e.Due.After(e.At), line(e))
		if i > 0 {
			require.False(t, e.At.Before(events[i-1].At), line(e))
		}
		if e.Kind == Warned || e.Kind == Breached {
			require.False(t, seen[e.Key()], "%s came twice", e.Key())
			seen[e.Key()] = true
		}
	}
}

// checkInvariants looks over the whole tracker.
func (tr *Tracker) checkInvariants(t *testing.T) {
	t.Helper()
	listed := 0
	for _, i := range tr.index.slots() {
		k := tr.tickets.at(i)
		require.Equal(t, i, slotOf(tr, k.id))
		c := tr.class.at(k.class)
		n := 0
		tr.each(i, func(j uint32, x *target, s *spec) {
			require.Equal(t, uint16(n), x.spec)
			n++
			if x.listed {
				listed++
				require.Equal(t, running, x.state)
			}
			if x.state == paused {
				h := tr.pastOf(i).current()
				require.True(t, h != nil && s.pauses(h))
			}
			if x.state == running && s.Metric != Stage {
				require.Zero(t, k.flags&(resolved|done))
			}
		})
		require.Equal(t, len(c.specs), n)
	}
	tr.agenda.check(t, listed)
	if next, ok := tr.Next(); ok {
		require.True(t, next.After(tr.Now()), "Next is later than now")
	}
}

// check looks over the heap, which must have that many valid entries.
func (a *agenda) check(t *testing.T, listed int) {
	t.Helper()
	valid := 0
	for i, e := range a.heap {
		if a.valid(e) {
			valid++
		} else {
			require.NotZero(t, i, "the top is stale")
		}
		if i > 0 {
			require.False(t, less(e, a.heap[(i-1)/4]))
		}
	}
	require.Equal(t, listed, valid)
	require.Equal(t, a.stale, len(a.heap)-valid)
	require.LessOrEqual(t, a.stale, len(a.heap)/2+64)
}

func TestRestoreRefuses(t *testing.T) {
	tr, err := NewTracker(busyPlan())
	require.NoError(t, err)
	_, err = tr.Observe(ticket.Change{Ticket: "a", Kind: ticket.WasSubmitted, Channel: "email", At: when("Mon 10:00")}, nil)
	require.NoError(t, err)
	bytes := tr.Snapshot()
	other := busyPlan()
	other.Policies[2].Targets[0].Within++
	_, err = Restore(other, bytes)
	var finger *FingerprintError
	require.ErrorAs(t, err, &finger)
	require.Empty(t, finger.Calendars)
	require.Equal(t, `"busy" version 3`, finger.Plan)

	// The same plan on a machine whose zone data says otherwise.
	other = busyPlan()
	h := other.Teams["red"].Hours()
	zone, err := time.LoadLocation("Asia/Tehran")
	require.NoError(t, err)
	other.Teams["red"] = compile(h, zone)
	_, err = Restore(other, bytes)
	require.ErrorAs(t, err, &finger)
	require.Equal(t, []string{"office"}, finger.Calendars)
	require.ErrorContains(t, err, "calendars differ: office")

	var snap *SnapshotError
	_, err = Restore(busyPlan(), []byte("{"))
	require.ErrorAs(t, err, &snap)
	require.ErrorAs(t, err, new(*json.SyntaxError))
	_, err = Restore(busyPlan(), []byte(`{"version":2}`))
	require.ErrorAs(t, err, &snap)
	require.Equal(t, 2, snap.Version)
	var s map[string]any
	numbers := json.NewDecoder(strings.NewReader(string(bytes)))
	numbers.UseNumber()
	require.NoError(t, numbers.Decode(&s))
	tickets := s["tickets"].([]any)
	s["tickets"] = append(tickets, tickets[0])
	_, err = Restore(busyPlan(), edited(t, s))
	require.ErrorContains(t, err, "is there twice")
	delete(tickets[0].(map[string]any), "targets")
	s["tickets"] = tickets
	_, err = Restore(busyPlan(), edited(t, s))
	require.ErrorContains(t, err, "has not the targets")
}

func edited(t *testing.T, s map[string]any) []byte {
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return b
}

func TestSetPlanBackAndForthRepeatsNothing(t *testing.T) {
	short := busyPlan()
	for i := range short.Policies[2].Targets {
		short.Policies[2].Targets[i].Within /= 3
		short.Policies[2].Targets[i].Pause = nil
	}
	short.Policies = short.Policies[1:]
	plans := []*Plan{busyPlan(), short, {}}
	for seed := range rounds(20, 1000) {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		tr, err := NewTracker(plans[0])
		require.NoError(t, err)
		var events []Event
		for _, c := range randomChanges(r, 40) {
			events, err = tr.Observe(c, events)
			require.NoError(t, err)
			if r.IntN(3) == 0 {
				events, err = tr.SetPlan(plans[r.IntN(2)], c.At, events)
				require.NoError(t, err)
				tr.checkInvariants(t)
			}
		}
		events, err = tr.SetPlan(plans[2], tr.Now(), events)
		require.NoError(t, err)
		_, ok := tr.Next()
		require.False(t, ok)
		checkEvents(t, events)
	}
}

func TestAgendaAgainstASortedList(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	targets := slab[target]{}
	const slots = 3000
	for range slots {
		targets.take()
	}
	a := agenda{targets: &targets}
	have := map[uint32]int64{}
	for i := range 30_000 {
		slot := uint32(1 + r.IntN(slots))
		switch {
		case i > 10_000 && i < 20_000 || r.IntN(3) == 0:
			a.remove(slot)
			delete(have, slot)
		default:
			have[slot] = int64(r.IntN(500))
			a.set(slot, have[slot])
		}
		if i%1000 == 0 {
			a.check(t, len(have))
		}
	}
	var last entry
	for !a.empty() {
		slot, deadline := a.first()
		require.Equal(t, have[slot], deadline)
		require.True(t, last.deadline < deadline || last.deadline == deadline && last.seq < a.heap[0].seq)
		last = a.heap[0]
		a.remove(slot)
		delete(have, slot)
	}
	require.Empty(t, have)
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	tr, err := NewTracker(targets(resolution(4*time.Hour, Tier{Percent: 75}, Tier{Percent: 90})))
	require.NoError(t, err)
	ids := make([]string, 4096)
	for i := range ids {
		ids[i] = fmt.Sprint("GD", i)
	}
	at := when("Mon 10:00")
	events := make([]Event, 0, 16)
	n := 0
	op := func() {
		n++
		id := ids[n%len(ids)]
		if tr.Len() == 1000 {
			old := ids[(n-1000+len(ids))%len(ids)]
			events, _ = tr.Observe(ticket.Change{Ticket: old, Kind: ticket.WasResolved, At: at}, events[:0])
			tr.Forget(old)
		}
		events, _ = tr.Observe(ticket.Change{Ticket: id, Kind: ticket.WasSubmitted, Channel: "web", At: at}, events[:0])
	}
	for range 50_000 {
		op()
	}
	require.Less(t, testing.AllocsPerRun(20_000, op), 0.03)
}

func FuzzEvents(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 2, 3, 200, 5, 6, 7, 8, 9})
	f.Fuzz(func(t *testing.T, seed uint64, kinds []byte) {
		r := rand.New(rand.NewPCG(seed, 9))
		tr, err := NewTracker(busyPlan())
		require.NoError(t, err)
		var events []Event
		for _, b := range kinds {
			c := randomChanges(r, 1)[0]
			c.Kind = ticket.ChangeKind(b % 32)
			c.At = tr.Now().Add(time.Duration(int8(b)) * time.Minute)
			if len(events) == 0 && tr.Len() == 0 {
				c.At = when("Mon 10:00")
			}
			if b == 255 {
				tr.Forget(c.Ticket)
			}
			before := tr.Snapshot()
			n := len(events)
			if events, err = tr.Observe(c, events); err != nil {
				require.Len(t, events, n)
				require.Equal(t, string(before), string(tr.Snapshot()), "an error changes nothing")
			}
			tr.checkInvariants(t)
		}
		for i := 1; i < len(events); i++ {
			require.False(t, events[i].At.Before(events[i-1].At))
		}
		again, err := Restore(busyPlan(), tr.Snapshot())
		require.NoError(t, err)
		end := tr.Now().Add(1000 * time.Hour)
		require.Equal(t, asText(t, tr.Advance(end, nil)), asText(t, again.Advance(end, nil)))
	})
}

func TestIndexAgainstAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	tickets := slab[tracked]{}
	x := newIDs(&tickets)
	have := map[string]uint32{}
	for range 50_000 {
		id := fmt.Sprint(r.IntN(3000))
		slot, place := x.find(id)
		want, known := have[id]
		require.Equal(t, want, slot)
		require.Equal(t, known, slot != 0)
		switch {
		case known && r.IntN(2) == 0:
			x.remove(place)
			tickets.drop(slot)
			delete(have, id)
		case !known:
			slot = tickets.take()
			tickets.at(slot).id = id
			x.add(place, slot)
			have[id] = slot
		}
		require.Equal(t, len(have), x.count)
	}
	require.Len(t, x.slots(), len(have))
}
