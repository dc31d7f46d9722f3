package router

import (
	"fmt"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// script invents commands that fit the state of a model: most of them are sensible,
// some are not, a few are nonsense.
type script struct {
	world
	m   *model
	n   int // tickets invented
	now time.Time

	unfit bool // there was no ticket to do that with
}

var monday = time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)

// next invents a command and the time at which it happens.
func (s *script) next() Command {
	s.pass()
	c := s.body()
	for range 5 {
		if !s.unfit {
			break
		}
		c = s.body()
	}
	c.At = s.now
	if s.chance(3) {
		c.At = s.now.Add(-s.seconds(10)) // somebody's clock is late
	}
	if s.chance(20) {
		c.Actor = one(s.world, "sue", "tom")
	}
	if s.chance(15) {
		c.Key = fmt.Sprint("key ", s.IntN(8))
	}
	if s.chance(2) {
		s.spoil(&c)
	}
	return c
}

// pass lets time pass: not at all, a little, or exactly to the next deadline.
func (s *script) pass() {
	switch next, ok := s.m.next(); {
	case s.chance(30):
	case s.chance(25) && ok && next.After(s.now):
		s.now = next.Add(time.Duration(s.IntN(3)-1) * one(s.world, 0, time.Nanosecond))
	case s.chance(2):
		s.now = s.now.Add(s.seconds(600))
	default:
		s.now = s.now.Add(s.seconds(5) + one(s.world, 0, time.Duration(s.IntN(1000))*time.Millisecond))
	}
}

// spoil makes something of a command wrong.
func (s *script) spoil(c *Command) {
	switch s.IntN(10) {
	case 0:
		c.V = 1 + s.IntN(2)
	case 1:
		c.Kind = CommandKind(s.IntN(int(Recover) + 3))
	case 2:
		c.At = one(s.world, time.Time{}, time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC))
	case 3:
		c.By = ticket.Role(s.IntN(int(ticket.System) + 2))
	case 4:
		c.Ticket = s.wrong()
	case 5:
		c.Agent = s.wrong()
	case 6:
		c.Reason, c.Stage, c.Customer = s.wrong(), s.wrong(), s.wrong()
	case 7:
		c.Presence = Presence(s.IntN(6))
	case 8:
		c.For = one(s.world, -1, 400*24*time.Hour)
	case 9:
		if c.Submit != nil {
			s.spoilTicket(c.Submit)
		} else if c.Profile != nil {
			s.spoilAgent(c.Profile)
		}
	}
}

func (s *script) spoilTicket(t *ticket.Ticket) {
	switch s.IntN(6) {
	case 0:
		t.ID = s.wrong()
	case 1:
		t.Weight = one(s.world, -1, ticket.MaxWeight, ticket.MaxWeight+1)
	case 2:
		t.Level = one(s.world, -1, 9, 10)
	case 3:
		t.Created = one(s.world, s.now.Add(time.Second), time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC))
	case 4:
		t.Channel = ticket.Channel(s.wrong())
	case 5:
		t.Required = append(t.Required, ticket.Need{Op: ticket.Op(s.IntN(5))})
	}
}

func (s *script) spoilAgent(a *Agent) {
	switch s.IntN(4) {
	case 0:
		a.ID = s.wrong()
	case 1:
		a.Capacity = one(s.world, -1, 0, ticket.MaxWeight, ticket.MaxWeight+1)
	case 2:
		a.Skills = append(a.Skills, one(s.world, ticket.Rated{Skill: "order"}, ticket.Rated{Skill: "order", Level: 1}))
	case 3:
		a.Weight, a.Level = one(s.world, -1, ticket.MaxWeight), 4
	}
}

// pick returns a ticket of one of the given states, if there is any.
func (s *script) pick(states ...ticket.Status) (*modelTicket, bool) {
	var from []*modelTicket
	for _, t := range s.m.tickets {
		for _, state := range states {
			if t.status == state {
				from = append(from, t)
			}
		}
	}
	if len(from) == 0 {
		return nil, false
	}
	return one(s.world, from...), true
}

// about makes a command about a ticket of one of the given states; if there is
// none, or now and then, about any other.
func (s *script) about(kind CommandKind, states ...ticket.Status) Command {
	c := Command{Kind: kind, Agent: one(s.world, worldAgents...)}
	t, ok := s.pick(states...)
	s.unfit = !ok
	if !ok || s.chance(2) {
		c.Ticket = fmt.Sprint("t", s.IntN(s.n+1))
		return c
	}
	c.Ticket = t.t.ID
	if (kind == Accept || kind == Decline) && s.chance(90) {
		c.Agent = t.holder()
	}
	if (kind == Assign || kind == Transfer || kind == Take) && s.chance(50) {
		for _, a := range s.m.agents { // somebody who may
			q := s.m.questionOf(t)
			q.byHand = true
			if s.m.verdict(q, a).Reason == "" {
				c.Agent = a.p.ID
			}
		}
	}
	return c
}

