package router

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// What commands do.

func (m *model) do(c Command) (Outcome, error) {
	switch c.Kind {
	case Submit:
		return m.submit(c)
	case SetAgent:
		return Outcome{}, m.setAgent(c)
	case RemoveAgent:
		return Outcome{}, m.removeAgent(c)
	case SetPresence:
		return Outcome{}, m.presence(c)
	case SwitchPolicy:
		return Outcome{}, m.switchPolicy(c)
	case SwitchPlan: // no world of the model promises anything
		return Outcome{}, &IDError{ErrUnknownPlan, cut(c.Policy + " " + c.Edition)}
	case Erase:
		m.erase(c)
		return Outcome{}, nil
	case Recover:
		return Outcome{}, nil
	}
	t := m.find(c.Ticket)
	if t == nil {
		return Outcome{}, &IDError{ErrUnknownTicket, cut(c.Ticket)}
	}
	to, err := ticket.Next(t.t.ID, t.status, modelSteps[c.Kind], c.By)
	if err == nil {
		err = m.step(c, t, to)
	}
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Ticket: t.t.ID}, nil
}

func cut(s string) string {
	if len(s) <= ticket.MaxName {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:32], len(s))
}

var modelSteps = map[CommandKind]ticket.Step{
	Accept: ticket.Accept, Decline: ticket.Decline, Reply: ticket.Reply, CustomerReply: ticket.Reply, Note: ticket.Reply,
	BeginStage: ticket.Reply, EndStage: ticket.Reply, Update: ticket.Alter, Hold: ticket.Hold,
	AwaitFeedback: ticket.AwaitFeedback, Resume: ticket.Resume, Resolve: ticket.Resolve, Close: ticket.Close,
	Reopen: ticket.Reopen, Cancel: ticket.Cancel, Abandon: ticket.Abandon, Transfer: ticket.Transfer,
	Escalate: ticket.Escalate, Take: ticket.Pull, Assign: ticket.Assign,
}

var modelSaid = map[CommandKind]EventKind{Reply: Answered, CustomerReply: CustomerWrote, Note: Noted,
	BeginStage: StageBegan, EndStage: StageEnded}

func (m *model) step(c Command, t *modelTicket, to ticket.Status) error {
	switch c.Kind {
	case Reply, CustomerReply, Note, BeginStage, EndStage:
		note := c.Reason
		if c.Stage != "" {
			note = c.Stage
		}
		m.emit(Event{Kind: modelSaid[c.Kind], Ticket: t.t.ID, Agent: t.holder(), Status: t.status, Note: note})
	case Accept, Decline:
		return m.answer(c, t, to)
	case Hold:
		m.park(c, t, to, Held)
	case AwaitFeedback:
		m.park(c, t, to, Parked)
	case Resume:
		m.resume(t)
	case Resolve:
		a := m.free(t)
		m.end(t, to)
		m.emit(Event{Kind: Resolved, Ticket: t.t.ID, Agent: a.p.ID, Status: to, Note: c.Reason})
		if wrap := m.cfg.Channels[t.t.Channel].WrapUp; wrap > 0 && a.asked() {
			m.setPresence(a, WrapUp, max(a.until, m.now+int64(wrap)), 0)
		}
	case Close:
		t.status = to
		m.emit(Event{Kind: Closed, Ticket: t.t.ID, Status: to, Note: c.Reason})
	case Cancel:
		from := m.release(t)
		m.end(t, to)
		m.emit(Event{Kind: Cancelled, Ticket: t.t.ID, From: from, Status: to, Note: c.Reason})
	case Abandon:
		from := m.release(t)
		m.end(t, to)
		m.emit(Event{Kind: Abandoned, Ticket: t.t.ID, From: from, Status: to, Note: c.Reason})
	case Reopen:
		t.status, t.ended, t.since = to, 0, m.now
		m.emit(Event{Kind: Reopened, Ticket: t.t.ID, From: t.t.LastAgent, Status: to, Note: c.Reason})
		m.queue(t)
	case Take, Assign:
		return m.assign(c, t)
	case Transfer:
		return m.transfer(c, t, to)
	case Escalate:
		return m.escalate(c, t, to)
	case Update:
		patched, err := m.patched(c, t)
		if err != nil {
			return err
		}
		m.emit(Event{Kind: Altered, Ticket: t.t.ID, Agent: t.holder(), Status: t.status, Note: c.Reason})
		m.alter(t, patched)
	}
	return nil
}

