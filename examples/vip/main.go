// Command vip shows what policy.VIP does: customers of standing go first, to senior
// agents where there are any with room, and one agent is kept free for them.
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
		Policy: policy.Stack{policy.VIP{Reserve: 1, Senior: 2}, policy.Priority{}},
		Clock:  clk,
		OnEvent: func(e router.Event) {
			if e.Kind == router.Assigned {
				fmt.Fprintf(w, "%s goes to %s\n", e.Ticket, e.Agent)
			}
		},
	}))
	must(desk.SetAgent(router.Agent{ID: "junior", Capacity: 1}))
	must(desk.SetAgent(router.Agent{ID: "senior", Capacity: 1, Level: 2}))

	// The first regular ticket starts: two agents have room, and one is kept.
	must(desk.Submit(ticket.Ticket{ID: "regular-1", Channel: ticket.Web}))
	must(desk.Submit(ticket.Ticket{ID: "regular-2", Channel: ticket.Web, Priority: ticket.Urgent}))
	why(w, desk, "regular-2")

	must(desk.Submit(ticket.Ticket{ID: "vip-1", Channel: ticket.Web, Tier: ticket.VIP}))

	// Everyone is busy now. The next VIP waits too, but before all others, and takes
	// a junior rather than no one.
	clk.Add(time.Minute)
	must(desk.Submit(ticket.Ticket{ID: "vip-2", Channel: ticket.Web, Tier: ticket.VIP}))
	why(w, desk, "vip-2")
	must(desk.Resolve("regular-1"))

	// A reserve has a price: with one of the two busy, the other is kept free.
	must(desk.Resolve("vip-1"))
	why(w, desk, "regular-2")
	must(desk.Resolve("vip-2"))
}

// why prints what keeps a ticket waiting, as a whole and for each agent.
func why(w io.Writer, desk *router.Router, id string) {
	x := must(desk.Explain(id))
	fmt.Fprintf(w, "%s waits, %s:", id, x.Reason)
	for _, v := range x.Agents {
		fmt.Fprintf(w, " %s (%s)", v.Agent, v.Reason)
	}
	fmt.Fprintln(w)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
