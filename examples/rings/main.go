// Command rings shows a demand that widens while its ticket waits: first the best
// only, after a minute a lower level, then another team. What is marked hard is
// never given up.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	clk := clock.NewMock()
	clk.Set(time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC))
	desk := must(router.New(router.Config{
		Policy: policy.Stack{
			policy.Skill{},
			policy.Rings{Rings: []policy.Ring{ // each in place of the one before
				{After: time.Minute, Lower: 2},
				{After: 3 * time.Minute, Lower: 2, Team: "backup"},
			}},
		},
		Clock: clk,
		OnEvent: func(e router.Event) {
			switch e.Kind {
			case router.Widened:
				fmt.Fprintf(w, "%s  %s: ring %s opens\n", e.At.Format("15:04"), e.Ticket, e.Note)
			case router.Assigned:
				fmt.Fprintf(w, "%s  %s goes to %s\n", e.At.Format("15:04"), e.Ticket, e.Agent)
			}
		},
	}))
	for _, a := range []struct{ id, skills, team string }{
		{"dana", "network:2 german:1", "main"},
		{"reserve", "network:1 german:2", "backup"},
	} {
		must(desk.SetAgent(router.Agent{ID: a.id, Skills: must(ticket.ParseSkills(a.skills)), Teams: []string{a.team}, Capacity: 1}))
	}

	submit := func(id, needs string) {
		must(desk.Submit(ticket.Ticket{ID: id, Channel: ticket.Web, Team: "main", Required: must(ticket.ParseNeeds(needs))}))
		x := must(desk.Explain(id))
		for _, v := range x.Agents {
			fmt.Fprintf(w, "%s  %s: %s: %s (%s)\n", clk.Now().Format("15:04"), id, v.Agent, v.Reason, v.Rule)
		}
	}
	submit("router", "network>=4")
	submit("firewall", "network>=3 german>=2!") // nobody in the main team ever
	for range 4 {
		clk.Add(time.Minute)
		desk.Flush()
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
