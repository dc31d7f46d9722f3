package desk

import (
	"math/rand/v2"

	"github.com/usherdesk/usher/bench/ratio"
)

// floor is what OneLane moves in its trees, and nothing else: no ids, no maps, no
// events, no records. It decides as little as it does: there is no job that it
// does, so that no engine is held against it. It is there to convert: a factor over
// OneLane times that of OneLane over the floor is the factor over two trees.
type floor struct {
	*OneLane
	w    World
	r    *rand.Rand
	now  int64
	busy []*laneAgent
}

// newFloor builds trees of the sizes that a desk of this world has.
func newFloor(w World) *floor {
	f := &floor{OneLane: NewOneLane(w).(*OneLane), w: w, r: w.rand(), now: start.UnixNano()}
	agents, _ := w.agents(f.r)
	for i := range agents {
		a := &laneAgent{a: agents[i], idle: f.now}
		if w.Waiting > 0 || i%2 == 0 {
			f.busy = append(f.busy, a)
		} else {
			f.free.ReplaceOrInsert(agentEntry{0, a.idle, a})
		}
	}
	for range w.Waiting {
		f.wait()
	}
	return f
}

// wait puts a new ticket in line.
func (f *floor) wait() {
	key := f.now
	if f.byDue {
		key += f.r.Int64N(int64(horizon))
	}
	f.seq++
	f.waiting.ReplaceOrInsert(laneEntry{key: key, seq: f.seq})
}

// op is the moves of one operation. In the backlog a ticket gets in line and the
// head leaves it, and the agent who takes that is in no tree before or after. In the
// idle regime the first agent leaves the tree, and another one, drawn by lot, comes
// back to it.
func (f *floor) op() {
	f.now += int64(step)
	if f.w.Waiting > 0 {
		f.wait()
		f.waiting.DeleteMax()
		return
	}
	first, _ := f.free.DeleteMin()
	f.busy = append(f.busy, first.a)
	i, last := f.r.IntN(len(f.busy)), len(f.busy)-1
	a := f.busy[i]
	f.busy[i] = f.busy[last]
	f.busy = f.busy[:last]
	a.idle = f.now
	f.free.ReplaceOrInsert(agentEntry{0, a.idle, a})
}

func (f *floor) time() float64 {
	began := ratio.Spent()
	for range ops {
		f.op()
	}
	return float64(ratio.Spent()-began) / ops
}

// floors are OneLane against its own trees, for conversion.
func (m *measure) floors() {
	for _, x := range []struct {
		name string
		w    World
	}{
		{"onelane/floor-due", World{Waiting: m.waiting, Agents: m.agents, Profiles: 500, ByDue: true}},
		{"onelane/floor-fcfs", World{Waiting: m.waiting, Agents: m.agents, Profiles: 500}},
		{"onelane/floor-idle", World{Agents: m.agents, Profiles: 500}},
	} {
		var run *Run
		if m.err == nil {
			run, m.err = m.Steady(x.name, Lane, x.w, operate)
		}
		if m.err != nil {
			return
		}
		m.add(ratio.Pair(x.name, m.rounds, run.time, newFloor(x.w).time))
	}
}
