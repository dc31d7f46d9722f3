package main

import (
	"time"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// promised is what the desk promises its customers: urgent matters are begun within
// an hour and solved within two, others within four, and the least urgent within a
// day, all in the hours of their channel. Half way through the agent is reminded,
// and at three quarters the supervisor hears of it.
func promised() *sla.Plan {
	solved := func(within time.Duration) sla.Target {
		return sla.Target{Metric: sla.Resolution, Within: within, Hours: sla.ChannelHours,
			Pause: []string{sla.AnyReason}, // no clock runs while others have to act
			Tiers: []sla.Tier{
				{Percent: 50, Audience: sla.Assignee},
				{Percent: 75, Audience: sla.Supervisor},
			}}
	}
	begun := sla.Target{Metric: sla.FirstResponse, Within: time.Hour, Hours: sla.ChannelHours}
	return &sla.Plan{Name: "quickstart", Version: 1,
		Channels: map[ticket.Channel]*sla.Calendar{ticket.Phone: evening, ticket.Web: office, ticket.Social: office},
		Policies: []sla.Policy{
			{Name: "urgent", When: sla.Match{Priorities: []ticket.Priority{ticket.Urgent}}, Targets: []sla.Target{begun, solved(2 * time.Hour)}},
			{Name: "low", When: sla.Match{Priorities: []ticket.Priority{ticket.Low}}, Targets: []sla.Target{solved(24 * time.Hour)}},
			{Name: "normal", Targets: []sla.Target{solved(4 * time.Hour)}},
		}}
}
