package router

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Cases that random worlds meet seldom, each once a fault.

// desk applies commands a second apart and audits after each.
func newDesk(t *testing.T, cfg Config) (*Engine, func(after time.Duration, c Command) (Outcome, []Event, error)) {
	t.Helper()
	e, err := NewEngine(cfg)
	require.NoError(t, err)
	now := monday
	return e, func(after time.Duration, c Command) (Outcome, []Event, error) {
		now = now.Add(after)
		c.At = now
		o, events, err := e.Apply(c, nil)
		require.NoError(t, e.audit())
		return o, events, err
	}
}

func TestTicketEndsTwiceAtOneInstant(t *testing.T) {
	cfg := Config{Keep: Keep{Count: 2}}
	e, apply := newDesk(t, cfg)
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: 9}})
	for _, id := range []string{"a", "b"} {
		apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: id, Channel: ticket.Web}})
		apply(0, Command{Kind: Resolve, Ticket: id})
	}
	apply(0, Command{Kind: Reopen, Ticket: "a"})
	apply(0, Command{Kind: Resolve, Ticket: "a"})
	snap, err := e.Snapshot()
	require.NoError(t, err)
	_, err = Restore(cfg, snap)
	require.NoError(t, err)
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "c", Channel: ticket.Web}})
	apply(0, Command{Kind: Resolve, Ticket: "c"})
	e.Advance(e.Now(), nil)
	_, err = e.Ticket("b")
	require.ErrorIs(t, err, ErrUnknownTicket, "b ended first and is forgotten first")
	_, err = e.Ticket("a")
	require.NoError(t, err)
	for range 5000 {
		apply(0, Command{Kind: Reopen, Ticket: "c"})
		apply(0, Command{Kind: Resolve, Ticket: "c"})
	}
	require.Less(t, cap(e.ended.queue), 1000, "what is stale does not pile up")
}

func TestRepeatedRecoverDoesNothing(t *testing.T) {
	_, apply := newDesk(t, Config{Mode: Offers, OfferFor: time.Hour})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: 1}})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Web}})
	first, events, err := apply(time.Second, Command{Kind: Recover, Key: "once", By: ticket.Supervisor, Actor: "sue"})
	require.NoError(t, err)
	require.Equal(t, []string{"withdrawn a", "recovered ", "offered aann"}, kinds(events))
	require.Equal(t, "sue", events[1].Actor)
	again, events, err := apply(time.Second, Command{Kind: Recover, Key: "once"})
	require.NoError(t, err)
	require.Empty(t, events)
	require.True(t, again.Repeat)
	require.Equal(t, first.At, again.At)
}

func TestTakingAsksEveryRule(t *testing.T) {
	_, apply := newDesk(t, Config{Mode: Pull, Policy: policy.Stack{policy.Skill{}}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: 1, Skills: ticket.Skills{{Skill: "order", Level: 1}}}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "bob", Capacity: 1}})
	for _, id := range []string{"a", "b"} {
		apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: id, Channel: ticket.Web, Required: []ticket.Need{{Skill: "order"}}}})
	}
	take := func(id, agent string) Reason {
		_, _, err := apply(0, Command{Kind: Take, Ticket: id, Agent: agent})
		if err == nil {
			return ""
		}
		var rule *RuleError
		require.ErrorAs(t, err, &rule)
		require.ErrorIs(t, err, ErrMayNot)
		return rule.Reason
	}
	require.Equal(t, ReasonUnqualified, take("a", "bob"))
	require.Empty(t, take("a", "ann"))
	require.Equal(t, ReasonCapacity, take("b", "ann"))
	apply(0, Command{Kind: Resolve, Ticket: "a"})
	apply(0, Command{Kind: SetPresence, Agent: "ann", Presence: Away})
	require.Equal(t, ReasonAway, take("b", "ann"))
}

// TestManyDemands has more distinct demands than a desk remembers, and agents and
// policies that change meanwhile.
func TestManyDemands(t *testing.T) {
	e, apply := newDesk(t, Config{Policy: policy.Stack{policy.Skill{}, policy.Load{}}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: ticket.MaxWeight}})
	n := 0
	for weight := 1; weight <= 3*idleWants; weight++ {
		n++
		id := fmt.Sprint("t", n)
		_, _, err := e.Apply(Command{Kind: Submit, At: e.Now(), Submit: &ticket.Ticket{ID: id, Channel: ticket.Web, Weight: weight}}, nil)
		require.NoError(t, err)
		if n%3 != 0 {
			_, _, err = e.Apply(Command{Kind: Cancel, At: e.Now(), Ticket: id}, nil)
			require.NoError(t, err)
		}
		if n%1000 == 0 {
			apply(time.Second, Command{Kind: SetAgent, Profile: &Agent{ID: fmt.Sprint("agent", n), Level: n / 1000, Capacity: n}})
		}
	}
	require.NoError(t, e.audit())
	require.Less(t, len(e.wants), 3*idleWants)
}

