package sla

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

const office = "mon-fri 09:00-18:00\n"

// One line a case: hours, from, working time, due. Scenarios by name.
func TestCalendarAdd(t *testing.T) {
	for _, x := range []struct{ name, hours, from, span, due string }{
		{"due at closing", "zone UTC\n" + office, "2025-03-04T17:00:00Z", "1h", "2025-03-04T18:00:00Z"},
		{"a nanosecond past closing", "zone UTC\n" + office, "2025-03-04T17:00:00Z", "1h0m0.000000001s", "2025-03-05T09:00:00.000000001Z"},
		{"start at closing", "zone UTC\n" + office, "2025-03-04T18:00:00Z", "1h", "2025-03-05T10:00:00Z"},
		{"start before opening", "zone UTC\n" + office, "2025-03-04T07:30:00Z", "1h", "2025-03-04T10:00:00Z"},
		{"start on a closed day", "zone UTC\n" + office, "2025-03-08T12:00:00Z", "1h", "2025-03-10T10:00:00Z"},
		{"start on a holiday", "zone UTC\nholiday 2025-03-04\n" + office, "2025-03-04T12:00:00Z", "1h", "2025-03-05T10:00:00Z"},
		{"consecutive holidays", "zone UTC\nholiday 2025-03-04 2025-03-05 2025-03-06\n" + office, "2025-03-03T17:30:00Z", "1h", "2025-03-07T09:30:00Z"},
		{"DST starts inside 24 hours", "zone Europe/Berlin\nmon-sun 00:00-24:00", "2024-03-30T12:00:00Z", "24h", "2024-03-31T12:00:00Z"},
		{"DST ends inside 24 hours", "zone Europe/Berlin\nmon-sun 00:00-24:00", "2024-10-26T12:00:00Z", "24h", "2024-10-27T12:00:00Z"},
		{"DST day of 23 hours", "zone Europe/Berlin\nsun 00:00-24:00", "2024-03-30T23:00:00Z", "23h", "2024-03-31T22:00:00Z"},
		{"DST day of 25 hours", "zone Europe/Berlin\nsun 00:00-24:00", "2024-10-26T22:00:00Z", "25h", "2024-10-27T23:00:00Z"},
		{"window opening in a gap", "zone Europe/Berlin\nsun 02:30-05:00", "2024-03-30T12:00:00Z", "1h", "2024-03-31T02:00:00Z"},
		{"window inside a gap", "zone Europe/Berlin\nsun 02:10-02:50", "2024-03-30T12:00:00Z", "30m", "2024-04-07T00:40:00Z"},
		{"ambiguous hour", "zone Europe/Berlin\nsun 02:00-03:00", "2024-10-26T12:00:00Z", "90m", "2024-10-27T01:30:00Z"},
		{"half of an ambiguous hour", "zone Europe/Berlin\nsun 02:00-02:30", "2024-10-26T12:00:00Z", "45m", "2024-10-27T01:15:00Z"},
		{"Sao Paulo skips midnight", "zone America/Sao_Paulo\nsun 00:00-02:00", "2018-11-03T12:00:00Z", "30m", "2018-11-04T03:30:00Z"},
		{"Tehran repeats the hour before midnight", "zone Asia/Tehran\ntue 23:00-24:00", "2021-09-21T12:00:00Z", "90m", "2021-09-21T20:00:00Z"},
		{"Lord Howe moves half an hour", "zone Australia/Lord_Howe\nsun 01:00-04:00", "2023-09-30T12:00:00Z", "2h", "2023-09-30T16:30:00Z"},
		{"Samoa's missing day", "zone Pacific/Apia\nmon-sun 09:00-17:00", "2011-12-29T22:00:00Z", "6h", "2011-12-30T20:00:00Z"},
		{"input zone other than the calendar's", "zone Asia/Tokyo\n" + office, "2025-03-03T19:30:00-05:00", "1h", "2025-03-04T01:30:00Z"},
		{"split day", "zone UTC\nmon-fri 09:00-12:00 13:00-18:00", "2025-03-04T11:30:00Z", "1h", "2025-03-04T13:30:00Z"},
		{"over midnight", "zone UTC\nmon-fri 22:00-06:00", "2025-03-07T23:00:00Z", "8h", "2025-03-10T23:00:00Z"},
		{"a night shift outlives the holiday after it", "zone UTC\nmon-fri 22:00-06:00\nholiday 2025-03-05", "2025-03-04T22:00:00Z", "9h", "2025-03-06T23:00:00Z"},
		{"special hours", "zone UTC\nspecial 2025-03-04 10:00-11:00 20:00-02:00\n" + office, "2025-03-04T00:00:00Z", "7h30m", "2025-03-05T09:30:00Z"},
		{"a break", "zone UTC\nbreak 2025-03-04 09:30-17:30\n" + office, "2025-03-04T09:00:00Z", "1h", "2025-03-04T18:00:00Z"},
		{"a century", "zone UTC\nmon-sun 00:00-24:00", "2025-03-04T09:00:00Z", "876000h", "2125-02-08T09:00:00Z"},
		{"no span, open", "zone UTC\n" + office, "2025-03-04T09:00:00Z", "0s", "2025-03-04T09:00:00Z"},
		{"no span, at closing", "zone UTC\n" + office, "2025-03-04T18:00:00Z", "0s", "2025-03-05T09:00:00Z"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c, err := ParseCalendar(x.hours)
			require.NoError(t, err)
			span, err := time.ParseDuration(x.span)
			require.NoError(t, err)
			due, err := c.Add(at(t, x.from), span)
			require.NoError(t, err)
			require.Equal(t, at(t, x.due), due)
			require.Equal(t, span, c.Between(at(t, x.from), due))
		})
	}
}

