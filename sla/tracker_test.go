package sla

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

// A desk for scripts: tickets have short ids, times are "Tue 09:30" of the week of
// Monday 2025-03-03, in UTC, which is also the zone of the calendar "office".
type script struct {
	t  *testing.T
	tr *Tracker
}

var officeHours = MustCalendar("name office\nzone UTC\nmon-fri 09:00-18:00\nholiday 2025-03-06\n")

func when(s string) time.Time {
	days := map[string]int{"Mon": 3, "Tue": 4, "Wed": 5, "Thu": 6, "Fri": 7, "Sat": 8, "Sun": 9, "Mon2": 10, "Tue2": 11}
	d, clock, _ := strings.Cut(s, " ")
	layout := "15:04"
	if len(clock) > 5 {
		layout = "15:04:05"
	}
	u, err := time.Parse(layout, clock)
	if err != nil || days[d] == 0 {
		panic("no time: " + s)
	}
	return time.Date(2025, 3, days[d], u.Hour(), u.Minute(), u.Second(), 0, time.UTC)
}

func show(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	s := t.Format("Mon 15:04:05")
	if t.Day() >= 10 {
		s = t.Format("Mon") + "2" + t.Format(" 15:04:05")
	}
	return strings.TrimSuffix(s, ":00")
}

// line shows an event: who, what, which target, when due, and what is promised.
func line(e Event) string {
	what := e.Metric.String()
	if e.Metric == Stage {
		what = e.Stage
	}
	s := fmt.Sprintf("%s %s %s %s", e.Ticket, e.Kind, what, show(e.Due))
	switch {
	case e.Kind == Warned:
		s += " " + e.Tier.Label()
	case e.Kind == Met && e.Missed:
		s += " late " + e.Late.String()
	case e.Kind == Resumed || e.Kind == Recomputed:
		s += " to " + show(e.Promised)
	}
	if e.Cycle > 0 {
		s += fmt.Sprintf(" #%d", e.Cycle)
	}
	return s
}

func lines(events []Event) (list []string) {
	for _, e := range events {
		list = append(list, line(e))
	}
	return list
}

func targets(t ...Target) *Plan {
	return &Plan{Name: "test", Policies: []Policy{{Name: "all", Targets: t}}}
}

func run(t *testing.T, p *Plan) *script {
	tr, err := NewTracker(p)
	require.NoError(t, err)
	return &script{t, tr}
}

// do observes one change and expects these events.
func (s *script) do(at string, c ticket.Change, want ...string) {
	s.t.Helper()
	if c.Ticket == "" {
		c.Ticket = "a"
	}
	c.At = when(at)
	events, err := s.tr.Observe(c, nil)
	require.NoError(s.t, err)
	require.Equal(s.t, want, lines(events))
}

// sleep advances and expects these events.
func (s *script) sleep(until string, want ...string) {
	s.t.Helper()
	require.Equal(s.t, want, lines(s.tr.Advance(when(until), nil)))
}

// due expects the nearest due time of ticket a.
func (s *script) due(want string) {
	s.t.Helper()
	d, ok := s.tr.Due("a")
	require.Equal(s.t, ok, !d.IsZero())
	require.Equal(s.t, want, show(d))
}

var (
	created  = ticket.Change{Kind: ticket.WasSubmitted, Channel: ticket.Email}
	answered = ticket.Change{Kind: ticket.WasAnswered, By: ticket.Agent}
	botted   = ticket.Change{Kind: ticket.WasAnswered, By: ticket.Bot}
	wrote    = ticket.Change{Kind: ticket.CustomerWrote, By: ticket.Customer}
	noted    = ticket.Change{Kind: ticket.WasNoted, By: ticket.Agent}
	held     = ticket.Change{Kind: ticket.WasHeld, Reason: WaitingOnCustomer}
	engineer = ticket.Change{Kind: ticket.WasHeld, Reason: WaitingOnEngineering}
	goesOn   = ticket.Change{Kind: ticket.WasResumed}
	fixed    = ticket.Change{Kind: ticket.WasResolved}
	shut     = ticket.Change{Kind: ticket.WasClosed}
	reopened = ticket.Change{Kind: ticket.WasReopened}
	taken    = ticket.Change{Kind: ticket.WasAssigned, Agent: "li"}
	left     = ticket.Change{Kind: ticket.WasUnassigned}
	cancel   = ticket.Change{Kind: ticket.WasCancelled}
)

