package desk

import (
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// Loop is a desk without an index: to find an agent it goes through all of them,
// and an agent who has got room goes through all that waits. It keeps the ids, the
// events and the records of OneLane, whose ticket side it shares, so that only the
// choice differs. It is for the idle regime, where hardly a ticket waits.
type Loop struct {
	OneLane
	chooser
	line []*laneTicket // waiting, as they came
}

// chooser goes through the agents.
type chooser interface {
	add(a *laneAgent)
	best(needs []ticket.Need) *laneAgent // nil if nobody who may has room
	may(a *laneAgent, needs []ticket.Need) bool
	moved(a *laneAgent) // his open tickets and idle time have changed
}

func newLoop(w World, c chooser) Desk {
	return &Loop{OneLane: *NewOneLane(w).(*OneLane), chooser: c}
}

// Apply does a command.
func (l *Loop) Apply(c router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	switch c.Kind {
	case router.SetAgent:
		l.add(l.know(&c))
	case router.Submit:
		t, events, err := l.take(&c, events)
		if err != nil {
			return router.Outcome{}, events, err
		}
		out := router.Outcome{At: c.At, Ticket: t.t.ID, Status: ticket.ToAssign}
		a := l.best(t.t.Required)
		if a == nil {
			l.line = append(l.line, t)
			return out, events, nil
		}
		events = l.assign(t, a, c.At, events)
		l.moved(a)
		out.Status, out.Agent = ticket.InProgress, a.a.ID
		return out, events, nil
	case router.Resolve:
		a, out, events, err := l.finish(&c, events)
		if err != nil {
			return out, events, err
		}
		if i := l.first(a); i >= 0 {
			t := l.line[i]
			l.line = append(l.line[:i], l.line[i+1:]...)
			events = l.assign(t, a, c.At, events)
		}
		l.moved(a)
		return out, events, nil
	}
	return router.Outcome{}, events, nil
}

// first is the place of the most urgent ticket that an agent may take, -1 if none.
func (l *Loop) first(a *laneAgent) int {
	found := -1
	for i, t := range l.line {
		if (found < 0 || l.key(t) < l.key(l.line[found])) && l.may(a, t.t.Required) {
			found = i
		}
	}
	return found
}