func TestCalendarThatEnds(t *testing.T) {
	once := MustCalendar("name fair\nzone UTC\nspecial 2025-03-04 10:00-12:00")
	from := at(t, "2025-01-01T00:00:00Z")
	due, err := once.Add(from, 2*time.Hour)
	require.NoError(t, err)
	require.Equal(t, at(t, "2025-03-04T12:00:00Z"), due)
	var span *SpanError
	_, err = once.Add(from, 2*time.Hour+1)
	require.ErrorAs(t, err, &span)
	require.Equal(t, SpanError{"fair", from, 2*time.Hour + 1, "never ends"}, *span)
	_, err = once.Add(due, 0)
	require.ErrorAs(t, err, &span)
	_, err = once.Sub(due, 3*time.Hour)
	require.ErrorAs(t, err, &span)
	_, ok := once.NextOpen(due)
	require.False(t, ok)
	_, ok = once.NextChange(due)
	require.False(t, ok)
	_, ok = MustCalendar("zone Europe/Berlin\nmon-sun 00:00-24:00").NextClose(from)
	require.False(t, ok, "it never closes")
	for _, far := range []time.Time{{}, time.Date(5000, 1, 1, 0, 0, 0, 0, time.UTC)} {
		_, err = once.Add(far, time.Hour)
		require.ErrorContains(t, err, "is outside 1700 to 2240")
		require.False(t, once.Open(far))
	}
	_, err = new(Calendar).Add(from, time.Hour)
	require.ErrorAs(t, err, &span, "the zero Calendar is never open")
	always := MustCalendar("zone UTC\nmon-sun 00:00-24:00")
	require.EqualValues(t, int64(1<<63-1), always.Between(ticket.MinTime, ticket.MaxTime), "cut, as time.Sub does")
	_, err = always.Sub(ticket.MinTime, 0)
	require.ErrorAs(t, err, &span)
}

func TestCalendarFaultsAreAllNamed(t *testing.T) {
	h := Hours{Name: strings.Repeat("x", 300), Zone: "Mars/Olympus",
		Holidays: []Date{{2025, 2, 30}},
		Special:  []Day{{Date{2025, 1, 1}, nil}, {Date{2025, 1, 1}, []Window{{0, time.Hour}}}},
		Breaks:   []Day{{Date{2025, 1, 1}, []Window{{time.Hour, time.Hour}}}},
	}
	h.Week[1] = []Window{{9 * time.Hour, 12 * time.Hour}, {11 * time.Hour, 13 * time.Hour}, {0, 25 * time.Hour}, {1, 2}}
	_, err := NewCalendar(h)
	for _, want := range []string{"Mars/Olympus", "2025-02-30", "given twice", "has no windows", "01:00-01:00", "is in two windows",
		"is longer than", "00:00-25:00", "no window of a day"} {
		require.ErrorContains(t, err, want)
	}
	var field *ticket.FieldError
	require.ErrorAs(t, err, &field)
	for text, want := range map[string]string{
		"zone UTC\nholiday 2025-01-01":                                           "never open",
		"zone UTC\nspecial 2025-01-01 09:00-10:00\nbreak 2025-01-01 08:00-11:00": "never open",
		"mon 09:00-10:00":                            "no IANA time zone",
		"zone Local\nmon 09:00-10:00":                "no IANA time zone",
		"zone UTC\nmon 22:00-06:00\ntue 05:00-09:00": "overlaps the night before",
	} {
		_, err := ParseCalendar(text)
		require.ErrorContains(t, err, want, text)
	}
	for _, text := range []string{"zone", "zone a b", "mon", "mon-", "mon 9:00-10:00", "mon 09:00", "holiday", "holiday 1", "special",
		"special 2025-01-01", "break x 09:00-10:00", "week 09:00-10:00", "name a\nname b", "name \"a", "mon 09:00-10:60"} {
		_, err := ParseCalendar(text)
		var word *ticket.WordError
		require.ErrorAs(t, err, &word, text)
	}
	require.Panics(t, func() { MustCalendar("zone UTC") })
}

