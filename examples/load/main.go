// Command load rebuilds a desk from what the host's own database has: rows of
// agents and of tickets, in any order. Ages are kept; an agent who has more in hand
// than allowed keeps it, is reported, and gets nothing more until there is room.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	noon := time.Date(2023, 10, 9, 12, 0, 0, 0, time.UTC)
	row := func(id string, s ticket.Status, agent string, ago time.Duration, p ticket.Priority) router.TicketRow {
		return router.TicketRow{Status: s, Agent: agent,
			Ticket: ticket.Ticket{ID: id, Channel: ticket.Web, Priority: p, Created: noon.Add(-ago)}}
	}
	rows := router.Rows{
		At: noon,
		Agents: []router.AgentRow{
			{Agent: router.Agent{ID: "ann", Capacity: 2}},
			{Agent: router.Agent{ID: "ben", Capacity: 1}, Presence: router.Away},
		},
		Tickets: []router.TicketRow{
			row("t1", ticket.InProgress, "ann", 3*time.Hour, ticket.Normal),
			row("t2", ticket.InProgress, "ann", 2*time.Hour, ticket.Normal),
			row("t3", ticket.OnHold, "ann", time.Hour, ticket.Normal), // one too many
			row("t4", ticket.ToAssign, "", 10*time.Minute, ticket.Normal),
			row("t5", ticket.ToAssign, "", 40*time.Minute, ticket.Normal),
			row("t6", ticket.Offered, "", 5*time.Minute, ticket.Urgent), // asked when the host stopped
			row("t7", ticket.Done, "", 4*time.Hour, ticket.Normal),
		},
	}
	clk := clock.NewMock()
	clk.Set(noon)
	tell := func(e router.Event) { say(w, e.Kind, e.Ticket, e.From+e.Agent, e.Note) }
	cfg := router.Config{Policy: policy.Stack{policy.Priority{}}, Clock: clk, OnEvent: tell}

	// What follows from the rows comes as events: here, that Ann has too much.
	engine, events, err := router.Load(cfg, rows, nil)
	if err != nil {
		panic(err)
	}
	for _, e := range events {
		tell(e)
	}
	desk := router.Open(engine)
	ann := must(desk.Agent("ann"))
	fmt.Fprintf(w, "ann has %d of %d\n", ann.Live.Load, ann.Capacity)

	clk.Add(time.Minute)
	must(desk.Resolve("t1"))                     // now she has two, and there is no room yet
	must(desk.Resolve("t2"))                     // now there is: the urgent one goes first
	must(desk.SetPresence("ben", router.Online)) // then the oldest
	x := must(desk.Explain("t4"))                // the youngest waits
	fmt.Fprintf(w, "%s: %s\n", x.Ticket, x.Reason)

	// Rows that contradict each other load nothing; all faults are named.
	rows.Tickets[0].Agent = "zoe"
	rows.Tickets[1].ID = "t3"
	_, _, err = router.Load(cfg, rows, nil)
	fmt.Fprintln(w, err)
}

// say prints a line of those words that are not empty.
func say(w io.Writer, words ...any) {
	fmt.Fprintln(w, strings.Join(strings.Fields(fmt.Sprintln(words...)), " "))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
