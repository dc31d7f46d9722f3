// Tiers shows warnings that reach one person after the other before a promise is
// missed, and what they ask for.
package main

import (
	"fmt"
	"time"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func main() {
	tracker, err := sla.NewTracker(&sla.Plan{Policies: []sla.Policy{{
		Name: "urgent",
		When: sla.Match{Priorities: []ticket.Priority{ticket.Urgent}},
		Targets: []sla.Target{{
			Metric: sla.Resolution, Within: 2 * time.Hour,
			Tiers: []sla.Tier{
				{Percent: 50, Audience: sla.Assignee},
				{Percent: 75, Audience: sla.Supervisor, Action: sla.RaisePriority, Priority: ticket.P0},
				{Span: -10 * time.Minute, Audience: sla.Manager, Action: sla.Escalate},
				{Span: 30 * time.Minute, Audience: sla.Manager, Action: sla.Transfer, Team: "war room"},
			},
		}},
	}}})
	if err != nil {
		panic(err)
	}
	now := time.Date(2025, 3, 4, 10, 0, 0, 0, time.UTC)
	events, err := tracker.Observe(ticket.Change{Ticket: "T1", At: now, Kind: ticket.WasSubmitted,
		Channel: ticket.Phone, Priority: ticket.Urgent}, nil)
	if err != nil {
		panic(err)
	}
	due, _ := tracker.Due("T1")
	fmt.Println("due", due.Format("15:04"))
	events = tracker.Advance(now.Add(3*time.Hour), events) // nobody looked for three hours
	for _, e := range events {
		switch e.Kind {
		case sla.Warned:
			fmt.Println(e.Due.Format("15:04"), e.Kind, e.Tier.Audience, e.Tier.Action)
		default:
			fmt.Println(e.Due.Format("15:04"), e.Kind)
		}
	}
}
