package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// settings are what the flags say about the policies and draws.
type settings struct {
	reserve   int
	headStart time.Duration
	promise   [2]time.Duration // to a VIP, to a regular customer
	patience  time.Duration    // mean, above the wait seen
	oneByOne  bool             // agents talk to one customer at a time
}

// promises gives every ticket a due time by its tier and leaves the order to the
// built-in policy. A host's promises come from its plan.
type promises struct {
	policy.Deadline
	to [2]time.Duration
}

func (p promises) Name() string { return fmt.Sprintf("promises vip=%s regular=%s", p.to[0], p.to[1]) }

func (p promises) Order(t *policy.Ticket, u policy.Urgency) policy.Urgency {
	due := *t
	due.Due = t.Created.Add(p.to[classOf(t.Tier)])
	return p.Deadline.Order(&due, u)
}

const (
	vip = iota
	regular
)

func classOf(t ticket.Tier) int {
	if t == ticket.VIP {
		return vip
	}
	return regular
}

// policies are the names that -policy knows, and what each is.
var policies = []struct {
	name, what string
	stack      func(s settings) policy.Stack
}{
	{"fcfs", "one line, first come first served, to the longest idle", func(settings) policy.Stack { return nil }},
	{"priority", "one line, VIPs strictly first", func(settings) policy.Stack { return policy.Stack{policy.Priority{}} }},
	{"vip-reserve", "VIPs first, and agents kept free for them (-reserve)", func(s settings) policy.Stack {
		return policy.Stack{policy.VIP{Reserve: s.reserve}}
	}},
	{"vip-headstart", "a VIP counts as having come earlier (-head-start)", func(s settings) policy.Stack {
		return policy.Stack{policy.VIP{HeadStart: s.headStart}}
	}},
	{"aging", "VIPs gather priority twice as fast while they wait", func(settings) policy.Stack { return policy.Stack{policy.Aging{}} }},
	{"deadline", "whose promise (-promise-vip, -promise) is due first", func(s settings) policy.Stack {
		return policy.Stack{promises{to: s.promise}}
	}},
	{"least-loaded", "one line, to the least loaded", func(settings) policy.Stack { return policy.Stack{policy.Load{}} }},
	{push, "no line: at once to the least loaded, without limit, each agent's own in order", func(settings) policy.Stack {
		return policy.Stack{policy.Load{}}
	}},
}

const push = "push"

func stackOf(name string, s settings) (policy.Stack, error) {
	for _, p := range policies {
		if p.name == name {
			return p.stack(s), nil
		}
	}
	return nil, fmt.Errorf("unknown policy %q", name)
}

// draw makes jobs of the calls: what the log does not say comes from the seed, and
// is the same for every policy.
//
//   - the class of a call that has a share of VIPs;
//   - the patience of who was served, known to be more than the wait seen: that wait
//     and an exponential on top, which has no memory;
//   - the service of who gave up: that of another call of the log.
func draw(calls []call, s settings, seed uint64) []sim.Job {
	r := rand.New(rand.NewPCG(seed, 0xca11))
	var services []time.Duration
	for _, c := range calls {
		if c.service >= 0 {
			services = append(services, c.service)
		}
	}
	jobs := make([]sim.Job, len(calls))
	for i, c := range calls {
		u, e, k := r.Float64(), r.ExpFloat64(), r.IntN(max(len(services), 1))
		j := &jobs[i]
		j.Ticket = ticket.Ticket{ID: "line-" + strconv.Itoa(c.line), Channel: ticket.Phone, Team: c.team}
		j.At, j.Service, j.Patience, j.Class = c.at, c.service, max(c.waited, time.Second), regular
		if u < c.share {
			j.Class, j.Ticket.Tier, j.Ticket.Priority = vip, ticket.VIP, ticket.Urgent
		}
		if c.service < 0 && len(services) > 0 {
			j.Service = services[k]
		}
		switch {
		case c.forever || s.patience == 0 && !c.gaveUp:
			j.Patience = 0
		case !c.gaveUp:
			j.Patience = c.waited + time.Duration(e*float64(s.patience))
		}
	}
	return jobs
}

// tally is what a class saw.
type tally struct {
	waits              []time.Duration
	sum                time.Duration
	abandoned          int
	within20, promised int
}

func (t *tally) add(f *sim.Fate, promise time.Duration) {
	t.waits = append(t.waits, f.Wait)
	t.sum += f.Wait
	if f.Abandoned {
		t.abandoned++
		return
	}
	if f.Wait <= 20*time.Second {
		t.within20++
	}
	if f.Wait <= promise {
		t.promised++
	}
}

// figures are what is printed of a class, in the order of their columns. A wait
// counts until service or until the customer hung up.
type figures struct {
	offered, abandoned            float64
	mean, p50, p95                float64 // seconds
	within20, promised, occupancy float64 // shares
}

