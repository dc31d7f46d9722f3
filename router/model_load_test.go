package router

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// rows are what a host's database has of a desk.
func (m *model) rows() Rows {
	r := Rows{At: m.time()}
	for _, a := range m.agents {
		row := AgentRow{Agent: a.p, Presence: a.presence, IdleSince: at(a.idle)}
		if a.until != 0 {
			row.Until = at(a.until)
		}
		r.Agents = append(r.Agents, row)
	}
	for _, t := range slices.Backward(m.tickets) { // in no order that matters
		row := TicketRow{Ticket: t.t.Ticket, Status: t.status, Agent: t.holder(), LastAgent: t.t.LastAgent,
			Transfers: t.transfers, Reason: t.reason, Declined: t.except, Since: at(t.since)}
		if t.ended != 0 {
			row.Since = at(t.ended)
		}
		r.Tickets = append(r.Tickets, row)
	}
	return r
}

// load is Load: the tickets come in the order of their age.
func (m *model) load(r Rows) []Event {
	m.begin(r.At)
	m.by = ticket.System
	for _, row := range r.Agents {
		a := &modelAgent{presence: row.Presence, idle: row.IdleSince.UnixNano()}
		a.set(row.Agent)
		if a.presence == WrapUp {
			a.until = m.now + int64(m.cfg.WrapUp)
			if row.Until.After(r.At) {
				a.until = row.Until.UnixNano()
			}
		}
		m.agents = append(m.agents, a)
	}
	rows := slices.Clone(r.Tickets)
	slices.SortFunc(rows, func(a, b TicketRow) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	for _, row := range rows {
		m.seq++
		m.count++
		t := &modelTicket{t: policy.Ticket{Ticket: row.Ticket, LastAgent: row.LastAgent}, seq: m.seq, status: row.Status,
			transfers: row.Transfers, reason: row.Reason, since: row.Since.UnixNano(), got: m.count}
		switch {
		case t.status.Ended():
			t.ended = t.since
		case t.status.Assigned():
			t.agent = m.agent(row.Agent)
			t.parked = m.cfg.ReleaseParked && t.status != ticket.InProgress
		default:
			t.status, t.except = ticket.ToAssign, row.Declined
		}
		m.tickets = append(m.tickets, t)
	}
	byEnd := slices.Clone(m.tickets)
	slices.SortStableFunc(byEnd, func(a, b *modelTicket) int { return cmp.Compare(a.ended, b.ended) })
	for i, t := range byEnd {
		t.ending = uint64(i)
	}
	m.count += uint64(len(byEnd))
	for _, a := range m.agents {
		m.reportOverload(a)
	}
	for _, t := range m.tickets {
		if t.status == ticket.ToAssign {
			m.queue(t)
		}
	}
	slices.SortFunc(m.agents, func(a, b *modelAgent) int { return strings.Compare(a.p.ID, b.p.ID) })
	for _, a := range m.agents {
		if a.presence != Offline || len(m.work(a))+len(m.parkedWith(a)) == 0 {
			continue
		}
		if m.cfg.LeaveGrace > 0 {
			a.until = m.now + int64(m.cfg.LeaveGrace)
		} else {
			m.returnWork(a, 0)
		}
	}
	m.settle()
	m.forgetEnded()
	return m.out
}
