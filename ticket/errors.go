package ticket

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// FieldError is a value that a ticket, an agent or a setting may not have.
type FieldError struct {
	Ticket  string // the id of what holds the value
	Field   string
	Value   string // cut if long
	Problem string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("usher: %q: %s %q %s", e.Ticket, e.Field, e.Value, e.Problem)
}

// StepError is a step that is not legal from the state a ticket is in, or not for
// the role that tried to take it.
type StepError struct {
	Ticket string
	Step   Step
	From   Status // the state the ticket is in, and stays in
	To     Status // the state the step leads to; None if it leads to none other
	By     Role
}

func (e *StepError) Error() string {
	known := int(e.Step) < len(may) && int(e.From) < len(may[e.Step].from)
	switch {
	case known && may[e.Step].from[e.From] && e.To == None:
		return fmt.Sprintf("usher: ticket %q: %s may not %s (it is %s)", e.Ticket, e.By, e.Step, e.From)
	case known && may[e.Step].from[e.From]:
		return fmt.Sprintf("usher: ticket %q: %s may not %s (%s to %s)", e.Ticket, e.By, e.Step, e.From, e.To)
	case e.To == None:
		return fmt.Sprintf("usher: ticket %q: cannot %s: it is %s", e.Ticket, e.Step, e.From)
	}
	return fmt.Sprintf("usher: ticket %q: cannot %s: %s to %s is no legal step", e.Ticket, e.Step, e.From, e.To)
}

// OverflowError is a day that has no ids left.
type OverflowError struct {
	Prefix string
	Day    string // as 20060102
	Digits int
}

func (e *OverflowError) Error() string {
	return fmt.Sprintf("usher: no id left for %s%s with %d digits", e.Prefix, e.Day, e.Digits)
}

// WordError is a text that is none of the words of an enumeration, or not in the
// form of what was to be read.
type WordError struct {
	Kind string // "status", "skill", …
	Word string // cut if long
}

func (e *WordError) Error() string { return fmt.Sprintf("usher: %q is no %s", e.Word, e.Kind) }

// shorten keeps a hostile value from filling a log line.
func shorten(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "… (" + strconv.Itoa(len(s)) + " bytes)"
}

// The times that usher can work with: far enough from the ends of a 64-bit count
// of nanoseconds that no target, however long, runs over them.
var (
	MinTime = time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC)
	MaxTime = time.Date(2240, 1, 1, 0, 0, 0, 0, time.UTC)
)

// check gathers the faults of the thing with the given id.
type check struct {
	id     string
	faults []error
}

func (c *check) fault(field string, value any, problem string) {
	c.faults = append(c.faults, &FieldError{
		Ticket: shorten(c.id), Field: field, Value: shorten(fmt.Sprint(value)), Problem: problem})
}

func (c *check) name(field, s string, must bool) {
	switch {
	case s == "" && must:
		c.fault(field, s, "is empty")
	case len(s) > MaxName:
		c.fault(field, s, "is longer than "+strconv.Itoa(MaxName)+" bytes")
	case !utf8.ValidString(s):
		c.fault(field, strconv.Quote(shorten(s)), "is not valid UTF-8")
	}
}

func (c *check) count(field string, n, most int) {
	if n > most {
		c.fault(field, n, "are more than "+strconv.Itoa(most))
	}
}

func (c *check) between(field string, n, lo, hi int) {
	if n < lo || n > hi {
		c.fault(field, n, fmt.Sprintf("is not between %d and %d", lo, hi))
	}
}

func (c *check) time(field string, t time.Time) {
	if t.Before(MinTime) || t.After(MaxTime) {
		c.fault(field, t.Format(time.RFC3339), "is outside "+MinTime.Format("2006")+" to "+MaxTime.Format("2006"))
	}
}

func (c *check) need(n Need) {
	c.name("skill", string(n.Skill), true)
	if int(n.Op) >= len(opWords.Names) {
		c.fault("skill "+shorten(string(n.Skill)), n.Op, "has no such level test")
	}
	if n.Level == 0 && n.Op != AtLeast {
		c.fault("skill "+shorten(string(n.Skill)), n, "can be met by no level")
	}
}

func (c *check) needs(needs []Need) {
	c.count("required skills", len(needs), MaxSkills)
	for _, n := range needs {
		c.need(n)
	}
}

func (c *check) wishes(wishes []Wish) {
	c.count("preferred skills", len(wishes), MaxSkills)
	for _, w := range wishes {
		c.need(w.Need)
		c.between("weight of skill "+shorten(string(w.Skill)), w.Weight, 1, MaxWeight)
	}
}

// CheckTime returns a [*FieldError] if usher cannot work with a time.
func CheckTime(id, field string, t time.Time) error {
	c := check{id: id}
	c.time(field, t)
	if len(c.faults) > 0 {
		return c.faults[0]
	}
	return nil
}

// CheckName returns a [*FieldError] if s is too long, not UTF-8, or empty where it
// must not be. The other rooms use it for the names in their own settings.
func CheckName(id, field, s string, must bool) error {
	c := check{id: id}
	c.name(field, s, must)
	if len(c.faults) > 0 {
		return c.faults[0]
	}
	return nil
}
