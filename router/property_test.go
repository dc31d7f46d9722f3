package router

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
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
	out    []Event

	mirror *Engine // restored from a snapshot of the engine, now and then
	copied []Event // what the mirror has done since
	since  int     // how many events there were then

	last   Command
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

func newPlay(w world) (*play, error) {
	p := &play{seen: newTally()}
	p.world, p.now = w, monday
	p.cfg = p.config()
	e, err := NewEngine(p.cfg)
	if err != nil {
		return nil, err
	}
	if p.chance(50) { // so that small worlds reach every part of the indexes
		e.sizes = sizes{nearTickets: 2 + p.IntN(2), nearAgents: 2 + p.IntN(2), crowd: 1 + p.IntN(4)}
	}
	p.engine, p.m = e, newModel(p.cfg)
	return p, nil
}

// step gives one command to both and compares everything that can be seen of them.
func (p *play) step() error {
	c := p.next()
	p.last = c
	p.seen.commands++
	if p.chance(10) {
		if err := p.advance(c.At); err != nil {
			return fmt.Errorf("advance: %w", err)
		}
	}
	preview, previewed, err := p.preview(&c)
	if err != nil {
		return fmt.Errorf("preview: %w", err)
	}
	p.log = append(p.log, c)
	loads := p.loads()
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
		if rule := (*RuleError)(nil); errors.As(err, &rule) {
			p.seen.reasons[rule.Reason]++
		}
	}
	if err := p.compareState(); err != nil {
		return err
	}
	if err := p.bounded(loads, out); err != nil {
		return err
	}
	if err := p.engine.audit(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if p.mirror != nil {
		_, more, mirrored := p.mirror.Apply(c, nil)
		if fmt.Sprint(mirrored) != fmt.Sprint(err) {
			return fmt.Errorf("restored: error %v, not %v", mirrored, err)
		}
		p.copied = append(p.copied, more...)
	}
	return p.copies()
}

// advance lets time alone pass, for all.
func (p *play) advance(to time.Time) error {
	p.log = append(p.log, Command{At: to}) // Invalid stands for Advance
	if p.mirror != nil {
		p.copied = p.mirror.Advance(to, p.copied)
	}
	return p.compareEvents(p.m.advance(to), p.engine.Advance(to, nil))
}

// loads are what agents have in hand and how much they may.
func (p *play) loads() map[string][2]int {
	loads := map[string][2]int{}
	for _, a := range p.engine.Agents() {
		loads[a.ID] = [2]int{a.Live.Load, a.Capacity}
	}
	return loads
}

// bounded checks that nobody gets more than the capacity allows, unless an event
// says so.
func (p *play) bounded(before map[string][2]int, events []Event) error {
	for id, now := range p.loads() {
		was := before[id]
		if now[0] <= now[1] || now[0] <= was[0] && now[1] >= was[1] {
			continue
		}
		if !slices.ContainsFunc(events, func(e Event) bool { return e.Kind == Overloaded && e.Agent == id }) {
			return fmt.Errorf("agent %s has %d of %d", id, now[0], now[1])
		}
	}
	return nil
}

// preview asks before a ticket is submitted what will become of it.
func (p *play) preview(c *Command) (x Explanation, ok bool, err error) {
	if c.Kind != Submit || c.Key != "" || c.At.Before(p.engine.Now()) || c.Submit == nil || malformed(*c) != nil ||
		c.Submit.Validate() != nil || c.Submit.Level > p.m.cfg.MaxLevel || c.Submit.Created.After(c.At) || p.m.find(c.Submit.ID) != nil {
		return x, false, nil
	}
	if _, err := ticket.Next("", ticket.None, ticket.Submit, c.By); err != nil || p.advance(c.At) != nil || !p.m.begun {
		return x, false, nil
	}
	x, err = p.engine.Preview(*c.Submit)
	return x, true, err
}

