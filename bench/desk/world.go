// Package desk measures the hot path of routing: one operation is a ticket
// submitted, a ticket assigned, a ticket resolved, with string ids and all events
// appended, in a steady state.
//
// Two regimes: in the backlog, W tickets wait and every agent is full, so that
// each resolved ticket brings the freed agent the most urgent waiting ticket he
// may take; in the idle regime nobody waits and half of the agents have room, so
// that each arriving ticket goes to the best of them.
//
// What is timed is correct: every desk, the anchors included, is held against a
// naive model first, see Checker.
package desk

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// World is what a desk is measured on: 64 skills, five of them a head at levels 1
// to 5, and a vocabulary of demands for one or two skills, each of which some
// profile fills.
type World struct {
	Agents   int
	Waiting  int  // tickets that wait; 0 is the idle regime
	Profiles int  // distinct ones among the agents
	ByDue    bool // random due times; otherwise first come, first served
	// Orphans is the share of the waiting tickets, in percent, that nobody can serve.
	Orphans int
	// Unlike draws the demands without regard to the profiles: two skills each, of
	// which few agents have both.
	Unlike bool
	// Declined is how many tickets, more urgent than all others, came by a channel on
	// which they are offered, and were declined by everybody.
	Declined int
	// Asking leaves the first agent out of that, who can do everything and is busy for
	// good: so none of these tickets has been declined by everybody, and all stay in
	// line, in as many places as there are demands.
	Asking bool
}

// offered is the channel of those.
const offered = ticket.Phone

const (
	skills  = 64
	perHead = 5
	demands = 2000 // distinct ones that tickets ask
)

// start is the time of the first command.
var start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// step is the time from one operation to the next, horizon how far ahead due times lie.
const (
	step    = time.Millisecond
	horizon = 1000 * time.Second
)

func (w World) rand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// agents returns the agents, and the skills of each profile.
func (w World) agents(r *rand.Rand) ([]router.Agent, []ticket.Skills) {
	profiles := make([]ticket.Skills, w.Profiles)
	seen := map[string]bool{}
	for i := range profiles {
		for {
			var s ticket.Skills
			for _, k := range r.Perm(skills)[:perHead] {
				s = append(s, ticket.Rated{Skill: skill(k), Level: ticket.Level(1 + r.IntN(5))})
			}
			if !seen[s.String()] {
				seen[s.String()] = true
				profiles[i] = s
				break
			}
		}
	}
	agents := make([]router.Agent, w.Agents)
	for i := range agents {
		agents[i] = router.Agent{ID: fmt.Sprintf("agent-%05d", i), Skills: profiles[i%w.Profiles], Capacity: 1}
	}
	if w.Asking {
		agents[0].Skills = nil
		for k := range skills {
			agents[0].Skills = append(agents[0].Skills, ticket.Rated{Skill: skill(k), Level: 5})
		}
	}
	return agents, profiles
}

func skill(k int) ticket.Skill { return ticket.Skill(fmt.Sprintf("skill-%02d", k)) }

// vocabulary draws the demands: one or two skills of some profile, at a level that
// it has.
func (w World) vocabulary(r *rand.Rand, profiles []ticket.Skills) [][]ticket.Need {
	out := make([][]ticket.Need, demands)
	for i := range out {
		if w.Unlike && i%2 == 0 { // the other half keeps agents at work
			for _, k := range r.Perm(skills)[:2] {
				out[i] = append(out[i], ticket.Need{Skill: skill(k), Level: 1})
			}
			continue
		}
		p := profiles[r.IntN(len(profiles))]
		for _, k := range r.Perm(perHead)[:1+r.IntN(2)] {
			out[i] = append(out[i], ticket.Need{Skill: p[k].Skill, Level: ticket.Level(1 + r.IntN(int(p[k].Level)))})
		}
	}
	return out
}

// Promised serves the ticket first that is due first. A ticket carries its due
// time, in milliseconds from its creation, in a field no other rule here reads.
type Promised struct{}

// Name is the policy's.
func (Promised) Name() string { return "promised" }

// Order starts a ticket at its due time.
func (Promised) Order(t *policy.Ticket, u policy.Urgency) policy.Urgency {
	u.Start = due(&t.Ticket)
	return u
}

func due(t *ticket.Ticket) int64 {
	return t.Created.UnixNano() + int64(t.Location.Lat)*int64(time.Millisecond)
}

