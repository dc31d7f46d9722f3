package router

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// randomCommand is a plausible command to a desk of few agents and teams.
func randomCommand(r *rand.Rand, step int) Command {
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	agent := pick("li", "wu", "xu", "zhou")
	id := fmt.Sprintf("t%d", max(step-r.IntN(30), 0))
	switch k := r.IntN(20); {
	case k < 7:
		t := ticket.Ticket{ID: fmt.Sprintf("t%d", step), Channel: ticket.Channel(pick("phone", "email", "web")), Team: pick("", "north", "south")}
		if r.IntN(3) == 0 {
			t.Tier = ticket.VIP
		}
		return Command{Kind: Submit, Submit: &t}
	case k < 9:
		a := Agent{ID: agent, Capacity: 1 + r.IntN(3), Teams: []string{pick("north", "south")}}
		return Command{Kind: SetAgent, Profile: &a}
	case k < 11:
		return Command{Kind: SetPresence, Agent: agent, Presence: Presence(r.IntN(4))}
	case k < 15:
		return Command{Kind: Resolve, Ticket: id}
	}
	team := pick("north", "south")
	return []Command{
		{Kind: Accept, Ticket: id, Agent: agent}, {Kind: Decline, Ticket: id, Agent: agent}, {Kind: Reply, Ticket: id, By: ticket.Agent},
		{Kind: Hold, Ticket: id}, {Kind: Resume, Ticket: id}, {Kind: Reopen, Ticket: id}, {Kind: Abandon, Ticket: id},
		{Kind: Transfer, Ticket: id}, {Kind: Escalate, Ticket: id}, {Kind: Assign, Ticket: id, Agent: agent, Override: true},
		{Kind: Update, Ticket: id, Patch: &Patch{Team: &team}}, {Kind: RemoveAgent, Agent: agent}, {Kind: Accept, Ticket: id, Agent: agent},
	}[r.IntN(13)]
}

func TestALongQueueIsTold(t *testing.T) {
	m := newMeasured(t, Config{Channels: map[ticket.Channel]Channel{ticket.Phone: {Queue: Queue{Most: 5}}}})
	m.at("09:00", works("li", 1), comes("a", ticket.Phone, ""))
	for i := range 4 {
		m.at("09:00", comes(fmt.Sprint(i), ticket.Phone, ""))
		assert.Empty(t, m.told(QueueLong), "%d wait", i+1)
	}
	m.at("09:01", comes("5", ticket.Phone, ""))
	assert.Equal(t, []string{"queue-long channel phone: 5 waiting"}, m.told(QueueLong, QueueShort, Overflowed))
	m.at("09:02", comes("6", ticket.Phone, ""), comes("7", ticket.Phone, ""))
	assert.Empty(t, m.told(QueueLong, QueueShort, Overflowed), "told once, and nowhere to overflow")
	m.at("09:03", about(Abandon, "7"), about(Abandon, "6"))
	assert.Empty(t, m.told(QueueLong, QueueShort))
	m.at("09:04", about(Abandon, "5"))
	assert.Equal(t, []string{"queue-short channel phone: 4 waiting"}, m.told(QueueLong, QueueShort))
	assert.Equal(t, ticket.System, m.events[len(m.events)-1].By)
}

func TestAFullQueueOverflows(t *testing.T) {
	m := newMeasured(t, Config{Policy: policy.Stack{policy.VIP{}}, Teams: []Team{{Name: "north", Queue: Queue{Most: 1, Team: "south"}}, {Name: "south", Queue: Queue{Most: 1, Team: "north"}}}})
	m.at("09:00", works("li", 1, "north"), works("wu", 1, "south"), comes("a", ticket.Phone, "north"), comes("b", ticket.Phone, "north"))
	assert.Empty(t, m.told(Overflowed), "one may wait")
	m.at("09:01", comes("c", ticket.Phone, "north"))
	assert.Equal(t, []string{"overflowed cteam north to team south"}, m.told(Overflowed))
	assert.Equal(t, []string{"assigned c"}, m.told(Assigned), "wu of the south was free")
	m.at("09:02", comes("d", ticket.Phone, "north"), comes("e", ticket.Phone, "north"))
	assert.Equal(t, []string{"overflowed dteam north to team south", "overflowed eteam north to team south"}, m.told(Overflowed))
	v, err := m.e.Ticket("e")
	require.NoError(t, err)
	assert.Equal(t, "south", v.Team, "both queues are full: it stays where it came to")
	assert.Equal(t, ticket.ToAssign, v.Status)
}

