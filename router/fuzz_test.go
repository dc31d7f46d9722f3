package router

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

// bytesDice makes the choices of a world by a fuzzer's bytes.
type bytesDice struct{ left []byte }

func (d *bytesDice) IntN(n int) int {
	v := 0
	for most := 1; most < n; most <<= 8 {
		if len(d.left) == 0 {
			return v % n
		}
		v = v<<8 | int(d.left[0])
		d.left = d.left[1:]
	}
	return v % n
}

// FuzzCommands lets bytes choose a desk and what people do, and compares with the
// model, as TestModel does.
func FuzzCommands(f *testing.F) {
	for seed := range uint64(12) {
		b := make([]byte, 1500)
		for i := range b {
			b[i] = byte((uint64(i) + seed*7919) * 2654435761 >> 13)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := &bytesDice{b}
		p, err := newPlay(world{d})
		require.NoError(t, err)
		for steps := 0; len(d.left) > 0 && steps < 300; steps++ {
			if err := p.step(); err != nil {
				c, _ := json.Marshal(p.last)
				t.Fatalf("%s\n%+v\n%v", c, p.cfg, err)
			}
		}
		require.NoError(t, p.replay())
	})
}

// snapshots are those of a few worlds, with their configurations.
func snapshots(tb testing.TB) (cfgs []Config, snaps [][]byte) {
	tb.Helper()
	for seed := range uint64(12) {
		p, err := newPlay(newWorld(seed))
		require.NoError(tb, err)
		for range 60 {
			require.NoError(tb, p.step())
		}
		snap, err := p.engine.Snapshot()
		require.NoError(tb, err)
		cfgs, snaps = append(cfgs, p.cfg), append(snaps, snap)
	}
	return cfgs, snaps
}

// restored checks that any bytes are refused as a snapshot with a typed error, or
// make a desk that is sound and stays so. It tells whether they did.
func restored(tb testing.TB, cfg Config, data []byte, w world) bool {
	tb.Helper()
	e, err := Restore(cfg, data)
	if err != nil {
		var mismatch *MismatchError
		require.True(tb, errors.Is(err, ErrSnapshot) || errors.As(err, &mismatch), "%T %v", err, err)
		return false
	}
	snap, err := e.Snapshot()
	require.NoError(tb, err)
	again, err := Restore(cfg, snap)
	require.NoError(tb, err)
	snap2, err := again.Snapshot()
	require.NoError(tb, err)
	require.Equal(tb, string(snap), string(snap2))
	for range 30 {
		c := w.poke(e)
		text, _ := json.Marshal(c)
		_, events, err := e.Apply(c, nil)
		_, events2, err2 := again.Apply(c, nil)
		require.Equal(tb, fmt.Sprint(err), fmt.Sprint(err2), "%s", text)
		require.Equal(tb, events, events2, "%s", text)
		require.NoError(tb, e.audit(), "%s", text)
		if next, ok := e.Next(); ok {
			require.True(tb, next.After(e.Now()), "%s: next %s, now %s", text, next, e.Now())
		}
	}
	return true
}

func FuzzRestore(f *testing.F) {
	cfgs, snaps := snapshots(f)
	for i, snap := range snaps {
		f.Add(uint8(i), snap)
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		restored(t, cfgs[int(which)%len(cfgs)], data, world{&bytesDice{data}})
	})
}

// TestRestoreHostile changes values in real snapshots, which bytes seldom manage.
func TestRestoreHostile(t *testing.T) {
	cfgs, snaps := snapshots(t)
	tries, taken := 1000, 0
	if long() && !raced {
		tries = 20_000
	}
	for seed := range uint64(tries) {
		w := newWorld(seed)
		which := w.IntN(len(snaps))
		var tree any
		d := json.NewDecoder(bytes.NewReader(snaps[which]))
		d.UseNumber()
		require.NoError(t, d.Decode(&tree))
		for range 1 + w.IntN(3) {
			tree = w.spoil(tree)
		}
		data, err := json.Marshal(tree)
		require.NoError(t, err)
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%v\n%s", r, debug.Stack())
				}
				if t.Failed() {
					t.Fatalf("seed %d: %s", seed, data)
				}
			}()
			if restored(t, cfgs[which], data, w) {
				taken++
			}
		}()
	}
	require.NotZero(t, taken)
	require.Less(t, taken, tries)
}

// spoil changes something in a tree of JSON: it goes down at random, and where it
// stops puts something else.
func (w world) spoil(tree any) any {
	switch x := tree.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		if len(keys) > 0 && !w.chance(5) {
			k := one(w, keys...)
			if w.chance(10) {
				delete(x, k)
			} else {
				x[k] = w.spoil(x[k])
			}
			return x
		}
	case []any:
		if len(x) > 0 && !w.chance(5) {
			switch i, j := w.IntN(len(x)), w.IntN(len(x)); w.IntN(8) {
			case 0:
				x[i], x[j] = x[j], x[i]
			case 1:
				return append(x, x[i])
			case 2:
				return append(x[:i], x[i+1:]...)
			default:
				x[i] = w.spoil(x[i])
			}
			return x
		}
	case string:
		return one[any](w, "", "ann", "t1", "offered", "to-assign", "in-progress", "on-hold", "done", "away", "offline", "wrap-up", "web", x+"!")
	case json.Number:
		n, _ := x.Int64()
		return one[any](w, n+1, n-1, 0, 1, -1, 2, 3, 1<<20, int64(math.MaxInt64), int64(math.MinInt64), uint64(math.MaxUint64),
			monday.UnixNano(), monday.Add(time.Hour).UnixNano())
	}
	return one[any](w, nil, 0, "", true, []any{}, map[string]any{})
}

// poke does something to whatever is on a desk.
func (w world) poke(e *Engine) Command {
	c := Command{Kind: CommandKind(1 + w.IntN(int(Recover))), At: e.Now().Add(w.seconds(60)), Ticket: "new", Agent: "ann",
		Presence: Presence(w.IntN(4)), Override: w.chance(10), Policy: "default", Stage: "s", Customer: "kim"}
	if next, ok := e.Next(); ok && w.chance(30) {
		c.At = next
	}
	if c.At.After(ticket.MaxTime) || c.At.Before(ticket.MinTime) {
		c.At = ticket.MaxTime.Add(-time.Hour)
	}
	if page := e.List(Query{Limit: 50}); len(page.Tickets) > 0 {
		v := one(w, page.Tickets...)
		c.Ticket = v.ID
		if v.Agent != "" && w.chance(60) {
			c.Agent = v.Agent
		}
	}
	if agents := e.Agents(); len(agents) > 0 && w.chance(50) {
		c.Agent = one(w, agents...).ID
	}
	t := w.ticket(fmt.Sprint("t", w.IntN(60)), c.At)
	a := w.agent(c.Agent)
	c.Submit, c.Profile, c.Patch = &t, &a, w.patch(c.At)
	return c
}
