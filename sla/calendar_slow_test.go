package sla

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slow is the second calendar: it looks at the wall clock every minute. Its windows
// begin and end on whole minutes, and so do all changes of clocks since 1973.
type slow struct {
	h    Hours
	zone *time.Location
	days map[Date][2 * 24 * 60]int8 // by date: for the minutes of it and the next, 1 open, -1 break
}

func (s *slow) minutes(d Date) [2 * 24 * 60]int8 {
	if m, ok := s.days[d]; ok {
		return m
	}
	var m [2 * 24 * 60]int8
	fill := func(windows []Window, with int8) {
		for _, w := range windows {
			to := w.To
			if to <= w.From {
				to += 24 * time.Hour
			}
			for i := w.From / time.Minute; i < to/time.Minute; i++ {
				m[i] = with
			}
		}
	}
	windows := s.h.Week[time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC).Weekday()]
	for _, x := range s.h.Special {
		if x.Date == d {
			windows = x.Windows
		}
	}
	if !slices.Contains(s.h.Holidays, d) {
		fill(windows, 1)
	}
	for _, x := range s.h.Breaks {
		if x.Date == d {
			fill(x.Windows, -1)
		}
	}
	s.days[d] = m
	return m
}

func (s *slow) open(t time.Time) bool {
	t = t.In(s.zone)
	minute := t.Hour()*60 + t.Minute()
	y, m, d := t.Date()
	before := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
	own, night := s.minutes(Date{y, m, d})[minute], s.minutes(DateOf(before))[24*60+minute]
	return (own > 0 || night > 0) && own >= 0 && night >= 0
}

func (s *slow) between(a, b time.Time) (sum time.Duration) {
	for a.Before(b) {
		next := a.Truncate(time.Minute).Add(time.Minute)
		if next.After(b) {
			next = b
		}
		if s.open(a) {
			sum += next.Sub(a)
		}
		a = next
	}
	return sum
}

func (s *slow) add(t time.Time, d time.Duration, minutes int) (time.Time, bool) {
	for range minutes {
		next := t.Truncate(time.Minute).Add(time.Minute)
		if s.open(t) {
			if next.Sub(t) >= d {
				return t.Add(d), true
			}
			d -= next.Sub(t)
		}
		t = next
	}
	return t, false
}

func (s *slow) nextChange(t time.Time, minutes int) (time.Time, bool) {
	was := s.open(t)
	for range minutes {
		t = t.Truncate(time.Minute).Add(time.Minute)
		if s.open(t) != was {
			return t, true
		}
	}
	return t, false
}

// Zones with something to get wrong, and an instant at which they did it.
var oddZones = []struct{ zone, near string }{
	{"Europe/Berlin", "2024-03-31T01:00:00Z"},
	{"Europe/Berlin", "2024-10-27T01:00:00Z"},
	{"America/New_York", "2025-03-09T07:00:00Z"},
	{"America/New_York", "2075-11-03T06:00:00Z"}, // beyond the zone's table
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},
	{"Asia/Tehran", "2021-03-21T20:30:00Z"},
	{"Asia/Tehran", "2021-09-21T19:30:00Z"},
	{"Australia/Lord_Howe", "2023-09-30T15:30:00Z"},
	{"Australia/Lord_Howe", "2023-04-01T15:00:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"}, // the day that was not
	{"Africa/Casablanca", "2022-03-27T02:00:00Z"},
	{"America/Havana", "2019-03-10T05:00:00Z"},
	{"Asia/Kathmandu", "1985-12-31T18:30:00Z"},
	{"America/Caracas", "2016-05-01T07:00:00Z"},
	{"Europe/Berlin", "2040-12-31T00:00:00Z"},
	{"UTC", "2024-02-29T00:00:00Z"},
}

func randomHours(r *rand.Rand, zone string, near time.Time) Hours {
	h := Hours{Zone: zone}
	windows := func() (ws []Window) {
		edges := make([]time.Duration, 2*(1+r.IntN(3)))
		for i := range edges {
			edges[i] = time.Duration(r.IntN(24*60)) * time.Minute
			if r.IntN(3) > 0 { // on the hour, or the half
				edges[i] = edges[i].Truncate(30 * time.Minute)
			}
		}
		slices.Sort(edges)
		if len(slices.Compact(slices.Clone(edges))) < len(edges) {
			return []Window{{0, 24 * time.Hour}}
		}
		if r.IntN(3) == 0 { // over midnight
			edges = append(edges[1:], edges[0])
		}
		for i := 0; i < len(edges); i += 2 {
			ws = append(ws, Window{edges[i], edges[i+1]})
		}
		return ws
	}
	for d := range h.Week {
		if r.IntN(4) > 0 {
			h.Week[d] = windows()
		}
	}
	date := func() Date { return DateOf(near.AddDate(0, 0, r.IntN(9)-4)) }
	for range r.IntN(3) {
		h.Holidays = append(h.Holidays, date())
	}
	for range r.IntN(3) {
		h.Special = append(h.Special, Day{date(), windows()})
		h.Breaks = append(h.Breaks, Day{date(), windows()})
	}
	return h
}

func TestCalendarAgainstASlowOne(t *testing.T) {
	rounds := 5
	if os.Getenv("USHER_LONG") != "" {
		rounds = 400
	}
	tried := 0
	for i := range rounds * len(oddZones) {
		odd := oddZones[i%len(oddZones)]
		r := rand.New(rand.NewPCG(uint64(i), 7))
		near := at(t, odd.near)
		h := randomHours(r, odd.zone, near)
		c, err := NewCalendar(h)
		if err != nil {
			continue // windows that overlap the night before, a date given twice
		}
		tried++
		zone, err := time.LoadLocation(odd.zone)
		require.NoError(t, err)
		s := &slow{c.Hours(), zone, map[Date][2 * 24 * 60]int8{}}
		for range 6 {
			from := near.Add(time.Duration(r.Int64N(int64(96*time.Hour))) - 48*time.Hour)
			if r.IntN(2) == 0 {
				from = from.Truncate(15 * time.Minute)
			}
			to := from.Add(time.Duration(r.Int64N(int64(72 * time.Hour))))
			about := fmt.Sprintf("round %d %s from %s to %s\n%+v", i, odd.zone, from, to, h)
			require.Equal(t, s.open(from), c.Open(from), about)
			spent := s.between(from, to)
			require.Equal(t, spent, c.Between(from, to), about)
			for _, d := range []time.Duration{spent, time.Duration(r.Int64N(int64(20 * time.Hour))), time.Hour} {
				want, found := s.add(from, d, 10*24*60)
				got, err := c.Add(from, d)
				if found && d > 0 {
					require.NoError(t, err, about)
					require.Equal(t, want.UTC(), got, about)
					require.Equal(t, d, c.Between(from, got), about)
					back, err := c.Sub(got, d)
					require.NoError(t, err, about)
					require.False(t, back.Before(from), about)
					require.Zero(t, s.between(from, back), about)
				}
			}
			want, found := s.nextChange(from, 10*24*60)
			if got, ok := c.NextChange(from); found {
				require.True(t, ok, about)
				require.Equal(t, want.UTC(), got, about)
				isOpen, ok := c.NextOpen(from)
				require.True(t, ok || s.open(from) == false, about)
				require.Equal(t, ok, c.Open(isOpen), about)
			}
		}
	}
	require.Greater(t, tried, rounds*len(oddZones)/3)
}
