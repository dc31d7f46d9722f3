// Pause shows a clock that stands still while the customer is asked, over a weekend,
// and a reopening that goes on where the clock stood.
package main

import (
	"fmt"
	"time"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func main() {
	tracker, err := sla.NewTracker(&sla.Plan{Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{{
		Metric: sla.Resolution, Within: 4 * time.Hour,
		Calendar: sla.MustCalendar("zone UTC\nmon-fri 09:00-17:00"),
		Pause:    []string{sla.WaitingOnCustomer},
	}}}}})
	if err != nil {
		panic(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2025, 3, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []ticket.Change{
		{At: at(7, 15, 0), Kind: ticket.WasSubmitted, Channel: ticket.Email}, // a Friday
		{At: at(7, 16, 0), Kind: ticket.WasHeld, Reason: sla.WaitingOnEngineering},
		{At: at(7, 16, 30), Kind: ticket.WasHeld, Reason: sla.WaitingOnCustomer},
		{At: at(10, 11, 0), Kind: ticket.WasResumed},
		{At: at(10, 12, 0), Kind: ticket.WasResolved},
		{At: at(12, 10, 0), Kind: ticket.WasReopened},
	} {
		c.Ticket = "T1"
		events, err := tracker.Observe(c, nil)
		if err != nil {
			panic(err)
		}
		due := "not due"
		if d, ok := tracker.Due("T1"); ok {
			due = "due " + d.Format("Mon 15:04")
		}
		fmt.Printf("%s %-9s %s\n", c.At.Format("Mon 15:04"), c.Kind, due)
		for _, e := range events {
			fmt.Println("          ", e.Kind)
		}
	}
}
