package router

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/btree"
	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// The indexes, each against the dumbest thing that does the same: a sorted slice,
// or a look at everything.

// changes is how often each is changed.
func changes() int {
	if raced {
		return 100_000
	}
	return 1_000_000
}

// mark has few keys, so that most are equal and the ids decide.
type mark struct{ key, id int }

func (m mark) before(n mark) bool { return compareMarks(m, n) < 0 }

func compareMarks(m, n mark) int { return cmp.Or(cmp.Compare(m.key, n.key), cmp.Compare(m.id, n.id)) }

func TestRun(t *testing.T) {
	for _, few := range []int{2, 5, 32} {
		t.Run(fmt.Sprint(few), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(few)))
			x := &run[mark]{few: few, free: btree.NewFreeListG[mark](8)}
			var want []mark
			most, id := 0, 0
			for i := range changes() {
				if i%5000 == 0 { // grow and shrink, down to nothing
					most = []int{0, 1, few, 3 * few, 40 * few}[r.IntN(5)]
				}
				switch {
				case len(want) < most && r.IntN(3) > 0 || len(want) == 0:
					m := mark{r.IntN(20), id}
					if r.IntN(2) == 0 { // in order of coming, as most do
						m.key = 20 + id/8
					}
					id++
					at, _ := slices.BinarySearchFunc(want, m, compareMarks)
					want = slices.Insert(want, at, m)
					x.add(m)
				case r.IntN(2) == 0:
					at := r.IntN(len(want))
					x.remove(want[at])
					want = slices.Delete(want, at, at+1)
				default:
					if got := x.pop(); got != want[0] {
						t.Fatalf("change %d: pop %v, want %v", i, got, want[0])
					}
					want = want[1:]
				}
				if x.len() != len(want) {
					t.Fatalf("change %d: len %d, want %d", i, x.len(), len(want))
				}
				if len(want) > 0 && *x.first() != want[0] {
					t.Fatalf("change %d: first %v, want %v", i, *x.first(), want[0])
				}
				if i%997 == 0 {
					require.Equal(t, want, append([]mark{}, slices.Collect(x.each)...))
					if len(want) > 0 {
						at := r.IntN(len(want))
						var rest []mark
						x.from(want[at], func(m mark) bool {
							rest = append(rest, m)
							return len(rest) < 7
						})
						require.Equal(t, want[at:min(at+7, len(want))], rest)
					}
				}
			}
		})
	}
}

// staff is a desk with agents of random profiles, some with a limit on a channel.
func staff(t *testing.T, r *rand.Rand, agents, profiles int) *Engine {
	t.Helper()
	e, err := NewEngine(Config{Policy: policy.Stack{policy.Skill{}, policy.Load{}, policy.LongestIdle{}}})
	require.NoError(t, err)
	e.now = unix(monday)
	var made []policy.Agent
	for i := range profiles {
		a := policy.Agent{Capacity: 4, Tags: []string{fmt.Sprint(i)}}
		for _, k := range r.Perm(6)[:2] {
			a.Skills = append(a.Skills, ticket.Rated{Skill: ticket.Skill(fmt.Sprint("s", k)), Level: ticket.Level(1 + r.IntN(3))})
		}
		if i%3 == 0 {
			a.Channels = map[ticket.Channel]int{ticket.Web: 1, ticket.Phone: 0}
		}
		made = append(made, a)
	}
	for i := range agents {
		a := made[i%profiles]
		a.ID = fmt.Sprintf("a%05d", i)
		e.pool(e.newAgent(a))
	}
	return e
}

// demandOf draws what a ticket asks for.
func demandOf(r *rand.Rand) ticket.Demand {
	d := ticket.Demand{Channel: []ticket.Channel{ticket.Web, ticket.Phone}[r.IntN(2)], Weight: 1 + r.IntN(3)}
	for _, k := range r.Perm(6)[:r.IntN(3)] {
		d.Required = append(d.Required, ticket.Need{Skill: ticket.Skill(fmt.Sprint("s", k)), Level: ticket.Level(1 + r.IntN(2))})
	}
	return d
}

// TestPools has agents get and lose room, many of them at one time, and asks who
// is best and who is next.
func TestPools(t *testing.T) {
	for _, c := range []struct{ agents, profiles, changes int }{
		{40, 9, changes()},
		{3000, usualSizes.crowd + 100, changes() / 200}, // with a crowd
	} {
		t.Run(fmt.Sprint(c.profiles), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			e := staff(t, r, c.agents, c.profiles)
			var wants []*want
			for range 60 {
				d := demandOf(r)
				if w := e.intern(&d); !slices.Contains(wants, w) {
					wants = append(wants, w)
				}
			}
			require.Equal(t, c.profiles >= e.sizes.crowd, e.crowd != nil)
			may := map[*want][]*agent{}
			for _, w := range wants {
				for _, a := range e.agentOrder {
					if e.rules.Qualifies(&a.p, &w.demand) == "" {
						may[w] = append(may[w], a)
					}
				}
			}
			for i := range c.changes {
				a := e.agentOrder[r.IntN(len(e.agentOrder))]
				if r.IntN(4) == 0 {
					e.now += int64(r.IntN(2))
				}
				e.unpool(a)
				a.presence = []Presence{Online, Online, Online, Away}[r.IntN(4)]
				a.p.Live.Open, a.p.Live.Load = r.IntN(3), r.IntN(5)
				if len(a.counts) > 0 {
					a.counts[0] = r.IntN(2)
				}
				a.p.Live.IdleSince = instant(e.now - int64(r.IntN(3)))
				e.pool(a)
				w := wants[r.IntN(len(wants))]
				var x *exception
				if r.IntN(4) == 0 {
					x = &exception{ids: []string{e.agentOrder[r.IntN(len(e.agentOrder))].p.ID}}
				}
				best, next := naiveChoice(may[w], w, x)
				if got := e.choose(w, 0, x); got.agent != best || got.next != next {
					t.Fatalf("change %d: %s and %s, want %s and %s", i, got.agent.id(), got.next.id(), best.id(), next.id())
				}
			}
		})
	}
}

