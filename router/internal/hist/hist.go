// Package hist counts durations in buckets that grow with them, so that a
// percentile of any number of durations takes a few hundred bytes. Sixteen buckets
// part every doubling: a percentile is never too low, and too high by less than one
// sixteenth, or two milliseconds. (The layout is that of HdrHistogram.) All of it
// is in integers.
package hist

import (
	"encoding/json"
	"errors"
	"math/bits"
	"slices"
	"time"
)

const (
	unit   = 20 // the smallest bucket is 1<<unit nanoseconds wide, about a millisecond
	parts  = 16
	levels = (63-unit-5)*parts + 2*parts // buckets there are
)

// Durations are counted durations. The zero value has none.
type Durations struct {
	n        uint64
	sum      uint64 // microseconds
	min, max time.Duration
	first    int // the bucket of counts[0]
	counts   []uint32
}

func bucket(d time.Duration) int {
	v := uint64(d) >> unit
	if v < parts {
		return int(v)
	}
	e := bits.Len64(v) - 5
	return e*parts + int(v>>e)
}

// top is the longest duration of a bucket.
func top(i int) time.Duration {
	if i < parts {
		return time.Duration(i+1)<<unit - 1
	}
	e := i/parts - 1
	return time.Duration(uint64(i-e*parts+1)<<(e+unit) - 1)
}

// Add counts a duration; a negative one counts as none.
func (h *Durations) Add(d time.Duration) {
	d = max(d, 0)
	if h.n == 0 || d < h.min {
		h.min = d
	}
	h.max = max(h.max, d)
	h.n++
	h.sum += uint64(d / time.Microsecond)
	i := bucket(d)
	if len(h.counts) == 0 {
		h.first = i / parts * parts
	}
	if i < h.first {
		h.counts = slices.Insert(h.counts, 0, make([]uint32, h.first-i/parts*parts)...)
		h.first = i / parts * parts
	}
	for i-h.first >= len(h.counts) {
		h.counts = append(h.counts, make([]uint32, parts)...)
	}
	h.counts[i-h.first]++
}

// Reset forgets all durations, and keeps the memory.
func (h *Durations) Reset() {
	clear(h.counts)
	*h = Durations{counts: h.counts, first: h.first}
}

// Count is how many durations were added.
func (h *Durations) Count() int { return int(h.n) }

// Mean is their mean, in whole microseconds; 0 if there are none.
func (h *Durations) Mean() time.Duration {
	if h.n == 0 {
		return 0
	}
	return time.Duration(h.sum/h.n) * time.Microsecond
}

// Max is the longest.
func (h *Durations) Max() time.Duration { return h.max }

// Percentile is the duration that so many in a hundred do not exceed.
func (h *Durations) Percentile(p int) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := (h.n*uint64(min(max(p, 0), 100)) + 99) / 100
	var seen uint64
	for i, c := range h.counts {
		if seen += uint64(c); seen >= rank && seen > 0 {
			return min(max(top(h.first+i), h.min), h.max)
		}
	}
	return h.max
}

// state is the form of durations in a snapshot: equal ones have equal bytes,
// whatever memory they have kept.
type state struct {
	Sum    uint64        `json:"sum"`
	Min    time.Duration `json:"min"`
	Max    time.Duration `json:"max"`
	First  int           `json:"first"`
	Counts []uint32      `json:"counts"`
}

// MarshalJSON writes what UnmarshalJSON reads; null if there are none.
func (h *Durations) MarshalJSON() ([]byte, error) {
	if h.n == 0 {
		return []byte("null"), nil
	}
	from, to := 0, len(h.counts)
	for h.counts[from] == 0 {
		from++
	}
	for h.counts[to-1] == 0 {
		to--
	}
	return json.Marshal(state{h.sum, h.min, h.max, h.first + from, h.counts[from:to]})
}

// UnmarshalJSON refuses what no durations add up to.
func (h *Durations) UnmarshalJSON(data []byte) error {
	var s *state
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	*h = Durations{}
	if s == nil {
		return nil
	}
	bad := errors.New("hist: no durations add up to this")
	last := s.First + len(s.Counts) - 1
	if len(s.Counts) == 0 || s.First < 0 || last >= levels || s.Min < 0 || s.Max < s.Min || bucket(s.Min) != s.First || bucket(s.Max) != last ||
		s.Counts[0] == 0 || s.Counts[len(s.Counts)-1] == 0 {
		return bad
	}
	for _, c := range s.Counts {
		h.n += uint64(c)
	}
	low, high := uint64(s.Min/time.Microsecond), uint64(s.Max/time.Microsecond)
	if s.Sum/h.n > high || s.Sum < low {
		return bad
	}
	h.sum, h.min, h.max, h.first = s.Sum, s.Min, s.Max, s.First/parts*parts
	h.counts = append(make([]uint32, s.First-h.first, last-h.first+parts), s.Counts...)
	for len(h.counts)%parts != 0 {
		h.counts = append(h.counts, 0)
	}
	return nil
}
