package desk

import (
	"strings"
	"testing"
)

// TestEnginesAgree holds every desk against its naive model, in small.
func TestEnginesAgree(t *testing.T) {
	backlog := []World{
		{Waiting: 3000, Agents: 200, Profiles: 20, ByDue: true},
		{Waiting: 3000, Agents: 200, Profiles: 20},
		{Waiting: 3000, Agents: 200, Profiles: 200, ByDue: true},
		{Waiting: 30, Agents: 200, Profiles: 200},
		{Waiting: 20_000, Agents: 200, Profiles: 20, ByDue: true, Unlike: true}, // many for nobody: the others must last,
		{Waiting: 3000, Agents: 200, Profiles: 20, ByDue: true, Orphans: 90},
	}
	idle := []World{
		{Agents: 200, Profiles: 20},
		{Agents: 200, Profiles: 200},
		{Agents: 2000, Profiles: 2000},
	}
	declined := []World{
		{Waiting: 3000, Agents: 50, Profiles: 20, ByDue: true, Declined: 100},
		{Waiting: 3000, Agents: 50, Profiles: 20, ByDue: true, Declined: 100, Asking: true},
	}
	var c Checker
	for _, x := range []struct {
		kind   Kind
		worlds [][]World
		script script
	}{
		{Engine, [][]World{backlog, idle, declined}, operate},
		{Lane, [][]World{backlog, idle}, operate},
		{ScanAll, [][]World{idle}, operate},
		{PlainScan, [][]World{idle}, operate},
		{RoundRobin, [][]World{idle}, operate},
		{Engine, [][]World{backlog[:1], idle[:2]}, shift},
		{Lane, [][]World{backlog[:1], idle[:1]}, shift},
		{Engine, [][]World{backlog[:2]}, swapTwice},
	} {
		for _, worlds := range x.worlds {
			for _, w := range worlds {
				if _, err := c.Steady("agree", x.kind, w, x.script); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// TestDisagreementNamesTheRow: a desk that lets anyone take anything is found out.
func TestDisagreementNamesTheRow(t *testing.T) {
	var c Checker
	for _, k := range []Kind{{"careless", NewOneLane, Engine.Model}, {"best", NewPlain, RoundRobin.Model}} {
		if _, err := c.Steady("some-row", k, World{Agents: 200, Profiles: 20}, operate); err == nil || !strings.Contains(err.Error(), "some-row: "+k.Name) {
			t.Errorf("%s passes for what it is not: %v", k.Name, err)
		}
	}
}
