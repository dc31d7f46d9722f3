package router_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// A desk must answer anything it is told with a typed error that names the id and
// the value, or with a legal outcome; and a refused command must leave no trace.

var (
	nine = time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	huge = strings.Repeat("x", 1_000_000)
)

// busyConfig offers web tickets and pushes the others.
var busyConfig = router.Config{
	Policy:   policy.Stack{policy.Priority{}, policy.Skill{}},
	Channels: map[ticket.Channel]router.Channel{ticket.Web: {Mode: router.Offers}},
	OfferFor: time.Minute,
}

// busyDesk has a ticket in each state, named after it; ann has "work" and "hold",
// "feedback" and "offer", and no room.
func busyDesk(t *testing.T) *router.Engine {
	e, err := router.NewEngine(busyConfig)
	require.NoError(t, err)
	good := func(c router.Command) {
		c.At = nine
		_, _, err := e.Apply(c, nil)
		require.NoError(t, err)
	}
	submit := func(id string, channel ticket.Channel) {
		good(router.Command{Kind: router.Submit, Submit: &ticket.Ticket{ID: id, Channel: channel}})
	}
	good(router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: "ann", Capacity: 7}})
	for _, id := range []string{"done", "closed", "cancelled", "work", "hold", "feedback"} {
		submit(id, ticket.Phone)
	}
	good(router.Command{Kind: router.Resolve, Ticket: "done"})
	good(router.Command{Kind: router.Resolve, Ticket: "closed"})
	good(router.Command{Kind: router.Close, Ticket: "closed"})
	good(router.Command{Kind: router.Cancel, Ticket: "cancelled"})
	good(router.Command{Kind: router.Hold, Ticket: "hold"})
	good(router.Command{Kind: router.AwaitFeedback, Ticket: "feedback"})
	submit("offer", ticket.Web)
	good(router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: "ann", Capacity: 4}})
	submit("wait", ticket.Phone)
	good(router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: "away", Capacity: 4, Channels: map[ticket.Channel]int{}}})
	return e
}

func saved(t *testing.T, e *router.Engine) string {
	data, err := e.Snapshot()
	require.NoError(t, err)
	return string(data)
}

// refused applies a command that must fail, and checks that it left no trace.
func refused(t *testing.T, e *router.Engine, c router.Command) error {
	t.Helper()
	if c.At.IsZero() {
		c.At = nine
	}
	before := saved(t, e)
	_, events, err := e.Apply(c, nil)
	require.Error(t, err)
	require.Empty(t, events)
	require.Equal(t, before, saved(t, e), "half done")
	require.Less(t, len(err.Error()), 1000, "an error must fit in a log")
	return err
}

func requireField(t *testing.T, err error, id, field, value string) {
	t.Helper()
	var f *ticket.FieldError
	require.True(t, errors.As(err, &f), "%v", err)
	require.Equal(t, field, f.Field)
	require.Equal(t, id, f.Ticket)
	require.Equal(t, value, f.Value)
}

func requireID(t *testing.T, err, sentinel error, id string) {
	t.Helper()
	require.ErrorIs(t, err, sentinel)
	var e *router.IDError
	require.True(t, errors.As(err, &e))
	require.Equal(t, id, e.ID)
	require.Contains(t, err.Error(), id)
}

func TestBadTickets(t *testing.T) {
	e := busyDesk(t)
	submit := func(x ticket.Ticket) error { return refused(t, e, router.Command{Kind: router.Submit, Submit: &x}) }
	requireField(t, submit(ticket.Ticket{Channel: ticket.Web}), "", "id", "")
	requireField(t, submit(ticket.Ticket{ID: "x"}), "x", "channel", "")
	for _, id := range []string{"work", "wait", "offer", "done", "closed", "cancelled"} {
		requireID(t, submit(ticket.Ticket{ID: id, Channel: ticket.Web}), router.ErrDuplicateTicket, id)
	}
	for _, weight := range []int{-1, ticket.MaxWeight + 1, math.MaxInt, math.MinInt} {
		requireField(t, submit(ticket.Ticket{ID: "x", Channel: ticket.Web, Weight: weight}), "x", "weight", fmt.Sprint(weight))
	}
	for _, weight := range []int{0, -1, ticket.MaxWeight + 1, math.MaxInt} {
		wish := []ticket.Wish{{Need: ticket.Need{Skill: "a", Level: 1}, Weight: weight}}
		requireField(t, submit(ticket.Ticket{ID: "x", Channel: ticket.Web, Preferred: wish}), "x", "weight of skill a", fmt.Sprint(weight))
	}
	later := nine.Add(time.Nanosecond)
	requireField(t, submit(ticket.Ticket{ID: "x", Channel: ticket.Web, Created: later}), "x", "created", "2023-10-09T09:00:00.000000001Z")
	requireField(t, submit(ticket.Ticket{ID: "x", Channel: ticket.Web, Created: ticket.MinTime.Add(-1)}), "x", "created", "1699-12-31T23:59:59Z")
	require.ErrorIs(t, submit(ticket.Ticket{ID: "x", Channel: ticket.Web, Level: 4}), router.ErrHighestLevel)
}

