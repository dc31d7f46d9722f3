package desk

import (
	"github.com/usherdesk/usher/ticket"
)

// plain is what a developer writes at first: the agents with their skills in maps,
// and a loop over all of them for the least loaded, then longest idle, of those who
// have room and the skills. The job is the engine's, and so are the decisions.
type plain struct{ roster }

// NewPlain makes the anchor.
func NewPlain(w World) Desk { return newLoop(w, &plain{}) }

func (p *plain) best(needs []ticket.Need) *laneAgent {
	var best *laneAgent
	for i := range p.agents {
		x := &p.agents[i]
		if x.open >= x.a.Capacity || !x.fills(needs) {
			continue
		}
		if best == nil || x.open < best.open || x.open == best.open && x.idle < best.idle {
			best = x.laneAgent // of equals the first, who has the lower id
		}
	}
	return best
}

// roundRobin is what open help desks do: go round all agents from the one who was
// served last, and the first who has the skills and room, by an open count each,
// takes the ticket. Weight is how many tickets in a row a turn is worth. It decides
// otherwise than the engine and may stop looking at the first that fits, but what
// it gives is the same: a ticket to an agent who may take it and has room.
type roundRobin struct {
	roster
	turn int // whose turn it is
	had  int // tickets of this turn
}

// NewRoundRobin makes the anchor.
func NewRoundRobin(w World) Desk { return newLoop(w, &roundRobin{}) }

func (r *roundRobin) best(needs []ticket.Need) *laneAgent {
	if r.turn < len(r.agents) && r.had >= max(r.agents[r.turn].a.Weight, 1) {
		r.turn, r.had = r.turn+1, 0
	}
	for range r.agents {
		if r.turn >= len(r.agents) {
			r.turn = 0
		}
		if x := &r.agents[r.turn]; x.open < x.a.Capacity && x.fills(needs) {
			r.had++
			return x.laneAgent
		}
		r.turn, r.had = r.turn+1, 0
	}
	return nil
}

// roster is all agents in an array, each with a map of skills.
type roster struct {
	agents []skilled
	at     map[*laneAgent]int
}

type skilled struct {
	*laneAgent
	skills map[ticket.Skill]ticket.Level
}

func (r *roster) add(a *laneAgent) {
	x := skilled{a, map[ticket.Skill]ticket.Level{}}
	for _, s := range a.a.Skills {
		x.skills[s.Skill] = s.Level
	}
	if r.at == nil {
		r.at = map[*laneAgent]int{}
	}
	r.at[a] = len(r.agents)
	r.agents = append(r.agents, x)
}

func (r *roster) may(a *laneAgent, needs []ticket.Need) bool { return r.agents[r.at[a]].fills(needs) }

func (r *roster) moved(*laneAgent) {} // the counts are read where they stand

func (x *skilled) fills(needs []ticket.Need) bool {
	for _, n := range needs {
		if x.skills[n.Skill] < n.Level {
			return false
		}
	}
	return true
}
