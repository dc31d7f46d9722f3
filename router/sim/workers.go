package sim

import (
	"slices"
	"time"

	"github.com/usherdesk/usher/router"
)

// worker is an agent as the simulation plays one.
type worker struct {
	Worked
	since   int64 // online since; 0: not there
	leaving bool
	serving int // tickets in service
	busy    int64
	hand    []int32 // slots in hand, in the order they came
}

// turn is the beginning or end of a shift.
type turn struct {
	at    int64
	agent int32
	comes bool
}

// turn begins or ends a shift.
func (r *run) turn(t turn) error {
	w := &r.workers[t.agent]
	if t.comes {
		w.leaving = false
		if w.since == 0 {
			w.since = r.now
		}
		return r.apply(router.Command{Kind: router.SetPresence, Agent: w.ID, Presence: router.Online})
	}
	w.leaving = true
	if len(w.hand) > 0 {
		return r.apply(router.Command{Kind: router.SetPresence, Agent: w.ID, Presence: router.Away})
	}
	return r.leave(t.agent)
}

// done has an agent whose hands are lighter go on, or leave if the shift is over.
func (r *run) done(a int32) error {
	w := &r.workers[a]
	if len(w.hand) == 0 && w.leaving && w.since != 0 {
		return r.leave(a)
	}
	if r.cfg.OneByOne && w.serving == 0 && len(w.hand) > 0 {
		r.begin(w.hand[0])
	}
	return nil
}

func (r *run) leave(a int32) error {
	w := &r.workers[a]
	w.Online += time.Duration(r.now - w.since)
	w.since = 0
	return r.apply(router.Command{Kind: router.SetPresence, Agent: w.ID, Presence: router.Offline})
}

// begin starts the service of a job that its agent has.
func (r *run) begin(k int32) {
	s := &r.slots[k]
	w := &r.workers[s.agent]
	d := s.job.Service
	if r.cfg.Service != nil {
		d = r.cfg.Service(&s.job, w.ID)
	}
	d = max(d, 0)
	if w.serving == 0 {
		w.busy = r.now
	}
	w.serving++
	s.begun = true
	s.turn++
	r.foresee(k, r.now+int64(d))
	r.over(k, d)
}

// drop takes a job out of its agent's hands.
func (r *run) drop(k int32) {
	s := &r.slots[k]
	w := &r.workers[s.agent]
	if i := slices.Index(w.hand, k); i >= 0 {
		w.hand = slices.Delete(w.hand, i, i+1)
	}
	if s.begun {
		if w.serving--; w.serving == 0 {
			w.Busy += time.Duration(r.now - w.busy)
		}
	}
	s.agent, s.begun = -1, false
}
