package sla

import "github.com/usherdesk/usher/ticket"

func (tr *Tracker) submit(c *ticket.Change, p place, events []Event) []Event {
	i := tr.tickets.take()
	k := tr.tickets.at(i)
	k.id = c.Ticket
	k.created = tr.now
	if !c.Created.IsZero() {
		k.created = min(tr.now, nano(c.Created))
	}
	k.class = tr.classOf(c)
	tr.class.at(k.class).tickets++
	if c.Agent != "" {
		k.flags = assigned
	}
	tr.index.add(p, i)
	tr.addTargets(i)
	tr.each(i, tr.beginByFacts)
	return tr.advance(tr.now, events) // of a ticket that is old already
}

// addTargets gives a ticket the targets of its class, none of them begun.
func (tr *Tracker) addTargets(i uint32) {
	k := tr.tickets.at(i)
	link := &k.first
	for n := range tr.class.at(k.class).specs {
		j := tr.targets.take()
		t := tr.targets.at(j)
		*t = target{ticket: i, spec: uint16(n), start: none, since: none, due: never}
		*link = j
		link = &t.next
	}
}

// beginByFacts starts the clock of a target that has not begun, if what is known of
// the ticket says that it should run now.
func (tr *Tracker) beginByFacts(j uint32, t *target, s *spec) {
	k := tr.tickets.at(t.ticket)
	if k.flags&done != 0 && s.Metric != Stage {
		return
	}
	start := int64(none)
	past := tr.pastOf(t.ticket)
	if past == nil { // only created, or assigned
		if s.Metric == Assignment && k.flags&assigned == 0 || s.Metric == FirstResponse ||
			s.Metric == PeriodicUpdate || s.Metric == Resolution || s.Metric == Stage && s.Begins == OnCreation {
			tr.begin(j, t, s, k.created, tr.now)
		}
		return
	}
	open := k.flags&resolved == 0
	switch s.Metric {
	case Assignment:
		if k.flags&assigned == 0 && open {
			start = max(k.created, past.waiting)
		}
	case FirstResponse:
		if past.answered == none && (!s.Bots || past.automatic == none) {
			start = k.created
		}
	case NextResponse:
		start = past.wrote
		if s.Bots {
			start = past.wroteAuto
		}
	case PeriodicUpdate:
		start = max(k.created, past.last)
		if s.Bots {
			start = max(start, past.lastAuto)
		}
	case Resolution:
		start = k.created
	case Stage:
		start = tr.stageBegan(k, s, past)
	}
	if start == none {
		return
	}
	tr.begin(j, t, s, start, tr.now)
	if !open && s.Metric != Stage {
		tr.stop(j, t, s, tr.now, presumed)
	}
}

func (tr *Tracker) stageBegan(k *tracked, s *spec, past *history) int64 {
	began, ended := int64(none), int64(none)
	if r := past.stage(s.Stage); r != nil {
		began, ended = r.began, r.ended
	}
	switch s.Begins {
	case OnCreation:
		began = k.created
	case OnEscalation:
		began = past.escalated
	case OnResolution:
		began = past.resolved
	}
	if ended >= began || k.flags&done != 0 && s.Begins != OnResolution {
		return none
	}
	return began
}

