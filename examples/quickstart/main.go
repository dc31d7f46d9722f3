// Command quickstart lets one Monday of a support desk pass: some forty tickets on
// five channels, seven agents, and a storm. The plan of the day (day.txt) says who
// asks what, and who goes to lunch; everything else is decided by the desk, and
// printed as it happens.
//
//	go run ./examples/quickstart          a timeline, a table, and one explanation
//	go run ./examples/quickstart -json    the events instead, one a line
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
	_ "time/tzdata" // the zone is known on every machine

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// capacity is what each agent can carry, in units: a call takes three, all else one.
const capacity = 5

// The hours of the channels. The first week of October is a holiday in China, and
// the weekend after it is worked in exchange.
var (
	evening = sla.MustCalendar("zone Asia/Shanghai\nsun-sat 08:00-22:00")
	office  = sla.MustCalendar(`zone Asia/Shanghai
		mon-fri 09:00-18:00
		holiday 2023-09-29 2023-10-02 2023-10-03 2023-10-04 2023-10-05 2023-10-06
		special 2023-10-07 09:00-18:00
		special 2023-10-08 09:00-18:00`)
)

var channels = map[ticket.Channel]router.Channel{
	ticket.Phone:  {Cost: 3, WrapUp: 2 * time.Minute, Hours: evening},
	ticket.Web:    {Mode: router.Offers, Hours: office},
	ticket.App:    {Mode: router.Offers}, // round the clock
	ticket.Social: {Hours: office},
	ticket.Email:  {},
}

// config is all that a host has to say about its desk.
func config(clk clock.Clock, onEvent func(router.Event)) router.Config {
	return router.Config{
		Policy: policy.Stack{
			policy.VIP{Reserve: 1},  // VIPs first, to senior agents; one agent kept free for them
			policy.Priority{},       // then urgent, normal, low
			policy.Skill{},          // only agents who can
			policy.Load{MaxOpen: 5}, // the least loaded of them
		},
		SLA:      promised(),
		Channels: channels,
		OfferFor: 2 * time.Minute,
		Clock:    clk,
		OnEvent:  onEvent,
	}
}

func main() {
	asJSON := flag.Bool("json", false, "print the events, one JSON object a line")
	flag.Parse()
	if err := run(os.Stdout, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, asJSON bool) error {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		return err
	}
	date := time.Date(2023, 10, 9, 0, 0, 0, 0, zone)
	plan, err := readPlan(dayText, date)
	if err != nil {
		return err
	}
	d, err := live(plan, zone)
	if err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(w)
		for _, e := range d.events {
			if err := out.Encode(e); err != nil {
				return err
			}
		}
		return nil
	}
	d.print(w, date)
	return nil
}
