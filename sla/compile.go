package sla

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// compile turns hours that have been checked into stretches. It works in two steps:
// on local time, where the week is broken by dates that differ; and then, for each
// period between two changes of the zone's clock, on real time.
func compile(h Hours, zone *time.Location) *Calendar {
	c := &Calendar{hours: h, end: maxUnix}
	for _, s := range merge(h.weekWindows()) {
		c.week = append(c.week, weekWindow{s.from, s.to, c.weekly})
		c.weekly += s.to - s.from
	}
	pieces := h.pieces()
	for from := ticket.MinTime; from.Unix() < maxUnix; {
		_, offset := from.In(zone).Zone()
		_, to := from.In(zone).ZoneBounds()
		if to.IsZero() || to.After(ticket.MaxTime) {
			to = ticket.MaxTime
		}
		if !to.After(from) { // past the zone's table, package time forgets the last day of leap years
			to = from.Add(day * time.Second)
		}
		c.addPeriod(span{from.Unix(), to.Unix()}, int64(offset), pieces)
		from = to
	}
	c.fingerprint = c.hash()
	return c
}

// piece is a stretch of local time, up to the next piece.
type piece struct {
	from int64
	kind kind
}

// addPeriod appends the stretches of a period in which local time is real time
// plus offset.
func (c *Calendar) addPeriod(period span, offset int64, pieces []piece) {
	local := period.shift(offset)
	first, found := slices.BinarySearchFunc(pieces, local.from, func(p piece, at int64) int {
		return int(min(max(p.from-at, -1), 1))
	})
	if !found {
		first--
	}
	for i := first; i < len(pieces) && pieces[i].from < local.to; i++ {
		from := max(pieces[i].from, local.from)
		c.addStretch(from-offset, from, pieces[i].kind)
	}
}

func (c *Calendar) addStretch(start, local int64, k kind) {
	s := stretch{start: start, kind: k}
	if k == weekly {
		s.phase = int32(((local % week) + week) % week)
	}
	if n := len(c.stretches); n > 0 {
		last := c.stretches[n-1]
		if last.kind == k && (k != weekly || (int64(last.phase)+start-last.start)%week == int64(s.phase)) {
			return // it goes on as it was
		}
		s.open, _, _ = c.count(start)
	}
	if k == weekly {
		s.base = s.open
		if w, ok := c.windowBy(int64(s.phase)); ok {
			s.base -= w.before + min(int64(s.phase), w.to) - w.from
		}
	}
	c.stretches = append(c.stretches, s)
}

// weekWindows returns the week's windows as seconds from Thursday midnight, one that
// runs over the end of the week in two.
func (h *Hours) weekWindows() []span {
	var spans []span
	for i := range int64(7) {
		for _, w := range h.Week[(int(firstWeekday)+int(i))%7] {
			s := w.span().shift(i * day)
			if s.to > week {
				spans = append(spans, span{0, s.to - week})
				s.to = week
			}
			spans = append(spans, s)
		}
	}
	return spans
}

// pieces returns all of local time. The days that an exception touches, those with
// an exception and those after them, are written out; the rest follows the week.
func (h *Hours) pieces() []piece {
	holidays := make(map[int]bool, len(h.Holidays))
	special := make(map[int][]Window, len(h.Special))
	breaks := make(map[int][]Window, len(h.Breaks))
	var touched []int
	for _, d := range h.Holidays {
		holidays[d.number()] = true
		touched = append(touched, d.number(), d.number()+1)
	}
	for _, d := range h.Special {
		special[d.Date.number()] = d.Windows
		touched = append(touched, d.Date.number(), d.Date.number()+1)
	}
	for _, d := range h.Breaks {
		breaks[d.Date.number()] = append(breaks[d.Date.number()], d.Windows...)
		touched = append(touched, d.Date.number(), d.Date.number()+1)
	}
	slices.Sort(touched)
	windows := func(n int) []Window {
		if holidays[n] {
			return nil
		}
		if w, ok := special[n]; ok {
			return w
		}
		return h.Week[((int(firstWeekday)+n)%7+7)%7]
	}
	all := []piece{{-1 << 62, weekly}}
	for i, n := range slices.Compact(touched) {
		begin := int64(n) * day
		if i > 0 && all[len(all)-1].from == begin { // the week did not come back in between
			all = all[:len(all)-1]
		}
		opens := onDay(windows(n-1), windows(n))
		shuts := onDay(breaks[n-1], breaks[n])
		at := begin
		for _, s := range without(opens, shuts) {
			s = s.shift(begin)
			if s.from > at {
				all = append(all, piece{at, closed})
			}
			all = append(all, piece{s.from, open})
			at = s.to
		}
		if at < begin+day {
			all = append(all, piece{at, closed})
		}
		all = append(all, piece{begin + day, weekly})
	}
	return all
}

// onDay returns what the windows of a day and of the day before leave on that day.
func onDay(before, own []Window) []span {
	var spans []span
	for _, w := range before {
		spans = append(spans, w.span().shift(-day))
	}
	for _, w := range own {
		spans = append(spans, w.span())
	}
	kept := spans[:0]
	for _, s := range spans {
		s.from, s.to = max(s.from, 0), min(s.to, day)
		if s.from < s.to {
			kept = append(kept, s)
		}
	}
	return merge(kept)
}

// merge sorts spans and joins those that touch.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// without returns what the cuts leave of the spans; both are merged.
func without(spans, cuts []span) []span {
	var left []span
	for _, s := range spans {
		for _, x := range cuts {
			if x.to <= s.from || s.to <= x.from {
				continue
			}
			if s.from < x.from {
				left = append(left, span{s.from, x.from})
			}
			s.from = min(x.to, s.to)
		}
		if s.from < s.to {
			left = append(left, s)
		}
	}
	return left
}

// hash covers what the calendar answers since 1970; what zone data says of earlier
// times differs from one packager to the next, and no ticket is that old.
func (c *Calendar) hash() uint64 {
	h := fnv.New64a()
	text, _ := c.MarshalText() // never fails
	h.Write(text)
	var b []byte
	for i, s := range c.stretches {
		if i+1 < len(c.stretches) && c.stretches[i+1].start <= 0 {
			continue
		}
		if s.start < 0 { // the stretch that 1970 begins in
			if s.kind == weekly {
				s.phase = int32((int64(s.phase) - s.start) % week)
			}
			s.start = 0
		}
		b = binary.BigEndian.AppendUint64(b[:0], uint64(s.start))
		b = binary.BigEndian.AppendUint32(b, uint32(s.phase))
		h.Write(append(b, byte(s.kind)))
	}
	return h.Sum64()
}
