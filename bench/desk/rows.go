package desk

import (
	"fmt"
	"runtime"

	"github.com/usherdesk/usher/bench/ratio"
)

// Rows measures the lines of the budget table that are about routing.
func Rows(rounds int, quick bool) ([]ratio.Row, error) {
	waiting, agents := 1_000_000, 10_000
	if quick {
		waiting = 100_000
	}
	var rows []ratio.Row
	for _, regime := range []struct {
		name     string
		w        World
		must, to float64
	}{
		{"backlog-due", World{Waiting: waiting, ByDue: true}, 2.0, 1.5},
		{"backlog-fcfs", World{Waiting: waiting}, 3.0, 2.0},
		{"idle", World{}, 1.5, 1.2},
	} {
		for _, p := range []int{20, 500, 10_000} {
			w := regime.w
			w.Agents, w.Profiles = agents, p
			row := pair(fmt.Sprintf("%s/onelane@%d", regime.name, p), rounds, NewRun(w, NewEngine(w)), NewRun(w, NewOneLane(w)))
			row.Budget, row.Aim = regime.must, regime.to
			rows = append(rows, row)
		}
	}
	for _, p := range []int{20, 500, 10_000} {
		w := World{Agents: agents, Profiles: p}
		row := pair(fmt.Sprintf("idle-scan/idle@%d", p), rounds, NewRun(w, NewScan(w)), NewRun(w, NewEngine(w)))
		row.Budget, row.Aim, row.AtLeast = 10, 30, true
		rows = append(rows, row)
	}
	small, large := World{Waiting: 1000, Agents: agents, Profiles: 500, ByDue: true}, World{Waiting: waiting, Agents: agents, Profiles: 500, ByDue: true}
	row := pair("backlog-growth@500", rounds, NewRun(large, NewEngine(large)), NewRun(small, NewEngine(small)))
	row.Budget = 3
	rows = append(rows, row)
	for _, hostile := range []struct {
		name string
		w    World
	}{
		{"hostile-unlike/onelane", World{Waiting: waiting, Agents: agents, Profiles: 500, ByDue: true, Unlike: true}},
		{"hostile-orphans/onelane", World{Waiting: waiting, Agents: agents, Profiles: 500, ByDue: true, Orphans: 90}},
	} {
		row := pair(hostile.name, rounds, NewRun(hostile.w, NewEngine(hostile.w)), NewRun(hostile.w, NewOneLane(hostile.w)))
		row.Budget = 5
		rows = append(rows, row)
	}
	rows = append(rows, mallocs(large), loadSeconds(waiting, agents), emptyDesk())
	return append(rows, memory(waiting, agents)...), nil
}

// ops is how many operations one timing takes.
const ops = 20_000

func pair(name string, rounds int, a, b *Run) ratio.Row {
	for range ops {
		a.Op()
		b.Op()
	}
	runtime.GC()
	return ratio.Pair(name, rounds, a.time, b.time)
}

// time is the processor time of an operation, which neighbours do not disturb as
// they do the wall clock's.
func (run *Run) time() float64 {
	began := ratio.Spent()
	for range ops {
		run.Op()
	}
	return float64(ratio.Spent()-began) / ops
}

// mallocs counts what one operation allocates, in both regimes, over enough of
// them that nothing rare hides.
func mallocs(backlog World) ratio.Row {
	idle := World{Agents: backlog.Agents, Profiles: backlog.Profiles}
	const n = 200_000
	var most float64
	for _, w := range []World{backlog, idle} {
		run := NewRun(w, NewEngine(w))
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
	return row
}
