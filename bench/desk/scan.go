package desk

import (
	"math/bits"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// Scan is the plain way to find an agent, made as tight as it gets: skills are bit
// masks, one for each level, and all agents are gone through in an array. It keeps
// the ids, the events and the records of OneLane, whose ticket side it shares;
// only the choice of the agent differs. It serves the idle regime, where no
// ticket waits.
type Scan struct {
	OneLane
	masks []scanned
	at    map[string]int
	skill map[ticket.Skill]uint
}

type scanned struct {
	levels [6]uint64 // the skills at this level or above
	open   int
	idle   int64
	a      *laneAgent
}

// NewScan makes the anchor.
func NewScan(w World) Desk {
	s := &Scan{OneLane: *NewOneLane(w).(*OneLane), at: map[string]int{}, skill: map[ticket.Skill]uint{}}
	for k := range skills {
		s.skill[skill(k)] = uint(k)
	}
	return s
}

// Apply does a command.
func (s *Scan) Apply(c router.Command, events []router.Event) (router.Outcome, []router.Event, error) {
	switch c.Kind {
	case router.SetAgent:
		x := scanned{idle: c.At.UnixNano(), a: &laneAgent{a: *c.Profile}}
		for _, r := range c.Profile.Skills {
			for l := 1; l <= int(r.Level); l++ {
				x.levels[l] |= 1 << s.skill[r.Skill]
			}
		}
		s.at[c.Profile.ID] = len(s.masks)
		s.masks = append(s.masks, x)
		return router.Outcome{}, events, nil
	case router.Submit:
		best := s.best(c.Submit.Required)
		if best < 0 {
			break
		}
		x := &s.masks[best]
		s.free.ReplaceOrInsert(agentEntry{0, 0, x.a}) // the one that OneLane will take
		x.open, x.idle = x.open+1, c.At.UnixNano()
	case router.Resolve:
		a := s.tickets[c.Ticket].agent
		x := &s.masks[s.at[a.a.ID]]
		x.open, x.idle = x.open-1, c.At.UnixNano()
		o, events, err := s.OneLane.resolve(&c, events)
		s.free.Clear(true)
		return o, events, err
	}
	return s.OneLane.Apply(c, events)
}

// best goes through all agents.
func (s *Scan) best(needs []ticket.Need) int {
	var want [6]uint64
	for _, n := range needs {
		want[n.Level] |= 1 << s.skill[n.Skill]
	}
	best := -1
	for i := range s.masks {
		x := &s.masks[i]
		if x.open >= x.a.a.Capacity {
			continue
		}
		missing := 0
		for l := 1; l < len(want); l++ {
			missing += bits.OnesCount64(want[l] &^ x.levels[l])
		}
		if missing > 0 {
			continue
		}
		if best < 0 || x.open < s.masks[best].open || x.open == s.masks[best].open && x.idle < s.masks[best].idle {
			best = i
		}
	}
	return best
}
