package main

import (
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

// row is one line of the table at the end of the day.
type row struct {
	channel    ticket.Channel
	waiting    int // nobody has it yet
	inProgress int // somebody has it
	done       int
	answered   int           // tickets with a first answer
	response   time.Duration // from coming to the first answer, of all of them together
	kept       int           // promises that were met in time
	missed     int
	helped     int // questions that took no agent
}

func (r row) meanResponse() time.Duration {
	if r.answered == 0 {
		return 0
	}
	return r.response / time.Duration(r.answered)
}

// tally counts the day from its events alone, as a host's own report would.
func (d *day) tally() []row {
	rows := []row{{channel: ticket.Phone}, {channel: ticket.Web}, {channel: ticket.App}, {channel: ticket.Social}, {channel: ticket.Email}}
	of := map[ticket.Channel]*row{}
	for i := range rows {
		of[rows[i].channel] = &rows[i]
	}
	status := map[string]ticket.Status{}
	came, answered := map[string]time.Time{}, map[string]bool{}
	for _, e := range d.events {
		if e.Ticket == "" {
			continue
		}
		status[e.Ticket] = e.Status
		r := of[ticket.Channel(d.texts[e.Ticket].args[1])]
		switch {
		case e.Kind == router.Met && !e.Promise.Missed:
			r.kept++
		case e.Kind == router.Breached:
			r.missed++
		case e.Kind == router.Submitted:
			came[e.Ticket] = e.At
		case e.Kind == router.Answered && !answered[e.Ticket]:
			answered[e.Ticket] = true
			r.answered++
			r.response += e.At.Sub(came[e.Ticket])
		}
	}
	for id, s := range status {
		r := of[ticket.Channel(d.texts[id].args[1])]
		switch {
		case s == ticket.ToAssign || s == ticket.Offered:
			r.waiting++
		case s.Assigned():
			r.inProgress++
		case s.Ended():
			r.done++
		}
	}
	for _, a := range d.helped {
		of[ticket.Channel(a.args[1])].helped++
	}
	return rows
}