func (p *play) compareEvents(want, got []Event) error {
	if i := firstDifference(want, got); i >= 0 {
		return fmt.Errorf("events: model\n%s\nengine\n%s", around(want, i), around(got, i))
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

// around shows the events about a place.
func around(events []Event, i int) string {
	var b bytes.Buffer
	for _, e := range events[min(max(0, i-5), len(events)):min(i+3, len(events))] {
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

// copies checks now and then that a desk restored from a snapshot is the one it was
// taken of, and goes on as that one does.
func (p *play) copies() error {
	if p.mirror == nil && !p.chance(3) || p.mirror != nil && !p.chance(5) {
		return nil
	}
	snap, err := p.engine.Snapshot()
	if err != nil {
		return err
	}
	if p.mirror != nil {
		if i := firstDifference(p.copied, p.events[p.since:]); i >= 0 {
			return fmt.Errorf("restored desk went on differently:\n%s\nnot\n%s", around(p.copied, i), around(p.events[p.since:], i))
		}
		again, err := p.mirror.Snapshot()
		if err != nil || !bytes.Equal(snap, again) {
			return fmt.Errorf("restored desk has become\n%s\nnot\n%s\n%w", again, snap, err)
		}
		p.mirror = nil
		return nil
	}
	if p.mirror, err = Restore(p.cfg, snap); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	again, err := p.mirror.Snapshot()
	if err != nil || !bytes.Equal(snap, again) {
		return fmt.Errorf("restored desk is\n%s\nnot\n%s\n%w", again, snap, err)
	}
	p.copied, p.since = nil, len(p.events)
	return nil
}

func firstDifference(a, b []Event) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) {
			return i
		}
		x, y := a[i], b[i]
		if x.Promise != nil && y.Promise != nil && *x.Promise == *y.Promise {
			y.Promise = x.Promise // equal, if not the same
		}
		if x != y {
			return i
		}
	}
	return -1
}

// replay checks that the same commands, even through a journal, give the same
// events and the same snapshot.
func (p *play) replay() error {
	e, err := NewEngine(p.cfg)
	if err != nil {
		return err
	}
	var events []Event
	for _, c := range p.log {
		if c == (Command{At: c.At}) { // time passed, see advance
			events = e.Advance(c.At, events)
			continue
		}
		text, err := json.Marshal(c)
		if err == nil && !bytes.Contains(text, []byte(`\ufffd`)) {
			c = Command{}
			if err := json.Unmarshal(text, &c); err != nil {
				return fmt.Errorf("command %s: %w", text, err)
			}
		}
		_, events, _ = e.Apply(c, events)
	}
	if i := firstDifference(events, p.events); i >= 0 {
		return fmt.Errorf("replay:\n%s\nnot\n%s", around(events, i), around(p.events, i))
	}
	snap, err := p.engine.Snapshot()
	if err != nil {
		return err
	}
	again, err := e.Snapshot()
	if err != nil || !bytes.Equal(snap, again) {
		return fmt.Errorf("replayed desk is\n%s\nnot\n%s\n%w", again, snap, err)
	}
	return nil
}

// load has both make a desk of the rows that a host would have, and go on.
func (p *play) load() error {
	rows := p.m.rows()
	e, events, err := Load(p.cfg, rows, nil)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	p.engine, p.mirror, p.events = e, nil, nil
	p.m = newModel(p.cfg)
	if err := p.compareEvents(p.m.load(rows), events); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if err := e.audit(); err != nil {
		return fmt.Errorf("loaded: %w", err)
	}
	if err := p.compareState(); err != nil {
		return fmt.Errorf("loaded: %w", err)
	}
	for range 40 {
		if err := p.step(); err != nil {
			return fmt.Errorf("after loading: %w", err)
		}
	}
	return nil
}

func runWorld(seed uint64, commands int) (seen *tally, err error) {
	p, err := newPlay(newWorld(seed))
	if err != nil {
		return nil, fmt.Errorf("-seed=%d: %w", seed, err)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if err != nil {
			c, _ := json.Marshal(p.last)
			err = fmt.Errorf("-seed=%d, command %d: %s\nconfig %+v\npolicy %v\n%w", seed, len(p.log), c, p.cfg, names(p.m.set.Stack), err)
		}
	}()
	for range commands {
		if err := p.step(); err != nil {
			return p.seen, err
		}
	}
	if err := p.replay(); err != nil {
		return p.seen, err
	}
	return p.seen, p.load()
}

func names(s policy.Stack) (out []string) {
	for _, p := range s {
		out = append(out, p.Name())
	}
	return out
}

// TestModel runs random worlds, each a desk and people about it, and compares the
// desk with the model after every command.
func TestModel(t *testing.T) {
	const perWorld = 360 // and 40 after loading
	start, worlds := uint64(1), 150
	switch {
	case raced:
		worlds = 40
	case long():
		worlds = 2600
	}
	if *seedFlag != 0 {
		start, worlds = *seedFlag, 1
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	all, next := newTally(), atomic.Uint64{}
	next.Store(start)
	var mu sync.Mutex
	var failed error
	var done sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), worlds) {
		done.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= start+uint64(worlds) {
					return
				}
				commands := perWorld
				if seed%50 == 0 { // for what piles up only after a while
					commands = 5000
				}
				seen, err := runWorld(seed, commands)
				mu.Lock()
				failed = cmp.Or(failed, err)
				stop := failed != nil
				if !stop {
					all.add(seen)
				}
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	done.Wait()
	require.NoError(t, failed)
	t.Logf("%d commands in worlds %d to %d, refused %v", all.commands, start, start+uint64(worlds)-1, all.refused)
	if worlds == 1 {
		return
	}
	for k := Submitted; k < Warned; k++ {
		if k != PlanSwitched { // these worlds promise nothing
			require.NotZero(t, all.events[k], "no world has seen the event %s", k)
		}
	}
	for _, r := range []Reason{ReasonPull, ReasonClosed, ReasonTeamLimit, ReasonResting, ReasonUnqualified, ReasonRing,
		ReasonOffline, ReasonAway, ReasonWrapUp, ReasonRamp, ReasonDeclined, ReasonSticky, ReasonCapacity, ReasonChannelLimit,
		ReasonReserve, ReasonHasIt, ReasonNobody, ReasonBusy} {
		require.NotZero(t, all.reasons[r], "no world has seen the reason %q", r)
	}
	for _, name := range []string{"rings", "skill", "badge", "least-flexible", "round-robin", "longest-idle", "id", "by hand"} {
		require.NotZero(t, all.told[name], "%s never chose an agent", name)
	}
}
