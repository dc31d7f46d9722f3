package sla

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A vector is one operation on a calendar with what other systems' test suites, or
// a second system run as an oracle, say of it. Hours are by the wall clock of the
// zone, times are UTC.
type vector struct {
	ID        string
	Op        string
	Reference string
	Zone      string
	Hours     map[string][][2]string
	Holidays  []string
	Breaks    map[string][][2]string
	Shifts    map[string][][2]string // special hours of a date
	From, To  string
	Duration  int64 `json:"duration_seconds"`
	Count     int
	Expect    any
	Stay      string `json:"expect_stay"`     // where a due time at closing stays there
	Value     any    `json:"reference_value"` // where the peer differs from plain arithmetic
}

// What is not followed, by operation and by what the vector's "reference" says.
var notOffered = map[string]string{
	"on_holiday":        "asks what is written in Hours, not the compiled calendar",
	"on_break":          "asks what is written in Hours, not the compiled calendar",
	"open_day":          "a calendar works on instants, not on dates",
	"add_days":          "counting in working days is not offered: promises are made in working time",
	"sub_days":          "as add_days",
	"days_between":      "as add_days",
	"next_period_start": "NextOpen stays at an open instant; two NextChange give the opening after it",
}

var notFollowed = map[string]string{
	"bt-0169": "the peer's day ends a microsecond before 24:00, ours at 24:00",
	"bt-0168": "as bt-0169: from there the peer moves on to the next day's closing",
	"bt-0444": "the peer takes wall-clock time for a calendar that is never open; here that is no calendar",
}

func (v *vector) calendar(t *testing.T) (*Calendar, error) {
	h := Hours{Zone: v.Zone}
	windows := func(pairs [][2]string) (ws []Window) {
		for _, p := range pairs {
			w, ok := parseWindows([]string{p[0] + "-" + p[1]})
			if !ok { // "23:59:59.999999" and the like
				w, ok = parseWindows([]string{p[0] + "-24:00"})
			}
			require.True(t, ok, p)
			ws = append(ws, w...)
		}
		return ws
	}
	date := func(s string) Date {
		d, ok := parseDate(s)
		require.True(t, ok, s)
		return d
	}
	for i, name := range dayNames {
		h.Week[i] = windows(v.Hours[name])
	}
	for _, s := range v.Holidays {
		h.Holidays = append(h.Holidays, date(s))
	}
	for s, pairs := range v.Breaks {
		h.Breaks = append(h.Breaks, Day{date(s), windows(pairs)})
	}
	for s, pairs := range v.Shifts {
		h.Special = append(h.Special, Day{date(s), windows(pairs)})
	}
	return NewCalendar(h)
}

func at(t testing.TB, s string) time.Time {
	u, err := time.Parse(time.RFC3339Nano, s)
	require.NoError(t, err)
	return u
}

func TestCalendarVectors(t *testing.T) {
	f, err := os.Open("testdata/calendar.jsonl")
	require.NoError(t, err)
	defer f.Close()
	seen := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v vector
		require.NoError(t, json.Unmarshal(lines.Bytes(), &v))
		if notOffered[v.Op] != "" || notFollowed[v.ID] != "" {
			seen["not followed"]++
			continue
		}
		seen[v.Op]++
		t.Run(v.ID, func(t *testing.T) { v.check(t) })
	}
	require.Equal(t, map[string]int{"add": 358, "between": 210, "next_close": 7, "next_open": 61,
		"periods": 8, "periods_before": 8, "prev_active": 36, "sub": 56, "within": 86, "not followed": 32}, seen)
}

func (v *vector) check(t *testing.T) {
	c, err := v.calendar(t)
	require.NoError(t, err)
	from := at(t, v.From)
	want := v.Expect
	switch {
	case v.Stay != "":
		want = v.Stay
	case v.Value != nil:
		want = v.Value
	case v.Reference == "error-case":
		_, err := c.Add(from, time.Duration(v.Duration)*time.Second)
		var span *SpanError
		require.ErrorAs(t, err, &span)
		require.Equal(t, "is negative", span.Problem)
		return
	}
	instant := func(u time.Time, err error) {
		require.NoError(t, err)
		require.Equal(t, at(t, want.(string)), u.UTC())
	}
	d := time.Duration(v.Duration) * time.Second
	switch v.Op {
	case "within":
		require.Equal(t, want, c.Open(from))
	case "add":
		instant(c.Add(from, d))
	case "sub":
		instant(c.Sub(from, d))
	case "prev_active":
		instant(c.Sub(from, 0))
	case "between": // the vectors cut to whole seconds
		require.EqualValues(t, want, c.Between(from, at(t, v.To))/time.Second)
	case "next_open":
		u, ok := c.NextOpen(from)
		require.True(t, ok)
		instant(u, nil)
	case "next_close":
		u, ok := c.NextClose(from)
		require.True(t, ok)
		instant(u, nil)
	case "periods", "periods_before":
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(v.periods(t, c, from)))
	default:
		t.Fatal("unknown operation", v.Op)
	}
}

// periods lists the windows after (before) an instant, the way the vectors do.
func (v *vector) periods(t *testing.T, c *Calendar, from time.Time) (list [][]string) {
	show := func(u time.Time) string { return u.UTC().Format(time.RFC3339) }
	for range v.Count {
		if v.Op == "periods" {
			a, ok := c.NextOpen(from)
			require.True(t, ok)
			b, ok := c.NextChange(a)
			require.True(t, ok)
			list = append(list, []string{show(a), show(b)})
			from = b
			continue
		}
		b, err := c.Sub(from, 0)
		require.NoError(t, err)
		a := b // going back a second at a time: the opening has no open time right before it
		for c.Between(a.Add(-time.Second), a) > 0 {
			a = a.Add(-time.Second)
		}
		list = append(list, []string{show(a), show(b)})
		from = a
	}
	return slices.Clip(list)
}
