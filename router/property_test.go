package router

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

var seedFlag = flag.Uint64("seed", 0, "run the property test on the world of this seed alone")

// long tells whether the long runs are asked for.
func long() bool { return os.Getenv("USHER_LONG") != "" }

// play is one world: an engine and the model, given the same commands.
type play struct {
	script
	cfg    Config
	engine *Engine
	mirror *Engine // takes over from the engine's snapshot, now and then
	out    []Event

	log    []Command // all commands so far, and
	events []Event   // all events
	seen   *tally
}

// tally counts what the worlds have come across, to know that nothing is missing.
type tally struct {
	commands int
	refused  map[string]int
	events   map[EventKind]int
	reasons  map[Reason]int
	told     map[string]int // the rules by which an agent was chosen
}

func newTally() *tally {
	return &tally{refused: map[string]int{}, events: map[EventKind]int{}, reasons: map[Reason]int{}, told: map[string]int{}}
}

func (s *tally) add(o *tally) {
	s.commands += o.commands
	merge(s.refused, o.refused)
	merge(s.events, o.events)
	merge(s.reasons, o.reasons)
	merge(s.told, o.told)
}

func merge[K comparable](to, from map[K]int) {
	for k, n := range from {
		to[k] += n
	}
}

func newPlay(seed uint64) (*play, error) {
	p := &play{seen: newTally()}
	p.world, p.now = newWorld(seed), monday
	p.cfg = p.config()
	e, err := NewEngine(p.cfg)
	if err != nil {
		return nil, err
	}
	p.engine, p.m = e, newModel(p.cfg)
	return p, nil
}

