// Command offers shows tickets that agents are asked to take: they accept, decline,
// or let the offer run out. When everyone has declined, the round begins again
// after a pause, so that no ticket is ever stranded.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	clk := clock.NewMock()
	clk.Set(time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC))
	desk := must(router.New(router.Config{
		Mode:       router.Offers,
		OfferFor:   20 * time.Second,
		RoundPause: time.Minute,
		Clock:      clk,
		OnEvent: func(e router.Event) {
			if e.Ticket != "" {
				say(w, e.At.Format("15:04:05"), e.Ticket, e.Kind, e.From+e.Agent, e.Note)
			}
		},
	}))
	must(desk.SetAgent(router.Agent{ID: "ann", Capacity: 1}))
	must(desk.SetAgent(router.Agent{ID: "ben", Capacity: 1}))

	must(desk.Submit(ticket.Ticket{ID: "tea", Channel: ticket.Web}))
	clk.Add(5 * time.Second)
	must(desk.Decline("tea", "ann", "on the phone")) // ben is asked next
	clk.Add(20 * time.Second)                        // and says nothing

	// Ann has declined and Ben has missed it: the ticket rests for a minute.
	x := must(desk.Explain("tea"))
	fmt.Fprintf(w, "%s: %s\n", x.Ticket, x.Reason)
	clk.Add(time.Minute)

	// A second round has begun. The answer to an offer that has run out is refused.
	if _, err := desk.Accept("tea", "ben"); err != nil {
		fmt.Fprintln(w, err)
	}
	who := must(desk.Ticket("tea")).Agent
	must(desk.Accept("tea", who))
	fmt.Fprintf(w, "%s has it\n", who)
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
