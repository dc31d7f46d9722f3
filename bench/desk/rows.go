package desk

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/usherdesk/usher/bench/ratio"
)

// Rows measures the lines of the budget table that are about routing. Every desk
// that is timed has been held against its naive model first; if they disagree, there
// is no report but an error that names the row.
func Rows(rounds int, quick bool) ([]ratio.Row, error) {
	m := measure{rounds: rounds, waiting: 1_000_000, agents: 10_000}
	if quick {
		m.waiting = 100_000
	}
	m.regimes()
	m.loops()
	m.floors()
	m.growth()
	m.hostile()
	if m.err != nil {
		return nil, m.err
	}
	m.mallocs()
	m.add(loadSeconds(m.waiting, m.agents), emptyDesk())
	m.add(memory(m.waiting, m.agents)...)
	m.parallel()
	return m.rows, m.err
}

// measure gathers rows until something goes wrong.
type measure struct {
	Checker
	rounds  int
	waiting int
	agents  int
	rows    []ratio.Row
	err     error
}

func (m *measure) add(rows ...ratio.Row) { m.rows = append(m.rows, rows...) }

// backlog is the world in the middle of the table.
func (m *measure) backlog() World {
	return World{Waiting: m.waiting, Agents: m.agents, Profiles: 500, ByDue: true}
}

// contender is one side of a row.
type contender struct {
	Kind
	World
}

// pair times operations of a against those of b.
func (m *measure) pair(row ratio.Row, a, b contender) {
	m.timed(row, operate, (*Run).time, a, b)
}

// timed makes a row of two contenders that have played a script. The row has a name
// and budgets.
func (m *measure) timed(row ratio.Row, s script, time func(*Run) float64, a, b contender) {
	if m.err != nil {
		return
	}
	var x, y *Run
	if x, m.err = m.Steady(row.Name, a.Kind, a.World, s); m.err != nil {
		return
	}
	if y, m.err = m.Steady(row.Name, b.Kind, b.World, s); m.err != nil {
		return
	}
	runtime.GC()
	took := ratio.Pair(row.Name, m.rounds, func() float64 { return time(x) }, func() float64 { return time(y) })
	if err := errors.Join(x.err, y.err); err != nil {
		m.err = fmt.Errorf("%s: %w", row.Name, err)
	}
	took.Budget, took.Aim, took.AtLeast = row.Budget, row.Aim, row.AtLeast
	m.add(took)
}

// regimes are the engine against the least engine there can be.
func (m *measure) regimes() {
	for _, regime := range []struct {
		name     string
		w        World
		must, to float64
	}{
		{"backlog-due", World{Waiting: m.waiting, ByDue: true}, 2.0, 1.5},
		{"backlog-fcfs", World{Waiting: m.waiting}, 3.0, 2.0},
		{"idle", World{}, 1.5, 1.2},
	} {
		for _, p := range []int{20, 500, 10_000} {
			w := regime.w
			w.Agents, w.Profiles = m.agents, p
			row := ratio.Row{Name: fmt.Sprintf("%s/onelane@%d", regime.name, p), Budget: regime.must, Aim: regime.to}
			m.pair(row, contender{Engine, w}, contender{Lane, w})
		}
	}
}

// loops are the desks without an index against the engine, over fewer operations,
// since they take so long.
func (m *measure) loops() {
	quarter := func(run *Run) float64 { return run.timeOf(ops / 4) }
	for _, p := range []int{20, 500, 10_000} {
		w := World{Agents: m.agents, Profiles: p}
		row := ratio.Row{Name: fmt.Sprintf("idle-scan/idle@%d", p), Budget: 10, Aim: 30, AtLeast: true}
		m.timed(row, operate, quarter, contender{ScanAll, w}, contender{Engine, w})
	}
	w := World{Agents: m.agents, Profiles: 500}
	m.timed(ratio.Row{Name: "idle-plain/idle@500"}, operate, quarter, contender{PlainScan, w}, contender{Engine, w})
	m.timed(ratio.Row{Name: "idle-roundrobin/idle@500"}, operate, quarter, contender{RoundRobin, w}, contender{Engine, w})
}

// growth is what a thousand times as many waiting tickets make of an operation.
func (m *measure) growth() {
	small := m.backlog()
	small.Waiting = 1000
	m.pair(ratio.Row{Name: "backlog-growth@500", Budget: 3}, contender{Engine, m.backlog()}, contender{Engine, small})
}

func (run *Run) time() float64 { return run.timeOf(ops) }

// timeOf is the processor time of an operation, which neighbours do not disturb as
// they do the wall clock's.
func (run *Run) timeOf(n int) float64 {
	began := ratio.Spent()
	run.ops(n)
	return float64(ratio.Spent()-began) / float64(n)
}

// mallocs counts what one operation allocates, in both regimes, over enough of
// them that nothing rare hides.
func (m *measure) mallocs() {
	const n = 200_000
	var most float64
	for _, w := range []World{m.backlog(), {Agents: m.agents, Profiles: 500}} {
		run, err := m.Steady("route-mallocs", Engine, w, operate)
		if m.err = err; err != nil {
			return
		}
		for range n {
			run.Op()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			run.Op()
		}
		runtime.ReadMemStats(&after)
		most = max(most, float64(after.Mallocs-before.Mallocs)/n)
	}
	row := ratio.Single("route-mallocs", most)
	row.Budget, row.Aim, row.Detail = 0.03, 0.001, "the worse of backlog and idle"
	m.add(row)
}
