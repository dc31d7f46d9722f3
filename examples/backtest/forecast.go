package main

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// estimate is how good a forecast of waits was.
type estimate struct {
	n, near, inside int
	off, signed     float64 // seconds
}

func (e *estimate) add(told, was time.Duration) {
	d := told.Seconds() - was.Seconds()
	e.n++
	e.off += math.Abs(d)
	e.signed += d
	if math.Abs(d) <= 60 {
		e.near++
	}
}

// forecasts compares, on the log and first come first served, what customers who
// have to wait would be told when they come with how long those who were served
// then waited: the desk's own forecast (QL with abandonment), and beside it the
// wait so far of whoever stands at the head of the line (HOL; Ibrahim and Whitt,
// 2009), who had nobody ahead to be told of.
func forecasts(w io.Writer, rec *record, s settings, seeds int) error {
	var ql, hol estimate
	for seed := range seeds {
		type told struct {
			ql         router.Forecast
			hol        time.Duration
			have, head bool
		}
		list := make([]told, len(rec.calls))
		var failed error
		_, err := sim.Run(sim.Config{
			Desk: router.Config{Stats: true, Channels: map[ticket.Channel]router.Channel{
				ticket.Phone: {Handle: 3 * time.Minute, Patience: s.patience}}},
			Agents: rec.agents, Shifts: rec.shifts, Jobs: sim.List(draw(rec.calls, s, uint64(seed+1))),
			Waits: func(e *router.Engine, j *sim.Job, number int) {
				t := &list[number]
				var err error
				if t.ql, err = e.Forecast(j.Ticket.ID); err != nil {
					failed = err
				}
				t.have = t.ql.Known
				if lanes := e.Lanes(); len(lanes) > 0 && lanes[0].Head != j.Ticket.ID {
					if v, err := e.Ticket(lanes[0].Head); err == nil {
						t.hol, t.head = j.At.Sub(v.Waiting), true
					}
				}
			},
			Over: func(f *sim.Fate) {
				t := &list[f.Number]
				if f.Abandoned || !t.have {
					return
				}
				ql.add(t.ql.Expected, f.Wait)
				if t.ql.Low <= f.Wait && f.Wait <= t.ql.High {
					ql.inside++
				}
				if t.head {
					hol.add(t.hol, f.Wait)
				} else {
					hol.add(0, f.Wait)
				}
			},
		})
		if err != nil {
			return err
		}
		if failed != nil {
			return failed
		}
	}
	if ql.n == 0 {
		return fmt.Errorf("nobody who waited was served")
	}
	n := float64(ql.n)
	fmt.Fprintf(w, "expected wait, told on arrival to who then waited and was served (%d calls, fcfs):\n", ql.n)
	fmt.Fprintf(w, "  queue length with abandonment  off by %5.1f s on average, %+.1f s signed, %4.1f%% within a minute, %4.1f%% inside the range told (10 to 90 %%)\n",
		ql.off/n, ql.signed/n, 100*float64(ql.near)/n, 100*float64(ql.inside)/n)
	fmt.Fprintf(w, "  wait of the head of the line   off by %5.1f s on average, %+.1f s signed, %4.1f%% within a minute\n",
		hol.off/n, hol.signed/n, 100*float64(hol.near)/n)
	return nil
}
