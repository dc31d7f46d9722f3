package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// golden is the form of golden.json: rates in tickets a unit, times in units.
type golden struct {
	Tables struct {
		ErlangC []struct {
			S                                    int
			Lam, Mu, T, Pw, EW, SL, TolEW, TolPw float64
		}
		ErlangA []struct {
			S                                                                          int
			Lam, Mu, Theta, T, Pw, Pab, EW, ServedWithinT, PWgtT, TolEW, TolPab, TolPw float64
		}
		Hol []struct {
			S               int
			Lam, EW         []float64
			TolHigh, TolLow float64
		}
		Apq []struct {
			S          int
			Lam, B, EW []float64
			Tol        float64
		}
		Reserve []struct {
			S, K        int
			Lam, EW, Pw []float64
			Tol         float64
		}
		Lisf []struct {
			Mu, Busy                    []float64
			Policy                      string
			Lam, Pw, EW, TolEW, TolBusy float64
		}
		EDF []struct {
			S       int
			Lam, EW []float64
			DD      any
		} `json:"edf_sim"`
		CMu struct {
			Lam, Mu, Order12, Order21 []float64
			CostLamW                  []float64 `json:"cost_lamW"`
			FCFS                      float64
		} `json:"cmu_MM1"`
	}
}

func read(files fs.FS) ([]scene, error) {
	var g golden
	if err := load(files, "golden.json", &g); err != nil {
		return nil, err
	}
	scenes := erlang(&g)
	scenes = append(scenes, priorities(&g)...)
	scenes = append(scenes, reserves(&g)...)
	scenes = append(scenes, deadlines(&g)...)
	scenes = append(scenes, unequal(&g)...)
	graphs, err := skills(files)
	return append(scenes, graphs...), err
}

