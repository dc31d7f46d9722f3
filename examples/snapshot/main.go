// Command snapshot saves a desk in the middle of its work, restores it, and lets
// both go on: they do the same, event for event. A snapshot is read only under the
// rules it was made under.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

var config = router.Config{
	Policy:   policy.Stack{policy.Priority{}, policy.Load{}},
	Mode:     router.Offers,
	OfferFor: 20 * time.Second,
}

var nine = time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)

func main() { run(os.Stdout) }

// It uses the engine, the core of a Router, in which time is an argument.
func run(w io.Writer) {
	desk := must(router.NewEngine(config))
	for _, id := range []string{"ann", "ben"} {
		do(desk, nine, router.Command{Kind: router.SetAgent, Profile: &router.Agent{ID: id, Capacity: 1}})
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		do(desk, nine, router.Command{Kind: router.Submit, Submit: &ticket.Ticket{ID: id, Channel: ticket.Web}})
	}
	do(desk, nine, router.Command{Kind: router.Accept, Ticket: "a", Agent: "ann"})

	saved := must(desk.Snapshot())
	restored := must(router.Restore(config, saved))
	fmt.Fprintln(w, "saved again, the same bytes:", string(saved) == string(must(restored.Snapshot())))

	one, two := goOn(desk), goOn(restored)
	tell(w, two)
	fmt.Fprintln(w, "the restored desk did the same:", slices.Equal(one, two))

	// Under another policy it is not read.
	other := config
	other.Policy = policy.Stack{policy.Load{}}
	_, err := router.Restore(other, saved)
	var mismatch *router.MismatchError
	if errors.As(err, &mismatch) {
		fmt.Fprintln(w, "refused, because of another", mismatch.What)
	}

	// A desk that stood still for an hour is told so: what was offered is offered
	// anew, and nobody is said to have missed it. Then the shell, with its clock and
	// callbacks, goes around it.
	clk := clock.NewMock()
	clk.Set(nine.Add(time.Hour))
	late := config
	late.Clock = clk
	sleeper := must(router.Restore(late, saved))
	tell(w, do(sleeper, clk.Now(), router.Command{Kind: router.Recover}))
	shell := router.Open(sleeper)
	fmt.Fprintln(w, "d is", must(shell.Ticket("d")).Status)
}

// goOn lets Ann resolve hers and a minute pass.
func goOn(desk *router.Engine) []router.Event {
	events := do(desk, nine.Add(10*time.Second), router.Command{Kind: router.Resolve, Ticket: "a"})
	return desk.Advance(nine.Add(time.Minute), events)
}

func do(desk *router.Engine, at time.Time, c router.Command) []router.Event {
	c.At = at
	_, events, err := desk.Apply(c, nil)
	if err != nil {
		panic(err)
	}
	return events
}

func tell(w io.Writer, events []router.Event) {
	for _, e := range events {
		fmt.Fprintln(w, strings.TrimSpace(fmt.Sprintln(e.At.Format("15:04:05"), e.Kind, e.Ticket, e.From+e.Agent)))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
