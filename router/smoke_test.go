package router

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

func TestSmoke(t *testing.T) {
	e, err := NewEngine(Config{Policy: policy.Stack{policy.VIP{Reserve: 0}, policy.Priority{}, policy.Skill{}, policy.Load{MaxOpen: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)
	var evs []Event
	apply := func(c Command) {
		at = at.Add(time.Second)
		c.At = at
		var o Outcome
		o, evs, err = e.Apply(c, evs[:0])
		fmt.Println(o, err)
		for _, ev := range evs {
			fmt.Println("   ", ev.Seq, ev.Kind, ev.Ticket, ev.Agent, ev.Note)
		}
	}
	sk, _ := ticket.ParseSkills("order:3 refund:2")
	apply(Command{Kind: SetAgent, Profile: &Agent{ID: "li", Skills: sk, Capacity: 1}})
	apply(Command{Kind: Submit, Submit: &ticket.Ticket{ID: "a", Channel: ticket.Phone}})
	apply(Command{Kind: Submit, Submit: &ticket.Ticket{ID: "b", Channel: ticket.Phone}})
	apply(Command{Kind: Submit, Submit: &ticket.Ticket{ID: "c", Channel: ticket.Phone, Priority: ticket.Urgent}})
	x, _ := e.Explain("b")
	fmt.Println(x)
	apply(Command{Kind: Resolve, Ticket: "a"})
	apply(Command{Kind: Escalate, Ticket: "c"})
}
