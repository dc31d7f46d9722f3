package sim

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

var nine = time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)

func clock(minute int) time.Time { return nine.Add(time.Duration(minute) * time.Minute) }

func job(id string, minute, service, patience int) Job {
	return Job{Ticket: ticket.Ticket{ID: id, Channel: ticket.Phone}, At: clock(minute),
		Service: time.Duration(service) * time.Minute, Patience: time.Duration(patience) * time.Minute}
}

type told struct {
	id, agent string
	wait      int // minutes
	abandoned bool
}

func play(t *testing.T, cfg Config) ([]told, *Report) {
	t.Helper()
	var fates []told
	cfg.Over = func(f *Fate) {
		fates = append(fates, told{f.Job.Ticket.ID, f.Agent, int(f.Wait / time.Minute), f.Abandoned})
	}
	rep, err := Run(cfg)
	require.NoError(t, err)
	return fates, rep
}

func TestOneAgentByHand(t *testing.T) {
	// b waits for a, c gives up before that, d waits for b, and e comes as d ends:
	// who ends makes room for who comes.
	fates, rep := play(t, Config{Agents: []router.Agent{{ID: "li", Capacity: 1}},
		Jobs: List([]Job{job("a", 0, 10, 0), job("b", 2, 5, 0), job("c", 3, 5, 4), job("d", 11, 1, 9), job("e", 16, 2, 1)})})
	assert.Equal(t, []told{{"a", "li", 0, false}, {"c", "", 4, true}, {"b", "li", 8, false}, {"d", "li", 4, false}, {"e", "li", 0, false}}, fates)
	assert.Equal(t, Report{Jobs: 5, Served: 4, Abandoned: 1, From: clock(0), To: clock(18),
		Agents: []Worked{{ID: "li", Served: 4, Online: 18 * time.Minute, Busy: 18 * time.Minute}}}, *rep)
}

func TestPushIsOneLineAnAgent(t *testing.T) {
	push := Config{Desk: router.Config{Policy: policy.Stack{policy.Load{}}}, OneByOne: true,
		Agents: []router.Agent{{ID: "li", Capacity: 100}, {ID: "wang", Capacity: 100}}}
	push.Jobs = List([]Job{job("a", 0, 30, 0), job("b", 1, 2, 0), job("c", 2, 5, 0), job("d", 2, 5, 3), job("e", 4, 1, 0)})
	fates, rep := play(t, push)
	// c goes behind b or a, whoever is longer idle: li. d goes behind b, who ends at
	// once. li is done with a only at 30, and nobody helps c.
	assert.Contains(t, fates, told{"c", "li", 28, false})
	assert.Contains(t, fates, told{"d", "wang", 1, false})
	assert.Equal(t, 5, rep.Served)
	assert.Equal(t, 35*time.Minute, rep.Agents[0].Busy)
	assert.Equal(t, 8*time.Minute, rep.Agents[1].Busy)
}

func TestImpatienceInAnAgentsOwnLine(t *testing.T) {
	fates, rep := play(t, Config{OneByOne: true, Agents: []router.Agent{{ID: "li", Capacity: 100}},
		Jobs: List([]Job{job("a", 0, 30, 0), job("b", 1, 2, 5), job("c", 2, 3, 0)})})
	assert.Equal(t, []told{{"a", "li", 0, false}, {"b", "", 5, true}, {"c", "li", 28, false}}, fates)
	assert.Equal(t, Report{Jobs: 3, Served: 2, Abandoned: 1, From: clock(0), To: clock(33),
		Agents: []Worked{{ID: "li", Served: 2, Online: 33 * time.Minute, Busy: 33 * time.Minute}}}, *rep)
}

func TestShifts(t *testing.T) {
	// li leaves at 20 but finishes b, wang comes at 30 and takes c; d comes to a desk
	// that nobody comes back to.
	fates, rep := play(t, Config{Agents: []router.Agent{{ID: "li", Capacity: 1}, {ID: "wang", Capacity: 1}},
		Shifts: []Shift{{"li", clock(0), clock(10)}, {"li", clock(10), clock(20)}, {"wang", clock(30), clock(40)}},
		Jobs:   List([]Job{job("a", 1, 10, 0), job("b", 2, 14, 0), job("c", 5, 5, 0), job("d", 50, 1, 0)})})
	assert.Equal(t, []told{{"a", "li", 0, false}, {"b", "li", 9, false}, {"c", "wang", 25, false}}, fates)
	assert.Equal(t, 1, rep.Left)
	assert.Equal(t, 25*time.Minute, rep.Agents[0].Online, "the shift of 20 minutes and the rest of b")
	assert.Equal(t, 24*time.Minute, rep.Agents[0].Busy)
	assert.Equal(t, 10*time.Minute, rep.Agents[1].Online)
	assert.InDelta(t, 29.0/35, rep.Occupancy(), 1e-9)
}

func TestOffersAreTakenUp(t *testing.T) {
	fates, _ := play(t, Config{Desk: router.Config{Mode: router.Offers}, Agents: []router.Agent{{ID: "li", Capacity: 1}},
		Jobs: List([]Job{job("a", 0, 10, 0), job("b", 2, 5, 0)})})
	assert.Equal(t, []told{{"a", "li", 0, false}, {"b", "li", 8, false}}, fates)
}