// Desk is anything that takes the commands Submit, Resolve and SetAgent, and, where
// the world has need of them, SetPresence, SwitchPolicy and Decline.
type Desk interface {
	Apply(c router.Command, events []router.Event) (router.Outcome, []router.Event, error)
}

// NewEngine makes the desk that is measured.
func NewEngine(w World) Desk {
	cfg := config()
	cfg.Sets = []policy.Set{{Name: "arrival", Stack: cfg.Policy}}
	if w.ByDue {
		cfg.Policy = append(policy.Stack{Promised{}}, cfg.Policy...)
	}
	cfg.Keep.Count = 1
	if w.Declined > 0 {
		cfg.Channels = map[ticket.Channel]router.Channel{offered: {Mode: router.Offers}}
		cfg.RoundPause = 24 * time.Hour // longer than any measurement
	}
	e, err := router.NewEngine(cfg)
	if err != nil {
		panic(err)
	}
	return e
}

// Run is a desk in its steady state, ready for operations.
type Run struct {
	w      World
	desk   Desk
	r      *rand.Rand
	now    time.Time
	wants  [][]ticket.Need
	ids    []string // not in use; the one unused longest is at next
	next   int      // and the place of the next that comes back is last
	last   int
	busy   []string // assigned
	events []router.Event
	t      ticket.Ticket
	hash   uint64

	filling bool
	agents  []router.Agent
	err     error // the first
}

// NewRun fills a desk up to its steady state.
func NewRun(w World, d Desk) *Run {
	run := &Run{w: w, desk: d, r: w.rand(), now: start, filling: true}
	agents, profiles := w.agents(run.r)
	run.wants = w.vocabulary(run.r, profiles)
	run.agents = agents
	for i := range agents {
		run.apply(router.Command{Kind: router.SetAgent, Profile: &agents[i]})
	}
	for i := range w.Waiting + w.Agents + 1000 {
		run.ids = append(run.ids, fmt.Sprintf("GD%09d", i))
	}
	if w.Declined > 0 {
		run.decline()
	}
	if w.Waiting == 0 {
		for range w.Agents / 2 {
			run.submit()
		}
	}
	for live := 0; w.Waiting > 0 && live-len(run.busy) < w.Waiting-w.Declined; live++ {
		run.submit()
	}
	run.filling = false
	return run
}

func (run *Run) apply(c router.Command) {
	c.At = run.now
	var err error
	if _, run.events, err = run.desk.Apply(c, run.events[:0]); err != nil && run.err == nil {
		run.err = fmt.Errorf("command %s: %w", c.Kind, err)
	}
}

// submit brings one ticket, and notes who got which.
func (run *Run) submit() {
	id := run.ids[run.next]
	run.next = (run.next + 1) % len(run.ids)
	run.t = ticket.Ticket{ID: id, Channel: ticket.Web, Required: run.wants[run.r.IntN(len(run.wants))], Created: run.now}
	if run.filling && run.r.IntN(100) < run.w.Orphans {
		run.t.Required = orphan
	}
	run.t.Location.Lat = int32(run.r.IntN(int(horizon / time.Millisecond)))
	run.apply(router.Command{Kind: router.Submit, Submit: &run.t})
	run.note()
}

// orphan is a demand that no agent fills.
var orphan = []ticket.Need{{Skill: "nobody", Level: 1}}

func (run *Run) note() {
	for i := range run.events {
		if ev := &run.events[i]; ev.Kind == router.Assigned {
			run.busy = append(run.busy, ev.Ticket)
			for _, c := range []byte(ev.Ticket + ev.Agent) {
				run.hash = (run.hash ^ uint64(c)) * 1099511628211
			}
		}
	}
}

// Op is one operation: a ticket comes, and one that is worked on, drawn by lot, is
// resolved.
func (run *Run) Op() {
	run.now = run.now.Add(step)
	run.submit()
	if len(run.busy) == 0 {
		run.err = cmp.Or(run.err, errors.New("nobody has a ticket to resolve"))
		return
	}
	i := run.r.IntN(len(run.busy))
	id := run.busy[i]
	last := len(run.busy) - 1
	run.busy[i] = run.busy[last]
	run.busy = run.busy[:last]
	run.apply(router.Command{Kind: router.Resolve, Ticket: id})
	run.ids[run.last] = id
	run.last = (run.last + 1) % len(run.ids)
	run.note()
}