func TestWordsOfTheRouter(t *testing.T) {
	round := func(n int, text func(i int) ([]byte, error), back func([]byte) (int, error)) {
		seen := map[string]bool{}
		for i := range n {
			b, err := text(i)
			require.NoError(t, err)
			require.False(t, seen[string(b)], "%s twice", b)
			seen[string(b)] = true
			got, err := back(b)
			require.NoError(t, err)
			require.Equal(t, i, got)
		}
		_, err := text(n)
		require.Error(t, err)
		_, err = back([]byte("no such word"))
		var word *ticket.WordError
		require.ErrorAs(t, err, &word)
	}
	round(int(ReserveStable)+1, func(i int) ([]byte, error) { return EventKind(i).MarshalText() },
		func(b []byte) (int, error) { var k EventKind; err := k.UnmarshalText(b); return int(k), err })
	round(int(Recover)+1, func(i int) ([]byte, error) { return CommandKind(i).MarshalText() },
		func(b []byte) (int, error) { var k CommandKind; err := k.UnmarshalText(b); return int(k), err })
	round(int(Offline)+1, func(i int) ([]byte, error) { return Presence(i).MarshalText() },
		func(b []byte) (int, error) { var k Presence; err := k.UnmarshalText(b); return int(k), err })
	round(int(Pull)+1, func(i int) ([]byte, error) { return Mode(i).MarshalText() },
		func(b []byte) (int, error) { var k Mode; err := k.UnmarshalText(b); return int(k), err })
}

func TestCommandsAndEventsThroughJSON(t *testing.T) {
	w := newWorld(7)
	for range 200 {
		tk, a := w.ticket("a", monday), w.agent("ann")
		c := Command{V: Version, Kind: CommandKind(1 + w.IntN(int(Recover))), At: monday, Key: "k", Actor: "sue", By: ticket.Supervisor,
			Ticket: "a", Agent: "ann", Submit: &tk, Patch: w.patch(monday), Profile: &a, Presence: Away, For: time.Second, Reason: "r",
			Stage: "s", Override: true, Policy: "p", Edition: "1", Customer: "kim"}
		text, err := json.Marshal(c)
		require.NoError(t, err)
		var back Command
		require.NoError(t, json.Unmarshal(text, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(again))
		require.Equal(t, c.Profile.Channels == nil, back.Profile.Channels == nil, "%s", text)
		require.Equal(t, c.Patch.Tags == nil, back.Patch.Tags == nil, "%s", text)
		require.Equal(t, c.Patch.Required == nil, back.Patch.Required == nil, "%s", text)
	}
	ev := Event{Seq: 7, At: monday, Due: monday.Add(-time.Second), Kind: Offered, Ticket: "a", Agent: "ann", From: "bob",
		Status: ticket.Offered, By: ticket.System, Actor: "sue", Override: true, Note: "n", Promise: &sla.Event{Ticket: "a"}}
	text, err := json.Marshal(ev)
	require.NoError(t, err)
	var back Event
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, ev, back)
}