func TestATicketThatIsTakenAway(t *testing.T) {
	// After half an hour a tier escalates a; li, whose shift is over, leaves, and the
	// expert begins anew. b, behind a in li's own line, is escalated as well.
	plan := &sla.Plan{Name: "p", Version: 1, Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{
		{Metric: sla.Resolution, Within: time.Hour, Tiers: []sla.Tier{{Percent: 50, Action: sla.Escalate}}}}}}}
	fates, rep := play(t, Config{Desk: router.Config{SLA: plan}, OneByOne: true,
		Agents: []router.Agent{{ID: "li", Capacity: 2}, {ID: "xu", Capacity: 2, Level: 2}},
		Shifts: []Shift{{"li", clock(0), clock(20)}, {"xu", clock(25), clock(300)}},
		Jobs:   List([]Job{job("a", 0, 40, 0), job("b", 5, 10, 0)})})
	assert.Equal(t, []told{{"a", "li", 0, false}, {"a", "xu", 30, false}, {"b", "li", 25, false}, {"b", "xu", 65, false}}, fates)
	assert.Equal(t, Worked{ID: "li", Served: 0, Online: 35 * time.Minute, Busy: 35 * time.Minute}, rep.Agents[0])
	assert.Equal(t, 2, rep.Agents[1].Served)
}

func TestTheDesksOwnTimersRun(t *testing.T) {
	// Nobody has the skill until the ring opens, twenty minutes on.
	j := job("a", 0, 10, 0)
	j.Ticket.Required = []ticket.Need{{Skill: "german", Level: 1}}
	stack := policy.Stack{policy.Skill{}, policy.Rings{Rings: []policy.Ring{{After: 20 * time.Minute, Drop: []ticket.Skill{"german"}}}}}
	fates, _ := play(t, Config{Desk: router.Config{Policy: stack}, Agents: []router.Agent{{ID: "li", Capacity: 1}}, Jobs: List([]Job{j})})
	assert.Equal(t, []told{{"a", "li", 20, false}}, fates)
}

func TestWhatRunRefuses(t *testing.T) {
	li := []router.Agent{{ID: "li", Capacity: 1}}
	for name, cfg := range map[string]Config{
		"no jobs":          {Agents: li},
		"a bad desk":       {Agents: li, Desk: router.Config{Keys: -1}, Jobs: List(nil)},
		"a bad agent":      {Agents: []router.Agent{{}}, Jobs: List(nil)},
		"a bad ticket":     {Agents: li, Jobs: List([]Job{{At: nine}})},
		"an unknown shift": {Agents: li, Jobs: List(nil), Shifts: []Shift{{"wang", clock(0), clock(1)}}},
		"an empty shift":   {Agents: li, Jobs: List(nil), Shifts: []Shift{{"li", clock(1), clock(1)}}},
		"a twin":           {Agents: li, Jobs: List([]Job{job("a", 0, 9, 0), job("a", 1, 9, 0)})},
	} {
		_, err := Run(cfg)
		assert.Error(t, err, name)
	}
	_, err := Run(Config{Agents: li, Jobs: List([]Job{job("a", 5, 9, 0), job("b", 1, 9, 0)})})
	var at *JobError
	require.ErrorIs(t, err, ErrOrder)
	require.True(t, errors.As(err, &at))
	assert.Equal(t, JobError{1, "b", ErrOrder}, *at)
}

// erlangC is the chance to wait, by the recursion of Erlang B.
func erlangC(agents int, load float64) float64 {
	b := 1.0
	for n := 1; n <= agents; n++ {
		b = load * b / (float64(n) + load*b)
	}
	rho := load / float64(agents)
	return b / (1 - rho + rho*b)
}

func TestErlangC(t *testing.T) {
	const n, agents, load = 60_000, 5, 3.0
	for _, seed := range []uint64{1, 2} {
		var team []router.Agent
		for i := range agents {
			team = append(team, router.Agent{ID: string(rune('a' + i)), Capacity: 1})
		}
		waited, sum := 0, 0.0
		rep, err := Run(Config{Agents: team,
			Jobs: Streams(seed, nine, n, Stream{Ticket: ticket.Ticket{Channel: ticket.Phone}, Every: time.Minute / 3, Service: Exponential(time.Minute)}),
			Over: func(f *Fate) {
				if f.Wait > 0 {
					waited++
				}
				sum += f.Wait.Minutes()
			}})
		require.NoError(t, err)
		require.Equal(t, n, rep.Served)
		p := erlangC(agents, load)
		assert.InEpsilon(t, p, float64(waited)/n, 0.1, "seed %d", seed)
		assert.InEpsilon(t, p/(agents-load), sum/n, 0.2, "seed %d", seed)
		assert.InEpsilon(t, load/agents, rep.Occupancy(), 0.03, "seed %d", seed)
	}
}

func TestStreamsAreSeeded(t *testing.T) {
	draw := func(seed uint64) (out []Job) {
		next := Streams(seed, nine, 1000,
			Stream{Ticket: ticket.Ticket{Channel: ticket.Phone}, Every: time.Second, Service: Exponential(time.Minute), Patience: Exponential(time.Minute)},
			Stream{Ticket: ticket.Ticket{Channel: ticket.Web}, Every: 3 * time.Second, Service: Fixed(time.Minute), Class: 1})
		for j := (Job{}); next(&j); {
			out = append(out, j)
		}
		return out
	}
	a := draw(1)
	assert.Equal(t, a, draw(1))
	assert.NotEqual(t, a, draw(2))
	require.Len(t, a, 1000)
	second := 0
	for i, j := range a {
		second += j.Class
		assert.False(t, i > 0 && j.At.Before(a[i-1].At))
		assert.Equal(t, j.Class == 1, j.Patience == 0)
	}
	assert.InDelta(t, 250, second, 4*math.Sqrt(1000*0.25*0.75))
}
