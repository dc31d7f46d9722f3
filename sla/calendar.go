package sla

import (
	"fmt"
	"math"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Calendar is compiled [Hours]: it counts open time. It is immutable and safe for
// concurrent use, and its methods do not allocate. They take times of any zone and
// return times in UTC (or the time itself), exact to the nanosecond, and cost the
// same for an hour as for a century: two binary searches.
//
// It reaches from [ticket.MinTime] to [ticket.MaxTime]. Windows are half-open: the
// instant of opening is open, that of closing is closed. The zero Calendar is never
// open.
type Calendar struct {
	hours Hours

	// All time as stretches, in order, each of which is open, closed, or follows
	// the week; a stretch ends where the next begins, the last one at end.
	stretches   []stretch
	end         int64
	fingerprint uint64

	// The open windows of a week, in order, none touching another; weekly is the sum.
	week   []weekWindow
	weekly int64
}

type kind uint8

const (
	closed kind = iota
	open
	weekly
)

// stretch is a piece of time in which the clock is not changed and the calendar
// keeps one rule. Its open seconds can be counted without looking at its days.
type stretch struct {
	start int64 // Unix seconds
	open  int64 // open seconds from the beginning of time to start
	base  int64 // if weekly: open less the open seconds from Thursday to phase
	phase int32 // if weekly: seconds from Thursday midnight to start, by the wall
	kind  kind
}

type weekWindow struct{ from, to, before int64 } // before: open seconds from Thursday to from

// SpanError is working time that cannot be counted: negative, from outside the
// times usher works with, or more than the calendar has to give.
type SpanError struct {
	Calendar string // its name
	From     time.Time
	Span     time.Duration
	Problem  string
}

func (e *SpanError) Error() string {
	return fmt.Sprintf("usher: calendar %q: %s of working time from %s %s", e.Calendar, e.Span,
		e.From.Format(time.RFC3339), e.Problem)
}

// Open tells whether t is open.
func (c *Calendar) Open(t time.Time) bool {
	_, is, _ := c.count(t.Unix())
	return is
}

// Add returns the instant at which the open time since t reaches d: the first one,
// so that what ends with closing ends at closing, not at the next opening. Add of 0
// is the first open instant from t on. The error is a [*SpanError].
func (c *Calendar) Add(t time.Time, d time.Duration) (time.Time, error) {
	if d <= 0 {
		if d == 0 {
			if u, ok := c.NextOpen(t); ok {
				return u, nil
			}
		}
		return time.Time{}, c.spanError(t, d)
	}
	sec, nsec, near := c.total(t)
	sec += int64(d / time.Second)
	nsec += int64(d % time.Second)
	if nsec >= int64(time.Second) {
		sec++
		nsec -= int64(time.Second)
	}
	if nsec == 0 { // the end of an open second, not the beginning of the next
		sec--
		nsec = int64(time.Second)
	}
	s, ok := c.nth(sec, open, near)
	if !ok || c.outside(t) {
		return time.Time{}, c.spanError(t, d)
	}
	return time.Unix(s, nsec).UTC(), nil
}

// Sub is the inverse of Add, towards the past: it returns the last instant from
// which the open time until t is d. Sub of 0 is the last instant up to t that has
// open time right before it. The error is a [*SpanError].
func (c *Calendar) Sub(t time.Time, d time.Duration) (time.Time, error) {
	if d < 0 || c.outside(t) {
		return time.Time{}, c.spanError(t, d)
	}
	sec, nsec, near := c.total(t)
	sec -= int64(d / time.Second)
	nsec -= int64(d % time.Second)
	if nsec < 0 {
		sec--
		nsec += int64(time.Second)
	}
	if d == 0 && nsec == 0 {
		sec--
		nsec = int64(time.Second)
	}
	s, ok := c.nth(sec, open, near)
	if !ok {
		return time.Time{}, c.spanError(t, d)
	}
	return time.Unix(s, nsec).UTC(), nil
}

// Between returns the open time from a to b, 0 if b is not later than a. Times
// outside the calendar's reach count as its ends; more than 292 years are cut to
// the longest Duration, as in time.Time.Sub.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	sa, na, _ := c.total(a)
	sb, nb, _ := c.total(b)
	if sb-sa >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(sb-sa)*time.Second + time.Duration(nb-na)
}

// NextOpen returns t if t is open, else the next opening; false if there is none.
func (c *Calendar) NextOpen(t time.Time) (time.Time, bool) {
	if c.Open(t) {
		return t, true
	}
	return c.NextChange(t)
}

// NextClose returns the end of the window that t is in or, if it is in none, of the
// next; false if there is none, as in a calendar that never closes.
func (c *Calendar) NextClose(t time.Time) (time.Time, bool) {
	t, ok := c.NextOpen(t)
	if !ok {
		return t, false
	}
	return c.NextChange(t)
}

// NextChange returns the next instant after t at which Open changes; false if
// there is none.
func (c *Calendar) NextChange(t time.Time) (time.Time, bool) {
	if c.outside(t) {
		return time.Time{}, false
	}
	n, is, near := c.count(t.Unix())
	want := open
	if is {
		n, want = t.Unix()-minUnix-n, closed
	}
	s, ok := c.nth(n, want, near)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(s, 0).UTC(), true
}