// TestPromisingWorlds adds promises to random worlds, for which there is no model:
// the audit must pass after every command, a restored desk must go on as the one
// it was taken of, and a replay must say the same.
func TestPromisingWorlds(t *testing.T) {
	worlds := 8
	if long() && !raced {
		worlds = 400
	}
	promises := 0
	for seed := range uint64(worlds) {
		p, err := newPlay(newWorld(seed))
		require.NoError(t, err)
		p.cfg.SLA = &sla.Plan{Name: "tight", Version: 1, Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{
			{Metric: sla.Resolution, Within: 2 * time.Minute, Pause: []string{sla.AnyReason}, Tiers: []sla.Tier{
				{Percent: 25, Action: sla.RaisePriority, Priority: ticket.Urgent},
				{Percent: 50, Action: sla.Escalate},
				{Percent: 75, Action: sla.Transfer, Team: "north"}}}}}}}
		for i := range p.cfg.Sets {
			p.cfg.Sets[i].Stack = policy.Stack{policy.Deadline{}}
		}
		if p.engine, err = NewEngine(p.cfg); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for i := range 250 {
			c := p.next()
			p.log = append(p.log, c)
			p.m.apply(c) // only so that commands fit roughly
			_, out, err := p.engine.Apply(c, nil)
			require.NoError(t, p.engine.audit(), "seed %d, command %d %+v", seed, i, c)
			if p.mirror != nil {
				_, more, mirrored := p.mirror.Apply(c, nil)
				require.Equal(t, fmt.Sprint(err), fmt.Sprint(mirrored), "seed %d, command %d", seed, i)
				p.copied = append(p.copied, more...)
			}
			for _, e := range out {
				require.EqualValues(t, len(p.events)+1, e.Seq)
				require.True(t, len(p.events) == 0 || !e.At.Before(p.events[len(p.events)-1].At))
				p.events = append(p.events, e)
				if e.Promise != nil {
					promises++
				}
			}
			require.NoError(t, p.copies(), "seed %d, command %d %+v", seed, i, c)
		}
		require.NoError(t, p.replay(), "seed %d", seed)
	}
	require.Greater(t, promises, 10*worlds)
}

// Once the agents who were still to come into the new indexes were looked for in
// the old ones.
func TestSwitchPolicyAmongManyProfiles(t *testing.T) {
	cfg := Config{Sets: []policy.Set{{Name: "idle", Version: "1", Stack: policy.Stack{policy.Skill{}, policy.LongestIdle{}}}}}
	e, apply := newDesk(t, cfg)
	for i := range usualSizes.crowd + 2 {
		a := Agent{ID: fmt.Sprintf("a%d", i), Capacity: 1, Tags: []string{fmt.Sprint(i)}}
		_, _, err := e.Apply(Command{Kind: SetAgent, Profile: &a, At: monday}, nil)
		require.NoError(t, err)
	}
	for i, id := range []string{"before", "after"} {
		out, _, err := apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: id, Channel: ticket.Web}})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("a%d", i), out.Agent)
		_, _, err = apply(0, Command{Kind: SwitchPolicy, Policy: "idle", Edition: "1"})
		require.NoError(t, err)
	}
}

// Once a lane was marked by its first ticket, which may leave it before it is
// looked at; those behind it then waited for nobody for ever.
func TestFirstOfADeclinedLaneWidens(t *testing.T) {
	_, apply := newDesk(t, Config{Mode: Offers, OfferFor: 10 * time.Second, MissedAway: 1, RoundPause: time.Hour,
		Policy: policy.Stack{policy.Skill{}, policy.Rings{Rings: []policy.Ring{{After: 30 * time.Second, Lower: 1}}}}})
	submit := func(after time.Duration, id string, needs ...ticket.Need) {
		_, _, err := apply(after, Command{Kind: Submit, Submit: &ticket.Ticket{ID: id, Channel: ticket.Web, Required: needs}})
		require.NoError(t, err)
	}
	x := ticket.Need{Skill: "x", Level: 1} // bob alone has it
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "bob", Capacity: 1, Skills: ticket.Skills{{Skill: "x", Level: 1}}}})
	submit(0, "x0", x)
	apply(0, Command{Kind: Accept, Ticket: "x0", Agent: "bob"})
	submit(0, "x1", x)
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: 9}})
	submit(0, "t1")
	apply(0, Command{Kind: Decline, Ticket: "t1", Agent: "ann"})
	submit(5*time.Second, "t2")
	apply(0, Command{Kind: Decline, Ticket: "t2", Agent: "ann"})
	apply(15*time.Second, Command{Kind: Resolve, Ticket: "x0"}) // bob is offered x1
	_, events, err := apply(10*time.Second, Command{Kind: Note, Ticket: "t1"})
	require.NoError(t, err)
	var rest []string // bob has missed x1 and is away, at the instant at which t1 widens
	for _, ev := range events {
		if ev.Kind == AllDeclined {
			rest = append(rest, ev.Ticket)
		}
	}
	require.Equal(t, []string{"t1", "t2"}, rest)
}

// fussy has a Ranker that panics over one agent.
type fussy struct{ over *string }

func (fussy) Name() string { return "fussy" }
func (f fussy) Rank(a *policy.Agent) int64 {
	if *f.over == a.ID {
		panic("fussy")
	}
	return int64(a.Live.Open)
}

