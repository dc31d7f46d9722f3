package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bank's log is that of the Technion's "Anonymous Bank": a row a call, parted
// by tabs. Read is of it:
//
//   - when a call came to the agents: q_start if it queued, else the end of the menu;
//   - the service time as it stands, and by whom;
//   - the class: priority 1 or 2 is a VIP, 0 of a call that waited is not. Of a call
//     that did not wait the log always says 0, by mistake: there the type of the call
//     tells how probably it was a VIP, and the seed draws.
//
// Rows that tell nothing about a call to an agent are dropped and reported.
var bankColumns = []string{"priority", "type", "date", "vru_exit", "vru_time", "q_start", "q_time", "outcome", "ser_start", "ser_time", "server"}

// vipShare is how probably a call that did not wait was a VIP's, by type.
var vipShare = map[string]float64{"NE": .84, "NW": .52, "PE": .70, "PS": .66, "TT": .51}

// shortest is the shortest service that was one: agents of the bank hung up on
// customers to get a rest (Brown et al., 2005).
const shortest = 10 * time.Second

func readBank(in io.Reader) (*record, error) {
	r := &record{}
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return nil, errors.Join(errors.New("the log is empty"), lines.Err())
	}
	head := strings.Split(strings.TrimRight(lines.Text(), "\r"), "\t")
	col := map[string]int{}
	for _, name := range bankColumns {
		i := slices.Index(head, name)
		if i < 0 {
			return nil, fmt.Errorf("line 1: there is no column %q", name)
		}
		col[name] = i
	}
	for line := 2; lines.Scan(); line++ {
		r.rows++
		fields := strings.Split(strings.TrimRight(lines.Text(), "\r"), "\t")
		if len(fields) != len(head) {
			r.faults.drop(line, "have missing or too many columns", fmt.Sprintf("(%d, not %d)", len(fields), len(head)))
			continue
		}
		r.bankRow(line, func(name string) string { return fields[col[name]] })
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", r.rows+2, err)
	}
	r.sorted()
	return r, nil
}

func (r *record) bankRow(line int, get func(string) string) {
	bad := ""
	seconds := func(name string) time.Duration {
		n, err := strconv.Atoi(get(name))
		if err != nil || n > 86400 || n < -86400 {
			bad = name
		}
		return time.Duration(n) * time.Second
	}
	day, err := time.Parse("060102", get("date"))
	if err != nil {
		bad = "date"
	}
	clock := func(name string) time.Time {
		var h, m, s int
		if n, err := fmt.Sscanf(get(name), "%d:%d:%d", &h, &m, &s); n != 3 || err != nil || h < 0 || h > 24 || m < 0 || m > 59 || s < 0 || s > 59 {
			bad = name
		}
		return day.Add(time.Duration(h*3600+m*60+s) * time.Second)
	}
	c := call{line: line, at: clock("vru_exit"), waited: seconds("q_time"), service: seconds("ser_time"), began: clock("ser_start")}
	menu, start := seconds("vru_time"), clock("q_start")
	priority, outcome := get("priority"), get("outcome")
	switch {
	case bad != "":
		r.faults.drop(line, "have a bad time", "("+bad+" "+strconv.Quote(get(bad))+")")
		return
	case outcome == "PHANTOM":
		r.faults.drop(line, "are phantom calls", "")
		return
	case outcome != "AGENT" && outcome != "HANG":
		r.faults.drop(line, "have an unknown outcome", strconv.Quote(outcome))
		return
	case priority != "0" && priority != "1" && priority != "2":
		r.faults.drop(line, "have an unknown priority", strconv.Quote(priority))
		return
	case menu < 0 || c.waited < 0 || c.service < 0:
		r.faults.drop(line, "have a negative time", "")
		return
	case outcome == "HANG" && c.waited == 0:
		r.faults.drop(line, "hung up in the menu", "")
		return
	case outcome == "AGENT" && c.service <= shortest:
		r.faults.drop(line, "were served in 10 s or less", "")
		return
	}
	if c.waited > 0 {
		c.at = start
	}
	if outcome == "HANG" {
		c.gaveUp, c.service = true, -1
	} else if server := get("server"); server != "NO_SERVER" {
		c.agent = server
	} else {
		r.faults.keep(line, "were served by an agent without a name", "")
	}
	switch {
	case priority != "0":
		c.share = 1
	case c.waited == 0:
		c.share = vipShare[get("type")]
	}
	r.calls = append(r.calls, c)
}
