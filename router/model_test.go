package router

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// The naive model: a desk that is written to be obviously right. It has no index,
// no timer and no count: whatever it wants to know, it finds out by looking at all
// tickets and all agents. It shares no code with the engine, and is given the same
// commands; see property_test.go.
//
// This file has its state and how time passes; model_steps_test.go and
// model_agents_test.go what commands do; model_rules_test.go who may take what, and
// who is to.

type model struct {
	cfg   Config
	sets  []policy.Set
	set   policy.Set
	rules *policy.Rules

	begun  bool
	now    int64
	seq    uint64 // of the last ticket
	turn   int64
	count  uint64 // how often anything was put in an order; see modelTicket.got and ending
	events uint64

	tickets []*modelTicket // in the order of submission
	agents  []*modelAgent  // by id
	gates   []*modelGate   // by name
	keys    []modelKey     // oldest first

	by    ticket.Role
	actor string
	out   []Event
}

type modelTicket struct {
	t         policy.Ticket
	seq       uint64
	status    ticket.Status
	ended     int64
	ending    uint64 // which of all endings it was
	transfers int

	agent  *modelAgent // who has it or is offered it
	parked bool        // with that agent, but without taking room
	got    uint64      // when that agent got it, or parked it, relative to others

	since   int64
	ring    int
	resting bool
	except  []string // sorted
	only    *modelAgent
	until   int64
	reason  string
	next    string
	chosen  string // the rule by which its agent was chosen
}

type modelAgent struct {
	p        policy.Agent
	profile  *policy.Agent // as Qualifiers and Fitters see him
	presence Presence
	until    int64
	rampEnd  int64
	nextTake int64
	missed   int
	idle     int64
	turn     int64
}

type modelGate struct {
	name   string
	hours  Hours
	most   int
	shut   bool
	change int64
}

type modelKey struct {
	key  string
	kind CommandKind
	out  Outcome
	err  error
}

func newModel(cfg Config) *model {
	m := &model{cfg: cfg}
	usual(&m.cfg.Mode, Push)
	usual(&m.cfg.OfferFor, 30*time.Second)
	usual(&m.cfg.RoundPause, 30*time.Second)
	usual(&m.cfg.WrapUp, 2*time.Minute)
	usual(&m.cfg.MaxTransfers, 10)
	usual(&m.cfg.MaxLevel, 3)
	usual(&m.cfg.Keep.Count, 10_000)
	usual(&m.cfg.Keys, 1024)
	m.sets = append([]policy.Set{{Name: "default", Stack: cfg.Policy}}, cfg.Sets...)
	m.use(m.sets[0])
	for _, t := range cfg.Teams {
		m.gates = append(m.gates, &modelGate{name: "team " + t.Name, hours: t.Hours, most: t.MaxOpen})
	}
	for name, c := range cfg.Channels {
		if c.Hours != nil {
			m.gates = append(m.gates, &modelGate{name: "channel " + string(name), hours: c.Hours})
		}
	}
	slices.SortFunc(m.gates, func(a, b *modelGate) int { return strings.Compare(a.name, b.name) })
	return m
}

