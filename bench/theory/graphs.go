package main

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// graph is one case of fcfs_alis.json.
type graph struct {
	Name    string
	Serves  map[string][]string // class to agents
	Lam     map[string]float64
	LamEach float64 `json:"lam_each"`
	EW      any
	Busy    map[string]float64
}

// skills are first come first served, assign longest idle, on skill graphs.
func skills(files fs.FS) (out []scene, err error) {
	var f struct{ Cases []graph }
	if err := load(files, "fcfs_alis.json", &f); err != nil {
		return nil, err
	}
	for _, c := range f.Cases {
		if c.Serves == nil {
			if err := c.unfold(); err != nil {
				return nil, err
			}
		}
		out = append(out, c.scene())
	}
	return out, nil
}

// unfold makes the graph that a case only names.
func (c *graph) unfold() error {
	var n, span int
	switch {
	case strings.HasPrefix(c.Name, "ring of 3, two skills"):
		n, span = 3, 2
	case c.Name == "6 agents, one skill each":
		n, span = 6, 1
	case c.Name == "6 agents, two-skill chain":
		n, span = 6, 2
	case c.Name == "6 agents, all skills":
		n, span = 6, 6
	default:
		return fmt.Errorf("unknown graph %q", c.Name)
	}
	c.Serves, c.Lam = map[string][]string{}, map[string]float64{}
	for i := range n {
		class := string(rune('a' + i))
		c.Lam[class] = c.LamEach
		for k := range span {
			c.Serves[class] = append(c.Serves[class], fmt.Sprint((i+k)%n))
		}
	}
	return nil
}

func (c *graph) scene() scene {
	s := scene{name: "alis " + c.Name, stack: policy.Stack{policy.Skill{}}}
	classes := slices.Sorted(maps.Keys(c.Serves))
	can := map[string]ticket.Skills{}
	var rates []float64
	load := 0.0
	for _, class := range classes {
		rates = append(rates, c.Lam[class])
		load += c.Lam[class]
		for _, a := range c.Serves[class] {
			can[a] = append(can[a], ticket.Rated{Skill: ticket.Skill(class), Level: 1})
		}
	}
	for _, a := range slices.Sorted(maps.Keys(can)) {
		s.agents = append(s.agents, router.Agent{ID: a, Capacity: 1, Skills: can[a]})
	}
	s.streams = streams(rates, 1, func(i int, t *ticket.Ticket) {
		t.Required = []ticket.Need{{Skill: ticket.Skill(classes[i]), Level: 1}}
	})
	tolerance := 0.06
	if load/float64(len(s.agents)) > 0.8001 {
		tolerance = 0.12
	}
	switch w := c.EW.(type) {
	case float64:
		s.expect = append(s.expect, meanWait(w, tolerance))
	case map[string]any:
		for i, class := range classes {
			s.expect = append(s.expect, meanWaitOf(i, w[class].(float64), tolerance))
		}
	}
	for i, a := range s.agents {
		if share, ok := c.Busy[a.ID]; ok {
			s.expect = append(s.expect, busy(i, share, tolerance))
		}
	}
	return s
}
