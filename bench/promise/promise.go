// Package promise measures package sla: a target started and stopped against the
// timers it replaces, the memory of a target, and the calendar against
// github.com/rickar/cal.
package promise

import (
	"fmt"
	"runtime"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/us"

	"github.com/usherdesk/usher/bench/ratio"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Rows measures everything; quick takes smaller sizes, for a first look.
func Rows(rounds int, quick bool) ([]ratio.Row, error) {
	live, ops := 1_000_000, 200_000
	if quick {
		live, ops = 100_000, 50_000
	}
	bytes, mallocs, err := memoryRows(live, ops) // first: it wants a quiet heap
	if err != nil {
		return nil, err
	}
	track, err := trackRow(rounds, live, live+live/4)
	if err != nil {
		return nil, err
	}
	rows := []ratio.Row{track, bytes, mallocs}
	more, err := calendarRows(rounds)
	return append(rows, more...), err
}

const within = 4 * time.Hour

// plan has one target with three tiers and a due, on office hours.
func plan() (*sla.Plan, error) {
	c, err := sla.ParseCalendar("name office\nzone America/New_York\nmon-fri 09:00-17:00\nholiday 2025-07-04 2025-12-25\n")
	if err != nil {
		return nil, err
	}
	return &sla.Plan{Name: "bench", Policies: []sla.Policy{{Name: "all", Targets: []sla.Target{{
		Metric: sla.Resolution, Within: within, Calendar: c,
		Tiers: []sla.Tier{{Percent: 50}, {Percent: 75, Audience: sla.Supervisor}, {Percent: 90, Audience: sla.Manager}},
	}}}}}, nil
}

var (
	start    = time.Date(2025, 3, 3, 15, 0, 0, 0, time.UTC)
	channels = [...]ticket.Channel{ticket.Phone, ticket.Web, ticket.Email, ticket.App}
)

func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("GD20250303%07d", i)
	}
	return ids
}

// desk is a tracker with many live targets, and the changes to it so far.
type desk struct {
	tr     *sla.Tracker
	ids    []string
	events []sla.Event
	next   int // op by op, a ticket is created and another one resolved and forgotten
}

