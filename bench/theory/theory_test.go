package main

import (
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/usherdesk/usher/policy"
)

// short are a few cases of every table, small enough for every run of the tests;
// the command runs them all, at length.
var short = []string{"erlangC s=5", "erlangA s=10 lam=10", "hol s=5", "apq s=5", "reserve s=5", "guard", "edf s=10 lam=[2 7] dD=1",
	"lisf random mu=[1 2]", "lisf fast mu=[1 2]", "lisf index mu=[1 2]", "cmu", "alis N"}

func scenes(t *testing.T) []scene {
	t.Helper()
	files, err := fs.Sub(embedded, "tables")
	if err != nil {
		t.Fatal(err)
	}
	all, err := read(files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// misses are the measures that a scene gets wrong.
func (s *scene) misses(t *testing.T, jobs int) (out []string) {
	t.Helper()
	if s.agents == nil {
		for _, m := range s.expect {
			if m.exact != m.value {
				out = append(out, m.name)
			}
		}
		return out
	}
	got, err := s.run(1, jobs*max(s.longer, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range s.expect {
		if !m.holds(got[i], m.tolerance*math.Sqrt(fullRun/float64(jobs))) { // a tenth of the full run
			out = append(out, m.name)
		}
	}
	return out
}

func TestShortVersionOfTheTables(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scenes(t) {
		for _, name := range short {
			if strings.HasPrefix(s.name, name) {
				seen[name] = true
				if bad := s.misses(t, fullRun/10); bad != nil {
					t.Errorf("%s: wrong %v", s.name, bad)
				}
			}
		}
	}
	if len(seen) != len(short) {
		t.Errorf("cases are missing: %d of %d found", len(seen), len(short))
	}
}

func TestAWrongPolicyIsFoundOut(t *testing.T) {
	for _, s := range scenes(t) {
		switch {
		case strings.HasPrefix(s.name, "hol s=5"), strings.HasPrefix(s.name, "reserve s=5 lam=[1 2] K=2"), strings.HasPrefix(s.name, "lisf fast mu=[1 2]"):
			s.stack = nil
		case strings.HasPrefix(s.name, "alis 6 agents, all skills"):
			s.stack = policy.Stack{policy.LeastFlexible{}}
			s.agents = s.agents[:5] // one agent fewer
		default:
			continue
		}
		if s.misses(t, fullRun/10) == nil {
			t.Errorf("%s: nothing wrong under another policy", s.name)
		}
	}
}

func TestTheChainAgreesWithTheTable(t *testing.T) {
	// Asked in the order of their speed, agents are asked fastest first.
	s := solve([]float64{2, 1}, 2.1)
	files, _ := fs.Sub(embedded, "tables")
	var g golden
	if err := load(files, "golden.json", &g); err != nil {
		t.Fatal(err)
	}
	for _, c := range g.Tables.Lisf {
		if c.Policy != "fast" || len(c.Mu) != 2 {
			continue
		}
		for _, p := range [][2]float64{{s.pw, c.Pw}, {s.ew, c.EW}, {s.busy[0], c.Busy[1]}, {s.busy[1], c.Busy[0]}} {
			if d := p[0] - p[1]; d > 1e-6 || d < -1e-6 {
				t.Errorf("%v is not %v", p[0], p[1])
			}
		}
		return
	}
	t.Error("the table has no row to compare with")
}