// apply takes a change to a known ticket at the tracker's time.
func (tr *Tracker) apply(i uint32, c *ticket.Change, at int64, events []Event) []Event {
	k := tr.tickets.at(i)
	switch c.Kind {
	case ticket.WasAltered:
		events = tr.alter(i, c, events)
	case ticket.WasAssigned, ticket.WasUnassigned, ticket.WasEscalated, ticket.WasTransferred:
		events = tr.alter(i, c, events)
		events = tr.handOver(i, c.Agent != "", at, events)
		if c.Kind == ticket.WasEscalated && k.flags&(resolved|done) == 0 {
			tr.pastFor(i).escalated = at
			tr.each(i, func(j uint32, t *target, s *spec) {
				if s.Metric == Stage && s.Begins == OnEscalation && t.state != running && t.state != paused {
					tr.again(j, t, s, at, at)
				}
			})
		}
	case ticket.WasAnswered:
		events = tr.answer(i, c.By == ticket.Bot || c.By == ticket.System, at, events)
	case ticket.CustomerWrote:
		past := tr.pastFor(i)
		if past.wrote == none {
			past.wrote = at
		}
		if past.wroteAuto == none {
			past.wroteAuto = at
		}
		if k.flags&(resolved|done) != 0 {
			break // counts from here if the ticket is reopened
		}
		tr.each(i, func(j uint32, t *target, s *spec) {
			if s.Metric == NextResponse && t.state != running && t.state != paused {
				tr.again(j, t, s, at, at)
			}
		})
	case ticket.WasHeld:
		if k.flags&(resolved|done) == 0 {
			events = tr.hold(i, &hold{from: at, to: never, reason: c.Reason}, at, events)
		}
	case ticket.WasResumed:
		if k.flags&(resolved|done) == 0 {
			events = tr.hold(i, nil, at, events)
		}
	case ticket.WasResolved, ticket.WasClosed:
		events = tr.resolve(i, at, events)
		if c.Kind == ticket.WasClosed {
			tr.tickets.at(i).flags |= done
		}
	case ticket.WasCancelled:
		k.flags |= done | resolved
		tr.each(i, func(j uint32, t *target, s *spec) {
			if t.state == running || t.state == paused {
				tr.stop(j, t, s, at, withdrawn)
			}
		})
		events = tr.hold(i, &hold{from: at, to: never, ended: true}, at, events)
	case ticket.WasReopened:
		events = tr.reopen(i, c, at, events)
	case ticket.StageBegan, ticket.StageEnded:
		events = tr.stage(i, c, at, events)
	}
	return tr.advance(at, events) // a clock may have been started in the past
}

// each visits a ticket's targets, in the policy's order.
func (tr *Tracker) each(i uint32, f func(j uint32, t *target, s *spec)) {
	for j := tr.tickets.at(i).first; j != 0; {
		t := tr.targets.at(j)
		next := t.next
		f(j, t, tr.specOf(t))
		j = next
	}
}

// handOver notes whether somebody has the ticket now.
func (tr *Tracker) handOver(i uint32, has bool, at int64, events []Event) []Event {
	k := tr.tickets.at(i)
	if k.flags&(resolved|done) != 0 {
		return events
	}
	was := k.flags&assigned != 0
	k.flags &^= assigned
	if has {
		k.flags |= assigned
	} else if was {
		tr.pastFor(i).waiting = at
	}
	tr.each(i, func(j uint32, t *target, s *spec) {
		switch {
		case s.Metric != Assignment:
		case has:
			events = tr.meet(j, t, s, at, met, events)
		case was:
			tr.again(j, t, s, at, at)
		}
	})
	return events
}

func (tr *Tracker) answer(i uint32, auto bool, at int64, events []Event) []Event {
	past := tr.pastFor(i)
	if auto {
		if past.automatic == none {
			past.automatic = at
		}
		past.lastAuto = at
	} else {
		if past.answered == none {
			past.answered = at
		}
		past.last, past.wrote = at, none
	}
	past.wroteAuto = none
	over := tr.tickets.at(i).flags&(resolved|done) != 0
	tr.each(i, func(j uint32, t *target, s *spec) {
		if auto && !s.Bots {
			return
		}
		switch s.Metric {
		case FirstResponse, NextResponse:
			events = tr.meet(j, t, s, at, met, events)
			if t.state == presumed {
				t.state = met
			}
		case PeriodicUpdate:
			events = tr.meet(j, t, s, at, met, events)
			if !over {
				tr.again(j, t, s, at, at)
			}
		}
	})
	return events
}

