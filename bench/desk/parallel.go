package desk

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherdesk/usher/bench/ratio"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// parallel is what several goroutines get done.
func (m *measure) parallel() {
	if m.err == nil {
		m.desks()
	}
	if m.err == nil {
		m.shared()
	}
}

// wall is how long something takes by the clock on the wall, in nanoseconds.
func wall(f func()) float64 {
	began := time.Now()
	f()
	return float64(time.Since(began))
}

// desks is what two desks on two cores get done, as a multiple of one. They share
// nothing, and are small, so that caches that the cores share have little to say.
// What the machine has to give at the moment, two of the least engine show.
func (m *measure) desks() {
	engines, lanes := m.twoOf(Engine), m.twoOf(Lane)
	if m.err != nil {
		return
	}
	runtime.GC()
	for range 200 {
		engines.turn()
		lanes.turn()
	}
	row := ratio.Single("parallel-desks", engines.multiple())
	row.AtLeast = true
	row.Detail = fmt.Sprintf("two desks in the time of one; onelane reaches %.3g on %d cores", lanes.multiple(), runtime.GOMAXPROCS(0))
	if row.Budget = 1.9; lanes.multiple() < row.Budget {
		row.Budget = 0
		row.Detail += ": too little to judge by"
	}
	m.add(row)
	m.err = errors.Join(engines.runs[0].err, engines.runs[1].err)
}

func (m *measure) twoOf(k Kind) (s beside) {
	w := World{Waiting: 1000, Agents: 100, Profiles: 20, ByDue: true}
	for i := range s.runs {
		if m.err == nil {
			s.runs[i], m.err = m.Steady("parallel-desks", k, w, operate)
		}
	}
	return s
}

// beside is how much two desks get done side by side, as a multiple of one alone. The wall clock counts here, of which neighbours take their share: so that
// turns are short and many, and the best of each side is compared, in which nobody
// interfered.
type beside struct {
	runs        [2]*Run // the first on the same goroutine alone and beside the second, so that its data stay with a core
	alone, both []float64
}

func (s *beside) turn() {
	own, other := func() { s.runs[0].ops(2000) }, func() { s.runs[1].ops(2000) }
	own()
	s.alone, s.both = append(s.alone, wall(own)), append(s.both, both(other, own))
}

func (s *beside) multiple() float64 { return 2 * slices.Min(s.alone) / slices.Min(s.both) }

// both runs two functions side by side and returns the wall time in nanoseconds. The
// other goroutine is awake, and its core has its data, before the clock starts.
func both(other, own func()) float64 {
	var awake, begin, done atomic.Bool
	go func() {
		other()
		awake.Store(true)
		for !begin.Load() {
		}
		other()
		done.Store(true)
	}()
	for !awake.Load() {
		own()
	}
	return wall(func() {
		begin.Store(true)
		own()
		for !done.Load() {
		}
	})
}

// spun keeps the compiler from leaving arithmetic out.
var spun atomic.Uint64

// shared is what eight goroutines get done on one Router, as a multiple of what one
// of them does alone. All of it is under one lock, so that little more than 1 can be
// had; what is lost is what it takes to hand the lock on.
func (m *measure) shared() {
	const goroutines, n = 8, 4 * ops
	s, err := newShared(goroutines)
	if err != nil {
		m.err = fmt.Errorf("router-8: %w", err)
		return
	}
	many := func() {
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() { s.ops(g, n/goroutines) })
		}
		wg.Wait()
	}
	s.check = true
	many()
	s.check = false
	runtime.GC()
	row := ratio.Pair("router-8", 2*m.rounds+1, func() float64 { return wall(func() { s.ops(0, n) }) / n }, func() float64 { return wall(many) / n })
	row.Budget, row.AtLeast = 0.8, true
	row.Detail += fmt.Sprintf(", 1 goroutine against 8 on %d cores", runtime.GOMAXPROCS(0))
	if m.err = s.failed(); m.err != nil {
		return
	}
	m.add(row)
	m.add(locked(2*m.rounds+1, n))
}