func TestMillionCharacterNames(t *testing.T) {
	e := busyDesk(t)
	many := make([]ticket.Need, ticket.MaxSkills+1)
	for i, x := range []ticket.Ticket{
		{ID: huge, Channel: ticket.Web}, {ID: "x", Channel: ticket.Channel(huge)}, {ID: "x", Channel: ticket.Web, Customer: huge},
		{ID: "x", Channel: ticket.Web, Type: ticket.Type(huge)}, {ID: "x", Channel: ticket.Web, Tier: ticket.Tier(huge)},
		{ID: "x", Channel: ticket.Web, Team: huge}, {ID: "x", Channel: ticket.Web, Agent: huge}, {ID: "x", Channel: ticket.Web, Tags: []string{huge}},
		{ID: "x", Channel: ticket.Web, Required: []ticket.Need{{Skill: ticket.Skill(huge)}}}, {ID: "x\xff", Channel: ticket.Web},
	} {
		err := refused(t, e, router.Command{Kind: router.Submit, Submit: &x})
		var f *ticket.FieldError
		require.True(t, errors.As(err, &f), "%d", i)
	}
	err := refused(t, e, router.Command{Kind: router.Submit, Submit: &ticket.Ticket{ID: "x", Channel: ticket.Web,
		Required: many[:1], Preferred: nil, Tags: []string{"a"}, Customer: "\xff"}})
	require.ErrorContains(t, err, "skill")
	require.ErrorContains(t, err, "customer", "all faults at once")

	for _, a := range []router.Agent{{ID: huge}, {ID: "x", Teams: []string{huge}}, {ID: "x", Tags: []string{huge}},
		{ID: "x", Skills: ticket.Skills{{Skill: ticket.Skill(huge), Level: 1}}}, {ID: "x", Channels: map[ticket.Channel]int{ticket.Channel(huge): 1}}} {
		var f *ticket.FieldError
		require.True(t, errors.As(refused(t, e, router.Command{Kind: router.SetAgent, Profile: &a}), &f))
	}
	for _, c := range []router.Command{
		{Kind: router.Reply, Ticket: huge}, {Kind: router.Assign, Ticket: "wait", Agent: huge}, {Kind: router.Accept, Ticket: "offer", Agent: huge},
		{Kind: router.RemoveAgent, Agent: huge}, {Kind: router.SwitchPolicy, Policy: huge}, {Kind: router.SwitchPolicy, Policy: "default", Edition: huge},
		{Kind: router.Resolve, Ticket: "work", Key: huge}, {Kind: router.Resolve, Ticket: "work", Actor: huge}, {Kind: router.Hold, Ticket: "work", Reason: huge},
		{Kind: router.BeginStage, Ticket: "work", Stage: huge}, {Kind: router.Erase, Customer: huge}, {Kind: router.Update, Ticket: "wait", Patch: &router.Patch{Team: &huge}},
	} {
		refused(t, e, c)
	}
	_, err = e.Preview(ticket.Ticket{ID: huge, Channel: ticket.Web})
	require.Error(t, err)
	_, err = e.Explain(huge)
	require.ErrorIs(t, err, router.ErrUnknownTicket)
	require.Less(t, len(err.Error()), 200)
}

