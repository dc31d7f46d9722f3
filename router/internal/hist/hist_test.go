package hist

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPercentilesBesideSortedDurations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, mean := range []time.Duration{time.Millisecond, time.Second, time.Hour, 100 * time.Hour} {
		var h Durations
		var all []time.Duration
		var sum time.Duration
		for range 5000 {
			d := time.Duration(r.ExpFloat64() * float64(mean))
			h.Add(d)
			all = append(all, d)
			sum += d / time.Microsecond * time.Microsecond
		}
		slices.Sort(all)
		require.Equal(t, 5000, h.Count())
		require.Equal(t, all[4999], h.Max())
		require.InDelta(t, float64(sum/5000), float64(h.Mean()), float64(2*time.Microsecond))
		for _, p := range []int{0, 1, 50, 90, 95, 99, 100} {
			exact := all[max((5000*p+99)/100, 1)-1]
			got := h.Percentile(p)
			assert.GreaterOrEqual(t, got, exact, "mean %s, %d %%", mean, p)
			assert.LessOrEqual(t, got, exact+exact/16+2*time.Millisecond, "mean %s, %d %%", mean, p)
		}
	}
}

func TestEveryDurationHasABucket(t *testing.T) {
	last := -1
	for d := time.Duration(1); d < math.MaxInt64/3; d = d*2 + d/3 + 1 {
		i := bucket(d)
		assert.GreaterOrEqual(t, i, last)
		assert.Less(t, i, levels)
		assert.GreaterOrEqual(t, top(i), d)
		if i > 0 {
			assert.Less(t, top(i-1), d)
		}
		last = i
	}
	assert.Less(t, bucket(math.MaxInt64), levels)
	assert.Equal(t, time.Duration(math.MaxInt64), top(bucket(math.MaxInt64)))
}

func TestFewDurations(t *testing.T) {
	var h Durations
	assert.Zero(t, h.Mean())
	assert.Zero(t, h.Percentile(50))
	h.Add(10 * time.Minute)
	assert.Equal(t, 10*time.Minute, h.Percentile(50))
	h.Add(-time.Minute)
	assert.Equal(t, 5*time.Minute, h.Mean())
	assert.Less(t, h.Percentile(50), 2*time.Millisecond, "one of two is none")
	h.Reset()
	assert.Zero(t, h.Count())
	h.Add(time.Second)
	assert.Equal(t, time.Second, h.Percentile(1))
}

func TestDurationsInJSON(t *testing.T) {
	var a, b Durations
	b.Add(time.Hour * 1000)
	b.Reset() // it keeps other memory than a
	for _, d := range []time.Duration{time.Minute, 3 * time.Second, time.Hour} {
		a.Add(d)
		b.Add(d)
	}
	x, err := json.Marshal(&a)
	require.NoError(t, err)
	y, err := json.Marshal(&b)
	require.NoError(t, err)
	assert.Equal(t, string(x), string(y))
	var c Durations
	require.NoError(t, json.Unmarshal(x, &c))
	for _, d := range []time.Duration{time.Millisecond, 2 * time.Hour, time.Minute} {
		a.Add(d)
		c.Add(d)
	}
	x, _ = json.Marshal(&a)
	y, _ = json.Marshal(&c)
	assert.Equal(t, string(x), string(y))

	for _, bad := range []string{`{`, `7`, `{"sum":1}`, `{"sum":5,"min":0,"max":0,"first":0,"counts":[0]}`,
		`{"sum":0,"min":0,"max":0,"first":-1,"counts":[1]}`, `{"sum":0,"min":0,"max":0,"first":600,"counts":[1,1]}`,
		`{"sum":900,"min":1000,"max":1000,"first":0,"counts":[1]}`, `{"sum":0,"min":5,"max":1,"first":0,"counts":[1]}`} {
		assert.Error(t, json.Unmarshal([]byte(bad), &c), bad)
	}
	require.NoError(t, json.Unmarshal([]byte("null"), &c))
	assert.Zero(t, c.Count())
}

func TestAddDoesNotAllocateOnceWarm(t *testing.T) {
	var h Durations
	h.Add(time.Second)
	h.Add(time.Hour)
	d := time.Second
	assert.Zero(t, testing.AllocsPerRun(1000, func() { h.Add(d); d += time.Second }))
}
