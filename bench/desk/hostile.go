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

// hostile are the worlds made to hurt an index.
func (m *measure) hostile() {
	unlike, orphans := m.backlog(), m.backlog()
	unlike.Unlike, orphans.Orphans = true, 90
	declined := World{Waiting: m.waiting, Agents: 100, Profiles: 20, ByDue: true, Declined: 10_000}
	asking := declined
	asking.Asking = true
	for _, x := range []struct {
		name   string
		w      World
		budget float64
	}{
		{"hostile-unlike/onelane", unlike, 5},
		{"hostile-orphans/onelane", orphans, 5},
		{"hostile-declined/onelane", declined, 5},
		{"hostile-asking/onelane", asking, 0}, // reported: the table has no such row
	} {
		plain := x.w
		plain.Declined, plain.Asking = 0, false // OneLane knows no offers; as many tickets wait
		m.pair(ratio.Row{Name: x.name, Budget: x.budget}, contender{Engine, x.w}, contender{Lane, plain})
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
