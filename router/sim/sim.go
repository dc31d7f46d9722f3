package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// Config is one simulation.
type Config struct {
	// Desk is the desk to try. If it keeps no count of ended tickets, one is kept,
	// so that memory does not grow with the log. Clock and OnEvent are not used.
	Desk router.Config
	// Agents are those who work at it.
	Agents []router.Agent
	// Shifts say when they are there. An agent at the end of a shift takes nothing
	// new, finishes what is in hand and leaves. No shifts: everyone always is.
	Shifts []Shift
	// Jobs are the tickets that come.
	Jobs Source
	// Service, if set, says how long an agent takes for a job, in place of
	// Job.Service: for agents of unequal speed.
	Service func(j *Job, agent string) time.Duration
	// OneByOne has agents work on one ticket at a time, in the order in which they
	// got them, however many they hold. Otherwise they work on all they hold at once.
	OneByOne bool

	// Over, if set, is called when a job's wait is over: its service begins, or its
	// customer gives up. A ticket that its agent loses in the middle of it waits once
	// more, and is told of once more. What Over is given is valid during the call.
	Over func(*Fate)
	// Waits, if set, is called when a job has come and nobody has it yet. The engine
	// is to be read only.
	Waits func(e *router.Engine, j *Job, number int)
}

// Shift is when an agent is there.
type Shift struct {
	Agent    string
	From, To time.Time
}

// Fate is what became of a job's wait.
type Fate struct {
	Job       *Job
	Number    int // of the job, from 0
	At        time.Time
	Wait      time.Duration
	Abandoned bool
	Agent     string        // who serves it; "" if abandoned
	Service   time.Duration // and for how long
}

// Report sums a run up.
type Report struct {
	Jobs      int // that came
	Served    int
	Abandoned int
	Left      int // that nobody was there to serve, to the end
	Agents    []Worked
	From, To  time.Time // the first and the last thing that happened
}

// Worked is what one agent did.
type Worked struct {
	ID     string
	Served int
	Online time.Duration // in shifts, and after them until the work in hand was done
	Busy   time.Duration // with at least one ticket in service
}

// Occupancy is the share of the agents' time that was spent on tickets.
func (r *Report) Occupancy() float64 {
	var busy, online time.Duration
	for _, a := range r.Agents {
		busy, online = busy+a.Busy, online+a.Online
	}
	if online == 0 {
		return 0
	}
	return float64(busy) / float64(online)
}

// ErrOrder is matched by the error about a job that comes before the one ahead of
// it.
var ErrOrder = errors.New("sim: jobs are not in the order of time")

// JobError is a job that the desk would not have.
type JobError struct {
	Number int
	ID     string
	Err    error
}

func (e *JobError) Error() string { return fmt.Sprintf("sim: job %d (%q): %v", e.Number, e.ID, e.Err) }
func (e *JobError) Unwrap() error { return e.Err }

// run is a simulation under way.
type run struct {
	cfg    Config
	engine *router.Engine
	rep    *Report

	now    int64
	agenda agenda
	order  uint64
	slots  []slot
	idle   []int32
	byID   map[string]int32

	workers []worker
	byAgent map[string]int32
	shifts  []turn

	events []router.Event
	asks   []router.Event // offers to be taken up
	lost   []int32        // agents who have lost a ticket
	fate   Fate
}

// slot holds a job that is on the desk.
type slot struct {
	job    Job
	number int
	at     int64
	turn   uint32 // grows when what was foreseen for it no longer holds
	agent  int32  // who has it; -1: nobody
	begun  bool
	used   bool
}

// Run drives a desk to the end of its jobs.
func Run(cfg Config) (*Report, error) {
	if cfg.Desk.Keep.Count == 0 && cfg.Desk.Keep.Age == 0 {
		cfg.Desk.Keep.Count = 1
	}
	if cfg.Jobs == nil {
		return nil, errors.New("sim: no jobs")
	}
	e, err := router.NewEngine(cfg.Desk)
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, engine: e, rep: &Report{}, byID: map[string]int32{}, byAgent: map[string]int32{}}
	var next Job
	more := cfg.Jobs(&next)
	if err := r.open(next.At, more); err != nil {
		return nil, err
	}
	if err := r.loop(next, more); err != nil {
		return nil, err
	}
	r.close()
	return r.rep, nil
}

