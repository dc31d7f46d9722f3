package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// IDs makes ids like GD20231001001: a prefix, the local date, and a number that
// starts at one every day. It never gives an id twice: not across midnight, not
// when the clock steps back (it stays with the later date), and not across a
// restart if it is told the last id with Seed. It is safe for concurrent use.
type IDs struct {
	prefix string
	zone   *time.Location
	digits int

	mu  sync.Mutex
	day string // the date of the last id, as 20060102
	n   int    // its number
}

// NewIDs makes a generator for the given prefix and zone, whose daily number has
// the given count of digits (1 to 9; the usual is 3, for 999 ids a day).
func NewIDs(prefix string, zone *time.Location, digits int) (*IDs, error) {
	c := check{id: prefix}
	c.name("prefix", prefix, false)
	if zone == nil {
		c.fault("zone", "nil", "is missing")
	}
	c.between("digits", digits, 1, 9)
	if len(c.faults) > 0 {
		return nil, c.faults[0]
	}
	return &IDs{prefix: prefix, zone: zone, digits: digits}, nil
}

// Next returns the id for a ticket created at now. A day that has no numbers left
// is an [*OverflowError]; the next day starts afresh.
func (g *IDs) Next(now time.Time) (string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	day, n := now.In(g.zone).Format("20060102"), 1
	if len(day) != 8 {
		return "", &FieldError{Field: "time", Value: now.Format(time.RFC3339), Problem: "has no four-digit year"}
	}
	if day <= g.day {
		day, n = g.day, g.n+1
	}
	if len(strconv.Itoa(n)) > g.digits {
		return "", &OverflowError{Prefix: g.prefix, Day: day, Digits: g.digits}
	}
	g.day, g.n = day, n
	return fmt.Sprintf("%s%s%0*d", g.prefix, day, g.digits, n), nil
}

// Seed tells the generator the last id given before a restart. An id that it
// could not have made itself is a [*FieldError]; one older than what it already
// knows changes nothing.
func (g *IDs) Seed(last string) error {
	rest, ok := strings.CutPrefix(last, g.prefix)
	if !ok || len(rest) != 8+g.digits {
		return &FieldError{Ticket: shorten(last), Field: "id", Value: shorten(last), Problem: "is not of this generator"}
	}
	day := rest[:8]
	_, errDay := time.Parse("20060102", day)
	n, errN := strconv.ParseUint(rest[8:], 10, 31)
	if errDay != nil || errN != nil || n == 0 {
		return &FieldError{Ticket: last, Field: "id", Value: last, Problem: "is not of this generator"}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if day > g.day || day == g.day && int(n) > g.n {
		g.day, g.n = day, int(n)
	}
	return nil
}
