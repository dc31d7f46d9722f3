package desk

import (
	"fmt"
	"runtime"
	"time"

	"github.com/usherdesk/usher/bench/ratio"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// decline brings the tickets that everybody declines, before any other: they were
// created earlier than all that follow and are due earlier. They are played, command
// by command, so that the desk is in no state that a host could not bring it to; a
// hundred agents and ten thousand tickets are a million declines.
func (run *Run) decline() {
	if run.w.Asking { // the first agent gets a ticket that nobody will resolve
		run.submit()
		run.busy = run.busy[:0]
	}
	for i := range run.w.Declined {
		t := ticket.Ticket{ID: fmt.Sprintf("HD%09d", i), Channel: offered, Created: start.Add(-time.Hour)}
		if run.w.Asking {
			t.Required = run.wants[i%len(run.wants)]
		}
		run.apply(router.Command{Kind: router.Submit, Submit: &t})
		for declined := true; declined; {
			declined = false
			for i := range run.events {
				if ev := run.events[i]; ev.Kind == router.Offered {
					declined = true
					run.apply(router.Command{Kind: router.Decline, Ticket: t.ID, Agent: ev.Agent})
					break
				}
			}
		}
	}
}

// Leave is the end of a shift and the begin of the next at one instant: all agents
// go offline, one after the other, so that all their tickets wait again; then all
// come back, and each takes the most urgent one he may.
func (run *Run) Leave() {
	run.now = run.now.Add(step)
	for _, to := range []router.Presence{router.Offline, router.Online} {
		if to == router.Online {
			run.busy = run.busy[:0] // nobody is left who has a ticket
		}
		for i := range run.agents {
			run.apply(router.Command{Kind: router.SetPresence, Agent: run.agents[i].ID, Presence: to})
			run.note()
		}
	}
}

// Swap has all that waits stand in line anew, by another stack.
func (run *Run) Swap(name string) {
	run.apply(router.Command{Kind: router.SwitchPolicy, Policy: name})
	run.note()
}

// hostileWorld is one made to hurt an index.
type hostileWorld struct {
	name   string
	world  World
	budget float64
}

// plain is the same for OneLane, which knows no offers: as many tickets wait.
func (h *hostileWorld) plain() World {
	w := h.world
	w.Declined, w.Asking = 0, false
	return w
}

func hostileWorlds(waiting, agents int) []hostileWorld {
	unlike := World{Waiting: waiting, Agents: agents, Profiles: 500, ByDue: true}
	orphans := unlike
	unlike.Unlike, orphans.Orphans = true, 90
	// A million declines, by a hundred agents: every one of many thousands could not
	// be played. That all have declined is the same to the desk, however many they are.
	declined := World{Waiting: waiting, Agents: 100, Profiles: 20, ByDue: true, Declined: 10_000}
	asking := declined
	asking.Asking = true
	return []hostileWorld{
		{"hostile-unlike", unlike, 5},
		{"hostile-orphans", orphans, 5},
		{"hostile-declined", declined, 5},
		{"hostile-asking", asking, 0}, // reported: the table has no such row
	}
}

// hostile times the worlds made to hurt an index, and what happens to all at once.
func (m *measure) hostile() {
	for _, x := range hostileWorlds(m.waiting, m.agents) {
		m.pair(ratio.Row{Name: x.name + "/onelane", Budget: x.budget}, contender{Engine, x.world}, contender{Lane, x.plain()})
	}
	m.timed(ratio.Row{Name: "hostile-leave/onelane", Budget: 5}, shift, (*Run).leaving, contender{Engine, m.backlog()}, contender{Lane, m.backlog()})
	m.swap()
}

// leaving is the processor time of an agent who leaves and comes back.
func (run *Run) leaving() float64 {
	began := ratio.Spent()
	run.Leave()
	return float64(ratio.Spent()-began) / float64(len(run.agents))
}

// swap is how long a desk takes for another stack, in seconds.
func (m *measure) swap() {
	name := fmt.Sprintf("swap-%d", m.waiting)
	if m.err != nil {
		return
	}
	run, err := m.Steady(name, Engine, m.backlog(), swapTwice)
	if m.err = err; err != nil {
		return
	}
	took := make([]float64, m.rounds)
	for i := range took {
		runtime.GC()
		began := time.Now()
		run.Swap([]string{"arrival", "default"}[i%2])
		took[i] = time.Since(began).Seconds()
	}
	row := ratio.Single(name, took...)
	row.Detail = "seconds, absolute, for all that waits to stand in line by another stack"
	m.add(row)
}