func TestWhoWaitsTooLongIsToldAndOverflows(t *testing.T) {
	m := newMeasured(t, Config{Channels: map[ticket.Channel]Channel{ticket.Phone: {Queue: Queue{Wait: 10 * time.Minute, Channel: ticket.App}}}})
	li := works("li", 1)
	li.Profile.Channels = map[ticket.Channel]int{ticket.Phone: 0}
	wu := works("wu", 1)
	wu.Profile.Channels = map[ticket.Channel]int{ticket.App: 0}
	m.at("09:00", li, wu, comes("a", ticket.Phone, ""), comes("b", ticket.Phone, ""))
	m.at("09:04", comes("c", ticket.Phone, ""))
	next, ok := m.e.Next()
	require.True(t, ok)
	assert.Equal(t, time.Date(2023, 10, 9, 9, 10, 0, 0, shanghai).UnixNano(), next.UnixNano())
	m.at("09:20")
	require.Equal(t, []string{"queue-wait bchannel phone", "overflowed bchannel phone to channel app", "assigned b",
		"queue-wait cchannel phone", "overflowed cchannel phone to channel app"}, m.told(QueueWait, Overflowed, Assigned))
	assert.Equal(t, time.Date(2023, 10, 9, 9, 14, 0, 0, shanghai).UnixNano(), m.events[3].Due.UnixNano())
	_, ok = m.e.Next()
	assert.False(t, ok, "nobody waits on the phone any more")
	// A new wait is told of anew.
	m.at("09:30", about(Resolve, "a"), comes("d", ticket.Phone, ""), Command{Kind: SetPresence, Agent: "li", Presence: Offline})
	m.at("09:45")
	assert.Equal(t, []string{"queue-wait dchannel phone", "overflowed dchannel phone to channel app"}, m.told(QueueWait, Overflowed))
}

func TestLoadedQueuesAreMeasured(t *testing.T) {
	at := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	rows := Rows{At: at}
	for i := range 3 {
		rows.Tickets = append(rows.Tickets, TicketRow{Ticket: ticket.Ticket{ID: fmt.Sprint(i), Channel: ticket.Phone, Created: at.Add(-mins(10 * i))}, Status: ticket.ToAssign})
	}
	e, events, err := Load(Config{Stats: true, Channels: map[ticket.Channel]Channel{ticket.Phone: {Queue: Queue{Most: 2, Wait: mins(15)}}}}, rows, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"queue-long "}, kinds(events))
	assert.Equal(t, 3, e.Stats().All.Waiting)
	events = e.Advance(at.Add(time.Minute), nil)
	assert.Equal(t, []string{"queue-wait 2"}, kinds(events))
	assert.Equal(t, at, events[0].At, "it was due before the desk began")
	assert.Equal(t, at.Add(-mins(5)), events[0].Due)
}

func TestLimitsThatAreNone(t *testing.T) {
	for name, q := range map[string]Queue{"negative": {Most: -1}, "no time": {Wait: -1}, "too long a time": {Wait: 1 << 62}, "no limit": {Team: "north"}, "no name": {Most: 1, Team: "\xff"}} {
		_, err := NewEngine(Config{Teams: []Team{{Name: "south", Queue: q}}})
		var fault *ticket.FieldError
		assert.ErrorAs(t, err, &fault, name)
		_, err = NewEngine(Config{Channels: map[ticket.Channel]Channel{ticket.Phone: {Queue: q}}})
		assert.ErrorAs(t, err, &fault, name)
	}
	_, err := NewEngine(Config{ReserveWindow: 1})
	assert.Error(t, err)
}

func TestTheReserveGuard(t *testing.T) {
	m := newMeasured(t, Config{Policy: policy.Stack{policy.VIP{Reserve: 1}}, ReserveWindow: time.Hour})
	m.at("08:00", works("li", 1), works("wu", 1), works("xu", 1))
	// Every hour two VIPs and so many others, ten minutes each.
	hour := func(from, others int) {
		for i := range 60 {
			now := fmt.Sprintf("%02d:%02d", from, i)
			switch {
			case i%30 == 0:
				vip := comes("v"+now, ticket.Phone, "")
				vip.Submit.Tier = ticket.VIP
				m.at(now, vip)
			case i%6 == 4 && others > 0:
				others--
				m.at(now, comes("r"+now, ticket.Phone, ""))
			}
			m.at(now)
			for _, a := range m.e.agentOrder {
				if len(a.work) > 0 && m.e.now-a.work[0].seen.taken >= int64(mins(10)) {
					m.at(now, about(Resolve, a.work[0].t.ID))
				}
			}
		}
	}
	told := func(clock string) []string {
		m.at(clock, comes("probe"+clock, ticket.Phone, ""))
		return m.told(ReserveUnstable, ReserveStable)
	}
	// A third of an erlang and one and a half: of three agents with one kept, there is
	// room for 2 / (1 + 1/9 / (1 − 1/9)) = 1.78.
	hour(9, 9)
	assert.Empty(t, told("10:00"), "stable")
	// Of two, for 1 / (1 + 1/6 / (1 − 1/6)) = 0.83.
	m.at("10:00", Command{Kind: SetPresence, Agent: "xu", Presence: Away})
	hour(10, 8)
	assert.Equal(t, []string{"reserve-unstable load of others 1.50, room for 0.83 beside VIPs with 0.33; 2 agents, 1 kept free"}, told("11:00"))
	m.at("11:00", Command{Kind: SetPresence, Agent: "xu", Presence: Online})
	hour(11, 2)
	assert.Equal(t, []string{"reserve-stable load of others 0.50, room for 1.77 beside VIPs with 0.33; 3 agents, 1 kept free"}, told("12:00"))
	assert.Empty(t, told("13:00"), "told once")
}

