package usher_test

import (
	"fmt"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func Example() {
	desk := must(router.New(router.Config{
		Policy: policy.Stack{
			policy.VIP{Reserve: 1},  // VIPs first, to senior agents; one agent kept free for them
			policy.Priority{},       // then urgent, normal, low
			policy.Skill{},          // only agents who can; the best match first
			policy.Load{MaxOpen: 5}, // the least loaded of them
		},
		SLA:     must(sla.Standard("Asia/Shanghai")), // what is promised, to whom, in which hours
		OnEvent: tell,
	}))
	defer desk.Stop()
	skills := must(ticket.ParseSkills("order:3 refund:2"))
	must(desk.SetAgent(router.Agent{ID: "li", Skills: skills, Capacity: 1}))
	must(desk.SetAgent(router.Agent{ID: "wang", Skills: skills, Capacity: 1, Level: 2})) // a senior
	needs := must(ticket.ParseNeeds("order>=2"))
	must(desk.Submit(ticket.Ticket{ID: "GD20231001001", Channel: ticket.Phone, Type: ticket.Inquiry, Required: needs}))
	out := must(desk.Submit(ticket.Ticket{ID: "GD20231001002", Channel: ticket.App, Type: ticket.Complaint, Required: needs}))
	fmt.Println("the second is", out.Status, "because", out.Reason)
	for _, v := range must(desk.Explain("GD20231001002")).Agents {
		fmt.Println(v.Agent, v.Reason)
	}
	must(desk.Reply("GD20231001001"))
	must(desk.Resolve("GD20231001001"))
	// Output:
	// GD20231001001 goes to li
	// GD20231001001 met its assignment
	// the second is to-assign because kept free
	// li capacity
	// wang kept free
	// GD20231001001 met its resolution
	// GD20231001002 goes to wang
	// GD20231001002 met its assignment
}

func tell(e router.Event) {
	switch e.Kind {
	case router.Assigned:
		fmt.Println(e.Ticket, "goes to", e.Agent)
	case router.Met, router.Breached:
		fmt.Println(e.Ticket, e.Kind, "its", e.Promise.Metric)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