// open sets the agents up, at the first thing that happens.
func (r *run) open(first time.Time, more bool) error {
	start := int64(1)
	if more {
		start = first.UnixNano()
	}
	for i, s := range r.cfg.Shifts {
		if !s.From.Before(s.To) {
			return fmt.Errorf("sim: shift %d of %q ends before it begins", i, s.Agent)
		}
		if !more || s.From.UnixNano() < start {
			start, more = s.From.UnixNano(), true
		}
	}
	r.now = start
	r.rep.From = at(start)
	for _, a := range r.cfg.Agents {
		r.byAgent[a.ID] = int32(len(r.workers))
		r.workers = append(r.workers, worker{Worked: Worked{ID: a.ID}})
		if err := r.apply(router.Command{Kind: router.SetAgent, Profile: &a}); err != nil {
			return err
		}
		if len(r.cfg.Shifts) == 0 {
			r.workers[len(r.workers)-1].since = start
		} else if err := r.apply(router.Command{Kind: router.SetPresence, Agent: a.ID, Presence: router.Offline}); err != nil {
			return err
		}
	}
	for _, s := range r.cfg.Shifts {
		w, ok := r.byAgent[s.Agent]
		if !ok {
			return fmt.Errorf("sim: a shift of %q, who is not among the agents", s.Agent)
		}
		r.shifts = append(r.shifts, turn{s.From.UnixNano(), w, true}, turn{s.To.UnixNano(), w, false})
	}
	slices.SortStableFunc(r.shifts, func(a, b turn) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		if a.comes != b.comes && a.agent == b.agent { // shifts that touch are one
			if a.comes {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.agent, b.agent)
	})
	return nil
}

const never = int64(math.MaxInt64)

// idleEnd is how long a desk is given, once nothing else is foreseen, to find by
// its own timers somebody for the tickets that wait.
const idleEnd = 7 * 24 * int64(time.Hour)

func (r *run) loop(next Job, more bool) error {
	for {
		comes, ends, turns := never, never, never
		if more {
			comes = next.At.UnixNano()
		}
		for len(r.agenda) > 0 && r.slots[r.agenda[0].slot].turn != r.agenda[0].turn {
			r.agenda.pop()
		}
		if len(r.agenda) > 0 {
			ends = r.agenda[0].at
		}
		if len(r.shifts) > 0 {
			turns = r.shifts[0].at
		}
		at := min(comes, ends, turns)
		if alone, ok := r.engine.Next(); ok && alone.UnixNano() < at {
			if at == never && (len(r.byID) == 0 || alone.UnixNano() > r.now+idleEnd) {
				return nil
			}
			if err := r.advance(alone); err != nil {
				return err
			}
			continue
		}
		var err error
		switch {
		case at == never:
			return nil
		case at < r.now:
			return &JobError{r.rep.Jobs, next.Ticket.ID, ErrOrder}
		case at == ends: // who ends makes room for who comes at that very instant
			m := r.agenda[0]
			r.agenda.pop()
			r.now = at
			err = r.happen(m)
		case at == turns:
			t := r.shifts[0]
			r.shifts = r.shifts[1:]
			r.now = at
			err = r.turn(t)
		default:
			r.now = at
			if err = r.arrive(&next); err == nil {
				more = r.cfg.Jobs(&next)
			}
		}
		if err != nil {
			return err
		}
	}
}

// arrive submits a job.
func (r *run) arrive(j *Job) error {
	var k int32
	if n := len(r.idle); n > 0 {
		k, r.idle = r.idle[n-1], r.idle[:n-1]
	} else {
		k = int32(len(r.slots))
		r.slots = append(r.slots, slot{})
	}
	s := &r.slots[k]
	s.job, s.number, s.at, s.agent, s.begun, s.used = *j, r.rep.Jobs, r.now, -1, false, true
	if _, twice := r.byID[j.Ticket.ID]; twice {
		return &JobError{s.number, j.Ticket.ID, router.ErrDuplicateTicket}
	}
	r.byID[j.Ticket.ID] = k
	if err := r.apply(router.Command{Kind: router.Submit, Submit: &s.job.Ticket}); err != nil {
		return &JobError{s.number, j.Ticket.ID, err}
	}
	r.rep.Jobs++
	s = &r.slots[k]
	if !s.begun && s.used {
		if s.job.Patience > 0 {
			r.foresee(k, s.at+int64(s.job.Patience))
		}
		if r.cfg.Waits != nil && s.agent < 0 {
			r.cfg.Waits(r.engine, &s.job, s.number)
		}
	}
	return nil
}