func (t *tally) figures(occupancy float64) figures {
	n := float64(len(t.waits))
	f := figures{offered: n, abandoned: float64(t.abandoned), occupancy: occupancy}
	if n == 0 {
		return f
	}
	slices.Sort(t.waits)
	at := func(share float64) float64 { return t.waits[min(int(share*n), len(t.waits)-1)].Seconds() }
	f.mean, f.p50, f.p95 = t.sum.Seconds()/n, at(.5), at(.95)
	f.within20, f.promised = float64(t.within20)/n, float64(t.promised)/n
	return f
}

// slots are how many parts the day has in the charts.
const slots = 48

// result is one policy over all seeds.
type result struct {
	policy  string
	bySeed  [][3]figures // all, vip, regular
	day     [2][slots]struct{ wait, n float64 }
	left    int
	calls   int
	took    time.Duration
	explain string
}

var classNames = [3]string{"all", "vip", "regular"}

func (r *result) speed() float64 { return float64(r.calls) / max(r.took.Seconds(), 1e-9) }

// mean averages the seeds.
func (r *result) mean(class int) (m figures) {
	n := float64(len(r.bySeed))
	for _, s := range r.bySeed {
		f := s[class]
		m.offered += f.offered / n
		m.abandoned += f.abandoned / n
		m.mean += f.mean / n
		m.p50 += f.p50 / n
		m.p95 += f.p95 / n
		m.within20 += f.within20 / n
		m.promised += f.promised / n
		m.occupancy += f.occupancy / n
	}
	return m
}

// play runs one policy on one draw of the calls.
func (r *result) play(rec *record, jobs []sim.Job, s settings, progress func(done int)) error {
	stack, err := stackOf(r.policy, s)
	if err != nil {
		return err
	}
	cfg := sim.Config{Desk: router.Config{Policy: stack, Stats: true}, Agents: rec.agents, Shifts: rec.shifts, Jobs: sim.List(jobs)}
	if r.policy == push {
		cfg.OneByOne = s.oneByOne
		cfg.Agents = slices.Clone(rec.agents)
		for i := range cfg.Agents {
			cfg.Agents[i].Capacity = ticket.MaxWeight
		}
	}
	var by [2]tally
	for i := range by {
		by[i].waits = make([]time.Duration, 0, len(jobs))
	}
	cfg.Over = func(f *sim.Fate) {
		by[f.Job.Class].add(f, s.promise[f.Job.Class])
		part := &r.day[f.Job.Class][(f.At.Hour()*60+f.At.Minute())*slots/(24*60)]
		part.wait += f.Wait.Seconds()
		part.n++
		if f.Number%4096 == 0 {
			progress(f.Number)
		}
	}
	began := time.Now()
	rep, err := sim.Run(cfg)
	r.took += time.Since(began)
	if err != nil {
		return err
	}
	r.calls += rep.Jobs
	r.left += rep.Left
	r.sum(&by, rep.Occupancy())
	return nil
}

// sum closes a seed.
func (r *result) sum(by *[2]tally, occupancy float64) {
	all := tally{waits: slices.Concat(by[vip].waits, by[regular].waits), sum: by[vip].sum + by[regular].sum,
		abandoned: by[vip].abandoned + by[regular].abandoned, within20: by[vip].within20 + by[regular].within20,
		promised: by[vip].promised + by[regular].promised}
	r.bySeed = append(r.bySeed, [3]figures{all.figures(occupancy), by[vip].figures(occupancy), by[regular].figures(occupancy)})
}

// recall adds what the log itself tells of a draw: how long those calls waited.
func (r *result) recall(rec *record, jobs []sim.Job, s settings) {
	var by [2]tally
	for i, c := range rec.calls {
		class := jobs[i].Class
		by[class].add(&sim.Fate{Wait: c.waited, Abandoned: c.gaveUp}, s.promise[class])
	}
	var online time.Duration
	for _, x := range rec.shifts {
		online += x.To.Sub(x.From)
	}
	r.sum(&by, busyTime(rec.calls).Seconds()/max(online.Seconds(), 1))
}

// busyTime is how long the log's agents had at least one call.
func busyTime(calls []call) (sum time.Duration) {
	sorted := slices.Clone(calls)
	slices.SortFunc(sorted, func(a, b call) int { return a.began.Compare(b.began) })
	until := map[string]time.Time{}
	for _, c := range sorted {
		if end := c.began.Add(max(c.service, 0)); c.agent != "" && end.After(until[c.agent]) {
			from := c.began
			if from.Before(until[c.agent]) {
				from = until[c.agent]
			}
			sum += end.Sub(from)
			until[c.agent] = end
		}
	}
	return sum
}