func TestBadAgents(t *testing.T) {
	e := busyDesk(t)
	set := func(a router.Agent) error { return refused(t, e, router.Command{Kind: router.SetAgent, Profile: &a}) }
	requireField(t, set(router.Agent{}), "agent", "id", "")
	for _, n := range []int{-1, ticket.MaxWeight + 1, math.MaxInt, math.MinInt} {
		requireField(t, set(router.Agent{ID: "x", Capacity: n}), "x", "capacity", fmt.Sprint(n))
		requireField(t, set(router.Agent{ID: "x", Weight: n}), "x", "weight", fmt.Sprint(n))
		requireField(t, set(router.Agent{ID: "x", Channels: map[ticket.Channel]int{"a": n}}), "x", "limit of channel a", fmt.Sprint(n))
	}
	requireField(t, set(router.Agent{ID: "x", Level: 10}), "x", "level", "10")
	requireField(t, set(router.Agent{ID: "x", Skills: ticket.Skills{{Skill: "a"}}}), "x", "skill", "a")
	requireField(t, set(router.Agent{ID: "x", Skills: ticket.Skills{{Skill: "a", Level: 1}, {Skill: "a", Level: 2}}}), "x", "skill", "a")
	for _, c := range []router.Command{{Kind: router.RemoveAgent}, {Kind: router.SetPresence, Presence: router.Away},
		{Kind: router.Assign, Ticket: "wait"}, {Kind: router.Take, Ticket: "wait", By: ticket.Agent}, {Kind: router.Transfer, Ticket: "work"}} {
		c.Agent = "nobody"
		requireID(t, refused(t, e, c), router.ErrUnknownAgent, "nobody")
	}
	err := refused(t, e, router.Command{Kind: router.Accept, Ticket: "offer", Agent: "nobody"})
	require.ErrorIs(t, err, router.ErrNotOffered)
	var rule *router.RuleError
	require.True(t, errors.As(err, &rule))
	require.Equal(t, router.RuleError{Err: router.ErrNotOffered, Ticket: "offer", Agent: "nobody", Status: ticket.Offered}, *rule)
}

func TestUnknownTickets(t *testing.T) {
	e := busyDesk(t)
	for k := router.Accept; k <= router.EndStage; k++ {
		c := router.Command{Kind: k, Ticket: "ghost", Agent: "ann", Stage: "s", Patch: &router.Patch{}}
		requireID(t, refused(t, e, c), router.ErrUnknownTicket, "ghost")
	}
	for _, ask := range []func(string) error{
		func(id string) error { _, err := e.Ticket(id); return err },
		func(id string) error { _, err := e.Explain(id); return err },
		func(id string) error { _, err := e.InLane(id, 1); return err },
	} {
		requireID(t, ask("ghost"), router.ErrUnknownTicket, "ghost")
	}
	_, err := e.Agent("ghost")
	requireID(t, err, router.ErrUnknownAgent, "ghost")
}

// For every command and every state: a legal step, or a StepError that names both.
func TestIllegalSteps(t *testing.T) {
	states := map[string]ticket.Status{"wait": ticket.ToAssign, "offer": ticket.Offered, "work": ticket.InProgress, "hold": ticket.OnHold,
		"feedback": ticket.AwaitingFeedback, "done": ticket.Done, "closed": ticket.Closed, "cancelled": ticket.Cancelled}
	legal := map[router.CommandKind]string{
		router.Accept: "offer", router.Decline: "offer", router.Hold: "work", router.AwaitFeedback: "work", router.Resume: "hold feedback",
		router.Resolve: "work hold feedback", router.Close: "done", router.Reopen: "done closed",
		router.Cancel: "wait offer work hold feedback", router.Abandon: "wait offer", router.Escalate: "wait offer work hold feedback",
		router.Reply: "wait offer work hold feedback done", router.Note: "wait offer work hold feedback done",
		router.Update: "wait offer work hold feedback", router.Transfer: "wait offer work hold feedback", router.Take: "wait",
		router.Assign: "wait offer work hold feedback",
	}
	for kind, from := range legal {
		for id, status := range states {
			e := busyDesk(t)
			view, err := e.Ticket(id)
			require.NoError(t, err)
			require.Equal(t, status, view.Status)
			c := router.Command{Kind: kind, Ticket: id, Agent: "ann", Patch: &router.Patch{}, At: nine}
			if kind == router.Take || kind == router.Assign {
				c.Override = true
			}
			if kind == router.Transfer {
				c.Agent = ""
			}
			if strings.Contains(" "+from+" ", " "+id+" ") {
				_, _, err := e.Apply(c, nil)
				if kind == router.Assign && id == "work" { // she has it already
					require.ErrorIs(t, err, router.ErrMayNot)
					continue
				}
				require.NoError(t, err, "%s from %s", kind, status)
				continue
			}
			var step *ticket.StepError
			require.True(t, errors.As(refused(t, e, c), &step), "%s from %s", kind, status)
			require.Equal(t, id, step.Ticket)
			require.Equal(t, status, step.From)
		}
	}
}