// Once an agent over whom a Ranker had panicked counted as in the pools, and another
// was taken out in his place.
func TestRankerPanics(t *testing.T) {
	over := ""
	_, apply := newDesk(t, Config{Policy: policy.Stack{fussy{&over}}})
	set := func(id string) { apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: id, Capacity: 2}}) }
	for _, id := range []string{"ann", "bob", "cat"} {
		set(id)
	}
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "t0", Channel: ticket.Web}})
	over = "bob"
	require.Panics(t, func() { set("bob") })
	over = ""
	for _, presence := range []Presence{Away, Online} {
		apply(0, Command{Kind: SetPresence, Agent: "bob", Presence: presence})
	}
	got := map[string]int{}
	for i := range 5 {
		out, _, err := apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: fmt.Sprint("t", i+1), Channel: ticket.Web}})
		require.NoError(t, err)
		got[out.Agent]++
	}
	require.Equal(t, map[string]int{"ann": 1, "bob": 2, "cat": 2}, got, "everyone is full, ann with t0")
}

// Once the ticket that named an agent as next kept all that he had belonged to.
func TestRunnerUpLeaves(t *testing.T) {
	e, apply := newDesk(t, Config{})
	for _, id := range []string{"ann", "bob"} {
		apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: id, Capacity: 1}})
	}
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "t", Channel: ticket.Web}})
	apply(0, Command{Kind: RemoveAgent, Agent: "bob"})
	x, err := e.Explain("t")
	require.NoError(t, err)
	require.Equal(t, "bob", x.Next)
	require.Nil(t, e.tickets["t"].next.profile)
}

// Once tickets that had ended before they were loaded kept their demands in use.
func TestLoadedEndedTicketsAskForNothing(t *testing.T) {
	var rows Rows
	rows.At = monday
	for i := range 10 {
		rows.Tickets = append(rows.Tickets, TicketRow{Status: ticket.Closed, Since: monday.Add(-time.Hour), Ticket: ticket.Ticket{ID: fmt.Sprint(i), Channel: ticket.Web,
			Required: []ticket.Need{{Skill: ticket.Skill(fmt.Sprint(i)), Level: 1}}, Created: monday.Add(-2 * time.Hour)}})
	}
	e, _, err := Load(Config{}, rows, nil)
	require.NoError(t, err)
	require.Len(t, e.tickets, 10)
	for _, w := range e.wantOrder {
		require.Zero(t, w.users)
	}
}

// restless has another rate for every ticket.
type restless struct{ rate *int64 }

func (restless) Name() string { return "restless" }
func (r restless) Order(_ *policy.Ticket, u policy.Urgency) policy.Urgency {
	*r.rate++
	u.Rate = *r.rate
	return u
}

// Once a lane stayed for every rate that was ever seen.
func TestRatesWithoutEnd(t *testing.T) {
	rate := int64(0)
	e, err := NewEngine(Config{Policy: policy.Stack{restless{&rate}}})
	require.NoError(t, err)
	apply := func(c Command) {
		c.At = monday
		_, _, err := e.Apply(c, nil)
		require.NoError(t, err)
	}
	apply(Command{Kind: SetAgent, Profile: &Agent{ID: "ann"}})
	for i := range 2000 {
		apply(Command{Kind: Submit, Submit: &ticket.Ticket{ID: fmt.Sprint(i), Channel: ticket.Web}})
		if i >= 20 {
			apply(Command{Kind: Cancel, Ticket: fmt.Sprint(i - 20)})
		}
	}
	require.NoError(t, e.audit())
	require.Less(t, len(e.wantOrder[0].lanes), 200)
	require.Less(t, len(e.agents["ann"].profile.lanes), 200)
}

// picky has a Qualifier that panics when told to.
type picky struct{ now *bool }

func (picky) Name() string { return "picky" }
func (p picky) Qualifies(*policy.Agent, *ticket.Demand) bool {
	if *p.now {
		panic("picky")
	}
	return true
}

// Once it left a ticket behind that was nowhere, and that Restore refused.
func TestQualifierPanicsOverATicket(t *testing.T) {
	now := false
	cfg := Config{Policy: policy.Stack{picky{&now}}}
	e, apply := newDesk(t, cfg)
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "ann", Capacity: 1}})
	submit := Command{Kind: Submit, Submit: &ticket.Ticket{ID: "t", Channel: ticket.Web}}
	now = true
	require.Panics(t, func() { apply(0, submit) })
	now = false
	snap, err := e.Snapshot()
	require.NoError(t, err)
	_, err = Restore(cfg, snap)
	require.NoError(t, err)
	out, _, err := apply(0, submit)
	require.NoError(t, err)
	require.Equal(t, "ann", out.Agent)
}
