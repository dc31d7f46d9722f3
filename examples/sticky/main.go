// Command sticky shows tickets that come back to an agent who knows them: to the
// one who had the ticket last, or else the one it names. It waits for a busy one
// for a bounded time, and for an absent one not at all.
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
		Policy: policy.Stack{policy.Sticky{For: 2 * time.Minute}, policy.Load{}},
		Clock:  clk,
		OnEvent: func(e router.Event) {
			if e.Kind == router.Assigned {
				fmt.Fprintf(w, "%s  %s goes to %s\n", e.At.Format("15:04"), e.Ticket, e.Agent)
			}
		},
	}))
	must(desk.SetAgent(router.Agent{ID: "ann", Capacity: 1}))
	must(desk.SetAgent(router.Agent{ID: "ben", Capacity: 3}))

	// Ann is busy with one ticket. The next one names her and waits, for two minutes.
	must(desk.Submit(ticket.Ticket{ID: "first", Channel: ticket.Web, Agent: "ann"}))
	must(desk.Submit(ticket.Ticket{ID: "patient", Channel: ticket.Web, Agent: "ann"}))
	view := must(desk.Ticket("patient"))
	fmt.Fprintf(w, "%s  patient waits: %s, until %s\n", clk.Now().Format("15:04"),
		must(desk.Explain("patient")).Reason, view.Until.Format("15:04"))
	clk.Add(2 * time.Minute)
	desk.Flush()

	// What is reopened goes back to its agent, although Ben has less in hand.
	must(desk.Resolve("first"))
	clk.Add(time.Minute)
	must(desk.Resolve("patient"))
	must(desk.Reopen("first"))

	// Unless that agent is away.
	must(desk.Resolve("first"))
	must(desk.SetPresence("ann", router.Away))
	must(desk.Reopen("first"))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
