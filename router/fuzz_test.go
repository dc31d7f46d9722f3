package router

import (
	"encoding/json"
	"errors"
	"fmt"
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

// FuzzRestore takes any bytes for a snapshot: they are refused with a typed error,
// or make a desk that is sound and stays so.
func FuzzRestore(f *testing.F) {
	const worlds = 12
	cfgs := make([]Config, worlds)
	for seed := range uint64(worlds) {
		p, err := newPlay(newWorld(seed))
		require.NoError(f, err)
		cfgs[seed] = p.cfg
		for range 60 {
			require.NoError(f, p.step())
		}
		snap, err := p.engine.Snapshot()
		require.NoError(f, err)
		f.Add(uint8(seed), snap)
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		cfg := cfgs[int(which)%worlds]
		e, err := Restore(cfg, data)
		if err != nil {
			var mismatch *MismatchError
			require.True(t, errors.Is(err, ErrSnapshot) || errors.As(err, &mismatch), "%T %v", err, err)
			return
		}
		snap, err := e.Snapshot()
		require.NoError(t, err)
		again, err := Restore(cfg, snap)
		require.NoError(t, err)
		snap2, err := again.Snapshot()
		require.NoError(t, err)
		require.Equal(t, string(snap), string(snap2))
		w := world{&bytesDice{data}}
		for range 30 {
			c := w.poke(e)
			text, _ := json.Marshal(c)
			_, events, err := e.Apply(c, nil)
			_, events2, err2 := again.Apply(c, nil)
			require.Equal(t, fmt.Sprint(err), fmt.Sprint(err2), "%s", text)
			require.Equal(t, events, events2, "%s", text)
			require.NoError(t, e.audit(), "%s", text)
			if next, ok := e.Next(); ok {
				require.True(t, next.After(e.Now()), "%s: next %s, now %s", text, next, e.Now())
			}
		}
	})
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