func TestExpectedWaitByHand(t *testing.T) {
	// Two agents, µ = 6 an hour each, θ = 12 an hour, two ahead: hours 1/12 + 1/24 + 1/36.
	mean, low, high := expect(2, 2, 10*time.Minute, 5*time.Minute)
	assert.InDelta(t, float64(time.Hour)/12+float64(time.Hour)/24+float64(time.Hour)/36, float64(mean), 1e3)
	assert.Less(t, low, mean)
	assert.Greater(t, high, mean)
	// Next in turn: exponential, whose tenth and ninetieth percentile are −ln 0.9 and −ln 0.1.
	mean, low, high = expect(0, 4, 20*time.Minute, 0)
	assert.Equal(t, 5*time.Minute, mean)
	assert.InDelta(t, 0.105, low.Minutes()/5, 0.03)
	assert.InDelta(t, 2.303, high.Minutes()/5, 0.03)
	// Without abandonment the wait is Erlang: 100 steps, nearly normal.
	mean, low, high = expect(99, 1, time.Minute, 0)
	assert.Equal(t, 100*time.Minute, mean)
	assert.InDelta(t, 100-1.28*10, low.Minutes(), 1)
	assert.InDelta(t, 100+1.28*10, high.Minutes(), 1)
	mean, _, _ = expect(mostAhead, 1, 300*24*time.Hour, 0)
	assert.Equal(t, maxSpan, mean, "bounded")
}

func TestForecast(t *testing.T) {
	m := newMeasured(t, Config{Policy: policy.Stack{policy.VIP{Reserve: 1}, policy.Skill{}}, Stats: true,
		Channels: map[ticket.Channel]Channel{ticket.Phone: {Handle: 10 * time.Minute, Patience: 5 * time.Minute}}})
	forecast := func(id string) Forecast {
		f, err := m.e.Forecast(id)
		require.NoError(t, err)
		return f
	}
	german := comes("g", ticket.Phone, "")
	german.Submit.Required = []ticket.Need{{Skill: "german", Level: 1}}
	m.at("09:00", works("li", 1), works("wu", 1), works("xu", 1), comes("a", ticket.Phone, ""), comes("b", ticket.Phone, ""))
	m.at("09:01", comes("c", ticket.Phone, ""), comes("d", ticket.Phone, ""), german)
	vip := comes("v", ticket.Phone, "")
	vip.Submit.Tier = ticket.VIP
	m.at("09:02", vip, comes("e", ticket.Web, ""))
	assert.Zero(t, forecast("v"), "it has an agent")
	vip.Submit.ID = "w"
	m.at("09:03", vip)
	f := forecast("w")
	assert.Equal(t, [4]any{1, 0, 3, true}, [4]any{f.Position, f.Ahead, f.Agents, f.Known})
	assert.Equal(t, 200*time.Second, f.Expected)
	f = forecast("d")
	assert.Equal(t, [4]any{3, 2, 2, true}, [4]any{f.Position, f.Ahead, f.Agents, f.Known}, "behind w and c, and one agent is kept")
	want, low, high := expect(2, 2, 10*time.Minute, 5*time.Minute)
	assert.Equal(t, [3]time.Duration{want, low, high}, [3]time.Duration{f.Expected, f.Low, f.High})
	assert.Equal(t, Forecast{Position: 1, Agents: -1, Handle: 10 * time.Minute, Patience: 5 * time.Minute}, forecast("g"), "nobody speaks it")
	f = forecast("e")
	assert.False(t, f.Known, "nobody knows how long one of the web takes")
	_, err := m.e.Forecast("nobody")
	assert.ErrorIs(t, err, ErrUnknownTicket)
}

func TestPaceIsMeasured(t *testing.T) {
	m := newMeasured(t, Config{Stats: true, Channels: map[ticket.Channel]Channel{ticket.Phone: {Handle: time.Hour, Patience: time.Hour}}})
	m.at("08:00", works("li", 1))
	now := m.e.Now()
	for i := range 20 {
		a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
		m.do(now, comes(a, ticket.Phone, ""), comes(b, ticket.Phone, "")) // a is served for 4 minutes, b gives up after 3
		m.do(now.Add(3*time.Minute), about(Abandon, b))
		now = now.Add(4 * time.Minute)
		m.do(now, about(Resolve, a))
		handle, patience := m.e.pace(ticket.Phone)
		if i+1 < paceEnough {
			assert.Equal(t, [2]time.Duration{time.Hour, time.Hour}, [2]time.Duration{handle, patience})
		} else {
			assert.Equal(t, [2]time.Duration{4 * time.Minute, 3 * time.Minute}, [2]time.Duration{handle, patience})
		}
	}
	p := &pace{}
	for range 5 * paceMemory {
		p.worked(time.Minute)
		p.waited(int64(time.Second), true)
	}
	assert.LessOrEqual(t, p.Done, int64(paceMemory))
	assert.Equal(t, time.Minute, time.Duration(p.Handle/p.Done)*time.Microsecond)
	assert.Equal(t, time.Second, time.Duration(p.Waited/p.GaveUp)*time.Microsecond)
}
