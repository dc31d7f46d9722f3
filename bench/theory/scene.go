package main

import (
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// unit is one unit of the tables' time. Nanoseconds round nothing that matters of
// it, and a million jobs of the slowest queue last some years.
const unit = time.Minute

func units(t float64) time.Duration { return time.Duration(t * float64(unit)) }

var start = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// scene is a queue: agents, streams of tickets, and the policy of the desk.
type scene struct {
	name    string
	stack   policy.Stack
	agents  []router.Agent
	streams []stream
	speed   map[string]float64 // of agents who are not all alike
	within  time.Duration      // the T of a service level
	expect  []measure
	longer  int // times as many jobs as others; 0 is 1
}

// measure is one expected number.
type measure struct {
	name      string
	value     float64
	tolerance float64
	read      func(*seen) float64
	// complement has the tolerance count relative to 1 − value: for the chance of a
	// short wait, whose complement is what scales with the waits.
	complement bool
	exact      float64 // of what is decided without a run
}

func (m measure) holds(got, tolerance float64) bool {
	scale := m.value
	if m.complement {
		scale = 1 - m.value
	}
	return math.Abs(got-m.value) <= tolerance*scale
}

// seen is what a run showed, after the first twentieth of it.
type seen struct {
	classes [8]class
	all     class
	busy    []float64
}

type class struct {
	jobs, waited, abandoned, late, prompt int
	wait                                  float64 // sum, in units
}

func (c *class) add(f *sim.Fate, within time.Duration) {
	c.jobs++
	c.wait += float64(f.Wait) / float64(unit)
	if f.Wait > 0 {
		c.waited++
	}
	switch {
	case f.Wait > within:
		c.late++
	case !f.Abandoned:
		c.prompt++
	}
	if f.Abandoned {
		c.abandoned++
	}
}

func (c *class) share(n int) float64 { return float64(n) / float64(c.jobs) }
func (c *class) mean() float64       { return c.wait / float64(c.jobs) }

// run plays a scene once.
func (s *scene) run(seed uint64, jobs int) ([]float64, error) {
	v := &seen{}
	warm := jobs / 20
	cfg := sim.Config{
		Desk:   router.Config{Policy: s.stack},
		Agents: s.agents,
		Jobs:   balanced(seed, jobs, s.streams),
		Over: func(f *sim.Fate) {
			if f.Number >= warm {
				v.classes[f.Job.Class].add(f, s.within)
				v.all.add(f, s.within)
			}
		},
	}
	if s.speed != nil {
		cfg.Service = func(j *sim.Job, agent string) time.Duration {
			return time.Duration(float64(j.Service) / s.speed[agent])
		}
	}
	rep, err := sim.Run(cfg)
	if err != nil {
		return nil, err
	}
	if rep.Served+rep.Abandoned != jobs {
		return nil, fmt.Errorf("%d served and %d abandoned of %d", rep.Served, rep.Abandoned, jobs)
	}
	for _, a := range rep.Agents {
		v.busy = append(v.busy, float64(a.Busy)/float64(a.Online))
	}
	var got []float64
	for _, m := range s.expect {
		got = append(got, m.read(v))
	}
	return got, nil
}

// alike are agents who take one ticket at a time and differ in nothing.
func alike(n int) []router.Agent {
	var out []router.Agent
	for i := range n {
		out = append(out, router.Agent{ID: fmt.Sprintf("agent-%02d", i), Capacity: 1})
	}
	return out
}

// streams are one Poisson stream a rate; each class gets its marks on the ticket.
func streams(rates []float64, mu float64, mark func(class int, t *ticket.Ticket)) []stream {
	var out []stream
	for i, r := range rates {
		s := stream{ticket: ticket.Ticket{Channel: ticket.Phone}, lam: r, mu: mu}
		if mark != nil {
			mark(i, &s.ticket)
		}
		out = append(out, s)
	}
	return out
}

// Measures.

func meanWait(value, tolerance float64) measure {
	return measure{name: "EW", value: value, tolerance: tolerance, read: func(v *seen) float64 { return v.all.mean() }}
}

func meanWaitOf(i int, value, tolerance float64) measure {
	return measure{name: fmt.Sprintf("EW[%d]", i), value: value, tolerance: tolerance,
		read: func(v *seen) float64 { return v.classes[i].mean() }}
}

func mustWait(value, tolerance float64) measure {
	return measure{name: "Pw", value: value, tolerance: tolerance,
		read: func(v *seen) float64 { return v.all.share(v.all.waited) }}
}

func mustWaitOf(i int, value, tolerance float64) measure {
	return measure{name: fmt.Sprintf("Pw[%d]", i), value: value, tolerance: tolerance,
		read: func(v *seen) float64 { return v.classes[i].share(v.classes[i].waited) }}
}

func busy(i int, value, tolerance float64) measure {
	return measure{name: fmt.Sprintf("busy[%d]", i), value: value, tolerance: tolerance, read: func(v *seen) float64 { return v.busy[i] }}
}

// outcome is a case with what its runs gave, by seed and measure.
type outcome struct {
	name   string
	expect []measure
	got    [][]float64
	jobs   int // a run
	longer int
	err    error
}

// runAll runs the scenes, as many at a time as there are processors, and yields
// their outcomes in order.
func runAll(scenes []scene, seeds, jobs int, only string) iter.Seq[outcome] {
	scenes = slices.DeleteFunc(scenes, func(s scene) bool { return !strings.Contains(s.name, only) })
	return func(yield func(outcome) bool) {
		ready := make([]chan outcome, len(scenes))
		for i := range ready {
			ready[i] = make(chan outcome, 1)
		}
		var next atomic.Int64
		for range runtime.GOMAXPROCS(0) {
			go func() {
				for i := next.Add(1) - 1; i < int64(len(scenes)); i = next.Add(1) - 1 {
					ready[i] <- scenes[i].play(seeds, jobs)
				}
			}()
		}
		defer next.Store(int64(len(scenes)))
		for _, r := range ready {
			if !yield(<-r) {
				return
			}
		}
	}
}

// play runs a scene once a seed.
func (s *scene) play(seeds, jobs int) outcome {
	o := outcome{name: s.name, expect: s.expect, longer: max(s.longer, 1)}
	if s.agents == nil {
		return o
	}
	o.jobs = jobs * o.longer
	for i := range seeds {
		got, err := s.run(seed(i), o.jobs)
		if err != nil {
			o.err = err
			return o
		}
		o.got = append(o.got, got)
	}
	return o
}
