package sla

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

// bell is the least core: it says the number of each of its instants when it comes.
type bell struct {
	now   time.Time
	rings []time.Time // ascending
	rung  int
}

func (b *bell) Next() (time.Time, bool) {
	if b.rung == len(b.rings) {
		return time.Time{}, false
	}
	return b.rings[b.rung], true
}

func (b *bell) Advance(now time.Time, events []int) []int {
	if now.After(b.now) {
		b.now = now
	}
	for b.rung < len(b.rings) && !b.rings[b.rung].After(b.now) {
		events = append(events, b.rung)
		b.rung++
	}
	return events
}

func every(start time.Time, step time.Duration, n int) *bell {
	b := &bell{}
	for i := range n {
		b.rings = append(b.rings, start.Add(time.Duration(i+1)*step))
	}
	return b
}

// counted is a clock that knows how many timers are pending, and forbids those
// that a driver must not use.
type counted struct {
	*clock.Mock
	made atomic.Int32
}

func (c *counted) AfterFunc(d time.Duration, f func()) *clock.Timer {
	if d <= 0 {
		panic("a wait of zero")
	}
	c.made.Add(1)
	return c.Mock.AfterFunc(d, f)
}
func (c *counted) Timer(time.Duration) *clock.Timer   { panic("Timer") }
func (c *counted) Ticker(time.Duration) *clock.Ticker { panic("Ticker") }

func TestDriverRingsOnAMockClock(t *testing.T) {
	clk := &counted{Mock: clock.NewMock()}
	var got []int
	d := NewDriver(clk, every(clk.Now(), time.Minute, 5), func(n int) { got = append(got, n) })
	require.EqualValues(t, 1, clk.made.Load())
	for range 10 {
		d.Read(func(time.Time) {}) // the same instant keeps its timer
	}
	require.EqualValues(t, 1, clk.made.Load())
	clk.Add(2 * time.Minute)
	d.Flush()
	require.Equal(t, []int{0, 1}, got)
	clk.Add(time.Hour)
	d.Flush()
	require.Equal(t, []int{0, 1, 2, 3, 4}, got)
	made := clk.made.Load()
	clk.Add(time.Hour)
	d.Flush()
	require.Equal(t, made, clk.made.Load(), "a core that waits for nothing has no timer")
}

func TestDriverCallsCatchUpFirst(t *testing.T) {
	clk := clock.NewMock()
	var delivered []int
	d := NewDriver(clk, every(clk.Now(), time.Minute, 3), func(n int) { delivered = append(delivered, n) })
	d.Close() // no timer helps
	clk.Add(2 * time.Minute)
	events := d.Do(make([]int, 1, 8), func(now time.Time, events []int) []int {
		require.Equal(t, clk.Now().UTC(), now)
		require.Equal(t, []int{0, 0, 1}, events, "the caller's own, then what catching up caused")
		return append(events, 42)
	})
	require.Equal(t, []int{0, 0, 1, 42}, events)
	require.Equal(t, []int{0, 1, 42}, delivered, "only what happened is delivered")
	events[1] = 99 // the caller's slice is the caller's
	d.Flush()
	require.Equal(t, []int{0, 1, 42}, delivered)
}

func TestDriverWithoutACallback(t *testing.T) {
	clk := clock.NewMock()
	d := NewDriver[int](clk, every(clk.Now(), time.Minute, 3), nil)
	clk.Add(time.Minute)
	d.Flush()
	require.Equal(t, []int{7}, d.Do(nil, func(_ time.Time, events []int) []int { return append(events, 7) }))
	require.Empty(t, d.queue)
}

func TestDriverInTheRealClocksBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []time.Duration
		d := NewDriver(clock.New(), every(start, 20*time.Minute, 72), func(int) { got = append(got, time.Since(start)) })
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Len(t, got, 72)
		for i, at := range got {
			require.Equal(t, time.Duration(i+1)*20*time.Minute, at)
		}
		d.Close()
	})
}

func TestDriverClosedLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a timer's goroutine is left
		d := NewDriver(clock.New(), every(time.Now(), time.Hour, 3), func(int) { t.Error("delivered after Close") })
		d.Close()
		time.Sleep(24 * time.Hour)
	})
}

func TestDriverIdleCostsNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	var drivers []*Driver[int]
	for range 100 {
		drivers = append(drivers, NewDriver(clock.New(), every(time.Now(), time.Hour, 1), func(int) {}))
	}
	require.LessOrEqual(t, runtime.NumGoroutine(), before+5) // other tests' may still be ending
	for _, d := range drivers {
		d.Close()
	}
}

