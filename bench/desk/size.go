package desk

import (
	"fmt"
	"runtime"
	"time"

	"github.com/usherdesk/usher/bench/ratio"
	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// rows are a desk as a host's database would have it.
func (w World) rows() router.Rows {
	r := w.rand()
	agents, profiles := w.agents(r)
	wants := w.vocabulary(r, profiles)
	rows := router.Rows{At: start.Add(time.Hour)}
	for i := range agents {
		rows.Agents = append(rows.Agents, router.AgentRow{Agent: agents[i], Presence: router.Away})
	}
	for i := range w.Waiting {
		rows.Tickets = append(rows.Tickets, router.TicketRow{Status: ticket.ToAssign, Ticket: ticket.Ticket{
			ID: fmt.Sprintf("GD%09d", i), Channel: ticket.Web, Required: wants[r.IntN(len(wants))],
			Created: start.Add(time.Duration(r.IntN(int(time.Hour))))}})
	}
	return rows
}

func config() router.Config {
	return router.Config{Policy: policy.Stack{policy.Skill{}, policy.Load{}, policy.LongestIdle{}}}
}

// loadSeconds is how long it takes to build a desk from the host's rows.
func loadSeconds(waiting, agents int) ratio.Row {
	rows := World{Waiting: waiting, Agents: agents, Profiles: 500}.rows()
	runtime.GC()
	began := time.Now()
	if _, _, err := router.Load(config(), rows, nil); err != nil {
		panic(err)
	}
	row := ratio.Single(fmt.Sprintf("load-%d", waiting), time.Since(began).Seconds())
	row.Budget, row.Detail = 3, "seconds, absolute"
	return row
}

// emptyDesk is what a desk costs on which nothing has happened yet, its shell
// included.
func emptyDesk() ratio.Row {
	const n = 1000
	desks := make([]*router.Router, n)
	before, goroutines := inUse(), runtime.NumGoroutine()
	for i := range desks {
		var err error
		if desks[i], err = router.New(config()); err != nil {
			panic(err)
		}
	}
	row := ratio.Single("empty-desk-bytes", (inUse()-before)/n)
	row.Budget, row.Detail = 8192, fmt.Sprintf("%d goroutines more for %d desks", runtime.NumGoroutine()-goroutines, n)
	runtime.KeepAlive(desks)
	return row
}

// memory is what a waiting ticket and an agent take.
func memory(waiting, agents int) []ratio.Row {
	w := World{Waiting: waiting, Agents: agents, Profiles: 500}
	rows := w.rows()
	before := inUse()
	none, _, err := router.Load(config(), router.Rows{At: rows.At, Agents: rows.Agents}, nil)
	if err != nil {
		panic(err)
	}
	perAgent := (inUse() - before) / float64(agents)
	before = inUse()
	e, _, err := router.Load(config(), rows, nil)
	if err != nil {
		panic(err)
	}
	perTicket := (inUse() - before - perAgent*float64(agents)) / float64(waiting)
	runtime.KeepAlive(none)
	runtime.KeepAlive(e)
	runtime.KeepAlive(rows)
	return []ratio.Row{ratio.Single("waiting-ticket-bytes", perTicket), ratio.Single("agent-bytes", perAgent)}
}

func inUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
