// Command status shows what a desk measures of itself: the status table of its
// channels, where a caller stands and how long it will take, a queue that is too
// long and overflows, and whether the reserve for VIPs leaves room for the rest.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	clk := clock.NewMock()
	clk.Set(time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC))
	desk := must(router.New(router.Config{
		Stats: true,
		Zone:  time.UTC, // whose midnight ends the day
		SLA: &sla.Plan{Name: "calls", Version: 1, Policies: []sla.Policy{
			{Name: "all", Targets: []sla.Target{{Metric: sla.Resolution, Within: 20 * time.Minute}}}}},
		Channels: map[ticket.Channel]router.Channel{ticket.Phone: {
			// Three may wait; the next is asked to write instead, as is who waited for half
			// an hour.
			Queue:  router.Queue{Most: 3, Wait: 30 * time.Minute, Channel: ticket.Email},
			Handle: 10 * time.Minute, Patience: 15 * time.Minute, // until the desk has measured them
		}},
		Clock: clk,
		OnEvent: func(e router.Event) {
			switch e.Kind {
			case router.QueueLong, router.QueueShort, router.QueueWait, router.Overflowed:
				fmt.Fprintln(w, e.At.Format("15:04"), e.Kind, e.Ticket, e.Note)
			}
		},
	}))
	for _, id := range []string{"li", "wu"} {
		must(desk.SetAgent(router.Agent{ID: id, Capacity: 1, Channels: map[ticket.Channel]int{ticket.Phone: 0}}))
	}
	must(desk.SetAgent(router.Agent{ID: "zhou", Capacity: 3, Channels: map[ticket.Channel]int{ticket.Email: 0}}))
	for i := range 6 {
		must(desk.Submit(ticket.Ticket{ID: fmt.Sprintf("call-%d", i+1), Channel: ticket.Phone}))
		clk.Add(time.Minute)
	}
	f := must(desk.Forecast("call-5"))
	fmt.Fprintf(w, "call-5 is number %d: about %s, probably between %s and %s\n", f.Position,
		f.Expected.Round(time.Minute), f.Low.Round(time.Minute), f.High.Round(time.Minute))

	clk.Add(9 * time.Minute)
	must(desk.Resolve("call-1"))
	must(desk.Resolve("call-2"))
	clk.Add(10 * time.Minute)
	must(desk.Resolve("call-3"))
	must(desk.Reply("call-6"))
	table(w, desk.Stats())

	// Nine regular customers an hour, four VIPs, ten minutes each: with three agents,
	// how many may be kept free?
	for keep := range 3 {
		fmt.Fprintf(w, "%d of 3 kept free for VIPs: stable %t\n", keep, policy.ReserveStable(3, keep, 4, 9, 6))
	}
	desk.Flush()
}

func table(w io.Writer, s router.Stats) {
	fmt.Fprintf(w, "%-8s %7s %11s %10s %12s %10s %7s %7s\n", "channel", "waiting", "in progress", "done today", "response", "handle", "overdue", "share")
	for _, f := range append(s.Channels, s.All) {
		if f.Name == "" {
			f.Name = "all"
		}
		fmt.Fprintf(w, "%-8s %7d %11d %10d %12s %10s %7d %6.0f%%\n", f.Name, f.Waiting, f.InProgress, f.Done,
			f.Response.Mean.Round(time.Second), f.Handle.Mean.Round(time.Second), f.Overdue, 100*f.Share())
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