func response(d time.Duration) Target {
	return Target{Metric: FirstResponse, Within: d, Calendar: officeHours, Pause: []string{AnyReason}}
}

func resolution(d time.Duration, tiers ...Tier) Target {
	return Target{Metric: Resolution, Within: d, Calendar: officeHours, Pause: []string{WaitingOnCustomer}, Tiers: tiers}
}

func TestTiersWarnOnceEachInTimeOrder(t *testing.T) {
	s := run(t, targets(resolution(4*time.Hour,
		Tier{Span: time.Hour, Audience: Manager}, Tier{Percent: 75}, Tier{Span: -30 * time.Minute}, Tier{Percent: 100})))
	s.do("Mon 16:00", created)
	s.due("Tue 11:00")
	next, ok := s.tr.Next()
	require.True(t, ok)
	require.Equal(t, when("Tue 10:00"), next)
	s.sleep("Tue 09:59")
	s.sleep("Tue2 09:00", // a week in which nobody looked
		"a warned resolution Tue 10:00 75%",
		"a warned resolution Tue 10:30 -30m0s",
		"a breached resolution Tue 11:00",
		"a warned resolution Tue 11:00 100%",
		"a warned resolution Tue 12:00 +1h0m0s/manager")
	_, ok = s.tr.Next()
	require.False(t, ok)
	s.due("Tue 11:00") // missed, and still to be met
	s.do("Tue2 10:00", fixed, "a met resolution Tue2 10:00 late 35h0m0s")
	s.due("-")
}

func TestAnswerAtTheDueInstantIsLate(t *testing.T) {
	s := run(t, targets(response(time.Hour)))
	s.do("Mon 10:00", created)
	s.do("Mon 11:00", answered, "a breached first-response Mon 11:00", "a met first-response Mon 11:00 late 0s")
}

func TestAnswerAfterClosingButBeforeDueIsNotLate(t *testing.T) {
	s := run(t, targets(response(30*time.Minute)))
	s.do("Mon 17:55", created)
	s.due("Tue 09:25")
	s.do("Mon 18:05", answered, "a met first-response Mon 18:05")
}

func TestCreatedPaused(t *testing.T) {
	s := run(t, targets(response(time.Hour)))
	s.do("Mon 10:00", created)
	s.do("Mon 10:00", held, "a paused first-response Mon 10:00")
	s.due("-")
	s.sleep("Tue 10:00")
	s.do("Tue 10:00", goesOn, "a resumed first-response Tue 10:00 to Tue 11:00")
}

func TestPauseOverAHolidayAndAWeekend(t *testing.T) {
	s := run(t, targets(resolution(4*time.Hour)))
	s.do("Wed 17:30", created)
	s.do("Wed 17:50", held, "a paused resolution Wed 17:50")
	s.do("Mon2 12:30", goesOn, "a resumed resolution Mon2 12:30 to Mon2 16:10")
	s.do("Mon2 13:00", fixed, "a met resolution Mon2 13:00")
	k := s.tr.targets.at(s.tr.tickets.at(slotOf(s.tr, "a")).first)
	require.Equal(t, 50*time.Minute, k.done)
}

func TestOneMoreSecondOfHoldMovesTheDueToTheNextDay(t *testing.T) {
	for _, x := range []struct{ until, resumed string }{
		{"Mon 16:00", "a resumed resolution Mon 16:00 to Mon 18:00"},
		{"Mon 16:00:01", "a resumed resolution Mon 16:00:01 to Tue 09:00:01"},
	} {
		s := run(t, targets(resolution(2*time.Hour)))
		s.do("Mon 15:00", created)
		s.do("Mon 15:00", held, "a paused resolution Mon 15:00")
		s.do(x.until, goesOn, x.resumed)
	}
}

