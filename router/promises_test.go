package router

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// promising is a desk whose plan promises a resolution within an hour and warns on
// the way.
func promising(t *testing.T, stack policy.Stack, tiers ...sla.Tier) (*Engine, func(after time.Duration, c Command) []Event) {
	plan := &sla.Plan{Name: "hour", Version: 1, Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{
		{Metric: sla.Resolution, Within: time.Hour, Tiers: tiers, Pause: []string{sla.AnyReason}}}}}}
	e, err := NewEngine(Config{Policy: stack, SLA: plan})
	require.NoError(t, err)
	now := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	return e, func(after time.Duration, c Command) []Event {
		now = now.Add(after)
		c.At = now
		_, events, err := e.Apply(c, nil)
		require.NoError(t, err)
		require.NoError(t, e.audit())
		return events
	}
}

func kinds(events []Event) (out []string) {
	for _, ev := range events {
		out = append(out, ev.Kind.String()+" "+ev.Ticket+ev.Agent)
	}
	return out
}

func TestPromisesOfADesk(t *testing.T) {
	e, apply := promising(t, policy.Stack{policy.Deadline{}},
		sla.Tier{Percent: 50, Audience: sla.Assignee, Action: sla.RaisePriority, Priority: ticket.Urgent},
		sla.Tier{Percent: 75, Audience: sla.Supervisor, Action: sla.Escalate},
		sla.Tier{Percent: 90, Audience: sla.Manager, Action: sla.Transfer, Team: "rescue"})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "li", Capacity: 1}})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone}})
	events := apply(29*time.Minute, Command{Kind: SetAgent, Profile: &Agent{ID: "xu", Capacity: 1, Level: 2, Teams: []string{"rescue"}}})
	require.Equal(t, []string{"agent-set xu"}, kinds(events))

	// At half time the priority rises; at three quarters the expert gets it; at
	// nine tenths the rescue team, of which only he is a member, who just had it.
	require.Empty(t, e.Advance(instant(e.now).Add(time.Minute-1), nil))
	require.Equal(t, []string{"warned ali", "altered ali"}, kinds(e.Advance(instant(e.now).Add(1), nil)))
	require.Equal(t, []string{"warned ali", "escalated a", "assigned axu"}, kinds(e.Advance(instant(e.now).Add(15*time.Minute), nil)))
	require.Equal(t, []string{"warned axu", "transferred a", "all-declined a", "round-began a", "assigned axu"},
		kinds(e.Advance(instant(e.now).Add(10*time.Minute), nil)))
	v, err := e.Ticket("a")
	require.NoError(t, err)
	require.Equal(t, ticket.Urgent, v.Priority)
	require.Equal(t, 2, v.Level)
	require.Equal(t, "rescue", v.Team)
	require.Equal(t, []string{"breached axu"}, kinds(e.Advance(instant(e.now).Add(5*time.Minute), nil)))
	events = apply(time.Hour, Command{Kind: Resolve, Ticket: "a"})
	require.Equal(t, []string{"resolved axu", "met a"}, kinds(events))
	require.True(t, events[1].Promise.Missed)
	require.Equal(t, []sla.Attained{{Policy: "all", Channel: ticket.Phone, Team: "rescue", Metric: sla.Resolution, Missed: 1}}, e.Attainment())
}

func TestDueFirst(t *testing.T) {
	e, apply := promising(t, policy.Stack{policy.Deadline{}})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "young", Channel: ticket.Phone}})
	old := time.Date(2023, 10, 9, 8, 30, 0, 0, time.UTC)
	apply(time.Minute, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "old", Channel: ticket.Phone, Created: old}})
	events := apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "li", Capacity: 1}})
	require.Equal(t, []string{"agent-set li", "assigned oldli"}, kinds(events))
	// On hold its clock stands still, and it is due no more.
	apply(0, Command{Kind: Hold, Ticket: "old", Reason: "customer"})
	v, err := e.Ticket("old")
	require.NoError(t, err)
	require.Zero(t, v.Due)
	apply(10*time.Minute, Command{Kind: Resume, Ticket: "old"})
	v, err = e.Ticket("old")
	require.NoError(t, err)
	require.Equal(t, old.Add(70*time.Minute), v.Due)
}

