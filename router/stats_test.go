package router

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// measured is a desk that measures itself, driven by the clock of one day in
// Shanghai.
type measured struct {
	t *testing.T
	e *Engine
	// events are those of the last command.
	events []Event
}

var shanghai = time.FixedZone("UTC+8", 8*3600)

func newMeasured(t *testing.T, cfg Config) *measured {
	cfg.Zone = shanghai
	e, err := NewEngine(cfg)
	require.NoError(t, err)
	return &measured{t: t, e: e}
}

// at does commands at a time of 9 October 2023, as "15:04".
func (m *measured) at(clock string, commands ...Command) {
	m.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2023-10-09 "+clock, shanghai)
	require.NoError(m.t, err)
	m.do(at, commands...)
}

func (m *measured) do(at time.Time, commands ...Command) {
	m.t.Helper()
	m.events = m.e.Advance(at, nil)
	for _, c := range commands {
		c.At = at
		var err error
		_, m.events, err = m.e.Apply(c, m.events)
		require.NoError(m.t, err)
	}
	require.NoError(m.t, m.e.audit())
}

func (m *measured) told(kinds ...EventKind) (out []string) {
	for _, ev := range m.events {
		for _, k := range kinds {
			if ev.Kind == k {
				out = append(out, ev.Kind.String()+" "+ev.Ticket+ev.Note)
			}
		}
	}
	return out
}

func comes(id string, c ticket.Channel, team string) Command {
	return Command{Kind: Submit, Submit: &ticket.Ticket{ID: id, Channel: c, Team: team}}
}

func about(k CommandKind, id string) Command { return Command{Kind: k, Ticket: id} }

func works(id string, capacity int, teams ...string) Command {
	return Command{Kind: SetAgent, Profile: &Agent{ID: id, Capacity: capacity, Teams: teams}}
}

func mins(n int) time.Duration { return time.Duration(n) * time.Minute }

func TestStatsByHand(t *testing.T) {
	plan := &sla.Plan{Name: "p", Version: 1, Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{{Metric: sla.Resolution, Within: 30 * time.Minute}}}}}
	m := newMeasured(t, Config{Stats: true, SLA: plan})
	m.at("09:00", works("li", 1, "north"), works("wu", 1))
	m.at("09:00", comes("a", ticket.Phone, "north")) // to li: only he is of the north
	m.at("09:02", comes("b", ticket.Email, ""))      // to wu
	m.at("09:05", comes("c", ticket.Phone, "north"), comes("d", ticket.Email, ""))

	s := m.e.Stats()
	assert.Equal(t, time.Date(2023, 10, 9, 0, 0, 0, 0, shanghai), s.Since)
	assert.Equal(t, Figures{Waiting: 2, InProgress: 2}, s.All)
	assert.Equal(t, []Figures{{Name: "email", Waiting: 1, InProgress: 1}, {Name: "phone", Waiting: 1, InProgress: 1}}, s.Channels)
	assert.Equal(t, []Figures{{Name: "north", Waiting: 1, InProgress: 1}}, s.Teams)
	assert.Equal(t, []Figures{{Name: "li", InProgress: 1}, {Name: "wu", InProgress: 1}}, s.Agents)

	m.at("09:10", about(Reply, "b"))   // after 8 minutes; the second reply counts no more
	m.at("09:12", about(Resolve, "a")) // a call: answered at once, 12 minutes in hand; c follows
	m.at("09:20", about(Reply, "b"), about(Hold, "b"))
	m.at("09:36", about(Resume, "b"))  // b and c are overdue since 09:32 and 09:35, d since 09:35
	m.at("09:42", about(Resolve, "c")) // waited 7, in hand 30
	m.at("09:50", about(Resolve, "b")) // in hand 48; d follows

	s = m.e.Stats()
	one := func(d time.Duration) Times { return Times{1, d, d, d, d, d} }
	phone := Times{Count: 2, Mean: 3*time.Minute + 30*time.Second, P50: 0, P90: mins(7), P95: mins(7), Max: mins(7)}
	near := func(want, got Times) {
		t.Helper()
		assert.Equal(t, [3]any{want.Count, want.Mean, want.Max}, [3]any{got.Count, got.Mean, got.Max})
		for _, p := range [][2]time.Duration{{want.P50, got.P50}, {want.P90, got.P90}, {want.P95, got.P95}} {
			assert.GreaterOrEqual(t, p[1], p[0])
			assert.LessOrEqual(t, p[1], p[0]+p[0]/16+2*time.Millisecond)
		}
	}
	require.Len(t, s.Channels, 2)
	email, call := s.Channels[0], s.Channels[1]
	near(phone, call.Response)
	near(Times{2, mins(21), mins(12), mins(30), mins(30), mins(30)}, call.Handle)
	assert.Equal(t, [4]int{0, 0, 2, 1}, [4]int{call.Waiting, call.InProgress, call.Done, call.Overdue})
	assert.InDelta(t, 0.5, call.Share(), 0)
	near(one(mins(8)), email.Response)
	near(one(mins(48)), email.Handle)
	assert.Equal(t, [4]int{0, 1, 1, 2}, [4]int{email.Waiting, email.InProgress, email.Done, email.Overdue})
	assert.InDelta(t, 2.0, email.Share(), 0)
	assert.Equal(t, [4]int{0, 1, 3, 3}, [4]int{s.All.Waiting, s.All.InProgress, s.All.Done, s.All.Overdue})
	near(Times{3, mins(30), mins(30), mins(48), mins(48), mins(48)}, s.All.Handle)
	require.Len(t, s.Agents, 2)
	near(call.Handle, s.Agents[0].Handle)
	assert.Equal(t, 1, s.Agents[0].Overdue, "c was with li; d was with nobody")
	assert.Equal(t, 1, s.Agents[1].Overdue)
	assert.Zero(t, Figures{Overdue: 3}.Share())
}

