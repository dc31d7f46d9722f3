package router

import (
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// A fake clock that nobody has set stands at the Unix epoch, which is a time like
// any other.
func TestADeskMayStartAtTheEpoch(t *testing.T) {
	mock := clock.NewMock()
	var seen []string
	cfg := Config{Mode: Offers, Clock: mock, OnEvent: func(e Event) { seen = append(seen, e.Kind.String()) }}
	r, err := New(cfg)
	require.NoError(t, err)
	defer r.Stop()
	_, err = r.SetAgent(Agent{ID: "li", Capacity: 1})
	require.NoError(t, err)
	_, err = r.Submit(ticket.Ticket{ID: "a", Channel: ticket.Web})
	require.NoError(t, err)
	mock.Add(40 * time.Second)
	r.Flush()
	require.Equal(t, []string{"agent-set", "submitted", "offered", "missed", "all-declined"}, seen)
	data, err := r.Snapshot()
	require.NoError(t, err)
	_, err = Restore(cfg, data)
	require.NoError(t, err)
}

// A process that slept tells its desk so, and no offer is missed or made meanwhile.
func TestRouterRecover(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC))
	r, err := New(Config{Mode: Offers, Clock: &asleep{Mock: mock}})
	require.NoError(t, err)
	defer r.Stop()
	_, err = r.SetAgent(Agent{ID: "li", Capacity: 1})
	require.NoError(t, err)
	_, err = r.Submit(ticket.Ticket{ID: "a", Channel: ticket.Web})
	require.NoError(t, err)
	mock.Add(time.Hour)
	res, err := r.Recover()
	require.NoError(t, err)
	var kinds []string
	for _, e := range res.Events {
		kinds = append(kinds, e.Kind.String())
		require.Equal(t, mock.Now(), e.At)
	}
	require.Equal(t, []string{"withdrawn", "recovered", "offered"}, kinds)
}

// asleep is a clock whose timers do not fire, as on a machine that sleeps.
type asleep struct{ *clock.Mock }

func (a *asleep) AfterFunc(d time.Duration, _ func()) *clock.Timer {
	return clock.NewMock().AfterFunc(d, func() {})
}

// At one instant a tier asks for another team and an agent's wrap-up ends: both
// have happened when it is decided who is the least loaded.
func TestPromiseAndTimerAtOneInstant(t *testing.T) {
	_, apply := promising(t, policy.Stack{policy.Load{}}, sla.Tier{Percent: 50, Action: sla.Transfer, Team: "y"})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "first", Capacity: 5}})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "busy", Capacity: 5, Teams: []string{"y"}}})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "b", Channel: ticket.Phone, Team: "y"}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "idle", Capacity: 5, Teams: []string{"y"}}})
	apply(0, Command{Kind: SetPresence, Agent: "idle", Presence: WrapUp, For: 30 * time.Minute})
	events := apply(30*time.Minute, Command{Kind: Note, Ticket: "b"})
	require.Contains(t, kinds(events), "assigned aidle")
}

// What a customer was known by stays nowhere in a snapshot.
func TestEraseReachesThePromises(t *testing.T) {
	e, apply := promising(t, nil)
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone, Customer: "alice", Tags: []string{"alices-tag"}}})
	apply(time.Minute, Command{Kind: Erase, Customer: "alice"})
	data, err := e.Snapshot()
	require.NoError(t, err)
	require.NotContains(t, string(data), "alice")
}

// Names that hold the byte zero are names like any other.
func TestNamesWithZeroBytesDoNotCollide(t *testing.T) {
	plan := &sla.Plan{Name: "gold", Version: 1, Policies: []sla.Policy{{Name: "gold", When: sla.Match{Tiers: []ticket.Tier{"gold"}},
		Targets: []sla.Target{{Metric: sla.Resolution, Within: time.Hour}}}}}
	e, err := NewEngine(Config{SLA: plan})
	require.NoError(t, err)
	now := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	for _, tk := range []ticket.Ticket{
		{ID: "h", Channel: "web", Tier: "gold\x00y", Priority: 2, Tags: []string{"tag"}},
		{ID: "g", Channel: "web", Tier: "gold", Team: "y", Tags: []string{"\x02tag"}},
	} {
		_, _, err = e.Apply(Command{Kind: Submit, Submit: &tk, At: now}, nil)
		require.NoError(t, err)
	}
	v, err := e.Ticket("g")
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), v.Due)
}