func usual[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

func (m *model) use(s policy.Set) {
	rules, err := s.Stack.Compile()
	if err != nil {
		panic(err)
	}
	m.set, m.rules = s, rules
}

// apply is Engine.Apply.
func (m *model) apply(c Command) (Outcome, []Event, error) {
	m.out = nil
	if err := malformed(c); err != nil {
		return Outcome{}, nil, err
	}
	known := slices.IndexFunc(m.keys, func(k modelKey) bool { return c.Key != "" && k.key == c.Key })
	m.begin(c.At)
	if c.Kind == Recover && known < 0 {
		m.recover(c)
	}
	m.runTo(c.At)
	if known >= 0 {
		if m.keys[known].kind != c.Kind {
			return Outcome{}, m.out, &CommandError{Kind: c.Kind, Problem: "has the idempotency key of another command"}
		}
		o := m.keys[known].out
		o.Repeat = true
		return o, m.out, m.keys[known].err
	}
	m.by, m.actor = c.By, c.Actor
	o, err := m.do(c)
	m.settle()
	o.At = m.time()
	if t := m.find(o.Ticket); t != nil && err == nil {
		o.Status = t.status
		if t.agent != nil {
			o.Agent = t.agent.p.ID
		} else if t.status == ticket.ToAssign {
			o.Reason = m.holdup(t, m.questionOf(t))
		}
	}
	if c.Key != "" {
		m.keys = append(m.keys, modelKey{c.Key, c.Kind, o, err})
		m.keys = m.keys[max(0, len(m.keys)-m.cfg.Keys):]
	}
	return o, m.out, err
}

func malformed(c Command) error {
	switch {
	case c.V != 0 && c.V != Version:
		return &MismatchError{}
	case c.Kind == Invalid || c.Kind > Recover, c.Presence > Offline, c.By > ticket.System,
		c.Kind == Submit && c.Submit == nil, c.Kind == SetAgent && c.Profile == nil, c.Kind == Update && c.Patch == nil:
		return &CommandError{Kind: c.Kind}
	case c.For < 0 || c.For > 366*24*time.Hour:
		return &ticket.FieldError{Field: "for"}
	}
	var err error
	check := func(field, s string, must bool) {
		if err == nil {
			err = ticket.CheckName(c.Kind.String(), field, s, must)
		}
	}
	check("key", c.Key, false)
	check("actor", c.Actor, false)
	check("reason", c.Reason, false)
	check("stage", c.Stage, c.Kind == BeginStage || c.Kind == EndStage)
	check("customer", c.Customer, c.Kind == Erase)
	if err == nil {
		err = ticket.CheckTime(c.Kind.String(), "time", c.At)
	}
	return err
}

// sameError tells whether the engine's error is the model's: the same type, and
// the same text where the model knows it.
func sameError(model, engine error) bool {
	if model == nil || engine == nil {
		return model == engine
	}
	if reflect.TypeOf(model) != reflect.TypeOf(engine) {
		return false
	}
	switch want := model.(type) {
	case *CommandError:
		return want.Kind == engine.(*CommandError).Kind
	case *MismatchError:
		return true
	case *ticket.FieldError:
		return want.Field == engine.(*ticket.FieldError).Field
	}
	return model.Error() == engine.Error()
}

// advance is Engine.Advance.
func (m *model) advance(at time.Time) []Event {
	m.out = nil
	if m.begun && ticket.CheckTime("", "", at) == nil {
		m.runTo(at)
	}
	return m.out
}

func (m *model) time() time.Time { return at(m.now) }

func at(n int64) time.Time { return time.Unix(0, n).UTC() }

func (m *model) begin(t time.Time) {
	if m.begun {
		return
	}
	m.begun, m.now = true, t.UnixNano()
	for _, g := range m.gates {
		g.shut = g.hours != nil && !g.hours.Open(t)
		m.plan(g)
	}
}

// plan finds out when a gate's hours change next.
func (m *model) plan(g *modelGate) {
	g.change = 0
	if g.hours != nil {
		if t, ok := g.hours.NextChange(m.time()); ok {
			g.change = max(t.UnixNano(), m.now+1)
		}
	}
}

// A deadline is something that time alone will bring about.
type modelDeadline struct {
	at   int64
	fire func()
}

// earliest looks at everything that has a deadline. At the same instant gates come
// before agents and agents before tickets, in their order.
func (m *model) earliest() (first modelDeadline, ok bool) {
	look := func(at int64, fire func()) {
		if at != 0 && (!ok || at < first.at) {
			first, ok = modelDeadline{at, fire}, true
		}
	}
	for _, g := range m.gates {
		look(g.change, func() { m.turnGate(g) })
	}
	for _, a := range m.agents {
		at := a.until
		if m.available(a) == ReasonRamp {
			at = min(a.nextTake, a.rampEnd)
		}
		look(at, func() { m.agentDue(a, at) })
	}
	for _, t := range m.tickets {
		at := t.until
		if ring, ok := m.nextRing(t); ok && (at == 0 || ring < at) {
			at = ring
		}
		look(at, func() { m.ticketDue(t, at) })
	}
	return first, ok
}

func (m *model) nextRing(t *modelTicket) (int64, bool) {
	after, ok := m.rules.After(t.ring + 1)
	return t.since + int64(after), ok && t.status == ticket.ToAssign
}

// next is Engine.Next.
func (m *model) next() (time.Time, bool) {
	d, ok := m.earliest()
	if old := m.oldestEnded(); old != nil && m.cfg.Keep.Age > 0 {
		if at := old.ended + int64(m.cfg.Keep.Age); !ok || at < d.at {
			d.at, ok = at, true
		}
	}
	return at(d.at), ok
}

func (m *model) runTo(t time.Time) {
	m.by, m.actor = ticket.System, ""
	for {
		d, ok := m.earliest()
		if !ok || d.at > max(t.UnixNano(), m.now) {
			break
		}
		m.now = max(m.now, d.at)
		d.fire()
		if d, ok := m.earliest(); !ok || d.at > m.now {
			m.settle() // once all that is due at this instant has happened
		}
	}
	m.now = max(m.now, t.UnixNano())
	m.forgetEnded()
}

// forgetEnded forgets what has been ended for too long, or is too much.
func (m *model) forgetEnded() {
	for {
		t := m.oldestEnded()
		if t == nil {
			break
		}
		ended := 0
		for _, u := range m.tickets {
			if u.ended != 0 {
				ended++
			}
		}
		old := m.cfg.Keep.Age > 0 && t.ended+int64(m.cfg.Keep.Age) <= m.now
		if !old && ended <= m.cfg.Keep.Count {
			break
		}
		m.forget(t)
	}
}

func (m *model) oldestEnded() (oldest *modelTicket) {
	for _, t := range m.tickets {
		if t.ended != 0 && (oldest == nil || t.ending < oldest.ending) {
			oldest = t
		}
	}
	return oldest
}

func (m *model) forget(t *modelTicket) {
	m.tickets = slices.DeleteFunc(m.tickets, func(u *modelTicket) bool { return u == t })
}

func (m *model) turnGate(g *modelGate) {
	due := at(g.change)
	if shut := !g.hours.Open(m.time()); shut != g.shut {
		g.shut = shut
		kind := Opened
		if shut {
			kind = Shut
		}
		m.emit(Event{Kind: kind, Due: due, Note: g.name})
	}
	m.plan(g)
}

func (m *model) agentDue(a *modelAgent, due int64) {
	switch {
	case a.until != due: // the ramp lets the next ticket through
	case a.presence == WrapUp:
		m.setPresence(a, Online, 0, due)
	case a.presence == Offline:
		a.until = 0
		m.returnWork(a, due)
	}
}

func (m *model) ticketDue(t *modelTicket, due int64) {
	if t.until == due {
		switch {
		case t.status == ticket.Offered:
			m.miss(t, due)
		case t.resting:
			t.except, t.until = nil, 0
			m.emit(Event{Kind: RoundBegan, Due: at(due), Ticket: t.t.ID, Status: t.status})
			m.queue(t)
		default: // held back long enough
			t.only, t.until = nil, 0
		}
	}
	if ring, ok := m.nextRing(t); ok && ring <= due {
		t.ring++
		m.emit(Event{Kind: Widened, Due: at(ring), Ticket: t.t.ID, Status: t.status, Note: fmt.Sprint(t.ring)})
	}
}

func (m *model) emit(e Event) {
	m.events++
	e.Seq, e.At, e.By, e.Actor = m.events, m.time(), m.by, m.actor
	m.out = append(m.out, e)
}

func (m *model) find(id string) *modelTicket {
	for _, t := range m.tickets {
		if t.t.ID == id {
			return t
		}
	}
	return nil
}

func (m *model) agent(id string) *modelAgent {
	for _, a := range m.agents {
		if a.p.ID == id {
			return a
		}
	}
	return nil
}

// work is what takes an agent's room, in the order it came; parkedWith what is
// parked with the agent without taking any.
func (m *model) work(a *modelAgent) []*modelTicket       { return m.with(a, false) }
func (m *model) parkedWith(a *modelAgent) []*modelTicket { return m.with(a, true) }

func (m *model) with(a *modelAgent, parked bool) (out []*modelTicket) {
	for _, t := range m.tickets {
		if t.agent == a && t.parked == parked {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(t, u *modelTicket) int { return int(t.got) - int(u.got) })
	return out
}
