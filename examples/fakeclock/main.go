// Fakeclock shows how to test promises of your own: a clock that stands still until
// it is told to move, and no sleep.
package main

import (
	"fmt"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func main() {
	clk := clock.NewMock()
	keeper, err := sla.NewKeeper(sla.Config{
		Plan: &sla.Plan{Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{
			{Metric: sla.FirstResponse, Within: time.Hour, Tiers: []sla.Tier{{Percent: 75}}}}}}},
		Clock:   clk,
		OnEvent: func(e sla.Event) { fmt.Println(e.Due.Format("15:04"), e.Kind, e.Metric) },
	})
	if err != nil {
		panic(err)
	}
	if _, err := keeper.Observe(ticket.Change{Ticket: "T1", Kind: ticket.WasSubmitted, Channel: ticket.Email}); err != nil {
		panic(err)
	}
	clk.Add(50 * time.Minute)
	keeper.Flush() // whatever was due by now has been delivered
	fmt.Println("ten minutes left")
	clk.Add(24 * time.Hour)
	keeper.Flush()
}
