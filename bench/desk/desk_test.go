package desk

import (
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/usherdesk/usher/router"
)

// A desk of a million tickets takes seconds to fill, for every benchmark anew, so
// that these run only when asked for:
//
//	go test -run '^$' -bench . ./desk -large
var large = flag.Bool("large", false, "benchmarks with a million waiting tickets as well")

func sizes() []int {
	if *large {
		return []int{1000, 100_000, 1_000_000}
	}
	return []int{1000, 100_000}
}

// staffs are the agents and profiles of the budget table.
var staffs = []World{
	{Agents: 100, Profiles: 20},
	{Agents: 10_000, Profiles: 20},
	{Agents: 10_000, Profiles: 500},
	{Agents: 10_000, Profiles: 10_000},
}

// route runs one operation on each of the kinds.
func route(b *testing.B, name string, w World, kinds ...Kind) {
	for _, k := range kinds {
		b.Run(k.Name+"/"+name, func(b *testing.B) {
			run := NewRun(w, k.Make(w))
			run.ops(2 * demands) // until every demand has been seen
			b.ReportAllocs()
			for b.Loop() {
				run.Op()
			}
			if run.err != nil {
				b.Fatal(run.err)
			}
		})
	}
}

// BenchmarkBacklog is one operation while tickets wait, the first due or the first
// come first.
func BenchmarkBacklog(b *testing.B) {
	for _, waiting := range sizes() {
		for _, w := range staffs {
			for _, w.ByDue = range []bool{true, false} {
				w.Waiting = waiting
				route(b, fmt.Sprintf("W=%d/A=%d/P=%d/due=%t", w.Waiting, w.Agents, w.Profiles, w.ByDue), w, Engine, Lane)
			}
		}
	}
}

// BenchmarkIdle is one operation while agents wait.
func BenchmarkIdle(b *testing.B) {
	for _, w := range staffs {
		route(b, fmt.Sprintf("A=%d/P=%d", w.Agents, w.Profiles), w, Engine, Lane, ScanAll, PlainScan, RoundRobin)
	}
}

// BenchmarkFloor is the moves in OneLane's trees that an operation takes.
func BenchmarkFloor(b *testing.B) {
	for _, waiting := range append([]int{0}, sizes()...) {
		w := World{Waiting: waiting, Agents: 10_000, Profiles: 500, ByDue: true}
		b.Run(fmt.Sprintf("W=%d/A=%d", w.Waiting, w.Agents), func(b *testing.B) {
			f := newFloor(w)
			for b.Loop() {
				f.op()
			}
		})
	}
}

// BenchmarkHostile is one operation in the worlds made to hurt an index, against as
// many tickets that wait for OneLane.
func BenchmarkHostile(b *testing.B) {
	for _, waiting := range sizes()[1:] {
		for _, x := range hostileWorlds(waiting, 10_000) {
			name := fmt.Sprintf("%s/W=%d", x.name, waiting)
			route(b, name, x.world, Engine)
			route(b, name, x.plain(), Lane)
		}
	}
}

// BenchmarkLeave is all agents leaving and coming back at once.
func BenchmarkLeave(b *testing.B) {
	for _, waiting := range sizes()[1:] {
		w := World{Waiting: waiting, Agents: 10_000, Profiles: 500, ByDue: true}
		for _, k := range []Kind{Engine, Lane} {
			b.Run(fmt.Sprintf("%s/W=%d/A=%d", k.Name, w.Waiting, w.Agents), func(b *testing.B) {
				run := NewRun(w, k.Make(w))
				for b.Loop() {
					run.Leave()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*w.Agents), "ns/agent")
			})
		}
	}
}

// BenchmarkSwap is everything that waits getting in line by another stack and back.
func BenchmarkSwap(b *testing.B) {
	for _, waiting := range sizes() {
		w := World{Waiting: waiting, Agents: 10_000, Profiles: 500, ByDue: true}
		b.Run(fmt.Sprintf("W=%d/A=%d", w.Waiting, w.Agents), func(b *testing.B) {
			run := NewRun(w, NewEngine(w))
			for b.Loop() {
				run.Swap("arrival")
				run.Swap("default")
			}
		})
	}
}

// BenchmarkLoad is a desk made from the host's rows.
func BenchmarkLoad(b *testing.B) {
	for _, waiting := range sizes() {
		w := World{Waiting: waiting, Agents: 10_000, Profiles: 500}
		b.Run(fmt.Sprintf("W=%d/A=%d", w.Waiting, w.Agents), func(b *testing.B) {
			rows := w.rows()
			for b.Loop() {
				if _, _, err := router.Load(config(), rows, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDesks is an operation on each of two desks, one after the other and side
// by side.
func BenchmarkDesks(b *testing.B) {
	w := World{Waiting: 1000, Agents: 100, Profiles: 20, ByDue: true}
	x, y := NewRun(w, NewEngine(w)), NewRun(w, NewEngine(w))
	b.Run("in turn", func(b *testing.B) {
		x.ops(b.N)
		y.ops(b.N)
	})
	b.Run("at once", func(b *testing.B) {
		both(func() { x.ops(b.N) }, func() { y.ops(b.N) })
	})
}

// BenchmarkRouter is a ticket submitted and resolved through one Router.
func BenchmarkRouter(b *testing.B) {
	for _, goroutines := range []int{1, 8} {
		b.Run(fmt.Sprintf("goroutines=%d", goroutines), func(b *testing.B) {
			s, err := newShared(goroutines)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for g := range goroutines {
				wg.Go(func() { s.ops(g, (b.N+g)/goroutines) })
			}
			wg.Wait()
			if err := s.failed(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
