package desk

import (
	"fmt"
	"testing"
)

// BenchmarkRoute is one operation at every size, for the engine and the anchor.
func BenchmarkRoute(b *testing.B) {
	for _, w := range []World{
		{Waiting: 1000, Agents: 100, Profiles: 20, ByDue: true},
		{Waiting: 100_000, Agents: 10_000, Profiles: 20, ByDue: true},
		{Waiting: 100_000, Agents: 10_000, Profiles: 500, ByDue: true},
		{Waiting: 100_000, Agents: 10_000, Profiles: 10_000, ByDue: true},
		{Waiting: 100_000, Agents: 10_000, Profiles: 500},
		{Agents: 10_000, Profiles: 20},
		{Agents: 10_000, Profiles: 500},
		{Agents: 10_000, Profiles: 10_000},
	} {
		for _, d := range []struct {
			name string
			desk func(World) Desk
		}{{"engine", NewEngine}, {"onelane", NewOneLane}} {
			b.Run(fmt.Sprintf("%s/W=%d/A=%d/P=%d/due=%t", d.name, w.Waiting, w.Agents, w.Profiles, w.ByDue), func(b *testing.B) {
				run := NewRun(w, d.desk(w))
				for range 2 * demands { // until every demand has been seen
					run.Op()
				}
				for b.Loop() {
					run.Op()
				}
			})
		}
	}
}