func (t *modelTicket) holder() string {
	if t.agent == nil {
		return ""
	}
	return t.agent.p.ID
}

// Tickets.

func (m *model) submit(c Command) (Outcome, error) {
	n := c.Submit
	if err := n.Validate(); err != nil {
		return Outcome{}, err
	}
	if _, err := ticket.Next(n.ID, ticket.None, ticket.Submit, c.By); err != nil {
		return Outcome{}, err
	}
	switch {
	case n.Level > m.cfg.MaxLevel:
		return Outcome{}, &RuleError{Err: ErrHighestLevel, Ticket: n.ID, Limit: m.cfg.MaxLevel}
	case n.Created.After(m.time()):
		return Outcome{}, &ticket.FieldError{Field: "created"}
	case m.find(n.ID) != nil:
		return Outcome{}, &IDError{ErrDuplicateTicket, n.ID}
	}
	m.seq++
	t := &modelTicket{t: policy.Ticket{Ticket: *n}, seq: m.seq, status: ticket.ToAssign, since: m.now}
	t.t.Created = t.t.Created.UTC()
	if n.Created.IsZero() {
		t.t.Created = m.time()
	}
	m.tickets = append(m.tickets, t)
	m.emit(Event{Kind: Submitted, Ticket: n.ID, Status: t.status})
	m.queue(t)
	return Outcome{Ticket: n.ID}, nil
}

// queue lets a ticket begin to wait: at the ring that its wait has reached, and for
// one agent alone if the policies say so.
func (m *model) queue(t *modelTicket) {
	t.resting, t.only, t.until = false, nil, 0
	m.reach(t)
	name, wait := m.rules.Stick(&t.t)
	a := m.agent(name)
	if a == nil || t.since+int64(wait) <= m.now || !a.asked() || slices.Contains(t.except, name) {
		return
	}
	if ring, ok := m.ringOf(m.ask(t.t), a); ok && ring <= t.ring {
		t.only, t.until = a, t.since+int64(wait)
	}
}

func (m *model) reach(t *modelTicket) {
	for t.ring = 0; ; t.ring++ {
		after, ok := m.rules.After(t.ring + 1)
		if !ok || t.since+int64(after) > m.now {
			return
		}
	}
}

func (m *model) give(t *modelTicket, a *modelAgent) {
	m.count++
	t.agent, t.parked, t.got, t.only, t.until = a, false, m.count, nil, 0
	a.idle = m.now
	m.turn = max(m.turn, a.turn)
	a.turn = m.turn + (1<<20)/int64(max(a.p.Weight, 1))
	if m.now < a.rampEnd {
		a.nextTake = m.now + int64(time.Minute)/int64(m.cfg.Ramp.PerMinute)
	}
}

func (m *model) free(t *modelTicket) *modelAgent {
	a := t.agent
	if !t.parked {
		a.idle = m.now
	}
	t.t.LastAgent = a.p.ID
	t.agent, t.parked, t.until = nil, false, 0
	return a
}

// release takes an open ticket out of wherever it is.
func (m *model) release(t *modelTicket) (from string) {
	if t.agent != nil {
		from = m.free(t).p.ID
	}
	t.resting, t.only, t.until, t.except, t.reason = false, nil, 0, nil, ""
	return from
}

func (m *model) end(t *modelTicket, to ticket.Status) {
	m.count++
	t.status, t.ended, t.ending, t.reason, t.except = to, m.now, m.count, "", nil
}

func (m *model) park(c Command, t *modelTicket, to ticket.Status, kind EventKind) {
	t.status, t.reason = to, c.Reason
	if m.cfg.ReleaseParked {
		a := m.free(t)
		m.count++
		t.agent, t.parked, t.got = a, true, m.count
	}
	m.emit(Event{Kind: kind, Ticket: t.t.ID, Agent: t.holder(), Status: to, Note: c.Reason})
}

