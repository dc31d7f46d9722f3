// Command custompolicy shows a rule of one's own, in under thirty lines: trainees
// get easy tickets only, and get those first. The desk keeps its indexes by it and
// explains by its name, as with the built-in rules.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// Trainees is the whole rule. It plays three roles: what of a ticket matters to it
// (Shape), who may take it at all (Qualifies), and who had better (Fit).
type Trainees struct{}

func (Trainees) Name() string { return "trainees" }

func (Trainees) Shape(t *policy.Ticket, d *ticket.Demand) {
	if slices.Contains(t.Tags, "easy") {
		d.Tags = append(d.Tags, "easy")
	}
}

func (Trainees) Qualifies(a *policy.Agent, d *ticket.Demand) bool {
	return !trainee(a) || slices.Contains(d.Tags, "easy")
}

func (Trainees) Fit(a *policy.Agent, d *ticket.Demand) int64 {
	if trainee(a) {
		return 0 // the smaller comes first
	}
	return 1
}

func trainee(a *policy.Agent) bool { return slices.Contains(a.Tags, "trainee") }

func main() { run(os.Stdout) }

func run(w io.Writer) {
	desk := must(router.New(router.Config{Policy: policy.Stack{Trainees{}, policy.Load{}}}))
	defer desk.Stop()
	must(desk.SetAgent(router.Agent{ID: "master", Capacity: 1}))
	must(desk.SetAgent(router.Agent{ID: "pupil", Capacity: 2, Tags: []string{"trainee"}}))

	submit := func(id string, tags ...string) {
		must(desk.Submit(ticket.Ticket{ID: id, Channel: ticket.Web, Tags: tags}))
		x := must(desk.Explain(id))
		if x.Agent != "" {
			fmt.Fprintf(w, "%s goes to %s", id, x.Agent)
			if x.Next != "" {
				fmt.Fprintf(w, ", not to %s: %s", x.Next, x.By)
			}
			fmt.Fprintln(w)
			return
		}
		fmt.Fprintf(w, "%s waits\n", id)
		for _, v := range x.Agents {
			say(w, "-", v.Agent, v.Reason, v.Rule)
		}
	}
	submit("password", "easy")
	submit("outage")
	submit("printer", "easy")
	submit("migration")
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
