// Command explain asks the desk why. For a ticket that waits there is a reason for
// every agent; for one that was given to somebody, who was next and which rule told
// the two apart; and a preview tells what would happen, without doing it.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

func main() { run(os.Stdout) }

func run(w io.Writer) {
	desk := must(router.New(router.Config{Policy: policy.Stack{policy.Skill{}, policy.Load{MaxOpen: 5}}}))
	defer desk.Stop()
	for _, a := range [][2]string{{"ann", "refund:3"}, {"ben", "refund:1 order:2"}, {"cem", "order:3"}, {"dan", "refund:2"}} {
		must(desk.SetAgent(router.Agent{ID: a[0], Skills: must(ticket.ParseSkills(a[1])), Capacity: 1}))
	}
	must(desk.SetPresence("dan", router.Away))
	refund := func(id, needs string) ticket.Ticket {
		return ticket.Ticket{ID: id, Channel: ticket.Web, Required: must(ticket.ParseNeeds(needs)),
			Preferred: []ticket.Wish{{Need: ticket.Need{Skill: "order"}, Weight: 10}}}
	}

	// Before: who would get it?
	x := must(desk.Preview(refund("trousers", "refund")))
	fmt.Fprintf(w, "%s would go to %s, not %s (%s)\n", x.Ticket, x.Agent, x.Next, x.By)

	// After: why did he get it? Ben fills the wish for "order" too.
	must(desk.Submit(refund("trousers", "refund")))
	x = must(desk.Explain("trousers"))
	fmt.Fprintf(w, "%s went to %s, not %s (%s)\n", x.Ticket, x.Agent, x.Next, x.By)

	// Ann takes one, and then nobody is left.
	must(desk.Submit(refund("shirt", "refund>=2")))
	must(desk.Submit(refund("shoes", "refund>=2")))
	x = must(desk.Explain("shoes"))
	fmt.Fprintf(w, "%s is %s: %s\n", x.Ticket, x.Status, x.Reason)
	for _, v := range x.Agents {
		say(w, "-", v.Agent, v.Reason, v.Rule)
	}

	// It is a line in a log, too.
	log := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // the same output every time
		}
		return a
	}}))
	log.Info("waiting", "why", x)

	// And why a supervisor may not simply hand it over, unless he overrides.
	_, err := desk.Assign("shoes", "cem")
	fmt.Fprintln(w, err)
}

// say prints a line of those words that are not empty.
func say(w io.Writer, words ...any) {
	fmt.Fprintln(w, strings.Join(strings.Fields(fmt.Sprintln(words...)), " "))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
