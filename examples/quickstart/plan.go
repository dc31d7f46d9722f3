package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

//go:embed day.txt
var dayText string

// act is one line of the day's plan: somebody does something.
type act struct {
	at    time.Time
	verb  string
	args  []string
	with  map[string]string // key=value
	text  string            // what was written, or why
	known string            // the title of the article that answers it
}

// readPlan reads the lines of a plan for the given date.
func readPlan(text string, date time.Time) ([]act, error) {
	var plan []act
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		a, err := readAct(line, date)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		plan = append(plan, a)
	}
	slices.SortStableFunc(plan, func(a, b act) int { return a.at.Compare(b.at) })
	return plan, nil
}

func readAct(line string, date time.Time) (act, error) {
	head, text, _ := strings.Cut(line, "|")
	words := strings.Fields(head)
	if len(words) < 2 {
		return act{}, fmt.Errorf("%q has no verb", line)
	}
	clock, err := time.Parse("15:04", words[0])
	if err != nil {
		return act{}, err
	}
	a := act{verb: words[1], with: map[string]string{}, text: strings.TrimSpace(text)}
	a.at = date.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
	for _, w := range words[2:] {
		if key, value, ok := strings.Cut(w, "="); ok && key != "" {
			a.with[key] = value
		} else {
			a.args = append(a.args, w)
		}
	}
	if want, ok := argsOf[a.verb]; !ok || len(a.args) < want {
		return act{}, fmt.Errorf("%q is not understood", line)
	}
	return a, nil
}

// argsOf is how many names each verb needs.
var argsOf = map[string]int{"agent": 1, "ticket": 4, "ask": 4, "explain": 1, "decline": 2, "expert": 1,
	"away": 1, "back": 1, "hold": 1, "resume": 1, "end": 0}

// agent makes the agent that an "agent" line describes.
func (a act) agent() (router.Agent, error) {
	skills, err := ticket.ParseSkills(strings.ReplaceAll(a.with["skills"], ",", " "))
	if err != nil {
		return router.Agent{}, err
	}
	level := 1
	if _, err := fmt.Sscan(a.with["level"], &level); err != nil {
		return router.Agent{}, err
	}
	channels := map[ticket.Channel]int{}
	for c := range strings.SplitSeq(a.with["channels"], ",") {
		channels[ticket.Channel(c)] = 0 // no limit of its own: the capacity is enough
	}
	return router.Agent{ID: a.args[0], Level: level, Skills: skills, Channels: channels, Capacity: capacity}, nil
}

// ticket makes the ticket that a "ticket" line describes. Its text stays here: a
// desk keeps no words of a customer. What they ask for the reader tells.
func (a act) ticket(id string, r *reader) (ticket.Ticket, error) {
	t := ticket.Ticket{ID: id, Customer: "customer of " + a.args[0], Channel: ticket.Channel(a.args[1])}
	t.Type, t.Required = r.sort(a.text)
	if slices.Contains(a.args[4:], "vip") {
		t.Tier = ticket.VIP
	}
	err := t.Priority.UnmarshalText([]byte(a.args[3]))
	return t, err
}

// agrees tells whether the reader made of the words what a person would have.
func (a act) agrees(t ticket.Ticket) (typ, skill bool) {
	needs, err := ticket.ParseNeeds(a.with["needs"])
	return string(t.Type) == a.args[2], err == nil && len(needs) == 1 && len(t.Required) == 1 && needs[0].Skill == t.Required[0].Skill
}

// pace is how long an agent takes over a ticket.
type pace struct{ reply, work time.Duration }

func (a act) pace() (p pace, err error) {
	if p.reply, err = time.ParseDuration(a.with["reply"]); err != nil {
		return p, err
	}
	p.work, err = time.ParseDuration(a.with["work"])
	return p, err
}