func TestStatsOfAnotherDay(t *testing.T) {
	m := newMeasured(t, Config{Stats: true})
	assert.Zero(t, m.e.Stats().All)
	m.at("23:50", works("li", 1), comes("a", ticket.Phone, ""), comes("b", ticket.Phone, ""))
	m.at("23:59", about(Resolve, "a"))
	assert.Equal(t, 1, m.e.Stats().All.Done)
	// Midnight in Shanghai: nothing has happened yet, but it is another day, and a read
	// changes nothing.
	before, err := m.e.Snapshot()
	require.NoError(t, err)
	m.do(time.Date(2023, 10, 10, 0, 0, 0, 0, shanghai))
	s := m.e.Stats()
	assert.Equal(t, time.Date(2023, 10, 10, 0, 0, 0, 0, shanghai), s.Since)
	assert.Equal(t, Figures{InProgress: 1}, s.All)
	assert.Equal(t, []Figures{{Name: "phone", InProgress: 1}}, s.Channels)
	m.e.now = unix(time.Date(2023, 10, 9, 23, 59, 0, 0, shanghai))
	after, err := m.e.Snapshot()
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))
	m.do(time.Date(2023, 10, 10, 0, 1, 0, 0, shanghai), about(Resolve, "b"), about(Reopen, "b"), about(Resolve, "b"))
	s = m.e.Stats()
	assert.Equal(t, 2, s.All.Done, "resolved twice")
	assert.Equal(t, 1, s.All.Response.Count, "answered once")
	assert.Equal(t, mins(9), s.All.Response.Max, "as of a, whose agent it followed")
}

func TestStatsOfOffersAndTransfers(t *testing.T) {
	m := newMeasured(t, Config{Stats: true, Mode: Offers})
	m.at("09:00", works("li", 5), comes("a", ticket.Web, ""))
	assert.Equal(t, []Figures{{Name: "li", Waiting: 1}}, m.e.Stats().Agents)
	assert.Equal(t, 1, m.e.Stats().All.Waiting)
	m.at("09:00", Command{Kind: Accept, Ticket: "a", Agent: "li"}, works("wu", 5))
	assert.Equal(t, []Figures{{Name: "li", InProgress: 1}}, m.e.Stats().Agents)
	m.at("09:10", Command{Kind: Transfer, Ticket: "a", Agent: "wu"}, Command{Kind: Accept, Ticket: "a", Agent: "wu"})
	m.at("09:11", Command{Kind: Reply, Ticket: "a", By: ticket.Bot})
	m.at("09:15", about(Resolve, "a"))
	s := m.e.Stats()
	require.Equal(t, 1, len(s.Agents))
	assert.Equal(t, "wu", s.Agents[0].Name)
	assert.Equal(t, mins(5), s.Agents[0].Handle.Max, "not the time with li")
	assert.Zero(t, s.All.Response.Max, "li had it at once; the bot's reply is none")
	m.at("09:20", comes("b", ticket.Web, ""), about(Abandon, "b"))
	assert.Zero(t, m.e.Stats().All.Waiting)
}

