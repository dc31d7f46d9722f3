package router

import (
	"fmt"

	"github.com/usherdesk/usher/ticket"
)

// audit checks everything that must hold of a desk at rest: that each ticket is in
// exactly one place, that counts are what they count, that indexes hold what they
// should, and that no waiting ticket has an agent who may take it. Restore relies
// on it; the tests call it after every command.
func (e *Engine) audit() error {
	seen := map[*item]string{}
	for _, a := range e.agentOrder {
		if err := e.auditAgent(a, seen); err != nil {
			return err
		}
	}
	lanes := 0
	for l := range e.allLanes {
		if e.lane(&l.laneKey) != l {
			return fmt.Errorf("a lane is misplaced")
		}
		x := l.first()
		if h := (head{x.start, x.seq, l.class, l.rate}); e.heads[l.number] != h {
			return fmt.Errorf("lane of %q: wrong head", x.it.t.ID)
		}
		lanes += l.len()
		if c := e.pick(&l.laneKey); c.agent != nil {
			return fmt.Errorf("ticket %q waits although agent %q may take it", l.head().t.ID, c.agent.p.ID)
		}
	}
	if lanes != e.waiting {
		return fmt.Errorf("%d tickets in lanes, %d counted", lanes, e.waiting)
	}
	ended := 0
	for it := range e.roll.all() {
		if err := e.auditTicket(it, seen); err != nil {
			return err
		}
		if it.ended != 0 {
			ended++
		}
	}
	if ended != e.ended.live {
		return fmt.Errorf("%d tickets have ended, %d are queued to be forgotten", ended, e.ended.live)
	}
	return nil
}

func (e *Engine) auditAgent(a *agent, seen map[*item]string) error {
	open, load := 0, 0
	for _, it := range a.work {
		if seen[it] != "" || it.agent != a || it.parked {
			return fmt.Errorf("ticket %q is in more than one place", it.t.ID)
		}
		seen[it] = a.p.ID
		open++
		load += it.weight
	}
	if open != a.p.Live.Open || load != a.p.Live.Load {
		return fmt.Errorf("agent %q has %d tickets of weight %d, counted %d and %d", a.p.ID, open, load, a.p.Live.Open, a.p.Live.Load)
	}
	for _, it := range a.parked {
		if seen[it] != "" || it.agent != a || !it.parked {
			return fmt.Errorf("ticket %q is in more than one place", it.t.ID)
		}
		seen[it] = a.p.ID
	}
	if (a.presence == WrapUp) != (a.until != 0) && a.presence != Offline {
		return fmt.Errorf("agent %q is %s until %d", a.p.ID, a.presence, a.until)
	}
	if pooled := a.available(e.now) == ""; pooled != a.pooled {
		return fmt.Errorf("agent %q: pooled %t, available %t", a.p.ID, a.pooled, pooled)
	}
	if a.until != 0 && a.until <= e.now || a.timer != 0 && a.timer <= e.now {
		return fmt.Errorf("agent %q is past its deadline", a.p.ID)
	}
	return nil
}

func (e *Engine) auditTicket(it *item, seen map[*item]string) error {
	if it.timer != 0 && it.timer <= e.now {
		return fmt.Errorf("ticket %q is past its deadline", it.t.ID)
	}
	switch {
	case it.ended != 0:
		if seen[it] != "" || it.lane != nil || it.agent != nil || !it.status.Ended() || it.ended > e.now || it.until != 0 {
			return fmt.Errorf("ticket %q has ended, but not everywhere", it.t.ID)
		}
	case it.waits():
		if seen[it] != "" || it.agent != nil || it.since > e.now {
			return fmt.Errorf("ticket %q waits and is with an agent", it.t.ID)
		}
		if it.lane == nil && it.until == 0 {
			return fmt.Errorf("ticket %q rests for ever", it.t.ID)
		}
		if it.lane != nil && it.only == nil && it.until != 0 {
			return fmt.Errorf("ticket %q waits for a deadline in an open lane", it.t.ID)
		}
		if it.only != nil {
			m := it.want.fit(it.only.profile)
			if it.lane == nil || it.until == 0 || !it.only.asked() || m == nil || m.ring > it.ring || it.except.has(it.only.p.ID) {
				return fmt.Errorf("ticket %q is held back for %q, who may not take it", it.t.ID, it.only.p.ID)
			}
		}
		if it.lane != nil && it.except != nil && e.exhausted(it) {
			return fmt.Errorf("ticket %q is declined by all and does not rest", it.t.ID)
		}
	case seen[it] == "":
		return fmt.Errorf("ticket %q is %s with nobody", it.t.ID, it.status)
	case (it.status == ticket.Offered) != (it.until != 0), it.parked && (it.status == ticket.Offered || it.status == ticket.InProgress):
		return fmt.Errorf("ticket %q is %s, with a deadline or parked against its state", it.t.ID, it.status)
	}
	if it.until != 0 && it.until <= e.now {
		return fmt.Errorf("ticket %q is past its deadline", it.t.ID)
	}
	return nil
}
