package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// call is one row of a log, or one incident.
type call struct {
	line    int
	at      time.Time     // when the customer began to wait for an agent
	waited  time.Duration // how long, in the log
	gaveUp  bool          // the customer's patience was what was waited
	service time.Duration // negative: unknown, since nobody served it
	share   float64       // how probably the customer is a VIP: 0, 1, or between if the log does not say
	agent   string        // who served it; "" if nobody or nobody known
	began   time.Time     // when that began
	team    string
	forever bool // such customers do not hang up
}

// record is a log that was read: its calls in the order of time, those who served
// them, and what was wrong with it.
type record struct {
	calls  []call
	agents []router.Agent
	shifts []sim.Shift
	faults faults
	rows   int
}

// faults are what was wrong with the rows of a log.
type faults []fault

type fault struct {
	line    int
	problem string // the same words for the same problem
	detail  string
	kept    bool // the row is used nevertheless
}

func (f *faults) drop(line int, problem, detail string) {
	*f = append(*f, fault{line, problem, detail, false})
}

func (f *faults) keep(line int, problem, detail string) {
	*f = append(*f, fault{line, problem, detail, true})
}

// print tells how many rows have which problem, and where: the first few lines of
// each, or every one.
func (f faults) print(w io.Writer, every bool) {
	const few = 5
	count := map[string]int{}
	var order []string
	lines := map[string][]string{}
	sorted := slices.Clone(f)
	slices.SortStableFunc(sorted, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	for _, x := range sorted {
		what := x.problem
		if x.kept {
			what += " (kept)"
		}
		if count[what]++; count[what] == 1 {
			order = append(order, what)
		}
		if every {
			fmt.Fprintf(w, "  line %d: %s %s\n", x.line, what, x.detail)
		} else if count[what] <= few {
			lines[what] = append(lines[what], fmt.Sprint(x.line))
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	for _, what := range order {
		where := strings.Join(lines[what], ", ")
		if count[what] > few && !every {
			where += ", …"
		}
		if where != "" {
			where = ": line " + where
		}
		fmt.Fprintf(w, "  %6d rows %s%s\n", count[what], what, where)
	}
}

func (f faults) dropped() (n int) {
	for _, x := range f {
		if !x.kept {
			n++
		}
	}
	return n
}

// between keeps the calls that came in a span of days; a zero time is no bound.
func (r *record) between(from, to time.Time) {
	r.calls = slices.DeleteFunc(r.calls, func(c call) bool {
		return !from.IsZero() && c.at.Before(from) || !to.IsZero() && !c.at.Before(to)
	})
}

// presence infers from the calls when their agents were there: from the beginning
// of one call to the end of the next, unless more than gap lies between. An agent
// who serves two calls at once is told of; the calls are kept, since when they came
// and how long they took holds all the same.
func (r *record) presence(gap time.Duration, capacity int) {
	byAgent := map[string][]call{}
	for _, c := range r.calls {
		if c.agent != "" && c.service >= 0 {
			byAgent[c.agent] = append(byAgent[c.agent], c)
		}
	}
	names := make([]string, 0, len(byAgent))
	for name := range byAgent {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		calls := byAgent[name]
		slices.SortStableFunc(calls, func(a, b call) int { return a.began.Compare(b.began) })
		var from, to time.Time
		var open []time.Time // ends of calls under way
		most, teams := 0, map[string]bool{}
		for i, c := range calls {
			end := c.began.Add(max(c.service, time.Second))
			open = slices.DeleteFunc(open, func(t time.Time) bool { return !t.After(c.began) })
			if open = append(open, end); len(open) > 1 && capacity == 1 {
				r.faults.keep(c.line, "have an agent who serves two calls at once", fmt.Sprintf("(%s, also line %d)", name, calls[i-1].line))
			}
			most = max(most, len(open))
			if c.team != "" {
				teams[c.team] = true
			}
			if i > 0 && c.began.Sub(to) > gap {
				r.shifts = append(r.shifts, sim.Shift{Agent: name, From: from, To: to})
				from = c.began
			}
			if i == 0 {
				from = c.began
			}
			if end.After(to) {
				to = end
			}
		}
		r.shifts = append(r.shifts, sim.Shift{Agent: name, From: from, To: to})
		a := router.Agent{ID: name, Capacity: capacity}
		if capacity == 0 {
			a.Capacity = most
		}
		for t := range teams {
			a.Teams = append(a.Teams, t)
		}
		slices.Sort(a.Teams)
		if len(a.Teams) > ticket.MaxTags {
			a.Teams = a.Teams[:ticket.MaxTags]
		}
		r.agents = append(r.agents, a)
	}
}

// sorted puts the calls in the order of time.
func (r *record) sorted() {
	slices.SortStableFunc(r.calls, func(a, b call) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return cmp.Compare(a.line, b.line)
	})
}