func TestPauseReasonsOfEachTarget(t *testing.T) {
	s := run(t, targets(response(time.Hour), resolution(4*time.Hour)))
	s.do("Mon 10:00", created)
	s.do("Mon 10:10", engineer, "a paused first-response Mon 10:10")
	s.do("Mon 10:20", held, "a paused resolution Mon 10:20") // another reason: the first clock still stands
	s.do("Mon 10:20", held)
	s.do("Mon 10:40", goesOn, "a resumed first-response Mon 10:40 to Mon 11:30", "a resumed resolution Mon 10:40 to Mon 14:20")
	s.do("Mon 10:50", goesOn)
}

func TestReopenExcludesClosedTime(t *testing.T) {
	s := run(t, targets(resolution(4*time.Hour, Tier{Percent: 25})))
	s.do("Mon 10:00", created)
	s.do("Mon 12:00", fixed, "a warned resolution Mon 11:00 25%", "a met resolution Mon 12:00")
	s.do("Tue 10:00", reopened, "a resumed resolution Tue 10:00 to Tue 12:00 #1")
	s.do("Tue 11:00", fixed, "a met resolution Tue 11:00 #1")
	require.Equal(t, []Attained{{Policy: "all", Channel: ticket.Email, Metric: Resolution, Met: 1}}, s.tr.Attainment())
}

func TestResolvedThenClosedLater(t *testing.T) {
	s := run(t, targets(resolution(4*time.Hour)))
	s.do("Mon 10:00", created)
	s.do("Mon 12:00", fixed, "a met resolution Mon 12:00")
	s.do("Tue 12:00", shut)
	s.sleep("Tue2 09:00")
	require.True(t, s.tr.Forget("a"))
	require.False(t, s.tr.Forget("a"))
	require.Zero(t, s.tr.Len())
}

