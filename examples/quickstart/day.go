package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// day is the desk together with the people around it: customers who ask, agents
// who accept, answer and solve.
type day struct {
	zone *time.Location
	clk  *clock.Mock
	desk *router.Router
	ids  *ticket.IDs

	plan []act  // what is still to come, in order
	todo []task // what agents have begun and will do, in order

	names map[string]string // id of each name in the plan
	texts map[string]act    // the plan's line of each id
	paces map[string]pace
	turns map[string]int // grows whenever a ticket changes hands: older tasks are void

	reader *reader
	helped []act                                // whose questions were answered without an agent
	read   struct{ tickets, types, skills int } // and how many the reader saw as a person would

	events []router.Event
	seen   int // of the events, those the people have reacted to
	asked  []asked
}

// task is what an agent will do about a ticket, unless it changes hands before.
type task struct {
	at   time.Time
	id   string
	turn int
	do   func() error
}

// asked is an explanation that somebody asked for during the day.
type asked struct {
	at  time.Time
	why router.Explanation
}

// live lets the day of the plan pass, minute by minute.
func live(plan []act, zone *time.Location) (*day, error) {
	d := &day{zone: zone, clk: clock.NewMock(), plan: plan, names: map[string]string{}, texts: map[string]act{},
		paces: map[string]pace{}, turns: map[string]int{}}
	d.clk.Set(plan[0].at)
	var err error
	if d.reader, err = newReader(); err != nil {
		return nil, err
	}
	if d.ids, err = ticket.NewIDs("GD", zone, 3); err != nil {
		return nil, err
	}
	d.desk, err = router.New(config(d.clk, func(e router.Event) { d.events = append(d.events, e) }))
	if err != nil {
		return nil, err
	}
	defer d.desk.Stop()
	for now := plan[0].at; len(d.plan) > 0; now = now.Add(time.Minute) {
		d.clk.Set(now) // offers expire and channels open meanwhile
		if err := d.minute(now); err != nil {
			return nil, fmt.Errorf("%s: %w", now.Format("15:04"), err)
		}
	}
	return d, nil
}

// minute does what the plan and the agents have for this minute. Agents act before
// new customers come.
func (d *day) minute(now time.Time) error {
	d.react()
	for len(d.plan) > 0 && !d.plan[0].at.After(now) && d.plan[0].verb != "ticket" && d.plan[0].verb != "ask" {
		if err := d.next(); err != nil {
			return err
		}
	}
	for len(d.todo) > 0 && !d.todo[0].at.After(now) {
		t := d.todo[0]
		d.todo = d.todo[1:]
		if t.turn != d.turns[t.id] {
			continue
		}
		if err := t.do(); err != nil {
			return err
		}
		d.react()
	}
	for len(d.plan) > 0 && !d.plan[0].at.After(now) {
		if err := d.next(); err != nil {
			return err
		}
	}
	return nil
}

// next does the next line of the plan.
func (d *day) next() error {
	a := d.plan[0]
	d.plan = d.plan[1:]
	defer d.react()
	id := ""
	if len(a.args) > 0 {
		id = d.names[a.args[len(a.args)-1]]
	}
	var err error
	switch a.verb {
	case "agent":
		var p router.Agent
		if p, err = a.agent(); err == nil {
			_, err = d.desk.SetAgent(p)
		}
	case "ticket", "ask":
		err = d.comes(a)
	case "explain":
		var x router.Explanation
		x, err = d.desk.Explain(id)
		d.asked = append(d.asked, asked{a.at, x})
	case "decline":
		_, err = d.desk.Decline(id, a.args[0], a.text)
	case "expert":
		expert := 2
		_, err = d.desk.Apply(router.Command{Kind: router.Transfer, Ticket: id, Patch: &router.Patch{Level: &expert}, Reason: a.text})
	case "away":
		_, err = d.desk.SetPresence(a.args[0], router.Away)
	case "back":
		_, err = d.desk.SetPresence(a.args[0], router.Online)
	case "hold":
		_, err = d.desk.Hold(id, a.text)
	case "resume":
		_, err = d.desk.Resume(id)
	}
	return err
}

// comes is a customer with a question: one whose answer is known needs no agent.
func (d *day) comes(a act) error {
	if a.known = d.reader.answer(a.text); a.known != "" {
		d.helped = append(d.helped, a)
		return nil
	}
	id, err := d.ids.Next(a.at)
	if err != nil {
		return err
	}
	t, err := a.ticket(id, d.reader)
	if err != nil {
		return err
	}
	d.read.tickets++
	typ, skill := a.agrees(t)
	if typ {
		d.read.types++
	}
	if skill {
		d.read.skills++
	}
	if d.paces[id], err = a.pace(); err != nil {
		return err
	}
	a.args[2] = string(t.Type) // as it is told
	d.names[a.args[0]], d.texts[id] = id, a
	_, err = d.desk.Submit(t)
	return err
}

// react has the agents plan what they will do about what has just happened.
func (d *day) react() {
	d.desk.Flush()
	for ; d.seen < len(d.events); d.seen++ {
		e := d.events[d.seen]
		switch e.Kind {
		case router.Offered: // a chat is taken up within a minute
			d.turns[e.Ticket]++
			d.plans(e, time.Minute, func() error { _, err := d.desk.Accept(e.Ticket, e.Agent); return err })
		case router.Assigned, router.Accepted:
			d.turns[e.Ticket]++
			d.plans(e, d.paces[e.Ticket].reply, func() error { _, err := d.desk.Reply(e.Ticket); return err })
			d.plans(e, d.paces[e.Ticket].work, func() error { _, err := d.desk.Resolve(e.Ticket); return err })
		case router.Resumed: // half of the work was done before
			d.turns[e.Ticket]++
			d.plans(e, d.paces[e.Ticket].work/2, func() error { _, err := d.desk.Resolve(e.Ticket); return err })
		case router.Declined, router.Missed, router.Withdrawn, router.Held, router.Transferred, router.Returned:
			d.turns[e.Ticket]++
		}
	}
}

func (d *day) plans(e router.Event, after time.Duration, do func() error) {
	t := task{e.At.Add(after), e.Ticket, d.turns[e.Ticket], do}
	at := slices.IndexFunc(d.todo, func(u task) bool { return u.at.After(t.at) })
	if at < 0 {
		at = len(d.todo)
	}
	d.todo = slices.Insert(d.todo, at, t)
}