// A promise's life goes on across snapshot and restore, and says nothing twice.
func TestPromisesSurviveARestart(t *testing.T) {
	e, apply := promising(t, nil, sla.Tier{Percent: 50}, sla.Tier{Percent: 75, Action: sla.Escalate})
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone}})
	apply(40*time.Minute, Command{Kind: CustomerReply, Ticket: "a"})
	data, err := e.Snapshot()
	require.NoError(t, err)
	r, err := Restore(e.desk.Config, data)
	require.NoError(t, err)
	again, err := r.Snapshot()
	require.NoError(t, err)
	require.Equal(t, string(data), string(again))
	end := instant(e.now).Add(time.Hour)
	want := e.Advance(end, nil)
	require.Equal(t, []string{"warned a", "escalated a", "breached a"}, kinds(want))
	require.Equal(t, want, r.Advance(end, nil))

	cfg := e.desk.Config
	other := *cfg.SLA
	other.Version = 2
	cfg.SLA = &other
	_, err = Restore(cfg, data)
	var mismatch *MismatchError
	require.ErrorAs(t, err, &mismatch)
	require.Equal(t, "plan", mismatch.What)
}

// What a tier asks of a ticket that is submitted late is done before it is given
// to anybody.
func TestLateSubmissionEscalatesFirst(t *testing.T) {
	e, apply := promising(t, nil, sla.Tier{Percent: 100, Action: sla.Escalate})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "li", Capacity: 1}})
	apply(0, Command{Kind: SetAgent, Profile: &Agent{ID: "xu", Capacity: 1, Level: 2}})
	events := apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone, Created: instant(e.now).Add(-2 * time.Hour)}})
	require.Equal(t, []string{"submitted a", "breached a", "warned a", "escalated a", "assigned axu"}, kinds(events))
}

func TestSwitchPlan(t *testing.T) {
	e, apply := promising(t, policy.Stack{policy.Deadline{}})
	plan := *e.desk.SLA
	plan.Name = "two hours"
	plan.Policies = []sla.Policy{{Name: "all", Targets: []sla.Target{{Metric: sla.Resolution, Within: 2 * time.Hour}}}}
	e.desk.Plans = []*sla.Plan{&plan}
	apply(0, Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone}})
	require.Equal(t, []string{"plan-switched ", "recomputed a"}, kinds(apply(time.Minute, Command{Kind: SwitchPlan, Policy: "two hours", Edition: "1"})))
	v, err := e.Ticket("a")
	require.NoError(t, err)
	require.Equal(t, time.Date(2023, 10, 9, 11, 0, 0, 0, time.UTC), v.Due)
	_, _, err = e.Apply(Command{Kind: SwitchPlan, Policy: "none", Edition: "1", At: instant(e.now)}, nil)
	require.ErrorIs(t, err, ErrUnknownPlan)
}

// Load computes the promises from the host's own times, and repeats nothing that
// the host has stored.
func TestLoadPromises(t *testing.T) {
	e, _ := promising(t, policy.Stack{policy.Deadline{}}, sla.Tier{Percent: 50}, sla.Tier{Percent: 75})
	at := time.Date(2023, 10, 9, 12, 0, 0, 0, time.UTC)
	rows := Rows{At: at, SentThrough: at.Add(-10 * time.Minute), Tickets: []TicketRow{
		{Ticket: ticket.Ticket{ID: "a", Channel: ticket.Phone, Created: at.Add(-50 * time.Minute)}, Status: ticket.ToAssign},
		{Ticket: ticket.Ticket{ID: "b", Channel: ticket.Phone, Created: at.Add(-50 * time.Minute)}, Status: ticket.OnHold, Agent: "li",
			Record: sla.Record{Holds: []sla.Hold{{Reason: "customer", From: at.Add(-20 * time.Minute)}}}},
	}, Agents: []AgentRow{{Agent: Agent{ID: "li", Capacity: 1}}}}
	l, events, err := Load(e.desk.Config, rows, nil)
	require.NoError(t, err)
	require.NoError(t, l.audit())
	require.Equal(t, []string{"warned a"}, kinds(events)) // 75 %, at 11:55; the half was sent before
	require.Equal(t, []string{"breached a"}, kinds(l.Advance(at.Add(time.Hour), nil)))
}