func (r *run) foresee(k int32, at int64) {
	r.order++
	r.agenda.push(moment{at, r.order, k, r.slots[k].turn})
}

// happen ends a service, or a customer's patience.
func (r *run) happen(m moment) error {
	s := &r.slots[m.slot]
	id, a := s.job.Ticket.ID, s.agent
	if s.begun {
		r.rep.Served++
		r.workers[a].Served++
		r.drop(m.slot)
		r.vacate(m.slot)
		if err := r.apply(router.Command{Kind: router.Resolve, Ticket: id}); err != nil {
			return err
		}
		return r.done(a)
	}
	r.rep.Abandoned++
	r.over(m.slot, 0)
	kind := router.Abandon
	if a >= 0 {
		kind = router.Cancel // it stands in an agent's own line
		r.drop(m.slot)
	}
	r.vacate(m.slot)
	if err := r.apply(router.Command{Kind: kind, Ticket: id}); err != nil {
		return err
	}
	if a >= 0 {
		return r.done(a)
	}
	return nil
}

func (r *run) vacate(k int32) {
	s := &r.slots[k]
	delete(r.byID, s.job.Ticket.ID)
	s.turn++
	s.used = false
	r.idle = append(r.idle, k)
}

// over tells that a wait is.
func (r *run) over(k int32, d time.Duration) {
	if r.cfg.Over == nil {
		return
	}
	s := &r.slots[k]
	r.fate = Fate{Job: &s.job, Number: s.number, At: at(s.at), Wait: time.Duration(r.now - s.at), Abandoned: !s.begun, Service: d}
	if s.begun {
		r.fate.Agent = r.workers[s.agent].ID
	}
	r.cfg.Over(&r.fate)
}

func (r *run) close() {
	r.rep.Left = len(r.byID)
	r.rep.To = at(r.now)
	for _, w := range r.workers {
		if w.since != 0 {
			w.Online += time.Duration(r.now - w.since)
		}
		if w.serving > 0 {
			w.Busy += time.Duration(r.now - w.busy)
		}
		r.rep.Agents = append(r.rep.Agents, w.Worked)
	}
}

func at(n int64) time.Time { return time.Unix(0, n).UTC() }

// apply gives the desk a command and acts on what it caused.
func (r *run) apply(c router.Command) error {
	c.At = at(r.now)
	var err error
	_, r.events, err = r.engine.Apply(c, r.events[:0])
	r.see()
	if err != nil {
		return err
	}
	return r.accept()
}

func (r *run) advance(now time.Time) error {
	r.now = max(r.now, now.UnixNano())
	r.events = r.engine.Advance(now, r.events[:0])
	r.see()
	return r.accept()
}

// see acts on events: who gets a ticket begins with it, who loses one stops.
func (r *run) see() {
	for i := range r.events {
		ev := &r.events[i]
		switch ev.Kind {
		case router.Assigned, router.Accepted:
			k, ok := r.byID[ev.Ticket]
			if !ok {
				continue
			}
			s := &r.slots[k]
			if s.agent >= 0 {
				r.lose(k)
			}
			a := r.byAgent[ev.Agent]
			s.agent = a
			w := &r.workers[a]
			w.hand = append(w.hand, k)
			if !r.cfg.OneByOne || w.serving == 0 {
				r.begin(k)
			}
		case router.Returned, router.Transferred, router.Escalated:
			if k, ok := r.byID[ev.Ticket]; ok && r.slots[k].agent >= 0 {
				r.lose(k)
			}
		case router.Offered:
			r.asks = append(r.asks, *ev)
		}
	}
}

// lose takes a ticket from its agent: its service, if begun, is in vain, and the
// customer waits again, without giving up.
func (r *run) lose(k int32) {
	r.lost = append(r.lost, r.slots[k].agent)
	r.drop(k)
	r.slots[k].turn++
}

// accept takes up the offers that the last command made: the agents of a
// simulation are there and willing. Those who have lost a ticket go on.
func (r *run) accept() error {
	for len(r.lost) > 0 {
		a := r.lost[0]
		r.lost = r.lost[1:]
		if err := r.done(a); err != nil {
			return err
		}
	}
	for len(r.asks) > 0 {
		ev := r.asks[0]
		r.asks = r.asks[1:]
		if ev.Status != ticket.Offered {
			continue
		}
		if err := r.apply(router.Command{Kind: router.Accept, Ticket: ev.Ticket, Agent: ev.Agent}); err != nil {
			return err
		}
	}
	return nil
}