func TestCalendarText(t *testing.T) {
	const text = "name support\nzone Europe/Berlin\nmon 09:00-12:00 13:00-18:00\nsat 22:00-06:00:30\n" +
		"holiday 2025-12-25\nspecial 2025-12-24 09:00-13:00\nbreak 2025-07-01 12:30-24:00\n"
	c := MustCalendar("# ours\n" + strings.Replace(text, "12:00 13", "12:00 # lunch\nmon 13", 1))
	got, err := c.MarshalText()
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	var again Calendar
	require.NoError(t, again.UnmarshalText(got))
	require.Equal(t, c, &again)
	require.Error(t, again.UnmarshalText([]byte("?")))
	require.Equal(t, c, &again)
	require.Equal(t, "support", c.Name())
	c.Hours().Week[1][0].From = 0 // a copy
	require.Equal(t, again.Hours(), c.Hours())
}

func TestCalendarFingerprint(t *testing.T) {
	seen := map[uint64]string{}
	for _, text := range []string{"zone UTC\n" + office, "zone Europe/London\n" + office, "name a\nzone UTC\n" + office,
		"zone UTC\nmon-fri 09:00-18:01", "zone UTC\nholiday 2025-01-01\n" + office, "zone UTC\nbreak 2025-01-01 09:00-10:00\n" + office} {
		f := MustCalendar(text).Fingerprint()
		require.Equal(t, f, MustCalendar(text).Fingerprint())
		require.Empty(t, seen[f], text)
		seen[f] = text
	}
	h := MustCalendar("zone Europe/Berlin\n" + office).Hours()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	paris, err := time.LoadLocation("Asia/Tehran") // as if the zone data had changed under the name
	require.NoError(t, err)
	require.NotEqual(t, compile(h, berlin).Fingerprint(), compile(h, paris).Fingerprint())
}

func TestCalendarIsSafeForConcurrentUse(t *testing.T) {
	c := MustCalendar("zone Europe/Berlin\n" + office)
	from := at(t, "2025-03-04T12:00:00Z")
	want, err := c.Add(from, 1000*time.Hour)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				got, err := c.Add(from, 1000*time.Hour)
				if err != nil || got != want {
					t.Error(got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCalendarDoesNotAllocate(t *testing.T) {
	c := MustCalendar("zone America/New_York\nmon-fri 09:00-12:00 13:00-18:00\nholiday 2025-12-25")
	from := at(t, "2025-03-04T12:00:00Z")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		due, _ := c.Add(from, 1000*time.Hour)
		_ = c.Between(from, due)
		_, _ = c.NextChange(due)
		_, _ = c.Sub(due, time.Hour)
	}))
}

func FuzzCalendarText(f *testing.F) {
	f.Add("zone Europe/Berlin\nmon-fri 09:00-12:00 13:00-18:00\nsat 22:00-06:00\nholiday 2025-12-25\n", int64(0), int64(0))
	f.Add("name \"a #\\n\"\nzone UTC\nspecial 2025-12-24 09:00-13:00\nbreak 2025-12-24 12:30-12:31", int64(1766566800), int64(3600))
	f.Fuzz(func(t *testing.T, text string, sec, span int64) {
		c, err := ParseCalendar(text)
		if err != nil {
			return
		}
		again, err := c.MarshalText()
		require.NoError(t, err)
		d, err := ParseCalendar(string(again))
		require.NoError(t, err, string(again))
		require.Equal(t, c.Fingerprint(), d.Fingerprint())
		from := time.Unix(sec, 0)
		u, err := c.Add(from, time.Duration(span))
		if err == nil && span > 0 {
			require.EqualValues(t, span, c.Between(from, u))
			require.False(t, u.Before(from))
		}
		if v, ok := c.NextChange(from); ok {
			require.True(t, v.After(from))
			require.NotEqual(t, c.Open(from), c.Open(v))
		}
	})
}

func BenchmarkCalendarAdd(b *testing.B) {
	c := MustCalendar("zone America/New_York\n" + office + "holiday 2025-12-25 2026-01-01")
	from := at(b, "2025-03-04T15:00:00Z")
	for _, d := range []time.Duration{time.Hour, 10_000 * time.Hour} {
		b.Run(d.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Add(from, d)
			}
		})
	}
}
