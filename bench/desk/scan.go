package desk

import (
	"math/bits"

	"github.com/usherdesk/usher/ticket"
)

// scan is the plain way to find an agent, made as tight as it gets: skills are bit
// masks, one for each level, and all agents are gone through in an array that holds
// all a comparison reads.
type scan struct {
	masks []scanned
	at    map[*laneAgent]int
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
	s := &scan{at: map[*laneAgent]int{}, skill: map[ticket.Skill]uint{}}
	for k := range skills {
		s.skill[skill(k)] = uint(k)
	}
	return newLoop(w, s)
}

func (s *scan) add(a *laneAgent) {
	x := scanned{idle: a.idle, a: a}
	for _, r := range a.a.Skills {
		for l := 1; l <= int(r.Level); l++ {
			x.levels[l] |= 1 << s.skill[r.Skill]
		}
	}
	s.at[a] = len(s.masks)
	s.masks = append(s.masks, x)
}

func (s *scan) moved(a *laneAgent) {
	x := &s.masks[s.at[a]]
	x.open, x.idle = a.open, a.idle
}

func (s *scan) may(a *laneAgent, needs []ticket.Need) bool {
	want := s.want(needs)
	return s.masks[s.at[a]].fills(&want)
}

// want is the skills asked for at each level.
func (s *scan) want(needs []ticket.Need) (want [6]uint64) {
	for _, n := range needs {
		want[n.Level] |= 1 << s.skill[n.Skill]
	}
	return want
}

func (x *scanned) fills(want *[6]uint64) bool {
	missing := 0
	for l := 1; l < len(want); l++ {
		missing += bits.OnesCount64(want[l] &^ x.levels[l])
	}
	return missing == 0
}

// best goes through all agents.
func (s *scan) best(needs []ticket.Need) *laneAgent {
	want := s.want(needs)
	best := -1
	for i := range s.masks {
		x := &s.masks[i]
		if x.open >= x.a.a.Capacity || !x.fills(&want) {
			continue
		}
		if best < 0 || x.open < s.masks[best].open || x.open == s.masks[best].open && x.idle < s.masks[best].idle {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return s.masks[best].a
}