const (
	waiting = ticket.ToAssign
	offered = ticket.Offered
	working = ticket.InProgress
	onHold  = ticket.OnHold
	parked  = ticket.AwaitingFeedback
)

func (s *script) body() Command {
	s.unfit = false
	open := 0
	for _, t := range s.m.tickets {
		if t.ended == 0 {
			open++
		}
	}
	if len(s.m.agents) < 2 || s.chance(2) {
		a := s.agent(one(s.world, worldAgents...))
		return Command{Kind: SetAgent, Profile: &a}
	}
	if open < 3 || open < 14 && s.chance(25) {
		s.n++
		t := s.ticket(fmt.Sprint("t", s.n), s.now)
		if s.chance(2) {
			t.ID = fmt.Sprint("t", s.IntN(s.n+1))
		}
		return Command{Kind: Submit, Submit: &t, By: one(s.world, ticket.Anyone, ticket.Customer, ticket.Bot)}
	}
	if s.chance(25) {
		return s.talk()
	}
	if s.chance(15) {
		return s.shift()
	}
	if s.chance(15) {
		return s.move()
	}
	switch s.IntN(8) {
	case 0, 1:
		return s.about(Accept, offered)
	case 2:
		c := s.about(Decline, offered)
		c.Reason = one(s.world, "", "busy")
		return c
	case 3:
		return s.about(Take, waiting)
	case 4:
		return s.about(one(s.world, Hold, AwaitFeedback), working)
	case 5:
		return s.about(Resume, onHold, parked)
	}
	c := s.about(Resolve, working, working, onHold, parked)
	c.By = one(s.world, ticket.Anyone, ticket.Agent, ticket.Bot)
	return c
}

// talk is what changes little.
func (s *script) talk() Command {
	all := []ticket.Status{waiting, offered, working, onHold, parked, ticket.Done}
	switch s.IntN(8) {
	case 0:
		c := s.about(one(s.world, Reply, CustomerReply, Note), all...)
		c.Reason = one(s.world, "", "by mail")
		return c
	case 1:
		c := s.about(one(s.world, BeginStage, EndStage), all...)
		c.Stage = "review"
		return c
	case 2:
		c := s.about(Reopen, ticket.Done, ticket.Closed)
		c.Agent = ""
		return c
	case 3:
		return s.about(Close, ticket.Done)
	case 4:
		return s.about(Abandon, waiting, offered)
	case 5:
		c := s.about(Cancel, all...)
		c.By = one(s.world, ticket.Anyone, ticket.Customer, ticket.Agent)
		return c
	}
	c := s.about(Update, all...)
	c.Patch = s.patch(s.now)
	return c
}

// shift is what happens to agents and to the desk.
func (s *script) shift() Command {
	agent := one(s.world, worldAgents...)
	switch s.IntN(12) {
	case 0:
		return Command{Kind: RemoveAgent, Agent: agent}
	case 1:
		p := s.agent(agent)
		return Command{Kind: SetAgent, Profile: &p}
	case 2:
		var set policy.Set
		if s.chance(90) {
			set = one(s.world, s.m.sets...)
		}
		return Command{Kind: SwitchPolicy, Policy: set.Name, Edition: set.Version}
	case 3:
		return Command{Kind: Erase, Customer: one(s.world, "kim", "lou", "nobody")}
	case 4:
		return Command{Kind: Recover, By: one(s.world, ticket.Anyone, ticket.Supervisor)}
	}
	return Command{Kind: SetPresence, Agent: agent, Presence: one(s.world, Online, Online, Online, Online, Online, WrapUp, Away, Offline),
		For: one(s.world, 0, s.seconds(20))}
}

// move is what people do against or beside the desk.
func (s *script) move() Command {
	open := []ticket.Status{waiting, offered, working, onHold, parked}
	var c Command
	switch s.IntN(3) {
	case 0:
		c = s.about(Assign, open...)
		c.By = one(s.world, ticket.Anyone, ticket.Supervisor)
	case 1:
		c = s.about(Transfer, open...)
		if s.chance(60) {
			c.Agent = ""
		}
		if s.chance(40) {
			c.Patch = s.patch(s.now)
		}
		c.Reason = one(s.world, "", "not mine")
	case 2:
		return s.about(Escalate, open...)
	}
	c.Override = s.chance(15)
	return c
}