func newDesk(live int, ids []string) (*desk, error) {
	p, err := plan()
	if err != nil {
		return nil, err
	}
	tr, err := sla.NewTracker(p)
	if err != nil {
		return nil, err
	}
	d := &desk{tr: tr, ids: ids, events: make([]sla.Event, 0, 16)}
	for range live {
		if err := d.submit(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// created spreads the tickets over an hour in no order, so that the deadlines are
// in none either.
func created(n int) time.Time {
	return start.Add(-time.Duration(uint64(n)*0x9e3779b97f4a7c15>>32) * time.Hour >> 32)
}

func (d *desk) submit() (err error) {
	n := d.next
	d.next++
	d.events, err = d.tr.Observe(ticket.Change{Ticket: d.ids[n%len(d.ids)], At: start, Kind: ticket.WasSubmitted,
		Channel: channels[n%len(channels)], Created: created(n)}, d.events[:0])
	return err
}

func (d *desk) resolve(n int) (err error) {
	id := d.ids[n%len(d.ids)]
	d.events, err = d.tr.Observe(ticket.Change{Ticket: id, At: start, Kind: ticket.WasResolved}, d.events[:0])
	d.tr.Forget(id)
	return err
}

// timers are what a host without a tracker would have: four a ticket, and a map to
// find them by.
type timers struct {
	live map[string]*[4]*time.Timer
	ids  []string
	next int
}

func (t *timers) submit() {
	n := t.next
	t.next++
	id := t.ids[n%len(t.ids)]
	age := start.Sub(created(n))
	var four [4]*time.Timer
	for i, share := range [...]time.Duration{50, 75, 90, 100} {
		four[i] = time.AfterFunc(within*share/100+time.Hour-age, func() { panic(id) })
	}
	t.live[id] = &four
}

func (t *timers) resolve(n int) {
	id := t.ids[n%len(t.ids)]
	for _, timer := range t.live[id] {
		timer.Stop()
	}
	delete(t.live, id)
}

// trackRow: start and stop of one target with three tiers and its due, at many live,
// against the four timers. Both sides keep their tickets by id. Each turn builds its
// own million, so that either side pays for its own garbage and for no other's. There
// are more operations than live tickets so that it does pay: about once in so many the
// timers' garbage is collected, and the tracker clears its agenda of what was stopped.
func trackRow(rounds, live, ops int) (row ratio.Row, err error) {
	ids := names(live + ops)
	row = ratio.Pair("track/afterfunc", rounds, func() float64 {
		d, e := newDesk(live, ids)
		if e != nil {
			err = e
			return 1
		}
		heap()
		return timed(ops, func(int) {
			if e := oldest(d.next, live, d.submit, d.resolve); e != nil {
				err = e
			}
		})
	}, func() float64 {
		t := &timers{live: make(map[string]*[4]*time.Timer, live), ids: ids}
		for range live {
			t.submit()
		}
		heap()
		took := timed(ops, func(int) {
			t.submit()
			t.resolve(t.next - 1 - live)
		})
		for n := t.next - live; n < t.next; n++ {
			t.resolve(n)
		}
		return took
	})
	row.Budget, row.Aim = 0.5, 0.25
	row.Detail += fmt.Sprintf(", %d live", live)
	return row, err
}

// oldest starts a target and stops the one that has lived longest.
func oldest(next, live int, submit func() error, resolve func(int) error) error {
	if err := submit(); err != nil {
		return err
	}
	return resolve(next - live)
}

// timed returns the processor time of one operation, in nanoseconds.
func timed(ops int, f func(int)) float64 {
	began := ratio.Spent()
	for i := range ops {
		f(i)
	}
	return float64(ratio.Spent()-began) / float64(ops)
}

// memoryRows: heap bytes of a live target, less those of the ids themselves and of the
// index that finds them (eight bytes a place, a power of two of places, at most three
// quarters full); and mallocs in a million observations at a steady number of them.
func memoryRows(live, ops int) (bytes, mallocs ratio.Row, err error) {
	index := 8
	for 4*live > 3*index {
		index *= 2
	}
	index *= 8
	before := heap()
	ids := names(live)
	plain := heap() - before
	runtime.KeepAlive(ids)
	ids = nil

	before = heap()
	d, err := newDesk(live, names(live))
	if err != nil {
		return bytes, mallocs, err
	}
	bytes = ratio.Single("track-bytes", (heap()-before-plain-float64(index))/float64(live))
	bytes.Budget = 128
	bytes.Detail = fmt.Sprintf("heap bytes a target, %d live, the index of ids not counted", live)

	d.ids = append(d.ids, names(live + ops)[live:]...)
	run := func() error {
		for range ops {
			if err := oldest(d.next, live, d.submit, d.resolve); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(); err != nil { // warm
		return bytes, mallocs, err
	}
	var first, last runtime.MemStats
	runtime.ReadMemStats(&first)
	if err := run(); err != nil {
		return bytes, mallocs, err
	}
	runtime.ReadMemStats(&last)
	mallocs = ratio.Single("track-mallocs", float64(last.Mallocs-first.Mallocs)*1e6/float64(2*ops))
	mallocs.Budget = 30_000
	mallocs.Detail = "mallocs in 1e6 observes, steady state"
	return bytes, mallocs, nil
}

// heap is the bytes in use, after two collections: the first one's finalizers are
// the second one's garbage.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func calendarRows(rounds int) ([]ratio.Row, error) {
	const text = "zone America/New_York\nmon-fri 09:00-17:00\n"
	hours, err := sla.ParseCalendar(text)
	if err != nil {
		return nil, err
	}
	h := hours.Hours()
	peer := cal.NewBusinessCalendar()
	peer.SetWorkHours(9*time.Hour, 17*time.Hour)
	peer.AddHoliday(us.Holidays...)
	for year := 2024; year < 2035; year++ {
		for _, holiday := range us.Holidays {
			if _, observed := holiday.Calc(year); !observed.IsZero() {
				h.Holidays = append(h.Holidays, sla.DateOf(observed))
			}
		}
	}
	ours, err := sla.NewCalendar(h)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, err
	}
	from := make([]time.Time, 64) // the hours of some weeks, the peer's zone in them
	for i := range from {
		from[i] = start.Add(time.Duration(i) * 11 * time.Hour).In(zone)
	}
	var rows []ratio.Row
	var sink time.Time
	for _, x := range []struct {
		span        time.Duration
		budget      float64
		ours, peers int
	}{{time.Hour, 0.1, 200_000, 20_000}, {100 * time.Hour, 0, 200_000, 2000}, {10_000 * time.Hour, 0.001, 200_000, 20}} {
		if u, err := ours.Add(start, x.span); err != nil || !u.Equal(peer.AddWorkHours(start.In(zone), x.span)) {
			return nil, fmt.Errorf("promise: the calendars disagree: %v and %v (%w)", u, peer.AddWorkHours(start.In(zone), x.span), err)
		}
		row := ratio.Pair(fmt.Sprintf("calendar-%.0fh/rickar", x.span.Hours()), rounds, func() float64 {
			return timed(x.ours, func(i int) { sink, err = ours.Add(from[i%len(from)], x.span) })
		}, func() float64 {
			return timed(x.peers, func(i int) { sink = peer.AddWorkHours(from[i%len(from)], x.span) })
		})
		row.Budget = x.budget
		rows = append(rows, row)
	}
	split, err := sla.ParseCalendar("zone America/New_York\nmon-fri 09:00-12:30 13:30-18:00\nsat 22:00-02:00\n")
	if err != nil {
		return nil, err
	}
	alone := make([]float64, rounds)
	for r := range alone {
		alone[r] = timed(200_000, func(i int) { sink, err = split.Add(from[i%len(from)], 1000*time.Hour) })
	}
	row := ratio.Single("calendar-split", alone...)
	row.Detail = "ns for Add of 1000 h, split days, which the peer has not"
	_ = sink
	return append(rows, row), err
}