func TestPolicyReplacedWhileRunningWithPausesKept(t *testing.T) {
	s := run(t, targets(resolution(8*time.Hour, Tier{Percent: 25, Audience: Assignee}, Tier{Percent: 50})))
	s.do("Mon 09:00", created)
	s.do("Mon 10:00", held, "a paused resolution Mon 10:00")
	s.do("Mon 11:00", goesOn, "a resumed resolution Mon 11:00 to Mon 18:00")
	s.sleep("Mon 12:30", "a warned resolution Mon 12:00 25%/assignee")
	// Half the time: 2 h 30 min of the 4 h are used, so its 50 % is past; 25 % is not told again.
	events, err := s.tr.SetPlan(targets(resolution(4*time.Hour, Tier{Percent: 25, Audience: Assignee}, Tier{Percent: 50})), when("Mon 12:30"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a recomputed resolution Mon 12:30 to Mon 14:00", "a warned resolution Mon 12:00 50%"}, lines(events))
	require.Equal(t, when("Mon 12:30"), events[1].At)
	// A plan that also pauses for nothing gives the hour back.
	never := resolution(4 * time.Hour)
	never.Pause = nil
	events, err = s.tr.SetPlan(targets(never), when("Mon 12:30"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a recomputed resolution Mon 12:30 to Mon 13:00"}, lines(events))
	s.sleep("Mon 15:00", "a breached resolution Mon 13:00")
	events, err = s.tr.SetPlan(targets(resolution(9*time.Hour)), when("Mon 15:00"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a recomputed resolution Mon 15:00 to Tue 10:00"}, lines(events))
	s.sleep("Tue 17:00") // a breach is said once
	_, err = s.tr.SetPlan(targets(Target{}), when("Tue 18:00"), nil)
	require.Error(t, err)
	require.Equal(t, when("Tue 17:00"), s.tr.Now(), "an error changes nothing")
}

func TestDeadlineThatARecomputationMovesIntoThePastIsFoundBetweenTheHolds(t *testing.T) {
	s := run(t, targets(resolution(8*time.Hour)))
	s.do("Mon 09:00", created)
	s.do("Mon 10:00", held, "a paused resolution Mon 10:00")
	s.do("Mon 11:00", goesOn, "a resumed resolution Mon 11:00 to Mon 18:00")
	s.do("Mon 12:00", held, "a paused resolution Mon 12:00")
	s.do("Mon 13:00", goesOn, "a resumed resolution Mon 13:00 to Tue 10:00")
	events, err := s.tr.SetPlan(targets(resolution(90*time.Minute, Tier{Percent: 20})), when("Mon 15:00"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a recomputed resolution Mon 15:00 to Mon 11:30",
		"a warned resolution Mon 09:18 20%", "a breached resolution Mon 11:30"}, lines(events))
}

func TestCalendarChangedWhileRunning(t *testing.T) {
	s := run(t, targets(resolution(4*time.Hour)))
	s.do("Mon 16:00", created)
	late := resolution(4 * time.Hour)
	late.Calendar = MustCalendar("zone UTC\nmon-fri 09:00-20:00")
	events, err := s.tr.SetPlan(targets(late), when("Mon 17:00"), nil)
	require.NoError(t, err)
	require.Equal(t, []string{"a recomputed resolution Mon 17:00 to Mon 20:00"}, lines(events))
	events, err = s.tr.SetPlan(targets(late), when("Mon 17:00"), nil)
	require.NoError(t, err)
	require.Empty(t, events, "the same plan again changes nothing")
}

func TestPriorityRaisedWhileRunning(t *testing.T) {
	p := &Plan{Policies: []Policy{
		{Name: "urgent", When: Match{Priorities: []ticket.Priority{ticket.Urgent}}, Targets: []Target{resolution(time.Hour)}},
		{Name: "vip", When: Match{Tiers: []ticket.Tier{ticket.VIP}, Priorities: []ticket.Priority{ticket.Normal}}, Targets: []Target{response(time.Hour)}},
		{Name: "normal", When: Match{Priorities: []ticket.Priority{ticket.Normal}}, Targets: []Target{resolution(4 * time.Hour)}},
	}}
	s := run(t, p)
	s.do("Mon 10:00", created)
	altered := created
	altered.Kind = ticket.WasAltered
	s.do("Mon 10:30", altered) // nothing new
	altered.Priority = ticket.Urgent
	s.do("Mon 10:30", altered, "a recomputed resolution Mon 10:30 to Mon 11:00")
	altered.Priority, altered.Tier = ticket.Normal, ticket.VIP
	s.do("Mon 10:40", altered, "a recomputed first-response Mon 10:40 to Mon 11:00", "a recomputed resolution Mon 10:40 to -")
	altered.Channel = "" // no attributes: they stay
	s.do("Mon 10:41", altered)
	s.due("Mon 11:00")
}

func TestPolicyStopsMatching(t *testing.T) {
	p := &Plan{Policies: []Policy{{Name: "mail", When: Match{Channels: []ticket.Channel{ticket.Email}}, Targets: []Target{resolution(time.Hour)}}}}
	s := run(t, p)
	s.do("Mon 10:00", created)
	other := ticket.Change{Kind: ticket.WasAltered, Channel: ticket.Phone}
	s.do("Mon 10:30", other, "a recomputed resolution Mon 10:30 to -")
	s.due("-")
	s.sleep("Mon 12:00")
	other.Channel = ticket.Email
	s.do("Mon 12:00", other, "a recomputed resolution Mon 12:00 to Mon 11:00", "a breached resolution Mon 11:00")
}

func TestNextResponse(t *testing.T) {
	s := run(t, targets(response(time.Hour), Target{Metric: NextResponse, Within: time.Hour, Calendar: officeHours}))
	s.do("Mon 10:00", created)
	s.do("Mon 10:10", answered, "a met first-response Mon 10:10")
	s.due("-")
	s.do("Mon 10:20", wrote) // restarts next response
	s.due("Mon 11:20")
	s.do("Mon 10:30", wrote) // a second one does not
	s.due("Mon 11:20")
	s.do("Mon 10:40", noted) // an internal note is no response
	s.do("Mon 10:45", botted)
	s.due("Mon 11:20")
	s.do("Mon 10:50", answered, "a met next-response Mon 10:50")
	s.do("Mon 11:00", wrote)
	s.do("Mon 12:30", answered, "a breached next-response Mon 12:00 #1", "a met next-response Mon 12:30 late 30m0s #1")
}

func TestABotsReplyCountsOnlyIfThePlanSaysSo(t *testing.T) {
	bots := response(time.Hour)
	bots.Bots = true
	for _, x := range []struct {
		plan Target
		want []string
	}{{response(time.Hour), nil}, {bots, []string{"a met first-response Mon 10:10"}}} {
		s := run(t, targets(x.plan))
		s.do("Mon 10:00", created)
		s.do("Mon 10:10", botted, x.want...)
	}
}

func TestSeveralMissesAreRecordedOnceEach(t *testing.T) {
	s := run(t, targets(response(time.Hour), resolution(time.Hour), Target{Metric: NextResponse, Within: time.Hour}))
	s.do("Mon 10:00", created)
	s.do("Mon 10:00", wrote)
	s.sleep("Mon 15:00", "a breached first-response Mon 11:00", "a breached resolution Mon 11:00", "a breached next-response Mon 11:00")
	s.sleep("Mon 16:00")
	for _, a := range s.tr.Attainment() {
		require.Equal(t, 1, a.Missed, a)
		require.Zero(t, a.Met, a)
	}
}

func TestPeriodicUpdate(t *testing.T) {
	s := run(t, targets(Target{Metric: PeriodicUpdate, Within: 2 * time.Hour, Calendar: officeHours}))
	s.do("Mon 10:00", created)
	s.do("Mon 11:00", answered, "a met periodic-update Mon 11:00")
	s.due("Mon 13:00")
	s.do("Mon 14:00", answered, "a breached periodic-update Mon 13:00 #1", "a met periodic-update Mon 14:00 late 1h0m0s #1")
	s.do("Mon 15:00", fixed, "a met periodic-update Mon 15:00 #2")
	s.sleep("Tue 18:00")
}

func TestAssignmentStartsAgainWhenTheTicketWaitsAgain(t *testing.T) {
	s := run(t, targets(Target{Metric: Assignment, Within: 10 * time.Minute}))
	s.do("Mon 10:00", created)
	s.do("Mon 10:05", taken, "a met assignment Mon 10:05")
	s.do("Mon 11:00", left)
	s.due("Mon 11:10")
	s.do("Mon 11:20", taken, "a breached assignment Mon 11:10 #1", "a met assignment Mon 11:20 late 10m0s #1")
}

func TestStages(t *testing.T) {
	stage := func(name string, b Begin, d time.Duration) Target {
		return Target{Metric: Stage, Stage: name, Begins: b, Within: d}
	}
	s := run(t, targets(stage("feedback", OnCreation, 24*time.Hour), stage("review", OnEscalation, 30*time.Minute),
		stage("visit", OnStage, time.Hour), stage("follow-up", OnResolution, 48*time.Hour)))
	s.do("Mon 10:00", created)
	s.due("Tue 10:00")
	s.do("Mon 10:00", ticket.Change{Kind: ticket.WasEscalated, Agent: "eve"})
	s.do("Mon 10:20", ticket.Change{Kind: ticket.StageEnded, Stage: "review"}, "a met review Mon 10:20")
	s.do("Mon 11:00", ticket.Change{Kind: ticket.StageBegan, Stage: "visit"})
	s.do("Mon 11:30", ticket.Change{Kind: ticket.StageBegan, Stage: "visit"})
	s.do("Mon 12:00", fixed, "a breached visit Mon 12:00") // no stage ends with the resolution
	s.do("Mon 13:00", shut)
	s.sleep("Wed 11:59", "a breached feedback Tue 10:00")
	s.do("Wed 12:00", ticket.Change{Kind: ticket.StageEnded, Stage: "follow-up"},
		"a breached follow-up Wed 12:00", "a met follow-up Wed 12:00 late 0s")
}

func TestResolvingCountsAsAnAnswerUntilReopened(t *testing.T) {
	s := run(t, targets(response(2*time.Hour)))
	s.do("Mon 09:00", created)
	s.do("Mon 09:30", held, "a paused first-response Mon 09:30")
	s.do("Mon 09:45", goesOn, "a resumed first-response Mon 09:45 to Mon 11:15")
	s.do("Mon 10:00", fixed, "a met first-response Mon 10:00")
	s.do("Mon 10:30", reopened, "a resumed first-response Mon 10:30 to Mon 11:45 #1")
}

func TestCancelledTicketsPromiseNothing(t *testing.T) {
	s := run(t, targets(response(time.Hour), resolution(time.Hour)))
	s.do("Mon 09:00", created)
	s.do("Mon 09:30", cancel)
	s.do("Mon 09:40", wrote)
	s.sleep("Tue 18:00")
	require.Empty(t, s.tr.Attainment())
}

func TestOldTimesAreClamped(t *testing.T) {
	s := run(t, targets(response(time.Hour)))
	s.do("Mon 12:00", created)
	s.do("Mon 10:00", ticket.Change{Ticket: "b", Kind: ticket.WasSubmitted, Created: when("Mon 09:00")}, "b breached first-response Mon 10:00")
	s.due("Mon 13:00")
	events, err := s.tr.Observe(ticket.Change{Ticket: "b", Kind: ticket.WasAnswered, By: ticket.Agent, At: when("Mon 11:00")}, nil)
	require.NoError(t, err)
	require.Equal(t, when("Mon 12:00"), events[0].At)
	require.Equal(t, 2*time.Hour, events[0].Late)
}

func TestObserveRefuses(t *testing.T) {
	s := run(t, targets(response(time.Hour)))
	s.do("Mon 12:00", created)
	refused := func(c ticket.Change, want any) {
		t.Helper()
		events, err := s.tr.Observe(c, nil)
		require.ErrorAs(t, err, want)
		require.Empty(t, events)
		require.Equal(t, when("Mon 12:00"), s.tr.Now())
	}
	var field *ticket.FieldError
	var state *TicketError
	late := when("Mon 17:00")
	refused(ticket.Change{Ticket: "b", Kind: ticket.WasHeld, At: late}, &state)
	require.ErrorIs(t, state, ErrUnknown)
	refused(ticket.Change{Ticket: "a", Kind: ticket.WasSubmitted, At: late}, &state)
	require.ErrorIs(t, state, ErrTracked)
	require.Equal(t, `usher: change submitted: ticket "a" is already tracked`, state.Error())
	refused(ticket.Change{Ticket: "b", Kind: ticket.WasSubmitted}, &field)
	refused(ticket.Change{Ticket: "", Kind: ticket.WasSubmitted, At: late}, &field)
	refused(ticket.Change{Ticket: "a", Kind: 99, At: late}, &field)
	refused(ticket.Change{Ticket: "b", Kind: ticket.WasSubmitted, At: late, Tags: make([]string, 1000)}, &field)
	refused(ticket.Change{Ticket: "b", Kind: ticket.WasSubmitted, At: late, Tags: []string{""}}, &field)
	refused(ticket.Change{Ticket: "a", Kind: ticket.WasHeld, At: late, Reason: strings.Repeat("x", 1000)}, &field)
	refused(ticket.Change{Ticket: "b", Kind: ticket.WasSubmitted, At: late, Created: time.Unix(1<<40, 0)}, &field)
}

func TestEventEncodings(t *testing.T) {
	s := run(t, targets(resolution(time.Hour, Tier{Percent: 50, Audience: Supervisor, Action: RaisePriority, Priority: ticket.Urgent})))
	s.do("Mon 10:00", created)
	e := s.tr.Advance(when("Mon 10:30"), nil)[0]
	require.Equal(t, `"a"/resolution/0/warned/50%/supervisor`, e.Key())
	b, err := json.Marshal(e)
	require.NoError(t, err)
	require.JSONEq(t, `{"kind":"warned","at":"2025-03-03T10:30:00Z","due":"2025-03-03T10:30:00Z","promised":"2025-03-03T11:00:00Z",
		"ticket":"a","policy":"all","channel":"email","metric":"resolution",
		"tier":{"percent":50,"audience":"supervisor","action":"raise-priority","priority":"urgent"}}`, string(b))
	var back Event
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, e, back)
	require.Contains(t, e.LogValue().String(), "tier=50%/supervisor")
	require.Error(t, json.Unmarshal([]byte(`{"kind":"wrned"}`), &back))
}

func slotOf(tr *Tracker, id string) uint32 {
	i, _ := tr.index.find(id)
	return i
}
