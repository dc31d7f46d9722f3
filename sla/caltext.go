package sla

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/usherdesk/usher/ticket"
)

var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// ParseCalendar reads hours in the form that MarshalText writes, and compiles them.
// It has one statement a line; what follows a # is not read:
//
//	name   support
//	zone   Europe/Berlin
//	mon-fri 09:00-12:00 13:00-18:00
//	sat    22:00-06:00                  # over midnight
//	holiday 2025-12-25 2025-12-26
//	special 2025-12-24 09:00-13:00
//	break  2025-07-01 12:30-14:00
//
// A day of the week that is named again gets more windows. A text that is not in
// this form is a [*ticket.WordError] with the offending line.
func ParseCalendar(text string) (*Calendar, error) {
	h, err := parseHours(text)
	if err != nil {
		return nil, err
	}
	return NewCalendar(h)
}

// MustCalendar is ParseCalendar for texts that are part of a program: it panics if
// the text is wrong.
func MustCalendar(text string) *Calendar {
	c, err := ParseCalendar(text)
	if err != nil {
		panic(err)
	}
	return c
}

// UnmarshalText is [ParseCalendar] into a zero Calendar. It must not be used on one
// that is in use.
func (c *Calendar) UnmarshalText(text []byte) error {
	made, err := ParseCalendar(string(text))
	if err == nil {
		*c = *made
	}
	return err
}

// MarshalText writes the calendar's hours, in a fixed order, for [ParseCalendar].
func (c *Calendar) MarshalText() ([]byte, error) {
	h := &c.hours
	var b []byte
	if h.Name != "" {
		b = append(b, "name "+quoteIfNeeded(h.Name)+"\n"...)
	}
	b = append(b, "zone "+h.Zone+"\n"...)
	for i := range 7 {
		d := (i + 1) % 7 // Monday first
		if len(h.Week[d]) > 0 {
			b = appendWindows(append(b, dayNames[d]...), h.Week[d])
		}
	}
	for _, d := range h.Holidays {
		b = append(b, "holiday "+d.String()+"\n"...)
	}
	for _, d := range h.Special {
		b = appendWindows(append(b, "special "+d.Date.String()...), d.Windows)
	}
	for _, d := range h.Breaks {
		b = appendWindows(append(b, "break "+d.Date.String()...), d.Windows)
	}
	return b, nil
}

// quoteIfNeeded keeps a name on its line, and apart from a comment.
func quoteIfNeeded(name string) string {
	if name == strings.Join(strings.Fields(name), " ") && !strings.ContainsAny(name, `#"`) &&
		strconv.Quote(name) == `"`+name+`"` {
		return name
	}
	return strconv.QuoteToASCII(name)
}

func appendWindows(b []byte, windows []Window) []byte {
	for _, w := range windows {
		b = append(append(b, ' '), w.String()...)
	}
	return append(b, '\n')
}

func parseHours(text string) (h Hours, err error) {
	for line := range strings.Lines(text) {
		if !h.parseLine(line) {
			return h, &ticket.WordError{Kind: "line of a calendar", Word: cut(strings.TrimSpace(line))}
		}
	}
	return h, nil
}

func (h *Hours) parseLine(line string) bool {
	if name, ok := strings.CutPrefix(strings.TrimSpace(line), `name "`); ok {
		name, err := strconv.Unquote(`"` + name)
		first := h.Name == ""
		h.Name = name
		return err == nil && first
	}
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) == 0 {
		return true
	}
	rest := words[1:]
	switch words[0] {
	case "name":
		first := h.Name == ""
		h.Name = strings.Join(rest, " ")
		return first
	case "zone":
		if len(rest) != 1 || h.Zone != "" {
			return false
		}
		h.Zone = rest[0]
		return true
	case "holiday":
		for _, w := range rest {
			d, ok := parseDate(w)
			if !ok {
				return false
			}
			h.Holidays = append(h.Holidays, d)
		}
		return len(rest) > 0
	case "special":
		return parseDay(&h.Special, rest)
	case "break":
		return parseDay(&h.Breaks, rest)
	}
	from, to, ok := parseDays(words[0])
	windows, good := parseWindows(rest)
	if !ok || !good {
		return false
	}
	for d := from; ; d = (d + 1) % 7 {
		h.Week[d] = append(h.Week[d], windows...)
		if d == to {
			return true
		}
	}
}

func parseDay(days *[]Day, words []string) bool {
	if len(words) == 0 {
		return false
	}
	d, ok := parseDate(words[0])
	windows, good := parseWindows(words[1:])
	*days = append(*days, Day{d, windows})
	return ok && good
}

// parseDays reads "mon" or "mon-fri".
func parseDays(s string) (from, to int, ok bool) {
	a, b, found := strings.Cut(s, "-")
	if !found {
		b = a
	}
	from, to = -1, -1
	for i, name := range dayNames {
		if name == a {
			from = i
		}
		if name == b {
			to = i
		}
	}
	return from, to, from >= 0 && to >= 0
}

func parseWindows(words []string) ([]Window, bool) {
	var windows []Window
	for _, s := range words {
		a, b, found := strings.Cut(s, "-")
		from, ok := parseWall(a)
		to, good := parseWall(b)
		if !found || !ok || !good {
			return nil, false
		}
		windows = append(windows, Window{from, to})
	}
	return windows, len(windows) > 0
}

// parseWall reads 09:00 or 09:00:30.
func parseWall(s string) (time.Duration, bool) {
	layout := "15:04"
	if len(s) == len("15:04:05") {
		layout = "15:04:05"
	}
	if s == "24:00" || s == "24:00:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse(layout, s)
	if err != nil || len(s) != len(layout) {
		return 0, false
	}
	h, m, sec := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second, true
}

func parseDate(s string) (Date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return DateOf(t), err == nil && len(s) == len(time.DateOnly)
}

// wall writes a time of day.
func wall(d time.Duration) string {
	s := int64(d / time.Second)
	if s%60 == 0 {
		return fmt.Sprintf("%02d:%02d", s/3600, s/60%60)
	}
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// String writes a window as 09:00-18:00.
func (w Window) String() string { return wall(w.From) + "-" + wall(w.To) }

// MarshalText writes what String returns.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads 09:00-18:00.
func (w *Window) UnmarshalText(text []byte) error {
	windows, ok := parseWindows([]string{string(text)})
	if !ok {
		return &ticket.WordError{Kind: "window", Word: cut(string(text))}
	}
	*w = windows[0]
	return nil
}

// String writes a date as 2006-01-02.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// MarshalText writes what String returns.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02.
func (d *Date) UnmarshalText(text []byte) error {
	date, ok := parseDate(string(text))
	if !ok {
		return &ticket.WordError{Kind: "date", Word: cut(string(text))}
	}
	*d = date
	return nil
}
