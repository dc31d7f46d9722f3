package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

func (d *day) print(w io.Writer, date time.Time) {
	fmt.Fprintf(w, "%s, %s\n\n", date.Format("Monday 2 January 2006"), d.zone)
	story := teller{day: d, came: map[string]time.Time{}}
	helped := d.helped
	for i, e := range d.events {
		for ; len(helped) > 0 && !helped[0].at.After(e.At); helped = helped[1:] {
			a := helped[0]
			fmt.Fprintf(w, "%s  %s: “%s” is answered by “%s”\n", d.local(a.at), a.args[1], a.text, a.known)
		}
		if s := story.tell(e, d.events[i+1:]); s != "" {
			fmt.Fprintf(w, "%s  %s\n", d.local(e.At), s)
		}
	}
	fmt.Fprintf(w, "\nThe desk at %s\n\n", d.local(d.clk.Now()))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "channel\twaiting\tin progress\tdone\tmean response\tpromises kept\tmissed\tself-service\t")
	for _, r := range d.tally() {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%s\t%d\t%d\t%d\t\n", r.channel, r.waiting, r.inProgress, r.done,
			r.meanResponse().Round(time.Second), r.kept, r.missed, r.helped)
	}
	table.Flush()
	fmt.Fprintf(w, "\nOf %d tickets the reader saw the type as a person would in %d, and the skill in %d.\n",
		d.read.tickets, d.read.types, d.read.skills)
	for _, a := range d.asked {
		d.explain(w, a)
	}
}

func (d *day) local(t time.Time) string { return t.In(d.zone).Format("15:04") }

// teller turns events into sentences.
type teller struct {
	*day
	came map[string]time.Time // when each ticket began to wait
}

// tell returns a sentence about an event, "" if it is told with another one.
// after are the events that follow.
func (s *teller) tell(e router.Event, after []router.Event) string {
	id := e.Ticket
	switch e.Kind {
	case router.Opened, router.Shut:
		return strings.TrimPrefix(e.Note, "channel ") + map[bool]string{true: " opens", false: " closes"}[e.Kind == router.Opened]
	case router.PresenceSet:
		return s.presence(e)
	case router.Submitted:
		s.came[id] = e.At
		a := s.texts[id]
		return fmt.Sprintf("%s  %s: “%s”%s", id, strings.Join(a.args[1:], " "), a.text, s.atOnce(id, after))
	case router.Assigned, router.Offered:
		verb := map[bool]string{true: "goes to", false: "is offered to"}[e.Kind == router.Assigned]
		if e.At.Equal(s.came[id]) {
			return "" // told with its coming
		}
		return fmt.Sprintf("%s  %s %s, having waited %s", id, verb, name(e.Agent), short(e.At.Sub(s.came[id])))
	case router.Declined:
		return fmt.Sprintf("%s  %s declines: %s", id, name(e.From), e.Note)
	case router.Missed:
		return fmt.Sprintf("%s  %s does not react", id, name(e.From))
	case router.Transferred:
		return fmt.Sprintf("%s  %s passes it on to an expert: %s", id, name(e.From), e.Note)
	case router.Held:
		return fmt.Sprintf("%s  on hold, %s", id, e.Note)
	case router.Resumed:
		return fmt.Sprintf("%s  goes on with %s", id, name(e.Agent))
	case router.Warned:
		who := "the " + string(e.Promise.Tier.Audience)
		if e.Promise.Tier.Audience == sla.Assignee {
			who = name(e.Agent)
		}
		return fmt.Sprintf("%s  ! %d %% of the time for its %s has passed: %s is told", id, e.Promise.Tier.Percent, e.Promise.Metric, who)
	case router.Breached:
		return fmt.Sprintf("%s  !! the %s promised by now is missed", id, e.Promise.Metric)
	case router.Resolved:
		return fmt.Sprintf("%s  solved by %s after %s", id, name(e.Agent), short(e.At.Sub(s.came[id])))
	}
	return ""
}

// atOnce tells what became of a ticket the moment it came.
func (s *teller) atOnce(id string, after []router.Event) string {
	if len(after) > 0 && after[0].Ticket == id && after[0].At.Equal(s.came[id]) {
		switch after[0].Kind {
		case router.Assigned:
			return " → " + name(after[0].Agent)
		case router.Offered:
			return " → " + name(after[0].Agent) + "?"
		}
	}
	return " waits"
}

func (s *teller) presence(e router.Event) string {
	if e.By == ticket.System { // the minutes after a call
		return ""
	}
	switch e.Note {
	case router.Away.String():
		return name(e.Agent) + " takes a break"
	case router.Online.String():
		return name(e.Agent) + " is back"
	}
	return ""
}

// explain prints why a ticket waited, for every agent.
func (d *day) explain(w io.Writer, a asked) {
	fmt.Fprintf(w, "\nWhy did %s wait at %s? %s.\n", a.why.Ticket, d.local(a.at), a.why.Reason)
	for _, v := range a.why.Agents {
		fmt.Fprintf(w, "  %-6s %s", name(v.Agent), v.Reason)
		if v.Rule != "" {
			fmt.Fprintf(w, " (%s)", v.Rule)
		}
		fmt.Fprintln(w)
	}
}

func name(id string) string { return strings.ToUpper(id[:1]) + id[1:] }

func short(d time.Duration) string { return strings.TrimSuffix(d.Round(time.Minute).String(), "0s") }