// naiveChoice looks at everyone who qualifies.
func naiveChoice(may []*agent, w *want, x *exception) (best, next *agent) {
	precedes := func(a, b *agent) bool {
		if b == nil || a.p.Live.Open != b.p.Live.Open {
			return b == nil || a.p.Live.Open < b.p.Live.Open
		}
		if c := a.p.Live.IdleSince.Compare(b.p.Live.IdleSince); c != 0 {
			return c < 0
		}
		return a.p.ID < b.p.ID
	}
	for _, a := range may {
		if a.presence != Online || a.room(w.demand.Channel, w.demand.Weight) != "" || x.has(a.p.ID) {
			continue
		}
		switch {
		case precedes(a, best):
			best, next = a, best
		case precedes(a, next):
			next = a
		}
	}
	return best, next
}

// TestLanes has tickets come and go, most of them at the same times, and asks which
// an agent is to take.
func TestLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	e := staff(t, r, 12, 5)
	var wants []*want
	for range 20 {
		d := demandOf(r)
		wants = append(wants, e.intern(&d))
	}
	var exceptions []*exception
	for _, a := range e.agentOrder[:4] {
		exceptions = append(exceptions, &exception{ids: []string{a.p.ID}})
	}
	precedes := func(x, y *item) bool {
		if c := x.urgency.Compare(y.urgency, e.now); c != 0 {
			return c < 0
		}
		return x.seq < y.seq
	}
	var waiting []*item
	start, most := e.now, 0
	for i := range changes() {
		if i%2000 == 0 {
			most = []int{0, 3, 50, 400}[r.IntN(4)]
		}
		if len(waiting) < most && r.IntN(3) > 0 || len(waiting) == 0 {
			e.seq++
			it := &item{seq: e.seq, want: wants[r.IntN(len(wants))]}
			it.urgency = policy.Urgency{Class: uint64(r.IntN(2)), Rate: int64(1 + r.IntN(2)), Start: start + int64(i/50)}
			if r.IntN(3) == 0 {
				it.urgency.Start -= int64(r.IntN(200))
			}
			switch r.IntN(8) {
			case 0:
				it.except = exceptions[r.IntN(len(exceptions))]
			case 1:
				if a := e.agentOrder[r.IntN(len(e.agentOrder))]; it.want.fit(a.profile) != nil {
					it.only = a
				}
			}
			e.enlane(it)
			waiting = append(waiting, it)
		} else {
			at, last := r.IntN(len(waiting)), len(waiting)-1
			e.delane(waiting[at])
			waiting[at], waiting = waiting[last], waiting[:last]
		}
		e.now = start + int64(i/20)
		if i%20 != 0 && i%2000 > 40 {
			continue
		}
		a := e.agentOrder[r.IntN(len(e.agentOrder))]
		a.p.Live.Load = r.IntN(5)
		var best *item
		for _, it := range waiting {
			d := &it.want.demand
			if e.rules.Qualifies(&a.p, d) == "" && a.room(d.Channel, d.Weight) == "" && !it.except.has(a.p.ID) &&
				(it.only == nil || it.only == a) && (best == nil || precedes(it, best)) {
				best = it
			}
		}
		var got *item
		if l := e.mostUrgent(a); l != nil {
			got = l.head()
		}
		if got != best {
			t.Fatalf("change %d of %d waiting: %+v, want %+v", i, len(waiting), got, best)
		}
	}
	require.Equal(t, len(waiting), e.waiting)
}

// TestDemands has the hash and the comparison of demands see every field.
func TestDemands(t *testing.T) {
	full := ticket.Demand{Channel: "c", Weight: 2, Team: "t", Level: 1, Tier: "v", Type: "y", Tags: []string{"a"},
		Location: ticket.Point{Lat: 1, Lon: 2}, Required: []ticket.Need{{Skill: "s", Level: 2}},
		Preferred: []ticket.Wish{{Need: ticket.Need{Skill: "s", Level: 2}, Weight: 3}}}
	same := full.Clone()
	require.True(t, sameDemand(&full, &same))
	require.Equal(t, hashDemand(&full), hashDemand(&same))
	for name, change := range map[string]func(d *ticket.Demand){
		"channel": func(d *ticket.Demand) { d.Channel = "x" }, "weight": func(d *ticket.Demand) { d.Weight = 3 },
		"team": func(d *ticket.Demand) { d.Team = "" }, "level": func(d *ticket.Demand) { d.Level = 2 },
		"tier": func(d *ticket.Demand) { d.Tier = "" }, "type": func(d *ticket.Demand) { d.Type = "" },
		"tags": func(d *ticket.Demand) { d.Tags = nil }, "place": func(d *ticket.Demand) { d.Location.Lon = 3 },
		"skill": func(d *ticket.Demand) { d.Required[0].Skill = "x" }, "hard": func(d *ticket.Demand) { d.Required[0].Hard = true },
		"op":     func(d *ticket.Demand) { d.Required[0].Op++ },
		"wish":   func(d *ticket.Demand) { d.Preferred[0].Weight = 4 },
		"wishes": func(d *ticket.Demand) { d.Preferred = nil },
	} {
		d := full.Clone()
		change(&d)
		require.False(t, sameDemand(&full, &d), name)
	}
}
