package router

import (
	"time"

	"github.com/google/btree"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Engine is the desk itself, a deterministic state machine: commands in, events
// out, and time as an argument. It has no goroutine, no lock, no clock and no
// randomness; it is not safe for concurrent use. Router is the shell for those who
// want one.
//
// After every command, no waiting ticket has an agent who may take it, save by a
// rule that Explain names.
type Engine struct {
	desk      desk
	sizes     sizes
	ruleWords string   // see Rules
	set       compiled // the stack in use
	rules     *policy.Rules

	now    int64 // the desk's time; 0 before the first command
	events uint64
	seq    uint64 // of the last ticket
	turn   int64  // of the last agent chosen, for stride scheduling

	tickets map[string]*item
	roll    roll
	agents  map[string]*agent
	// agentOrder has the agents in the order they came; it decides nothing that
	// can be seen.
	agentOrder []*agent
	gates      map[string]*gate
	timers     timers

	// Waiting tickets; see lanes.go and wants.go.
	wants        map[uint64]*want // by hash
	wantOrder    []*want
	wantLimit    int
	profiles     map[string]*profile
	profileOrder []*profile
	someLanes    map[laneKey]*lane // those not for everyone
	lanes        []*lane           // all, by number, and beside them
	heads        []head            // who is first in each
	idleLanes    []*lane           // of them, those not in use
	exceptions   map[string]*exception
	waiting      int    // tickets in lanes
	classes      uint32 // weight classes that have pools

	// Agents with room; see pools.go.
	pools       []*pool // by number, and beside them
	bests       []rank  // who is best in each
	filled      members // those that have somebody
	idlePools   []int32 // numbers not in use
	crowd       *run[rank]
	roomyAgents int

	// Promises; see promises.go. No tracker: there is no plan.
	tracker  *sla.Tracker
	promised []sla.Event
	promises []sla.Event
	asked    []asked

	watch *watch // what the desk measures of itself; nil: nothing

	ended ended // tickets that may be forgotten
	keys  keys  // idempotency

	// Work of the command at hand.
	cmd         Command
	demand      ticket.Demand
	out         []Event
	by          ticket.Role
	actor       string
	dirtyAgents []*agent // got room, or may be asked again
	dirtyLanes  []*lane  // got a ticket, or were let through
	recheck     []*lane  // perhaps everyone has declined their tickets
	heap        laneHeap
	mark        uint64
	scratch     []byte
	freeEntries *btree.FreeListG[entry]
	freeRanks   *btree.FreeListG[rank]
}

// NewEngine makes an empty desk. Faults of the Config are all named at once.
func NewEngine(cfg Config) (*Engine, error) {
	d, err := cfg.compile()
	if err != nil {
		return nil, err
	}
	e := &Engine{desk: d, sizes: usualSizes, set: d.sets[0], rules: d.sets[0].rules,
		tickets: map[string]*item{}, agents: map[string]*agent{}, gates: map[string]*gate{}, timers: newTimers(),
		exceptions:  map[string]*exception{},
		freeEntries: btree.NewFreeListG[entry](btree.DefaultFreeListSize),
		freeRanks:   btree.NewFreeListG[rank](btree.DefaultFreeListSize)}
	if d.SLA != nil || len(d.Plans) > 0 {
		if e.tracker, err = sla.NewTracker(d.SLA); err != nil {
			return nil, err
		}
	}
	e.watch = newWatch(&e.desk)
	e.clearIndexes()
	for _, t := range d.Teams {
		e.gates["team "+t.Name] = &gate{name: "team " + t.Name, hours: t.Hours, most: t.MaxOpen}
	}
	for name, c := range d.Channels {
		if c.Hours != nil {
			e.gates["channel "+string(name)] = &gate{name: "channel " + string(name), hours: c.Hours}
		}
	}
	e.ruleWords = e.fingerprint()
	return e, nil
}

func (e *Engine) clearIndexes() {
	e.wants, e.wantOrder, e.wantLimit = map[uint64]*want{}, nil, idleWants
	e.profiles, e.profileOrder = map[string]*profile{}, nil
	e.someLanes, e.waiting = map[laneKey]*lane{}, 0
	e.lanes, e.heads, e.idleLanes = nil, nil, nil
	e.pools, e.bests, e.filled, e.idlePools = nil, nil, nil, nil
	e.crowd, e.roomyAgents = nil, 0
	for _, g := range e.gates {
		g.wants = nil
	}
}

// Apply does what a command asks and appends the events it caused to events, those
// of time passing until the command first. An error leaves the desk as it was, but
// for that passing of time.
func (e *Engine) Apply(c Command, events []Event) (Outcome, []Event, error) {
	if err := c.check(); err != nil {
		return Outcome{}, events, err
	}
	if err := e.ruled(&c); err != nil {
		return Outcome{}, events, err
	}
	e.out = events
	known, repeat := e.keys.recall(c.Key, c.Kind)
	if c.Kind == Recover && !repeat {
		e.recover(&c)
	}
	e.runTo(unix(c.At))
	if repeat {
		return known.out, e.take(), known.err
	}
	e.by, e.actor = c.By, c.Actor
	e.cmd = c // the engine's own, so that no command is allocated
	it, err := e.do(&e.cmd)
	e.cmd = Command{} // keeps nobody's name
	e.settle()
	o := e.outcome(it)
	e.by, e.actor = ticket.System, ""
	if c.Key != "" {
		e.keys.remember(c.Key, kept{c.Kind, o, err}, e.desk.Keys)
	}
	return o, e.take(), err
}

func (e *Engine) take() []Event {
	out := e.out
	e.out = nil
	return out
}

// outcome reads the state of a command's ticket, if it has one, after everything
// has settled.
func (e *Engine) outcome(it *item) Outcome {
	o := Outcome{At: instant(e.now)}
	if it == nil {
		return o
	}
	o.Ticket, o.Status = it.t.ID, it.status
	if it.agent != nil {
		o.Agent = it.agent.p.ID
	} else if it.waits() {
		o.Reason = e.holdup(it)
	}
	return o
}

// Advance lets time pass until now, now included, and appends what that caused.
// An earlier time than the desk's changes nothing.
func (e *Engine) Advance(now time.Time, events []Event) []Event {
	if ticket.CheckTime("advance", "time", now) != nil || e.now == 0 {
		return events
	}
	e.out = events
	e.runTo(unix(now))
	return e.take()
}

// Next tells when time alone will next change something, if ever.
func (e *Engine) Next() (time.Time, bool) {
	at, ok := e.ended.next(e.desk.Keep.Age)
	if t, some := e.timers.tree.Min(); some && (!ok || t.at < at) {
		at, ok = t.at, true
	}
	if e.tracker != nil {
		if t, some := e.tracker.Next(); some && (!ok || unix(t) < at) {
			return t, true
		}
	}
	return instant(at), ok
}

// Now is the desk's time: that of the latest command or Advance.
func (e *Engine) Now() time.Time { return instant(e.now) }

// runTo lets time pass, one deadline after the other.
func (e *Engine) runTo(at int64) {
	if e.now == 0 {
		e.begin(at)
	}
	e.by, e.actor = ticket.System, ""
	for {
		until := max(at, e.now)
		t, ok := e.timers.tree.Min()
		if ok {
			until = min(until, t.at)
		}
		if e.tracker != nil {
			if due, some := e.tracker.Next(); some && unix(due) <= until {
				e.now = max(e.now, unix(due))
				e.advancePromises()
				if t, more := e.timers.tree.Min(); !more || t.at > e.now {
					e.settle()
				}
				continue
			}
		}
		if !ok || t.at > max(at, e.now) {
			break
		}
		e.timers.tree.DeleteMin()
		e.now = max(e.now, t.at)
		e.fire(t)
		if t, more := e.timers.tree.Min(); !more || t.at > e.now {
			e.settle() // once all that is due at this instant has happened
		}
	}
	e.now = max(e.now, at)
	e.forgetEnded()
}

// begin starts the desk's time.
func (e *Engine) begin(at int64) {
	e.now = at
	for _, g := range e.gates {
		g.shut = g.hours != nil && !g.hours.Open(instant(at))
		e.armGate(g)
	}
}

// recover is for a desk that stood still until now: offers made before are taken
// back, none of them missed, and whatever was due meanwhile happens now.
func (e *Engine) recover(c *Command) {
	if e.now == 0 {
		e.begin(unix(c.At))
	}
	e.now = max(e.now, unix(c.At))
	e.by, e.actor = ticket.System, ""
	for _, a := range e.sortedAgents() {
		e.withdrawAll(a)
		e.ready(a) // his ramp may be over
		e.armAgent(a)
	}
	e.by, e.actor = c.By, c.Actor
	e.emit(&Event{Kind: Recovered})
}

func (e *Engine) emit(ev *Event) {
	ev.By, ev.Actor = e.by, e.actor
	e.append(ev)
	if e.watch != nil {
		e.watch.see(e, ev)
	}
	if e.tracker != nil {
		e.observe(ev)
	}
}

func (e *Engine) append(ev *Event) {
	e.events++
	ev.Seq, ev.At = e.events, instant(e.now)
	e.out = append(e.out, *ev)
}

// do is the table of commands. It returns the ticket that a command is about.
func (e *Engine) do(c *Command) (*item, error) {
	switch c.Kind {
	case Submit:
		return e.submit(c)
	case SetAgent:
		return e.setAgent(c)
	case RemoveAgent:
		return e.removeAgent(c)
	case SetPresence:
		return e.presence(c)
	case SwitchPolicy:
		return e.switchPolicy(c)
	case SwitchPlan:
		return e.switchPlan(c)
	case Erase:
		return e.erase(c)
	case Recover:
		return nil, nil
	}
	it := e.tickets[c.Ticket]
	if it == nil {
		return nil, &IDError{ErrUnknownTicket, short(c.Ticket)}
	}
	row := &steps[c.Kind]
	to, err := ticket.Next(it.t.ID, it.status, row.step, c.By)
	if err == nil {
		err = row.do(e, c, it, to)
	}
	if err != nil {
		return nil, err
	}
	return it, nil
}

// steps are the commands about one ticket: the step of its life that each takes,
// checked before it is done, and what it does. The ticket's new state is passed on.
var steps = [...]struct {
	step ticket.Step
	do   func(e *Engine, c *Command, it *item, to ticket.Status) error
}{
	Accept:        {ticket.Accept, (*Engine).accept},
	Decline:       {ticket.Decline, (*Engine).decline},
	Reply:         {ticket.Reply, said(Answered)},
	CustomerReply: {ticket.Reply, said(CustomerWrote)},
	Note:          {ticket.Reply, said(Noted)},
	BeginStage:    {ticket.Reply, said(StageBegan)},
	EndStage:      {ticket.Reply, said(StageEnded)},
	Hold:          {ticket.Hold, (*Engine).park},
	AwaitFeedback: {ticket.AwaitFeedback, (*Engine).park},
	Resume:        {ticket.Resume, (*Engine).resume},
	Resolve:       {ticket.Resolve, (*Engine).resolve},
	Close:         {ticket.Close, (*Engine).close},
	Reopen:        {ticket.Reopen, (*Engine).reopen},
	Cancel:        {ticket.Cancel, (*Engine).cancel},
	Abandon:       {ticket.Abandon, (*Engine).cancel},
	Transfer:      {ticket.Transfer, (*Engine).transfer},
	Escalate:      {ticket.Escalate, (*Engine).escalate},
	Take:          {ticket.Pull, (*Engine).assign},
	Assign:        {ticket.Assign, (*Engine).assign},
	Update:        {ticket.Alter, (*Engine).update},
}
