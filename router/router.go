package router

import (
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// Router is an [Engine] with a lock, a clock and a callback. It is safe for
// concurrent use, starts no goroutine, and keeps one pending timer at most.
//
// Every call first catches up with the clock. Config.OnEvent gets every event, in
// order, one at a time, after the lock is released, and may call the Router; a
// call may therefore return before the callback has had its events, which are in
// the call's Result. If the callback panics, the panic reaches whoever was
// delivering, and the events behind that one are delivered by the next call.
type Router struct {
	engine *Engine
	driver *sla.Driver[Event]
}

// Result is what became of a command, with the events it caused, after those of
// time passing until then.
type Result struct {
	Outcome
	Events []Event
}

// New makes an empty desk. Faults of the Config are all named at once.
func New(cfg Config) (*Router, error) {
	e, err := NewEngine(cfg)
	if err != nil {
		return nil, err
	}
	return Open(e), nil
}

// Open puts the shell around an engine, for instance one that was restored or
// loaded, with the Clock and OnEvent of its Config. Nobody else may use the engine
// from then on. An engine whose time lies well in the past must be told of the outage
// first, by the command Recover: the Router lets time pass as it was promised, and
// would make, and miss, every offer of the meantime.
func Open(e *Engine) *Router {
	clk := e.desk.Clock
	if clk == nil {
		clk = clock.New()
	}
	return &Router{engine: e, driver: sla.NewDriver[Event](clk, e, e.desk.OnEvent)}
}

// Apply stamps a command with the clock's time and does it. The methods below are
// its shorthands; use it for an idempotency key, an actor, a role, or an override.
func (r *Router) Apply(c Command) (Result, error) {
	var res Result
	var err error
	do := func(now time.Time, events []Event) []Event {
		c.At = now
		res.Outcome, events, err = r.engine.Apply(c, events)
		return events
	}
	room := make([]Event, 0, 2) // most commands cause no more; made before the lock is taken
	if c.Kind == Recover {
		res.Events = r.driver.Resume(room, do) // what nobody could see does not happen first
	} else {
		res.Events = r.driver.Do(room, do)
	}
	if len(res.Events) == 0 {
		res.Events = nil
	}
	return res, err
}

// Recover tells the desk that nobody could act until now, because the machine slept
// or the process stood still: offers are taken back, none of them missed. It must be
// the first call after that, since every other one lets the time pass as promised.
func (r *Router) Recover() (Result, error) { return r.Apply(Command{Kind: Recover}) }

// Submit brings a new ticket: it is assigned, offered, or waits.
func (r *Router) Submit(t ticket.Ticket) (Result, error) {
	return r.Apply(Command{Kind: Submit, Submit: &t})
}

// SetAgent makes an agent known, who is online at once, or changes one.
func (r *Router) SetAgent(a Agent) (Result, error) {
	return r.Apply(Command{Kind: SetAgent, Profile: &a})
}

// RemoveAgent takes an agent off the desk; what was in hand waits again.
func (r *Router) RemoveAgent(agent string) (Result, error) {
	return r.Apply(Command{Kind: RemoveAgent, Agent: agent})
}

// SetPresence sets whether an agent can be asked. A wrap-up ends after Config.WrapUp.
func (r *Router) SetPresence(agent string, p Presence) (Result, error) {
	return r.Apply(Command{Kind: SetPresence, Agent: agent, Presence: p})
}

// Accept takes up an offer.
func (r *Router) Accept(id, agent string) (Result, error) {
	return r.Apply(Command{Kind: Accept, Ticket: id, Agent: agent})
}

// Decline turns an offer down.
func (r *Router) Decline(id, agent, reason string) (Result, error) {
	return r.Apply(Command{Kind: Decline, Ticket: id, Agent: agent, Reason: reason})
}

// Reply records that an agent answered the customer.
func (r *Router) Reply(id string) (Result, error) {
	return r.Apply(Command{Kind: Reply, Ticket: id, By: ticket.Agent})
}

// CustomerReply records that the customer wrote.
func (r *Router) CustomerReply(id string) (Result, error) {
	return r.Apply(Command{Kind: CustomerReply, Ticket: id, By: ticket.Customer})
}

// Note records an internal note.
func (r *Router) Note(id string) (Result, error) {
	return r.Apply(Command{Kind: Note, Ticket: id})
}

// Hold rests a ticket until Resume, waiting for whom or what the reason says.
func (r *Router) Hold(id, reason string) (Result, error) {
	return r.Apply(Command{Kind: Hold, Ticket: id, Reason: reason})
}

// AwaitFeedback rests an answered ticket until the customer says whether it helped.
func (r *Router) AwaitFeedback(id string) (Result, error) {
	return r.Apply(Command{Kind: AwaitFeedback, Ticket: id})
}

// Resume takes up a ticket that rests.
func (r *Router) Resume(id string) (Result, error) {
	return r.Apply(Command{Kind: Resume, Ticket: id})
}

// Resolve ends the work on a ticket.
func (r *Router) Resolve(id string) (Result, error) {
	return r.Apply(Command{Kind: Resolve, Ticket: id})
}

// Close ends a resolved ticket for good.
func (r *Router) Close(id string) (Result, error) {
	return r.Apply(Command{Kind: Close, Ticket: id})
}

// Reopen brings a resolved or closed ticket back.
func (r *Router) Reopen(id string) (Result, error) {
	return r.Apply(Command{Kind: Reopen, Ticket: id})
}

// Cancel withdraws a ticket.
func (r *Router) Cancel(id, reason string) (Result, error) {
	return r.Apply(Command{Kind: Cancel, Ticket: id, Reason: reason})
}

// Abandon records that the customer gave up waiting.
func (r *Router) Abandon(id string) (Result, error) {
	return r.Apply(Command{Kind: Abandon, Ticket: id})
}

// Transfer passes a ticket on to an agent, or, if that is empty, to whoever else
// may take it, perhaps with other attributes. patch may be nil.
func (r *Router) Transfer(id, agent string, patch *Patch) (Result, error) {
	return r.Apply(Command{Kind: Transfer, Ticket: id, Agent: agent, Patch: patch})
}

// Escalate passes a ticket to the next line of support.
func (r *Router) Escalate(id, reason string) (Result, error) {
	return r.Apply(Command{Kind: Escalate, Ticket: id, Reason: reason})
}

// Take gives a waiting ticket to the agent who wants it.
func (r *Router) Take(id, agent string) (Result, error) {
	return r.Apply(Command{Kind: Take, Ticket: id, Agent: agent, By: ticket.Agent})
}

// Assign gives a ticket to an agent, as a supervisor does.
func (r *Router) Assign(id, agent string) (Result, error) {
	return r.Apply(Command{Kind: Assign, Ticket: id, Agent: agent, By: ticket.Supervisor})
}

// Update changes a ticket's attributes.
func (r *Router) Update(id string, p Patch) (Result, error) {
	return r.Apply(Command{Kind: Update, Ticket: id, Patch: &p})
}

// SwitchPolicy has the desk decide by another of its sets, for all that waits.
func (r *Router) SwitchPolicy(name, version string) (Result, error) {
	return r.Apply(Command{Kind: SwitchPolicy, Policy: name, Edition: version})
}

// SwitchPlan has the desk promise by another of its plans.
func (r *Router) SwitchPlan(name string, version int) (Result, error) {
	return r.Apply(Command{Kind: SwitchPlan, Policy: name, Edition: digits(version)})
}

// Erase forgets all that can be forgotten about a customer.
func (r *Router) Erase(customer string) (Result, error) {
	return r.Apply(Command{Kind: Erase, Customer: customer})
}

// read looks at the engine once it has caught up with the clock.
func read[T any](r *Router, f func(e *Engine) T) (out T) {
	r.driver.Read(func(time.Time) { out = f(r.engine) })
	return out
}

func tryRead[T any](r *Router, f func(e *Engine) (T, error)) (out T, err error) {
	r.driver.Read(func(time.Time) { out, err = f(r.engine) })
	return out, err
}

// Ticket returns a ticket.
func (r *Router) Ticket(id string) (View, error) {
	return tryRead(r, func(e *Engine) (View, error) {
		v, err := e.Ticket(id)
		v.Ticket = cloned(v.Ticket)
		return v, err
	})
}

// Agent returns an agent.
func (r *Router) Agent(id string) (AgentView, error) {
	return tryRead(r, func(e *Engine) (AgentView, error) {
		v, err := e.Agent(id)
		v.Agent = clonedAgent(v.Agent)
		return v, err
	})
}

// Agents returns all agents by id.
func (r *Router) Agents() []AgentView {
	return read(r, func(e *Engine) []AgentView {
		out := e.Agents()
		for i := range out {
			out[i].Agent = clonedAgent(out[i].Agent)
		}
		return out
	})
}

// List returns tickets in the order of submission, a page at a time.
func (r *Router) List(q Query) Page {
	return read(r, func(e *Engine) Page {
		p := e.List(q)
		for i := range p.Tickets {
			p.Tickets[i].Ticket = cloned(p.Tickets[i].Ticket)
		}
		return p
	})
}

// Lanes returns the lanes that hold tickets, the most urgent first.
func (r *Router) Lanes() []Lane { return read(r, (*Engine).Lanes) }

// InLane returns tickets of a waiting ticket's lane, from that ticket on.
func (r *Router) InLane(id string, limit int) ([]View, error) {
	return tryRead(r, func(e *Engine) ([]View, error) {
		views, err := e.InLane(id, limit)
		for i := range views {
			views[i].Ticket = cloned(views[i].Ticket)
		}
		return views, err
	})
}

// Explain tells why a ticket is where it is.
func (r *Router) Explain(id string) (Explanation, error) {
	return tryRead(r, func(e *Engine) (Explanation, error) { return e.Explain(id) })
}

// Preview tells what would become of a ticket submitted now.
func (r *Router) Preview(t ticket.Ticket) (Explanation, error) {
	return tryRead(r, func(e *Engine) (Explanation, error) { return e.Preview(t) })
}

// Attainment counts promises met and missed, by policy, channel and team.
func (r *Router) Attainment() []sla.Attained { return read(r, (*Engine).Attainment) }

// Snapshot returns the state of the desk; see [Restore].
func (r *Router) Snapshot() ([]byte, error) { return tryRead(r, (*Engine).Snapshot) }

// Flush returns once every event that has happened was delivered.
func (r *Router) Flush() { r.driver.Flush() }

// Stop disarms the timer for good; from then on time passes only when somebody
// calls.
func (r *Router) Stop() { r.driver.Close() }
