package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// The plain format is comma-separated with a head line. Columns:
//
//	at         when the customer came: 2023-10-09 09:00:00, or RFC 3339
//	service_s  how long the service took, in seconds; empty if nobody served
//	waited_s   how long the customer waited in the log (optional)
//	agent      who served (optional; without it, -agents says who is there)
//	class      vip or regular (optional)
//	team       only members of this team may take it (optional)

// table reads a head line and gives each row by column name.
func table(in io.Reader, needs []string, faults *faults, row func(line int, get func(string) string)) (int, error) {
	rd := csv.NewReader(in)
	rd.FieldsPerRecord, rd.LazyQuotes, rd.ReuseRecord = -1, true, true
	head, err := rd.Read()
	if err != nil {
		return 0, errors.Join(errors.New("the log has no head line"), err)
	}
	col, width := map[string]int{}, len(head)
	for i, name := range head {
		col[strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))] = i
	}
	for _, name := range needs {
		if _, ok := col[name]; !ok {
			return 0, fmt.Errorf("line 1: there is no column %q", name)
		}
	}
	rows := 0
	for {
		fields, err := rd.Read()
		if err == io.EOF {
			return rows, nil
		}
		line, _ := rd.FieldPos(0)
		rows++
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			faults.drop(parse.Line, "cannot be parsed", parse.Err.Error())
			continue
		}
		if err != nil {
			return rows, fmt.Errorf("row %d: %w", rows, err)
		}
		if len(fields) != width {
			faults.drop(line, "have missing or too many columns", fmt.Sprintf("(%d, not %d)", len(fields), width))
			continue
		}
		row(line, func(name string) string {
			if i, ok := col[name]; ok {
				return strings.TrimSpace(fields[i])
			}
			return ""
		})
	}
}

func readCSV(in io.Reader) (*record, error) {
	r := &record{}
	var err error
	r.rows, err = table(in, []string{"at", "service_s"}, &r.faults, r.csvRow)
	r.sorted()
	return r, err
}

func (r *record) csvRow(line int, get func(string) string) {
	c := call{line: line, service: -1, agent: get("agent"), team: get("team")}
	var err error
	if c.at, err = parseTime(get("at")); err != nil {
		r.faults.drop(line, "have a bad time", "(at "+strconv.Quote(get("at"))+")")
		return
	}
	for _, f := range []struct {
		name string
		into *time.Duration
	}{{"waited_s", &c.waited}, {"service_s", &c.service}} {
		text := get(f.name)
		if text == "" {
			continue
		}
		s, err := strconv.ParseFloat(text, 64)
		if err != nil || !(s >= 0) || s > 366*86400 {
			r.faults.drop(line, "have a bad time", "("+f.name+" "+strconv.Quote(text)+")")
			return
		}
		*f.into = time.Duration(s * float64(time.Second))
	}
	switch class := get("class"); class {
	case "vip":
		c.share = 1
	case "", "regular":
	default:
		r.faults.drop(line, "have an unknown class", strconv.Quote(class))
		return
	}
	for _, name := range []string{"agent", "team"} {
		if err := ticket.CheckName("row", name, get(name), false); err != nil {
			r.faults.drop(line, "have a bad name", err.Error())
			return
		}
	}
	c.gaveUp = c.service < 0
	c.began = c.at.Add(c.waited)
	r.calls = append(r.calls, c)
}

func parseTime(s string) (time.Time, error) {
	for _, form := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, ticket.CheckTime("row", "time", t)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time such as 2023-10-09 09:00:00", s)
}

// readAgents reads who is there and when, in place of what the calls tell: the
// columns id, from and to, and if wanted capacity, level and teams, parted by
// spaces. An agent has a row for each shift.
func (r *record) readAgents(in io.Reader) error {
	at := map[string]bool{}
	r.agents, r.shifts = nil, nil
	var bad faults
	_, err := table(in, []string{"id", "from", "to"}, &bad, func(line int, get func(string) string) {
		from, err1 := parseTime(get("from"))
		to, err2 := parseTime(get("to"))
		if err1 != nil || err2 != nil || !from.Before(to) {
			bad.drop(line, "of the agents have a bad time", "")
			return
		}
		a := router.Agent{ID: get("id"), Capacity: 1, Teams: strings.Fields(get("teams"))}
		for name, into := range map[string]*int{"capacity": &a.Capacity, "level": &a.Level} {
			if text := get(name); text != "" {
				n, err := strconv.Atoi(text)
				if err != nil {
					n = -1
				}
				*into = n
			}
		}
		if err := a.Validate(); err != nil {
			bad.drop(line, "of the agents are no agent", err.Error())
			return
		}
		if !at[a.ID] {
			r.agents = append(r.agents, a)
		}
		at[a.ID] = true
		r.shifts = append(r.shifts, sim.Shift{Agent: a.ID, From: from, To: to})
	})
	r.faults = append(r.faults, bad...)
	return err
}