func TestDoubleAcceptAndLateAnswers(t *testing.T) {
	e := busyDesk(t)
	accept := router.Command{Kind: router.Accept, Ticket: "offer", Agent: "ann", At: nine}
	_, _, err := e.Apply(accept, nil)
	require.NoError(t, err)
	var step *ticket.StepError
	require.True(t, errors.As(refused(t, e, accept), &step))
	require.Equal(t, ticket.InProgress, step.From)

	// The offer ends at its deadline, that instant included. What is refused leaves
	// the desk as time alone would have left it.
	for _, kind := range []router.CommandKind{router.Accept, router.Decline} {
		late, twin := busyDesk(t), busyDesk(t)
		at := nine.Add(busyConfig.OfferFor)
		_, _, err := late.Apply(router.Command{Kind: kind, Ticket: "offer", Agent: "ann", At: at}, nil)
		require.True(t, errors.As(err, &step))
		require.Equal(t, ticket.ToAssign, step.From)
		twin.Advance(at, nil)
		require.Equal(t, saved(t, twin), saved(t, late))
		inTime := busyDesk(t)
		_, _, err = inTime.Apply(router.Command{Kind: kind, Ticket: "offer", Agent: "ann", At: at.Add(-1)}, nil)
		require.NoError(t, err)
	}
}

func TestBadTimes(t *testing.T) {
	e := busyDesk(t)
	before := saved(t, e)
	for _, at := range []time.Time{{}, ticket.MinTime.Add(-1), ticket.MaxTime.Add(1), time.Unix(1<<62, 0)} {
		_, events, err := e.Apply(router.Command{Kind: router.Reply, Ticket: "work", At: at}, nil)
		var f *ticket.FieldError
		require.True(t, errors.As(err, &f), "%s", at)
		require.Equal(t, "time", f.Field)
		require.Empty(t, events)
		require.Empty(t, e.Advance(at, nil))
		require.Equal(t, before, saved(t, e))
	}
	// A time before the desk's counts as the desk's.
	out, events, err := e.Apply(router.Command{Kind: router.Reply, Ticket: "work", At: nine.Add(-time.Hour)}, nil)
	require.NoError(t, err)
	require.Equal(t, nine, out.At)
	require.Equal(t, nine, events[0].At)
	require.Empty(t, e.Advance(nine.Add(-time.Hour), nil))
	require.Equal(t, nine, e.Now())
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	e := busyDesk(t)
	var command *router.CommandError
	for _, c := range []router.Command{{}, {Kind: router.Recover + 1}, {Kind: 255}, {Kind: router.Submit}, {Kind: router.SetAgent},
		{Kind: router.Update, Ticket: "work"}, {Kind: router.SetPresence, Agent: "ann", Presence: router.Offline + 1},
		{Kind: router.Reply, Ticket: "work", By: ticket.System + 1}} {
		require.True(t, errors.As(refused(t, e, c), &command), "%+v", c)
		require.Equal(t, c.Kind, command.Kind)
	}
	var mismatch *router.MismatchError
	for _, v := range []int{-1, router.Version + 1, math.MaxInt} {
		require.True(t, errors.As(refused(t, e, router.Command{V: v, Kind: router.Reply, Ticket: "work"}), &mismatch))
		require.Equal(t, fmt.Sprint(v), mismatch.Got)
	}
	for _, d := range []time.Duration{-1, math.MaxInt64} {
		err := refused(t, e, router.Command{Kind: router.SetPresence, Agent: "ann", Presence: router.WrapUp, For: d})
		requireField(t, err, "ann", "for", d.String())
	}
	requireID(t, refused(t, e, router.Command{Kind: router.SwitchPolicy, Policy: "night", Edition: "v9"}), router.ErrUnknownPolicy, "night v9")
	require.Error(t, refused(t, e, router.Command{Kind: router.Erase}))
	require.Error(t, refused(t, e, router.Command{Kind: router.BeginStage, Ticket: "work"}))
	weight, level := ticket.MaxWeight+1, 4
	requireField(t, refused(t, e, router.Command{Kind: router.Update, Ticket: "wait", Patch: &router.Patch{Weight: &weight}}), "wait", "weight", "1000001")
	require.ErrorIs(t, refused(t, e, router.Command{Kind: router.Transfer, Ticket: "work", Patch: &router.Patch{Level: &level}}), router.ErrHighestLevel)
}

// Defined outcomes, not errors.