// Fingerprint is a number that differs between calendars that differ: in name,
// hours, or what the zone data of this machine says about the zone since 1970.
func (c *Calendar) Fingerprint() uint64 { return c.fingerprint }

var minUnix, maxUnix = ticket.MinTime.Unix(), ticket.MaxTime.Unix()

func (c *Calendar) outside(t time.Time) bool {
	sec := t.Unix()
	return sec < minUnix || sec >= maxUnix
}

func (c *Calendar) spanError(t time.Time, d time.Duration) error {
	problem := "never ends"
	switch {
	case d < 0:
		problem = "is negative"
	case c.outside(t):
		problem = fmt.Sprintf("is outside %d to %d", ticket.MinTime.Year(), ticket.MaxTime.Year())
	}
	return &SpanError{Calendar: c.hours.Name, From: t, Span: d, Problem: problem}
}

// opens counts all open seconds.
func (c *Calendar) opens() int64 {
	n, _, _ := c.count(c.end)
	return n
}

// total is the open time from the beginning to t, which is in the stretch near.
func (c *Calendar) total(t time.Time) (sec, nsec int64, near int) {
	sec, is, near := c.count(t.Unix())
	if is {
		nsec = int64(t.Nanosecond())
	}
	return sec, nsec, near
}

// count returns the number of open seconds before sec, whether sec is one, and the
// stretch that sec is in.
func (c *Calendar) count(sec int64) (n int64, is bool, near int) {
	if len(c.stretches) == 0 || sec < c.stretches[0].start {
		return 0, false, 0
	}
	past := sec >= c.end
	sec = min(sec, c.end)
	lo, hi := 0, len(c.stretches) // the last stretch that starts by sec is in [lo, hi)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); c.stretches[mid].start <= sec {
			lo = mid
		} else {
			hi = mid
		}
	}
	s := &c.stretches[lo]
	switch s.kind {
	case closed:
		return s.open, false, lo
	case open:
		return s.open + sec - s.start, !past, lo
	}
	at := sec - s.start + int64(s.phase)
	weeks := at / week
	at -= weeks * week
	n = s.base + weeks*c.weekly
	w, ok := c.windowBy(at)
	if !ok {
		return n, false, lo
	}
	if at < w.to {
		return n + w.before + at - w.from, !past, lo
	}
	return n + w.before + w.to - w.from, false, lo
}

// windowBy returns the last window of the week that opens by the given second.
func (c *Calendar) windowBy(at int64) (weekWindow, bool) {
	lo, hi := -1, len(c.week)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); c.week[mid].from <= at {
			lo = mid
		} else {
			hi = mid
		}
	}
	if lo < 0 {
		return weekWindow{}, false
	}
	return c.week[lo], true
}

// nth returns the second that has exactly n open (or closed) ones before it and is
// open (closed) itself. It looks for it from the stretch near on: that is mostly it.
func (c *Calendar) nth(n int64, want kind, near int) (int64, bool) {
	if n < 0 || len(c.stretches) == 0 {
		return 0, false
	}
	lo, hi := 0, len(c.stretches) // the last stretch with at most n such seconds before it is in [lo, hi)
	if c.stretches[near].before(want) > n {
		hi = near
	} else if lo = near; near+1 < hi && c.stretches[near+1].before(want) > n {
		hi = near + 1
	}
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); c.stretches[mid].before(want) <= n {
			lo = mid
		} else {
			hi = mid
		}
	}
	s := &c.stretches[lo]
	left := n - s.before(want)
	var sec int64
	switch s.kind {
	case want:
		sec = s.start + left
	case weekly:
		sec = s.start - int64(s.phase) + c.nthOfWeeks(left+c.beforePhase(s, want), want)
	default:
		return 0, false // only the last stretch can be the wrong one
	}
	return sec, sec < c.end
}

// before counts the open or closed seconds before the stretch.
func (s *stretch) before(want kind) int64 {
	if want == open {
		return s.open
	}
	return s.start - minUnix - s.open
}

// beforePhase counts the open or closed seconds of the week before the phase in
// which a weekly stretch begins.
func (c *Calendar) beforePhase(s *stretch, want kind) int64 {
	if want == open {
		return s.open - s.base
	}
	return int64(s.phase) - (s.open - s.base)
}

// nthOfWeeks is nth in an endless sequence of weeks. A week without such seconds
// has none at all: the answer is then past any end.
func (c *Calendar) nthOfWeeks(n int64, want kind) int64 {
	each := c.weekly
	if want == closed {
		each = week - c.weekly
	}
	if each == 0 {
		return math.MaxInt64 / 2
	}
	weeks := n / each
	n -= weeks * each
	at := weeks * week
	if want == open {
		lo, hi := 0, len(c.week)
		for hi-lo > 1 {
			if mid := int(uint(lo+hi) / 2); c.week[mid].before <= n {
				lo = mid
			} else {
				hi = mid
			}
		}
		return at + c.week[lo].from + n - c.week[lo].before
	}
	for _, w := range c.week {
		if w.from-w.before > n {
			break
		}
		at += w.to - w.from
	}
	return at + n
}