// hold begins a hold, or ends the one that lasts if h is nil.
func (tr *Tracker) hold(i uint32, h *hold, at int64, events []Event) []Event {
	past := tr.pastFor(i)
	if last := past.current(); last != nil {
		if h != nil && last.reason == h.reason && last.ended == h.ended {
			return events
		}
		last.to = at
		if last.from == at {
			past.holds = past.holds[:len(past.holds)-1]
		}
	}
	if h != nil {
		past.holds = append(past.holds, *h)
	}
	tr.each(i, func(j uint32, t *target, s *spec) {
		stands := h != nil && s.pauses(h)
		switch {
		case t.state == running && stands:
			tr.stop(j, t, s, at, paused)
			events = tr.tell(Paused, t, s, at, events)
		case t.state == paused && !stands:
			t.state, t.since = running, at
			tr.schedule(j, t, s)
			events = tr.tell(Resumed, t, s, at, events)
		}
	})
	return events
}

func (tr *Tracker) resolve(i uint32, at int64, events []Event) []Event {
	k := tr.tickets.at(i)
	if k.flags&(resolved|done) != 0 {
		return events
	}
	k.flags |= resolved
	// The past is needed only for a reopening, and for what begins with this.
	past := tr.pastFor(i)
	past.resolved = at
	past.wrote, past.wroteAuto = none, none
	tr.each(i, func(j uint32, t *target, s *spec) {
		switch {
		case s.Metric != Stage:
			as := presumed
			if s.Metric == NextResponse || s.Metric == Assignment {
				as = met
			}
			events = tr.meet(j, t, s, at, as, events)
		case s.Begins == OnResolution && t.state != running && t.state != paused:
			tr.again(j, t, s, at, at)
		}
	})
	return tr.hold(i, &hold{from: at, to: never, ended: true}, at, events)
}

// reopen takes back what was met only by resolving; the time in between does not
// count. A follow-up that had begun is no longer due.
func (tr *Tracker) reopen(i uint32, c *ticket.Change, at int64, events []Event) []Event {
	k := tr.tickets.at(i)
	if k.flags&(resolved|done) == 0 {
		return events
	}
	k.flags &^= resolved | done
	past := tr.pastFor(i)
	past.resolved = none
	if h := past.current(); h != nil {
		h.to = at
	}
	if c.Agent == "" {
		k.flags &^= assigned
		past.waiting = at
	} else {
		k.flags |= assigned
	}
	tr.each(i, func(j uint32, t *target, s *spec) {
		switch {
		case s.Metric == Stage && s.Begins == OnResolution:
			if t.state == running || t.state == paused {
				tr.stop(j, t, s, at, withdrawn)
			}
		case s.Metric == Stage:
		case s.Metric == Assignment:
			if c.Agent == "" {
				tr.again(j, t, s, at, at)
			}
		case s.Metric == PeriodicUpdate:
			tr.again(j, t, s, at, at)
		case s.Metric == NextResponse:
			if past.wrote != none {
				tr.again(j, t, s, past.wrote, at)
			}
		case t.state == presumed || t.state == withdrawn:
			if t.sent&breachBit == 0 && t.state == presumed {
				tr.count(s, func(a *Attained) { a.Met-- })
			}
			t.state, t.since = running, at
			t.cycle++
			tr.schedule(j, t, s)
			events = tr.tell(Resumed, t, s, at, events)
		}
	})
	return tr.alter(i, c, events)
}

func (tr *Tracker) stage(i uint32, c *ticket.Change, at int64, events []Event) []Event {
	past := tr.pastFor(i)
	r := past.stage(c.Stage)
	if r == nil {
		past.stages = append(past.stages, stageRecord{c.Stage, none, none})
		r = &past.stages[len(past.stages)-1]
	}
	begins := c.Kind == ticket.StageBegan
	if begins {
		if r.began <= r.ended {
			r.began = at
		}
	} else {
		r.ended = at
	}
	tr.each(i, func(j uint32, t *target, s *spec) {
		switch {
		case s.Metric != Stage || s.Stage != c.Stage:
		case !begins:
			events = tr.meet(j, t, s, at, met, events)
		case s.Begins == OnStage && t.state != running && t.state != paused:
			tr.again(j, t, s, at, at)
		}
	})
	return events
}