func load(files fs.FS, name string, into any) error {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// erlang are one queue, first come first served, without and with customers who
// give up.
func erlang(g *golden) (out []scene) {
	for _, c := range g.Tables.ErlangC {
		s := scene{name: fmt.Sprintf("erlangC s=%d lam=%g mu=%g", c.S, c.Lam, c.Mu), agents: alike(c.S), within: units(c.T),
			streams: streams([]float64{c.Lam}, c.Mu, nil)}
		s.expect = []measure{mustWait(c.Pw, c.TolPw), meanWait(c.EW, c.TolEW),
			{name: "SL", value: c.SL, tolerance: c.TolEW, complement: true,
				read: func(v *seen) float64 { return v.all.share(v.all.prompt) }}}
		out = append(out, s)
	}
	for _, c := range g.Tables.ErlangA {
		s := scene{name: fmt.Sprintf("erlangA s=%d lam=%g mu=%g theta=%g", c.S, c.Lam, c.Mu, c.Theta), agents: alike(c.S), within: units(c.T),
			streams: streams([]float64{c.Lam}, c.Mu, nil)}
		s.streams[0].theta = c.Theta
		s.expect = []measure{mustWait(c.Pw, c.TolPw), meanWait(c.EW, c.TolEW),
			{name: "Pab", value: c.Pab, tolerance: c.TolPab,
				read: func(v *seen) float64 { return v.all.share(v.all.abandoned) }},
			{name: "served within T", value: c.ServedWithinT, tolerance: c.TolEW, complement: true,
				read: func(v *seen) float64 { return v.all.share(v.all.prompt) }},
			{name: "P(W>T)", value: c.PWgtT, tolerance: c.TolEW,
				read: func(v *seen) float64 { return v.all.share(v.all.late) }}}
		out = append(out, s)
	}
	return out
}

// byClass marks the tickets of a class by its number as their priority.
func byClass(i int, t *ticket.Ticket) { t.Priority = ticket.Priority(i) }

// byTier makes the first class VIPs.
func byTier(i int, t *ticket.Ticket) {
	if i == 0 {
		t.Tier = ticket.VIP
	}
}

// priorities are strict classes, classes that accumulate priority, and one agent
// with classes of unequal service, for whom the order decides what waiting costs.
func priorities(g *golden) (out []scene) {
	for _, c := range g.Tables.Hol {
		s := scene{name: fmt.Sprintf("hol s=%d lam=%g", c.S, c.Lam), stack: policy.Stack{policy.Priority{}}, agents: alike(c.S),
			streams: streams(c.Lam, 1, byClass)}
		for i, w := range c.EW {
			tolerance := c.TolHigh
			if i == len(c.EW)-1 {
				tolerance = c.TolLow
			}
			s.expect = append(s.expect, meanWaitOf(i, w, tolerance))
		}
		out = append(out, s)
	}
	for _, c := range g.Tables.Apq {
		rates := map[ticket.Priority]int64{}
		for i, b := range c.B {
			rates[ticket.Priority(i)] = int64(b)
		}
		s := scene{name: fmt.Sprintf("apq s=%d lam=%g b=%g", c.S, c.Lam, c.B), stack: policy.Stack{policy.Aging{Rates: rates}},
			agents: alike(c.S), streams: streams(c.Lam, 1, byClass)}
		for i, w := range c.EW {
			s.expect = append(s.expect, meanWaitOf(i, w, c.Tol))
		}
		out = append(out, s)
	}
	return append(out, cmu(g)...)
}

// cmu are the three orders of an M/M/1 queue of two classes. The table has no
// tolerances: those of strict priority are taken.
func cmu(g *golden) (out []scene) {
	t := &g.Tables.CMu
	if len(t.Lam) != 2 {
		return nil
	}
	high, low := g.Tables.Hol[0].TolHigh, g.Tables.Hol[0].TolLow
	queue := func(name string, first int, stack policy.Stack) scene {
		s := scene{name: name, stack: stack, agents: alike(1)}
		s.streams = streams(t.Lam, 1, func(i int, t *ticket.Ticket) { t.Priority = ticket.Priority((i + first) % 2) })
		for i := range s.streams {
			s.streams[i].mu = t.Mu[i]
		}
		return s
	}
	for first, waits := range [][]float64{t.Order12, t.Order21} {
		s := queue(fmt.Sprintf("cmu M/M/1 class %d first", first+1), first, policy.Stack{policy.Priority{}})
		for i, w := range waits {
			tolerance := high
			if i != first {
				tolerance = low
			}
			s.expect = append(s.expect, meanWaitOf(i, w, tolerance))
		}
		s.expect = append(s.expect, measure{name: "cost", value: t.CostLamW[first], tolerance: low,
			read: func(v *seen) float64 { return t.Lam[0]*v.classes[0].mean() + t.Lam[1]*v.classes[1].mean() }})
		out = append(out, s)
	}
	s := queue("cmu M/M/1 first come", 0, nil)
	s.expect = []measure{meanWait(t.FCFS, low)}
	return append(out, s)
}

// reserves are strict priority with agents kept free, and, decided without a run,
// whether the guard lets them.
func reserves(g *golden) (out []scene) {
	type desk struct {
		s        int
		vip, reg float64
	}
	most := map[desk]int{}
	var order []desk
	for _, c := range g.Tables.Reserve {
		s := scene{name: fmt.Sprintf("reserve s=%d lam=%g K=%d", c.S, c.Lam, c.K), stack: policy.Stack{policy.VIP{Reserve: c.K}},
			agents: alike(c.S), streams: streams(c.Lam, 1, byTier)}
		for i := range c.EW {
			s.expect = append(s.expect, meanWaitOf(i, c.EW[i], c.Tol), mustWaitOf(i, c.Pw[i], c.Tol))
		}
		out = append(out, s)
		d := desk{c.S, c.Lam[0], c.Lam[1]}
		if _, known := most[d]; !known {
			order = append(order, d)
		}
		most[d] = max(most[d], c.K)
	}
	for _, d := range order {
		for k := 0; k <= d.s; k++ {
			s := scene{name: fmt.Sprintf("guard s=%d lam=[%g %g] K=%d", d.s, d.vip, d.reg, k)}
			m := measure{name: "stable"}
			if d.reg < bound(d.s, k, d.vip) {
				m.value = 1
			}
			if policy.ReserveStable(d.s, k, d.vip, d.reg, 1) {
				m.exact = 1
			}
			if k <= most[d]+1 {
				s.expect = []measure{m}
				out = append(out, s)
			}
		}
	}
	return out
}

// bound is (s−K)·P0 of a chain that is summed until its terms vanish, in floating
// point: the guard's own sum is closed and in integers.
func bound(s, k int, vip float64) float64 {
	sum, term := 1.0, 1.0
	for n := s - k + 1; term > 1e-18 && n < 100_000; n++ {
		term *= vip / math.Min(float64(n), float64(s))
		sum += term
	}
	return float64(s-k) / sum
}

// promises gives every ticket a due time by its tier, and leaves the order to the
// built-in policy: a host's promises come from its plan, those of the table from
// here.
type promises struct {
	policy.Deadline
	vip, regular time.Duration
}

func (p promises) Name() string {
	return "promises vip=" + p.vip.String() + " regular=" + p.regular.String()
}

func (p promises) Order(t *policy.Ticket, u policy.Urgency) policy.Urgency {
	due := *t
	due.Due = t.Created.Add(p.regular)
	if t.Tier == ticket.VIP {
		due.Due = t.Created.Add(p.vip)
	}
	return p.Deadline.Order(&due, u)
}

// deadlines are two classes whose promises lie dD apart, earliest due first. The
// tolerance of 5 % is less than four standard deviations of a million jobs, so
// there are four times as many.
func deadlines(g *golden) (out []scene) {
	for _, c := range g.Tables.EDF {
		apart := 100 * 365 * 24 * time.Hour // as good as for ever
		if d, ok := c.DD.(float64); ok {
			apart = units(d)
		}
		name := strings.TrimSuffix(fmt.Sprintf("s=%d lam=%g dD=%v", c.S, c.Lam, c.DD), ".0")
		s := scene{name: "edf " + name, longer: 4, stack: policy.Stack{promises{vip: units(1), regular: units(1) + apart}}, agents: alike(c.S),
			streams: streams(c.Lam, 1, byTier)}
		for i, w := range c.EW {
			s.expect = append(s.expect, meanWaitOf(i, w, 0.05))
		}
		out = append(out, s)
	}
	return out
}

// fastest prefers the agent who works fastest, by a skill that says how fast; in
// order prefers the one who stands first in the list. Both are what a user writes.
type fastest struct{}

func (fastest) Name() string { return "fastest" }

func (fastest) Fit(a *policy.Agent, _ *ticket.Demand) int64 { return -int64(a.Skills.Level("speed")) }

type inOrder struct{}

func (inOrder) Name() string { return "in order" }

func (inOrder) Fit(a *policy.Agent, _ *ticket.Demand) int64 { return int64(a.Skills.Level("place")) }

// unequal are agents of unequal speed: the longest idle first, the fastest first,
// and, against a chain solved here, the first of a list first.
func unequal(g *golden) (out []scene) {
	for i, c := range g.Tables.Lisf {
		stacks := map[string]policy.Stack{"random": nil, "fast": {fastest{}}, "index": {inOrder{}}}
		out = append(out, teams(c.Policy, stacks[c.Policy], c.Mu, c.Lam, c.Pw, c.EW, c.Busy, c.TolEW, c.TolBusy))
		if c.Policy == "random" {
			s := solve(c.Mu, c.Lam)
			out = append(out, teams("index", stacks["index"], c.Mu, c.Lam, s.pw, s.ew, s.busy, g.Tables.Lisf[i].TolEW, g.Tables.Lisf[i].TolBusy))
		}
	}
	return out
}

func teams(name string, stack policy.Stack, mu []float64, lam, pw, ew float64, share []float64, tolEW, tolBusy float64) scene {
	s := scene{name: fmt.Sprintf("lisf %s mu=%g lam=%g", name, mu, lam), stack: stack, streams: streams([]float64{lam}, 1, nil),
		speed: map[string]float64{}}
	s.expect = []measure{mustWait(pw, tolEW), meanWait(ew, tolEW)}
	for i, m := range mu {
		a := router.Agent{ID: fmt.Sprintf("agent-%d", i), Capacity: 1, Skills: ticket.Skills{
			{Skill: "place", Level: ticket.Level(i + 1)}, {Skill: "speed", Level: ticket.Level(10 * m)}}}
		s.agents = append(s.agents, a)
		s.speed[a.ID] = m
		s.expect = append(s.expect, busy(i, share[i], tolBusy))
	}
	return s
}