// step gives one command to both and compares everything that can be seen of them.
func (p *play) step() error {
	c := p.next()
	p.log = append(p.log, c)
	p.seen.commands++
	if p.chance(10) {
		p.log = append(p.log, Command{At: c.At}) // Invalid stands for Advance
		if err := p.compareEvents(p.m.advance(c.At), p.engine.Advance(c.At, nil)); err != nil {
			return fmt.Errorf("advance: %w", err)
		}
	}
	preview, previewed := p.preview(&c)
	want, events, wantErr := p.m.apply(c)
	got, out, err := p.engine.Apply(c, p.out[:0])
	p.out = out
	if err := p.compareEvents(events, out); err != nil {
		return err
	}
	switch {
	case !sameError(wantErr, err):
		return fmt.Errorf("error: model %v, engine %v", wantErr, err)
	case want != got:
		return fmt.Errorf("outcome: model %+v, engine %+v", want, got)
	case previewed && (preview.Status != got.Status || preview.Agent != got.Agent || preview.Reason != got.Reason):
		return fmt.Errorf("preview %+v, outcome %+v", preview, got)
	}
	if err != nil {
		p.seen.refused[fmt.Sprintf("%T", err)]++
	}
	if err := p.compareState(); err != nil {
		return err
	}
	if err := p.engine.audit(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return p.copies(c)
}

// preview asks before a ticket is submitted what will become of it.
func (p *play) preview(c *Command) (x Explanation, ok bool) {
	if c.Kind != Submit || c.Key != "" || c.At.Before(p.engine.Now()) {
		return x, false
	}
	if err := c.check(); err != nil || c.Submit.Validate() != nil || c.Submit.Level > p.m.cfg.MaxLevel || c.Submit.Created.After(c.At) {
		return x, false
	}
	p.log = append(p.log, Command{At: c.At})
	p.compareEvents(p.m.advance(c.At), p.engine.Advance(c.At, nil))
	if _, err := ticket.Next("", ticket.None, ticket.Submit, c.By); err != nil || p.m.find(c.Submit.ID) != nil || p.engine.Now().Before(c.At) {
		return x, false
	}
	x, err := p.engine.Preview(*c.Submit)
	return x, err == nil
}

func (p *play) compareEvents(want, got []Event) error {
	for i := range max(len(want), len(got)) {
		if i >= len(got) || i >= len(want) || want[i] != got[i] {
			from, to := max(0, i-5), i+3
			return fmt.Errorf("events: model\n%s\nengine\n%s", lines(want[min(from, len(want)):min(to, len(want))]), lines(got[min(from, len(got)):min(to, len(got))]))
		}
	}
	for _, e := range got {
		p.seen.events[e.Kind]++
		if n := len(p.events); e.Seq != uint64(n+1) || n > 0 && e.At.Before(p.events[n-1].At) {
			return fmt.Errorf("event out of order: %+v", e)
		}
		p.events = append(p.events, e)
	}
	return nil
}

func lines(events []Event) string {
	var b bytes.Buffer
	for _, e := range events {
		text, _ := json.Marshal(e)
		fmt.Fprintf(&b, "  %s\n", text)
	}
	return b.String()
}

func (p *play) compareState() error {
	wantNext, wantOK := p.m.next()
	if next, ok := p.engine.Next(); ok != wantOK || ok && !next.Equal(wantNext) {
		return fmt.Errorf("next: model %v %t, engine %v %t", wantNext, wantOK, next, ok)
	}
	if !p.engine.Now().Equal(p.m.time()) && p.m.begun {
		return fmt.Errorf("now: model %v, engine %v", p.m.time(), p.engine.Now())
	}
	agents := p.engine.Agents()
	if len(agents) != len(p.m.agents) {
		return fmt.Errorf("%d agents, model %d", len(agents), len(p.m.agents))
	}
	for i, a := range p.m.agents {
		got := agents[i]
		var until time.Time
		if a.until != 0 {
			until = at(a.until)
		}
		if got.ID != a.p.ID || got.Live != p.m.live(a) || got.Presence != a.presence || got.Until != until {
			return fmt.Errorf("agent: model %+v, engine %+v", *a, got)
		}
	}
	page := p.engine.List(Query{Limit: 1000})
	if len(page.Tickets) != len(p.m.tickets) {
		return fmt.Errorf("%d tickets, model %d", len(page.Tickets), len(p.m.tickets))
	}
	for i, t := range p.m.tickets {
		if err := p.compareTicket(t, page.Tickets[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *play) compareTicket(t *modelTicket, got View) error {
	want := View{Number: t.seq, Status: t.status, Agent: t.holder(), LastAgent: t.t.LastAgent, Transfers: t.transfers, Reason: t.reason}
	if t.status == ticket.ToAssign {
		want.Waiting = at(t.since)
	}
	if t.until != 0 {
		want.Until = at(t.until)
	}
	if got.ID != t.t.ID || got.Channel != t.t.Channel || got.Team != t.t.Team || got.Level != t.t.Level || got.Customer != t.t.Customer ||
		got.Number != want.Number || got.Status != want.Status || got.Agent != want.Agent || got.LastAgent != want.LastAgent ||
		got.Transfers != want.Transfers || got.Reason != want.Reason || got.Waiting != want.Waiting || got.Until != want.Until {
		return fmt.Errorf("ticket: model %+v, engine %+v", *t, got)
	}
	x, err := p.engine.Explain(t.t.ID)
	if err != nil {
		return err
	}
	y := p.m.explain(t.t.ID)
	if x.Status != y.Status || x.Agent != y.Agent || x.Next != y.Next || x.By != y.By || x.Reason != y.Reason || !slices.Equal(x.Agents, y.Agents) {
		return fmt.Errorf("explain: model %+v, engine %+v", y, x)
	}
	p.seen.reasons[x.Reason]++
	p.seen.told[x.By]++
	for _, v := range x.Agents {
		p.seen.reasons[v.Reason]++
	}
	return nil
}

// copies checks that a desk restored from a snapshot goes on as the one it was
// taken of, now and then.
func (p *play) copies(c Command) error { return nil }

func runWorld(seed uint64, commands int) (seen *tally, err error) {
	p, err := newPlay(seed)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		if err != nil {
			c, _ := json.Marshal(p.log[len(p.log)-1])
			err = fmt.Errorf("-seed=%d, command %d: %s\nconfig %+v\npolicy %v\n%w", seed, len(p.log), c, p.cfg, names(p.m.set.Stack), err)
		}
	}()
	for range commands {
		if err := p.step(); err != nil {
			return p.seen, err
		}
	}
	return p.seen, nil
}

func names(s policy.Stack) (out []string) {
	for _, p := range s {
		out = append(out, p.Name())
	}
	return out
}

func TestModel(t *testing.T) {
	const perWorld = 400
	worlds := 150
	if long() {
		worlds = 2600
	}
	start := uint64(1)
	if *seedFlag != 0 {
		start, worlds = *seedFlag, 1
	}
	all := newTally()
	for seed := start; seed < start+uint64(worlds); seed++ {
		seen, err := runWorld(seed, perWorld)
		require.NoError(t, err)
		all.add(seen)
	}
	t.Logf("%d commands in worlds %d to %d", all.commands, start, start+uint64(worlds)-1)
	for _, k := range slices.Sorted(maps.Keys(all.events)) {
		t.Logf("%8d %s", all.events[k], k)
	}
	for _, k := range slices.SortedFunc(maps.Keys(all.reasons), func(a, b Reason) int { return cmp.Compare(all.reasons[b], all.reasons[a]) }) {
		t.Logf("%8d %s", all.reasons[k], strconv.Quote(string(k)))
	}
	t.Log(all.refused, all.told)
}
