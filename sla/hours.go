package sla

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usherdesk/usher/ticket"
)

const (
	day  = 24 * 60 * 60 // seconds
	week = 7 * day

	// The day of 1970-01-01, the first of the weeks that the arithmetic counts.
	firstWeekday = time.Thursday

	maxWindows = 64     // of one day
	maxDates   = 10_000 // of one calendar, each of holidays, special days and breaks
)

// Window is a stretch of a day that is open (or, in a break, closed), by the wall
// clock of the calendar's zone: From is in it, To is not. Both count from midnight,
// in whole seconds. To may be 24 h; a To that is not later than From is on the
// next day, so {22 * time.Hour, 6 * time.Hour} is a night shift.
type Window struct {
	From time.Duration
	To   time.Duration
}

// Date is a day of the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Day gives a date its windows.
type Day struct {
	Date    Date
	Windows []Window
}

// Hours says when somebody works: a week that repeats, and the dates on which it
// does not. [NewCalendar] makes it computable.
//
// An instant is open if the wall clock, as the zone has it at that instant, shows a
// time inside a window. So an hour that the clock skips in spring is never open, and
// one that it repeats in autumn is open twice.
//
// A window belongs to the day it begins on. A holiday on that day removes all of
// it; a holiday on the next day leaves the hours after midnight as they are (a break
// can take them out).
type Hours struct {
	Name     string
	Zone     string      // an IANA name, such as "Europe/Berlin" or "UTC"
	Week     [7][]Window // by time.Weekday, Sunday first
	Holidays []Date      // no window begins on these
	Special  []Day       // these have their own windows in place of the week's; a holiday goes first
	Breaks   []Day       // closed during these windows, whatever else says open
}

// NewCalendar checks the hours as a whole and compiles them. Every fault is named,
// joined, each a [*ticket.FieldError]: unknown zone, impossible date or window,
// windows that overlap, a date given twice, and hours that are never open. The
// calendar keeps nothing of h that the caller could change.
func NewCalendar(h Hours) (*Calendar, error) {
	h = h.clone()
	zone, err := h.check()
	if err != nil {
		return nil, err
	}
	c := compile(h, zone)
	if c.opens() == 0 {
		return nil, h.fault("hours", "", "are never open")
	}
	return c, nil
}

// Hours returns a copy of what the calendar was made from.
func (c *Calendar) Hours() Hours { return c.hours.clone() }

// Name is the name in the calendar's hours.
func (c *Calendar) Name() string { return c.hours.Name }

func (h Hours) clone() Hours {
	sorted := func(w []Window) []Window {
		w = slices.Clone(w)
		slices.SortFunc(w, func(a, b Window) int { return cmp.Compare(a.From, b.From) })
		return w
	}
	for i := range h.Week {
		h.Week[i] = sorted(h.Week[i])
	}
	days := func(d []Day) []Day {
		d = slices.Clone(d)
		for i := range d {
			d[i].Windows = sorted(d[i].Windows)
		}
		slices.SortStableFunc(d, func(a, b Day) int { return a.Date.number() - b.Date.number() })
		return d
	}
	h.Holidays = slices.Clone(h.Holidays)
	slices.SortFunc(h.Holidays, func(a, b Date) int { return a.number() - b.number() })
	h.Holidays = slices.Compact(h.Holidays)
	h.Special, h.Breaks = days(h.Special), days(h.Breaks)
	return h
}

func (h *Hours) fault(field, value, problem string) error {
	return &ticket.FieldError{Ticket: cut("calendar " + h.Name), Field: field, Value: cut(value), Problem: problem}
}

func (h *Hours) check() (*time.Location, error) {
	var faults []error
	add := func(field string, value any, problem string) {
		faults = append(faults, h.fault(field, fmt.Sprint(value), problem))
	}
	if err := ticket.CheckName("calendar "+cut(h.Name), "name", h.Name, false); err != nil {
		faults = append(faults, err)
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil || h.Zone == "" || h.Zone == "Local" {
		add("zone", h.Zone, "is no IANA time zone known here")
	}
	for i, windows := range h.Week {
		h.checkWindows(time.Weekday(i).String(), windows, true, add)
	}
	if len(faults) == 0 {
		if at, ok := overlap(h.weekWindows()); ok {
			add("week", time.Weekday((int(firstWeekday)+at/day)%7), "overlaps the night before")
		}
	}
	if len(h.Holidays) > maxDates {
		add("holidays", len(h.Holidays), fmt.Sprintf("are more than %d", maxDates))
	}
	for _, d := range h.Holidays {
		if !d.valid() {
			add("holiday", d, "is no date from 1700 to 2239")
		}
	}
	h.checkDays("special", h.Special, true, add)
	h.checkDays("break", h.Breaks, false, add)
	return zone, errors.Join(faults...)
}

// checkDays checks dates of their own; unique ones must not contradict each other,
// while breaks may overlap: closed twice is closed.
func (h *Hours) checkDays(field string, days []Day, unique bool, add func(string, any, string)) {
	if len(days) > maxDates {
		add(field, len(days), fmt.Sprintf("are more than %d", maxDates))
	}
	for i, d := range days {
		switch {
		case !d.Date.valid():
			add(field, d.Date, "is no date from 1700 to 2239")
		case unique && i > 0 && days[i-1].Date == d.Date:
			add(field, d.Date, "is given twice")
		case len(d.Windows) == 0:
			add(field, d.Date, "has no windows")
		}
		h.checkWindows(field+" "+d.Date.String(), d.Windows, unique, add)
	}
}

func (h *Hours) checkWindows(field string, windows []Window, unique bool, add func(string, any, string)) {
	if len(windows) > maxWindows {
		add(field, len(windows), fmt.Sprintf("are more than %d windows", maxWindows))
		return
	}
	spans := make([]span, 0, len(windows))
	for _, w := range windows {
		if !w.valid() {
			add(field, w, "is no window of a day")
			continue
		}
		spans = append(spans, w.span())
	}
	if at, ok := overlap(spans); ok && unique {
		add(field, wall(time.Duration(at)*time.Second), "is in two windows")
	}
}

func (w Window) valid() bool {
	const most = 24 * time.Hour
	return 0 <= w.From && w.From < most && 0 <= w.To && w.To <= most && w.From != w.To &&
		w.From%time.Second == 0 && w.To%time.Second == 0
}

// span is a half-open range of seconds, of a day, of a week, or of all local time.
type span struct{ from, to int64 }

// span of a window that begins on day 0; one over midnight ends on day 1.
func (w Window) span() span {
	s := span{int64(w.From / time.Second), int64(w.To / time.Second)}
	if s.to <= s.from {
		s.to += day
	}
	return s
}

func (s span) shift(by int64) span { return span{s.from + by, s.to + by} }

// overlap finds a second that is in two of the spans.
func overlap(spans []span) (at int, ok bool) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return int(spans[i].from), true
		}
	}
	return 0, false
}

func (d Date) time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
func (d Date) number() int     { return int(d.time().Unix() / day) } // days since 1970-01-01

func (d Date) valid() bool {
	y, m, n := d.time().Date()
	return d == Date{y, m, n} && ticket.MinTime.Year() <= y && y < ticket.MaxTime.Year()
}

// DateOf returns the date that a calendar in t's zone shows at t.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// cut keeps a hostile value from filling a log line.
func cut(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("%.*q… (%d bytes)", most, s, len(s))
}