// The gauges are what a count of the tickets gives, and the whole of the measures
// survives a restart and a replay, whatever happens.
func TestMeasuresUnderRandomCommands(t *testing.T) {
	cfg := Config{Policy: policy.Stack{policy.VIP{Reserve: 1}}, Stats: true, Zone: shanghai, ReserveWindow: 40 * time.Minute,
		Keep:  Keep{Count: 20},
		Teams: []Team{{Name: "north", Queue: Queue{Most: 3, Team: "south"}}, {Name: "south", Queue: Queue{Wait: 20 * time.Minute, Channel: ticket.Web}}},
		Channels: map[ticket.Channel]Channel{ticket.Phone: {Queue: Queue{Most: 5, Wait: 30 * time.Minute, Channel: ticket.Email}},
			ticket.Email: {Queue: Queue{Most: 4}}, ticket.Web: {Mode: Offers}}}
	seen := map[EventKind]int{}
	for seed := range uint64(8) {
		e, err := NewEngine(cfg)
		require.NoError(t, err)
		twin, err := NewEngine(cfg)
		require.NoError(t, err)
		r := rng(seed)
		now := time.Date(2023, 10, 9, 14, 0, 0, 0, time.UTC)
		for step := range 700 {
			now = now.Add(time.Duration(r.IntN(180)) * time.Second)
			c := randomCommand(r, step)
			c.At = now
			o1, ev1, err1 := e.Apply(c, nil)
			o2, ev2, err2 := twin.Apply(c, nil)
			require.Equal(t, o1, o2)
			require.Equal(t, len(ev1), len(ev2))
			for i := range ev1 {
				require.Equal(t, ev1[i], ev2[i])
			}
			require.Equal(t, fmt.Sprint(err1), fmt.Sprint(err2))
			for _, ev := range ev1 {
				seen[ev.Kind]++
			}
			require.NoError(t, e.audit())
			checkMeasures(t, e)
			if step%50 == 49 {
				data, err := e.Snapshot()
				require.NoError(t, err)
				back, err := Restore(cfg, data)
				require.NoError(t, err)
				again, err := back.Snapshot()
				require.NoError(t, err)
				require.Equal(t, string(data), string(again))
				require.Equal(t, e.Stats(), back.Stats())
				twin = back
			}
		}
	}
	for _, k := range []EventKind{QueueLong, QueueShort, QueueWait, Overflowed, ReserveUnstable, ReserveStable} {
		assert.NotZero(t, seen[k], k.String())
	}
}

// checkMeasures counts anew what the watch has counted step by step.
func checkMeasures(t *testing.T, e *Engine) {
	t.Helper()
	open := map[string]*Figures{}
	row := func(kind, name string) *Figures {
		if open[kind+name] == nil {
			open[kind+name] = &Figures{}
		}
		return open[kind+name]
	}
	long := map[string]int{}
	for it := range e.roll.all() {
		if it.ended != 0 {
			continue
		}
		rows := []*Figures{row("all", ""), row("channel ", string(it.t.Channel))}
		if it.t.Team != "" {
			rows = append(rows, row("team ", it.t.Team))
		}
		for _, f := range rows {
			if it.status.Assigned() {
				f.InProgress++
			} else {
				f.Waiting++
			}
		}
		switch {
		case it.status == ticket.Offered:
			row("agent ", it.agent.p.ID).Waiting++
		case it.status.Assigned():
			row("agent ", it.agent.p.ID).InProgress++
		default:
			long["team "+it.t.Team]++
			long["channel "+string(it.t.Channel)]++
		}
	}
	s := e.Stats()
	check := func(kind string, rows ...Figures) {
		for _, f := range rows {
			want := row(kind, f.Name)
			require.Equal(t, [2]int{want.Waiting, want.InProgress}, [2]int{f.Waiting, f.InProgress}, kind+f.Name)
			delete(open, kind+f.Name)
		}
	}
	check("all", s.All)
	check("channel ", s.Channels...)
	check("team ", s.Teams...)
	check("agent ", s.Agents...)
	require.Empty(t, open)
	for name, l := range e.watch.lines {
		require.Equal(t, long[name], l.tree.Len(), name)
		require.Equal(t, l.long, l.queue.Most > 0 && (l.tree.Len() >= l.queue.Most || l.long && l.tree.Len() > l.queue.Most*4/5), name)
	}
}

// Measuring allocates nothing of its own once it is warm.
func TestStatsDoNotAllocate(t *testing.T) {
	allocs := func(cfg Config) float64 {
		cfg.Keep.Age = 1
		e, err := NewEngine(cfg)
		require.NoError(t, err)
		now := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
		var events []Event
		apply := func(c Command) {
			now = now.Add(time.Second)
			c.At = now
			_, events, err = e.Apply(c, events[:0])
			require.NoError(t, err)
		}
		apply(works("li", 1))
		tickets := []*ticket.Ticket{{ID: "a", Channel: ticket.Phone, Team: "x"}, {ID: "b", Channel: ticket.Phone}, {ID: "c", Channel: ticket.Email}}
		apply(Command{Kind: SetAgent, Profile: &Agent{ID: "li", Capacity: 1, Teams: []string{"x"}}})
		round := func() {
			for _, x := range tickets {
				apply(Command{Kind: Submit, Submit: x})
			}
			for _, x := range tickets {
				apply(Command{Kind: Resolve, Ticket: x.ID})
			}
		}
		for range 50 {
			round()
		}
		return testing.AllocsPerRun(200, round)
	}
	assert.LessOrEqual(t, allocs(Config{Stats: true, ReserveWindow: 24 * time.Hour}), allocs(Config{}))
}