func (m *model) resume(t *modelTicket) {
	a := t.agent
	t.reason = ""
	d := m.ask(t.t).demand
	if t.parked && (m.available(a) != "" || m.room(a, &d) != "") {
		m.free(t)
		t.status, t.since = ticket.ToAssign, m.now
		m.emit(Event{Kind: Resumed, Ticket: t.t.ID, From: a.p.ID, Status: t.status})
		m.queue(t)
		return
	}
	if t.parked {
		m.free(t)
		m.give(t, a)
	}
	t.status = ticket.InProgress
	m.emit(Event{Kind: Resumed, Ticket: t.t.ID, Agent: a.p.ID, Status: t.status})
}

func (m *model) patched(c Command, t *modelTicket) (ticket.Ticket, error) {
	n := t.t.Ticket
	if p := c.Patch; p != nil {
		patch(&n.Channel, p.Channel)
		patch(&n.Type, p.Type)
		patch(&n.Priority, p.Priority)
		patch(&n.Tier, p.Tier)
		patch(&n.Team, p.Team)
		patch(&n.Level, p.Level)
		patch(&n.Weight, p.Weight)
		patch(&n.Agent, p.Agent)
		patch(&n.Tags, p.Tags)
		patch(&n.Required, p.Required)
		patch(&n.Preferred, p.Preferred)
	}
	if err := n.Validate(); err != nil {
		return n, err
	}
	if n.Level > m.cfg.MaxLevel {
		return n, &RuleError{Err: ErrHighestLevel, Ticket: n.ID, Status: t.status, Limit: m.cfg.MaxLevel}
	}
	return n, nil
}

func patch[T any](v *T, to *T) {
	if to != nil {
		*v = *to
	}
}

func (m *model) alter(t *modelTicket, n ticket.Ticket) {
	t.t.Ticket = n
	switch {
	case t.agent != nil && !t.parked:
		m.reportOverload(t.agent)
	case t.status == ticket.ToAssign && !t.resting:
		m.queue(t)
	}
}

func (m *model) erase(c Command) {
	gone, kept := 0, 0
	for _, t := range slices.Clone(m.tickets) {
		switch {
		case t.t.Customer != c.Customer:
		case t.ended != 0:
			gone++
			m.forget(t)
		default:
			kept++
			n := t.t.Ticket
			n.Customer, n.Tags, n.Location = "", nil, ticket.Point{}
			m.alter(t, n)
		}
	}
	m.emit(Event{Kind: Erased, Note: fmt.Sprintf("%d forgotten, %d made anonymous", gone, kept)})
}

// Offers.

func (m *model) offer(t *modelTicket, a *modelAgent) {
	wait := m.cfg.Channels[t.t.Channel].OfferFor
	usual(&wait, m.cfg.OfferFor)
	m.give(t, a)
	t.status, t.until = ticket.Offered, m.now+int64(wait)
	m.emit(Event{Kind: Offered, Due: at(t.until), Ticket: t.t.ID, Agent: a.p.ID, Status: t.status})
}

func (m *model) answer(c Command, t *modelTicket, to ticket.Status) error {
	if t.agent.p.ID != c.Agent {
		return &RuleError{Err: ErrNotOffered, Ticket: t.t.ID, Agent: cut(c.Agent), Status: t.status}
	}
	t.agent.missed, t.status = 0, to
	if c.Kind == Accept {
		t.until, t.except = 0, nil
		m.emit(Event{Kind: Accepted, Ticket: t.t.ID, Agent: c.Agent, Status: to})
		return nil
	}
	m.emit(Event{Kind: Declined, Ticket: t.t.ID, From: c.Agent, Status: to, Note: c.Reason})
	m.unoffer(t, true)
	return nil
}

func (m *model) miss(t *modelTicket, due int64) {
	a := t.agent
	t.status = ticket.ToAssign
	m.emit(Event{Kind: Missed, Due: at(due), Ticket: t.t.ID, From: a.p.ID, Status: t.status})
	m.unoffer(t, true)
	if a.missed++; m.cfg.MissedAway > 0 && a.missed >= m.cfg.MissedAway && a.asked() {
		m.setPresence(a, Away, 0, 0)
	}
}

func (m *model) unoffer(t *modelTicket, asked bool) {
	a := m.free(t)
	if asked && !slices.Contains(t.except, a.p.ID) {
		t.except = append(slices.Clone(t.except), a.p.ID)
		slices.Sort(t.except)
	}
	m.queue(t)
}

