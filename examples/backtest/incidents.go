package main

import (
	"io"
	"strconv"
	"time"
)

// The incidents' log is that of a ServiceNow desk: a row an event, several an
// incident. Read is of each incident:
//
//   - when it was opened, and its last assignment group, as a team;
//   - by whom it was resolved, and the service as the time from the first event in
//     which that agent had it to the resolution; so an agent works on several at once,
//     at most as many as the log shows;
//   - the class: priority 1 or 2 is a VIP.
//
// Nobody hangs up. An incident that was never resolved is dropped and reported.
func readIncidents(in io.Reader) (*record, error) {
	r := &record{}
	type incident struct {
		call
		first    map[string]time.Time // when an agent first had it
		resolved time.Time
	}
	known := map[string]*incident{}
	var order []*incident
	const form = "2/1/2006 15:04"
	needs := []string{"number", "opened_at", "sys_updated_at", "priority", "assignment_group", "assigned_to", "resolved_at"}
	var err error
	r.rows, err = table(in, needs, &r.faults, func(line int, get func(string) string) {
		opened, err1 := time.Parse(form, get("opened_at"))
		updated, err2 := time.Parse(form, get("sys_updated_at"))
		if err1 != nil || err2 != nil {
			r.faults.drop(line, "have a bad time", "")
			return
		}
		number := get("number")
		x := known[number]
		if x == nil {
			x = &incident{call: call{line: line, at: opened, forever: true}, first: map[string]time.Time{}}
			known[number] = x
			order = append(order, x)
		}
		if a := get("assigned_to"); a != "?" && a != "" {
			x.agent = a
			if _, had := x.first[a]; !had {
				x.first[a] = updated
			}
		}
		if g := get("assignment_group"); g != "?" && g != "" {
			x.team = g
		}
		if p, err := strconv.Atoi(get("priority")); err == nil {
			x.share = 0
			if p <= 2 {
				x.share = 1
			}
		}
		if t, err := time.Parse(form, get("resolved_at")); err == nil {
			x.resolved = t
		}
	})
	for _, x := range order {
		switch began := x.first[x.agent]; {
		case x.resolved.IsZero():
			r.faults.drop(x.line, "begin an incident that was never resolved", "")
		case x.agent == "":
			r.faults.drop(x.line, "begin an incident that nobody had", "")
		case x.resolved.Before(x.at):
			r.faults.drop(x.line, "begin an incident that was resolved before it was opened", "")
		default:
			if began.After(x.resolved) || began.Before(x.at) {
				began = x.at
			}
			x.began, x.waited = began, began.Sub(x.at)
			x.service = x.resolved.Sub(began)
			r.calls = append(r.calls, x.call)
		}
	}
	r.sorted()
	return r, err
}