// Load refuses what a command would refuse, goes on counting, and returns the work
// of who has left.
func TestLoadIsAsStrictAsCommands(t *testing.T) {
	at := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	good := func() Rows {
		return Rows{At: at, Events: 41, Agents: []AgentRow{{Agent: Agent{ID: "li", Capacity: 1}, Presence: Offline}, {Agent: Agent{ID: "xu", Capacity: 1}}},
			Tickets: []TicketRow{{Ticket: ticket.Ticket{ID: "a", Channel: "web", Created: at}, Status: ticket.InProgress, Agent: "li"}}}
	}
	_, events, err := Load(Config{}, good(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"returned a", "assigned axu"}, kinds(events))
	require.EqualValues(t, 42, events[0].Seq)
	for name, spoil := range map[string]func(*Rows){
		"reason":     func(r *Rows) { r.Tickets[0].Reason = strings.Repeat("x", 1_000_000) },
		"last agent": func(r *Rows) { r.Tickets[0].LastAgent = strings.Repeat("x", 1_000_000) },
		"declined":   func(r *Rows) { r.Tickets[0].Declined = []string{""} },
		"since":      func(r *Rows) { r.Tickets[0].Since = time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC) },
		"idle since": func(r *Rows) { r.Agents[0].IdleSince = time.Date(1, 2, 3, 0, 0, 0, 0, time.UTC) },
		"until":      func(r *Rows) { r.Agents[0].Until = at.Add(10 * 365 * 24 * time.Hour) },
	} {
		rows := good()
		spoil(&rows)
		_, _, err := Load(Config{}, rows, nil)
		var field *ticket.FieldError
		require.ErrorAs(t, err, &field, name)
	}
}

type endless struct{ policy.Rings }

func (endless) Name() string                               { return "endless" }
func (endless) After(i int) (time.Duration, bool)          { return time.Duration(i), true }
func (endless) Check() error                               { return nil }
func (endless) Widen(d ticket.Demand, _ int) ticket.Demand { return d }

func TestRingsWithoutEndAreRefused(t *testing.T) {
	_, err := NewEngine(Config{Policy: policy.Stack{endless{}}})
	require.ErrorContains(t, err, "more than 16 rings")
}

// A journal made under other rules is refused, and the error names what differs.
func TestCommandsCarryTheirRules(t *testing.T) {
	desk := func(change func(*Config)) *Engine {
		cfg := Config{Policy: policy.Stack{policy.Load{MaxOpen: 5}}, SLA: &sla.Plan{Name: "p", Version: 1, Policies: []sla.Policy{{Name: "all",
			Targets: []sla.Target{{Metric: sla.Resolution, Within: time.Hour}}}}},
			Channels: map[ticket.Channel]Channel{"web": {Cost: 2, Hours: sla.MustCalendar("zone Europe/Berlin\nmon-fri 09:00-18:00")}}}
		change(&cfg)
		e, err := NewEngine(cfg)
		require.NoError(t, err)
		return e
	}
	same := func(*Config) {}
	require.Equal(t, desk(same).Rules(), desk(same).Rules())
	c := Command{Kind: SetAgent, Profile: &Agent{ID: "li"}, At: time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC), Rules: desk(same).Rules()}
	_, _, err := desk(same).Apply(c, nil)
	require.NoError(t, err)
	for part, change := range map[string]func(*Config){
		"policies": func(c *Config) { c.Policy = policy.Stack{policy.Load{MaxOpen: 6}} },
		"plans":    func(c *Config) { p := *c.SLA; p.Version = 2; c.SLA = &p },
		"hours": func(c *Config) {
			c.Channels = map[ticket.Channel]Channel{"web": {Cost: 2, Hours: sla.MustCalendar("zone Europe/Berlin\nmon-fri 09:00-17:00")}}
		},
		"settings": func(c *Config) { c.MissedAway = 3 },
	} {
		_, events, err := desk(change).Apply(c, nil)
		var mismatch *MismatchError
		require.ErrorAs(t, err, &mismatch, part)
		require.Equal(t, "rules of a command: "+part, mismatch.What)
		require.Empty(t, events)
	}
}

func TestNothingFollowsASnapshot(t *testing.T) {
	e, apply := promising(t, nil)
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "li", Capacity: 1}})
	data, err := e.Snapshot()
	require.NoError(t, err)
	_, err = Restore(e.desk.Config, append(data, '\n')) // as an editor leaves it
	require.NoError(t, err)
	for _, tail := range []string{"x", "{}", string(data)} {
		_, err = Restore(e.desk.Config, append(data, tail...))
		require.ErrorIs(t, err, ErrSnapshot)
	}
}