func TestCapacityLoweredBelowTheLoad(t *testing.T) {
	e := busyDesk(t)
	_, events, err := e.Apply(router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: "ann", Capacity: 1}, At: nine}, nil)
	require.NoError(t, err)
	last := events[len(events)-1]
	require.Equal(t, router.Overloaded, last.Kind)
	require.Equal(t, "ann", last.Agent)
	require.Equal(t, "4 of 1", last.Note)
	ann, err := e.Agent("ann")
	require.NoError(t, err)
	require.Equal(t, 4, ann.Live.Load, "what is in hand stays")
	for i, id := range []string{"work", "hold", "feedback"} {
		_, _, err := e.Apply(router.Command{Kind: router.Resolve, Ticket: id, At: nine}, nil)
		require.NoError(t, err)
		ann, _ := e.Agent("ann")
		require.Equal(t, 3-i, ann.Live.Load, "nothing is added before there is room")
	}
}

func TestRemovalOfAnAgentWithWork(t *testing.T) {
	e := busyDesk(t)
	_, events, err := e.Apply(router.Command{Kind: router.RemoveAgent, Agent: "ann", At: nine}, nil)
	require.NoError(t, err)
	back := map[string]router.EventKind{}
	for _, ev := range events {
		back[ev.Ticket] = ev.Kind
	}
	require.Equal(t, map[string]router.EventKind{"offer": router.Withdrawn, "work": router.Returned, "hold": router.Returned,
		"feedback": router.Returned, "": router.AgentRemoved}, back)
	for id := range back {
		if id != "" {
			v, err := e.Ticket(id)
			require.NoError(t, err)
			require.Equal(t, ticket.ToAssign, v.Status, id)
		}
	}
	requireID(t, refused(t, e, router.Command{Kind: router.RemoveAgent, Agent: "ann"}), router.ErrUnknownAgent, "ann")
}

// Every fault of a Config is named at once.
func TestContradictoryConfig(t *testing.T) {
	_, err := router.New(router.Config{
		Policy: policy.Stack{policy.Priority{}, policy.Aging{}, policy.Rings{Rings: []policy.Ring{{After: time.Hour, Lower: 1}, {After: time.Minute}}},
			policy.LongestIdle{}, policy.RoundRobin{}, policy.Sticky{}},
		Sets:       []policy.Set{{Name: "default"}, {Name: "", Stack: policy.Stack{nil}}, {Name: huge}},
		Channels:   map[ticket.Channel]router.Channel{"": {}, ticket.Web: {Cost: -1, Mode: router.Pull + 1, OfferFor: -1, WrapUp: math.MaxInt64}},
		Teams:      []router.Team{{Name: "a"}, {Name: "a", MaxOpen: -1}, {}},
		Mode:       99,
		OfferFor:   -time.Second,
		MissedAway: -1, RoundPause: -1, LeaveGrace: -1, WrapUp: -1, MaxTransfers: -1, MaxLevel: 10, Keys: -1,
		Ramp: router.Ramp{PerMinute: 1}, Keep: router.Keep{Age: -1, Count: -1},
	})
	require.Error(t, err)
	for _, fault := range []string{"never lets a ticket overtake", "nothing in the stack asks for", "ring 2 opens after 1m0s", "whose turn it is",
		"the time to wait is not positive", "is nil", "registered twice", `"channel ": name`, "cost \"-1\"", "mode", "offer for", "wrap-up",
		"is given twice", "max open", "team #2", "missed away", "round pause", "leave grace", "max transfers", "max level", "keys", "ramp",
		"keep age", "keep count"} {
		require.ErrorContains(t, err, fault)
	}
	require.Less(t, len(err.Error()), 8000)
}

// far changes when nobody lives any more; still never moves; both count as never.
type far struct{}

func (far) Open(time.Time) bool { return true }
func (far) NextChange(time.Time) (time.Time, bool) {
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), true
}

type still struct{}

func (still) Open(time.Time) bool                      { return true }
func (still) NextChange(t time.Time) (time.Time, bool) { return t, true }

func TestHoursThatNeverMove(t *testing.T) {
	for _, h := range []router.Hours{far{}, still{}} {
		e, err := router.NewEngine(router.Config{Teams: []router.Team{{Name: "a", Hours: h}}})
		require.NoError(t, err)
		at := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
		_, _, err = e.Apply(router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: "li"}, At: at}, nil)
		require.NoError(t, err)
		_, waits := e.Next()
		require.False(t, waits)
		require.Empty(t, e.Advance(at.Add(time.Hour), nil))
	}
}

func TestHoursThatPointNowhere(t *testing.T) {
	var none *sla.Calendar
	_, err := router.NewEngine(router.Config{Teams: []router.Team{{Name: "a", Hours: none}}, Channels: map[ticket.Channel]router.Channel{"web": {Hours: none}}})
	var field *ticket.FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "hours", field.Field)
	require.ErrorContains(t, err, "channel web")
}