func TestDriverCallbackMayCallBack(t *testing.T) {
	clk := clock.NewMock()
	var d *Driver[int]
	var got []int
	inside := 0
	d = NewDriver(clk, &bell{}, func(n int) {
		inside++
		require.Equal(t, 1, inside, "one event at a time")
		got = append(got, n)
		if n < 4 {
			own := d.Do(nil, func(_ time.Time, events []int) []int { return append(events, n*2+1, n*2+2) })
			require.Equal(t, []int{n*2 + 1, n*2 + 2}, own, "the result is there before the delivery")
		}
		d.Read(func(time.Time) {})
		d.Flush() // does not wait for itself
		inside--
	})
	d.Do(nil, func(_ time.Time, events []int) []int { return append(events, 0) })
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, got, "in the order in which they happened")
}

func TestDriverFlushWaitsForAnothersDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Bool
		d := NewDriver(clock.New(), &bell{}, func(int) {
			time.Sleep(time.Hour) // a slow host
			done.Store(true)
		})
		go d.Do(nil, func(_ time.Time, events []int) []int { return append(events, 1) })
		synctest.Wait()
		require.False(t, done.Load())
		d.Flush()
		require.True(t, done.Load())
	})
}

func TestDriverSurvivesAPanickingCallback(t *testing.T) {
	clk := clock.NewMock()
	var got []int
	d := NewDriver(clk, &bell{}, func(n int) {
		if n%3 == 0 {
			panic(fmt.Sprint("no ", n))
		}
		got = append(got, n)
	})
	add := func(ns ...int) func() {
		return func() {
			d.Do(nil, func(_ time.Time, events []int) []int { return append(events, ns...) })
		}
	}
	require.PanicsWithValue(t, "no 3", add(1, 2, 3, 4, 5))
	require.Equal(t, []int{1, 2}, got)
	add(7)() // the next call delivers what was left behind, in order
	require.Equal(t, []int{1, 2, 4, 5, 7}, got)
	require.PanicsWithValue(t, "no 6", add(6, 9, 8))
	require.PanicsWithValue(t, "no 9", d.Flush)
	d.Flush()
	require.Equal(t, []int{1, 2, 4, 5, 7, 8}, got)
}

func TestDriverSurvivesAPanickingCommand(t *testing.T) {
	clk := clock.NewMock()
	var got []int
	d := NewDriver(clk, every(clk.Now(), time.Minute, 3), func(n int) { got = append(got, n) })
	d.Close()
	clk.Add(time.Minute)
	require.Panics(t, func() { d.Do(nil, func(time.Time, []int) []int { panic("broken") }) })
	d.Flush()
	require.Equal(t, []int{0}, got, "what came before the panic is not lost")
}

func TestDriverClockThatStepsBack(t *testing.T) {
	clk := clock.NewMock()
	clk.Add(time.Hour)
	b := every(clk.Now(), time.Hour, 2)
	d := NewDriver[int](clk, b, nil)
	d.Flush()
	clk.Set(time.Unix(0, 0))
	d.Flush()
	require.Equal(t, time.Unix(3600, 0).UTC(), b.now, "the core's time stands still")
	clk.Set(time.Unix(2*3600, 0))
	require.Equal(t, []int{}, d.Do([]int{}, func(_ time.Time, events []int) []int { return events[:0] }))
	d.Read(func(time.Time) { require.Equal(t, 1, b.rung) })
}

func TestDriverUnderManyGoroutines(t *testing.T) {
	const callers, calls = 8, 200
	clk := clock.New()
	var mu sync.Mutex
	var got []int
	next := 0
	d := NewDriver(clk, &bell{}, func(n int) {
		mu.Lock()
		got = append(got, n)
		mu.Unlock()
	})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				d.Do(nil, func(_ time.Time, events []int) []int { next++; return append(events, next) })
			}
			d.Flush()
		})
	}
	wg.Wait()
	require.Len(t, got, callers*calls)
	require.True(t, slices.IsSorted(got))
}

func TestDriverAddsNoAllocation(t *testing.T) {
	d := NewDriver(clock.New(), &bell{}, func(int) {})
	buf := make([]int, 0, 4)
	one := func(_ time.Time, events []int) []int { return append(events, 1) }
	require.Zero(t, testing.AllocsPerRun(1000, func() { buf = d.Do(buf[:0], one) }))
}