// locked is what eight goroutines get done under a sync.Mutex as a multiple of what
// one does, where what it guards is arithmetic of about a microsecond: no memory
// has to move from core to core, so that this is what the lock alone leaves.
func locked(rounds, n int) ratio.Row {
	var mu sync.Mutex
	x := uint64(1)
	work := func(n int) {
		for range n {
			mu.Lock()
			for range 500 {
				x ^= x << 13
				x ^= x >> 7
				x ^= x << 17
			}
			mu.Unlock()
		}
	}
	many := func() {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { work(n / 8) })
		}
		wg.Wait()
	}
	row := ratio.Pair("mutex-8", rounds, func() float64 { return wall(func() { work(n) }) / float64(n) }, func() float64 { return wall(many) / float64(n) })
	spun.Store(x)
	row.Detail += ", a lock around arithmetic, 1 goroutine against 8"
	return row
}

// shared is a Router in the idle regime, for goroutines that each have tickets of
// their own.
type shared struct {
	desk  *router.Router
	ids   [][]string
	wants [][]ticket.Need
	err   []error // by goroutine, the first

	// Whom a ticket goes to depends on who comes first. What is checked, before the
	// timing, is that each is assigned at once, to an agent who has the skills, and
	// that nobody gets more than he has room for.
	check  bool
	agents map[string]router.Agent
	open   map[string]*atomic.Int32
}

func newShared(goroutines int) (*shared, error) {
	cfg := config()
	cfg.Keep.Count = 1
	desk, err := router.New(cfg)
	if err != nil {
		return nil, err
	}
	w := World{Agents: 1000, Profiles: 20}
	r := w.rand()
	agents, profiles := w.agents(r)
	s := &shared{desk: desk, wants: w.vocabulary(r, profiles), err: make([]error, goroutines),
		agents: map[string]router.Agent{}, open: map[string]*atomic.Int32{}}
	for _, a := range agents {
		if _, err := desk.SetAgent(a); err != nil {
			return nil, err
		}
		s.agents[a.ID], s.open[a.ID] = a, new(atomic.Int32)
	}
	for g := range goroutines {
		var ids []string
		for i := range 16 { // a few, since an ended ticket is remembered until the next one ends
			ids = append(ids, fmt.Sprintf("GD%02d%07d", g, i))
		}
		s.ids = append(s.ids, ids)
	}
	return s, nil
}

// ops submits and resolves so many tickets, one after the other.
func (s *shared) ops(g, n int) {
	fail := func(err error) { s.err[g] = errors.Join(s.err[g], err) }
	for i := range n {
		id := s.ids[g][i%len(s.ids[g])]
		needs := s.wants[i%len(s.wants)]
		res, err := s.desk.Submit(ticket.Ticket{ID: id, Channel: ticket.Web, Required: needs})
		if err == nil && res.Status != ticket.InProgress {
			err = fmt.Errorf("%s is %s", id, res.Status)
		}
		if err != nil {
			fail(err)
			return
		}
		if s.check {
			a := s.agents[res.Agent]
			if s.open[a.ID].Add(1) > int32(a.Capacity) {
				fail(fmt.Errorf("%s goes to %s, who has no room", id, a.ID))
			}
			for _, n := range needs {
				if !slices.ContainsFunc(a.Skills, func(r ticket.Rated) bool { return r.Skill == n.Skill && r.Level >= n.Level }) {
					fail(fmt.Errorf("%s goes to %s, who may not take it", id, a.ID))
				}
			}
			s.open[a.ID].Add(-1)
		}
		if _, err := s.desk.Resolve(id); err != nil {
			fail(err)
			return
		}
	}
}

func (s *shared) failed() error {
	if err := errors.Join(s.err...); err != nil {
		return fmt.Errorf("router-8: %w", err)
	}
	return nil
}