func (m *model) withdrawAll(a *modelAgent) {
	for _, t := range m.work(a) {
		if t.status == ticket.Offered {
			t.status = ticket.ToAssign
			m.emit(Event{Kind: Withdrawn, Ticket: t.t.ID, From: a.p.ID, Status: t.status})
			m.unoffer(t, false)
		}
	}
}

func (m *model) recover(c Command) {
	m.now = max(m.now, c.At.UnixNano())
	m.by, m.actor = ticket.System, ""
	for _, a := range m.agents {
		m.withdrawAll(a)
	}
	m.by, m.actor = c.By, c.Actor
	m.emit(Event{Kind: Recovered})
}

// Moves.

func (m *model) target(c Command, t *modelTicket, q modelQuestion) (*modelAgent, error) {
	a := m.agent(c.Agent)
	if a == nil {
		return nil, &IDError{ErrUnknownAgent, cut(c.Agent)}
	}
	err := &RuleError{Err: ErrMayNot, Ticket: t.t.ID, Agent: a.p.ID, Status: t.status, Reason: ReasonHasIt}
	if t.agent == a && t.status == ticket.InProgress {
		return nil, err
	}
	q.byHand = true
	v := m.verdict(q, a)
	if v.Reason == "" || c.Override {
		return a, nil
	}
	err.Reason, err.Rule = v.Reason, v.Rule
	return nil, err
}

// fresh is the question a ticket would ask if it began to wait now, with these
// attributes.
func (m *model) fresh(t *modelTicket, n ticket.Ticket) modelQuestion {
	as := t.t
	as.Ticket = n
	q := modelQuestion{ask: m.ask(as)}
	if t.agent != nil && !t.parked {
		q.held, q.counted = t, t.t.Team
	}
	return q
}

func (m *model) assign(c Command, t *modelTicket) error {
	q := m.fresh(t, t.t.Ticket)
	if t.status == ticket.ToAssign {
		q = m.questionOf(t)
	}
	a, err := m.target(c, t, q)
	if err != nil {
		return err
	}
	m.hand(t, a, Event{From: m.release(t), Override: c.Override, Note: c.Reason})
	return nil
}

func (m *model) hand(t *modelTicket, a *modelAgent, e Event) {
	m.give(t, a)
	t.status, t.next, t.chosen = ticket.InProgress, "", "by hand"
	e.Kind, e.Ticket, e.Agent, e.Status = Assigned, t.t.ID, a.p.ID, t.status
	m.emit(e)
	m.reportOverload(a)
}

func (m *model) transfer(c Command, t *modelTicket, to ticket.Status) error {
	if t.transfers >= m.cfg.MaxTransfers && !c.Override {
		return &RuleError{Err: ErrTooManyMoves, Ticket: t.t.ID, Status: t.status, Limit: m.cfg.MaxTransfers}
	}
	n, err := m.patched(c, t)
	if err != nil {
		return err
	}
	var a *modelAgent
	if c.Agent != "" {
		if a, err = m.target(c, t, m.fresh(t, n)); err != nil {
			return err
		}
	}
	from := m.release(t)
	t.t.Ticket, t.status, t.since = n, to, m.now
	t.transfers++
	m.emit(Event{Kind: Transferred, Ticket: n.ID, Agent: c.Agent, From: from, Status: to, Override: c.Override, Note: c.Reason})
	switch {
	case a == nil:
		if from != "" {
			t.except = []string{from}
		}
		t.t.LastAgent = ""
		m.queue(t)
	case m.mode(n.Channel) == Offers && !c.Override:
		t.next, t.chosen = "", "by hand"
		m.offer(t, a)
	default:
		m.hand(t, a, Event{Override: c.Override})
	}
	return nil
}

func (m *model) escalate(c Command, t *modelTicket, to ticket.Status) error {
	level := max(t.t.Level, 1)
	if t.agent != nil {
		level = max(level, t.agent.p.Level)
	}
	if level >= m.cfg.MaxLevel {
		return &RuleError{Err: ErrHighestLevel, Ticket: t.t.ID, Status: t.status, Limit: m.cfg.MaxLevel}
	}
	from := m.release(t)
	t.t.Level, t.status, t.since = level+1, to, m.now
	m.emit(Event{Kind: Escalated, Ticket: t.t.ID, From: from, Status: to, Note: strings.TrimSpace(fmt.Sprint(level+1, " ", c.Reason))})
	t.t.LastAgent = ""
	m.queue(t)
	return nil
}
