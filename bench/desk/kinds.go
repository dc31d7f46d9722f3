package desk

import (
	"fmt"
	"runtime"
)

// Kind is a desk that is timed, with the model that says its job.
type Kind struct {
	Name  string
	Make  func(World) Desk
	Model rule
}

// The kinds. Loops are for the idle regime.
var (
	Engine     = Kind{"engine", NewEngine, rule{}}
	Lane       = Kind{"onelane", NewOneLane, rule{anyone: true}}
	ScanAll    = Kind{"scan", NewScan, rule{}}
	PlainScan  = Kind{"plain", NewPlain, rule{}}
	RoundRobin = Kind{"roundrobin", NewRoundRobin, rule{turns: true}}
)

// ops is how many operations one timing takes, and how many are checked before it.
const ops = 20_000

// Checker holds desks against their models. What a model has said of a world it does
// not say twice.
type Checker struct {
	said map[string]uint64
}

// script is what a run does before it is timed.
type script struct {
	name string
	play func(*Run)
}

var (
	operate   = script{"operations", func(run *Run) { run.ops(ops) }}
	shift     = script{"operations and a change of shift", func(run *Run) { run.ops(ops); run.Leave() }}
	swapTwice = script{"operations between policy swaps", func(run *Run) {
		run.Swap("arrival")
		run.ops(ops / 2)
		run.Swap("default")
		run.ops(ops / 2)
	}}
)

// Steady fills a desk and has it do its first operations, by a script, as its model
// does the same. It is an error, named by the row, if the two have given any ticket
// to different agents, or in another order, from the first command on.
func (c *Checker) Steady(row string, k Kind, w World, s script) (*Run, error) {
	said := fmt.Sprintf("%+v %+v %s", w, k.Model, s.name)
	want, ok := c.said[said]
	if !ok {
		model := NewRun(w, newNaive(k.Model)(w))
		s.play(model)
		if model.err != nil {
			return nil, fmt.Errorf("%s: the naive model: %w", row, model.err)
		}
		want = model.hash
		if c.said == nil {
			c.said = map[string]uint64{}
		}
		c.said[said] = want
		model = nil
		runtime.GC()
	}
	run := NewRun(w, k.Make(w))
	s.play(run)
	if run.err != nil {
		return nil, fmt.Errorf("%s: %s: %w", row, k.Name, run.err)
	}
	if run.hash != want {
		return nil, fmt.Errorf("%s: %s and its naive model disagree: %x and %x after the first %d %s, on %+v", row, k.Name, run.hash, want, ops, s.name, w)
	}
	return run, nil
}

func (run *Run) ops(n int) {
	for range n {
		run.Op()
	}
}
