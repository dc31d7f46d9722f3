package router_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/sla"
	"github.com/usherdesk/usher/ticket"
)

// The words of the scripts. Attributes are written key=value, with the names of
// the JSON encoding (or of the Go fields, where there is none).

func sentence(e router.Event) string {
	b := []string{clockTime(e.At), e.Kind.String()}
	add := func(name, v string) {
		if v != "" {
			b = append(b, name+v)
		}
	}
	add("", e.Ticket)
	add("from ", e.From)
	if e.Agent != "" && e.Ticket != "" {
		add("with ", e.Agent)
	} else {
		add("", e.Agent)
	}
	if e.Status != ticket.None {
		add("", "("+e.Status.String()+")")
	}
	if e.Note != "" {
		add("", `"`+e.Note+`"`)
	}
	if !e.Due.IsZero() {
		add("due ", clockTime(e.Due))
	}
	if e.By != ticket.Anyone {
		add("by ", e.By.String())
	}
	add("for ", e.Actor)
	if e.Override {
		add("", "override")
	}
	return strings.Join(b, " ")
}

func clockTime(t time.Time) string { return t.Format("15:04:05") }

// pairs turns key=value words into a JSON object; words without = are flags.
func (s *script) pairs(words []string) map[string]any {
	m := map[string]any{}
	for _, w := range words {
		key, value, found := strings.Cut(w, "=")
		in := m
		if outer, inner, nested := strings.Cut(key, "."); nested { // Keep.Age=1h
			if m[outer] == nil {
				m[outer] = map[string]any{}
			}
			in, key = m[outer].(map[string]any), inner
		}
		in[key] = s.value(key, value)
		if !found {
			in[key] = true
		}
	}
	return m
}

func (s *script) value(key, value string) any {
	spaced := strings.ReplaceAll(value, ",", " ")
	var v any = value
	var err error
	switch strings.ToLower(key) {
	case "skills":
		v, err = ticket.ParseSkills(spaced)
	case "required":
		v, err = ticket.ParseNeeds(spaced)
	case "preferred":
		var wishes []ticket.Wish
		for _, f := range strings.Fields(spaced) {
			need, weight, _ := strings.Cut(f, "*")
			needs, problem := ticket.ParseNeeds(need)
			require.NoError(s.t, problem)
			wishes = append(wishes, ticket.Wish{Need: needs[0], Weight: s.number(weight)})
		}
		v = wishes
	case "teams", "tags", "drop", "tiers", "declined":
		v = strings.Fields(spaced)
	case "channels", "rates":
		limits := map[string]int{}
		for _, f := range strings.Fields(spaced) {
			name, n, found := strings.Cut(f, ":")
			limits[name] = 0
			if found {
				limits[name] = s.number(n)
			}
		}
		v = limits
	case "created", "since", "idlesince", "until":
		v, err = time.Parse(time.DateTime, "2023-10-09 "+value)
	case "reason", "id", "key":
		v = strings.ReplaceAll(value, "_", " ")
	default:
		if d, problem := time.ParseDuration(value); problem == nil && value != "0" {
			return int64(d)
		}
		if json.Valid([]byte(value)) {
			v = json.RawMessage(value)
		}
	}
	require.NoError(s.t, err, "%s=%s", key, value)
	return v
}

func (s *script) number(text string) (n int) {
	_, err := fmt.Sscan(text, &n)
	require.NoError(s.t, err, text)
	return n
}

// into puts key=value words on what v points to.
func (s *script) into(v any, words []string) {
	data, err := json.Marshal(s.pairs(words))
	require.NoError(s.t, err)
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(s.t, d.Decode(v), "%s", data)
}

// command is a verb and what it is about.
func (s *script) command(words []string) router.Command {
	c := router.Command{At: s.now}
	require.NoError(s.t, c.Kind.UnmarshalText([]byte(words[0])), words[0])
	rest := words[1:]
	word := func(to *string) {
		if len(rest) > 0 && !strings.Contains(rest[0], "=") && rest[0] != "override" {
			*to, rest = rest[0], rest[1:]
		}
	}
	switch c.Kind {
	case router.Submit:
		c.Submit = &ticket.Ticket{}
		word(&c.Submit.ID)
		rest = s.split(&c, rest)
		s.into(c.Submit, rest)
		return c
	case router.SetAgent:
		c.Profile = &router.Agent{Capacity: 5}
		word(&c.Profile.ID)
		s.into(c.Profile, rest)
		return c
	case router.RemoveAgent:
		word(&c.Agent)
	case router.SetPresence:
		var p string
		word(&c.Agent)
		word(&p)
		require.NoError(s.t, c.Presence.UnmarshalText([]byte(p)))
	case router.SwitchPolicy:
		word(&c.Policy)
	case router.Erase:
		word(&c.Customer)
	default:
		word(&c.Ticket)
		word(&c.Agent)
	}
	rest = s.split(&c, rest)
	if c.Kind == router.Update || c.Kind == router.Transfer && len(rest) > 0 {
		c.Patch = &router.Patch{}
		s.into(c.Patch, rest)
		return c
	}
	require.Empty(s.t, rest)
	return c
}

// split puts the words that belong to the command itself on it, and returns those
// that belong to its ticket or patch.
func (s *script) split(c *router.Command, words []string) (rest []string) {
	for _, w := range words {
		switch key, _, _ := strings.Cut(w, "="); key {
		case "key", "actor", "by", "reason", "stage", "override", "edition", "v", "for":
			s.into(c, []string{w})
		default:
			rest = append(rest, w)
		}
	}
	return rest
}

// policies are the rules that a script can stack.
var policies = map[string]reflect.Type{
	"skill": reflect.TypeFor[policy.Skill](), "load": reflect.TypeFor[policy.Load](), "priority": reflect.TypeFor[policy.Priority](),
	"vip": reflect.TypeFor[policy.VIP](), "longest-idle": reflect.TypeFor[policy.LongestIdle](),
	"round-robin": reflect.TypeFor[policy.RoundRobin](), "least-flexible": reflect.TypeFor[policy.LeastFlexible](),
	"sticky": reflect.TypeFor[policy.Sticky](), "deadline": reflect.TypeFor[policy.Deadline](), "aging": reflect.TypeFor[policy.Aging](),
	"rings": reflect.TypeFor[policy.Rings](), "mornings-only": reflect.TypeFor[morningsOnly](),
}

// morningsOnly is a host's own rule: agents tagged "mornings" take no complaints.
type morningsOnly struct{}

func (morningsOnly) Name() string                             { return "mornings-only" }
func (morningsOnly) Shape(t *policy.Ticket, d *ticket.Demand) { d.Type = t.Type }
func (morningsOnly) Qualifies(a *policy.Agent, d *ticket.Demand) bool {
	return d.Type != ticket.Complaint || len(a.Tags) == 0
}

// settings are the lines by which a new desk is made.
var settings map[string]func(s *script, words []string)

// questions are the lines that change nothing but time.
var questions map[string]func(s *script, words []string)

func init() {
	settings = map[string]func(s *script, words []string){
		"desk": func(s *script, words []string) { // begins a new one
			s.desk, s.cfg = nil, router.Config{}
			s.into(&s.cfg, words)
		},
		"settings": func(s *script, words []string) { // for a restore: the desk stays
			s.cfg = router.Config{}
			s.into(&s.cfg, words)
		},
		"policy": func(s *script, words []string) {
			p := reflect.New(policies[words[0]])
			s.into(p.Interface(), words[1:])
			s.cfg.Policy = append(s.cfg.Policy, p.Elem().Interface().(policy.Policy))
		},
		"ring": func(s *script, words []string) { // of the rings just set
			last := len(s.cfg.Policy) - 1
			rings := s.cfg.Policy[last].(policy.Rings)
			var r policy.Ring
			s.into(&r, words)
			rings.Rings = append(rings.Rings, r)
			s.cfg.Policy[last] = rings
		},
		"channel": func(s *script, words []string) {
			if s.cfg.Channels == nil {
				s.cfg.Channels = map[ticket.Channel]router.Channel{}
			}
			var c router.Channel
			var hours router.Hours
			words, hours = s.hours(words)
			s.into(&c, words[1:])
			c.Hours = hours
			s.cfg.Channels[ticket.Channel(words[0])] = c
		},
		"team": func(s *script, words []string) {
			var team router.Team
			var hours router.Hours
			words, hours = s.hours(words)
			s.into(&team, words[1:])
			team.Name, team.Hours = words[0], hours
			s.cfg.Teams = append(s.cfg.Teams, team)
		},
		"set": func(s *script, words []string) { // NAME VERSION RULE…
			set := policy.Set{Name: words[0], Version: words[1]}
			for _, w := range words[2:] {
				set.Stack = append(set.Stack, reflect.Zero(policies[w]).Interface().(policy.Policy))
			}
			s.cfg.Sets = append(s.cfg.Sets, set)
		},
		"new": func(s *script, _ []string) { // makes the desk, and tells what is wrong with it
			if _, err := router.NewEngine(s.cfg); err != nil {
				fmt.Fprintln(&s.out, err)
			}
		},
	}
	questions = map[string]func(s *script, words []string){
		"advance": func(s *script, _ []string) {
			s.done = append(s.done, router.Command{At: s.now})
			report := transcript(router.Outcome{}, s.desk.Advance(s.now, nil), nil)
			s.log.WriteString(report)
			s.out.WriteString(report)
		},
		"next": func(s *script, _ []string) {
			if at, ok := s.desk.Next(); ok {
				fmt.Fprintln(&s.out, "next:", clockTime(at))
			} else {
				fmt.Fprintln(&s.out, "next: never")
			}
		},
		"explain": func(s *script, words []string) {
			x, err := s.desk.Explain(words[0])
			s.explained(x, err)
		},
		"preview": func(s *script, words []string) {
			t := ticket.Ticket{ID: words[0]}
			s.into(&t, words[1:])
			x, err := s.desk.Preview(t)
			s.explained(x, err)
		},
		"list": func(s *script, words []string) {
			var q router.Query
			s.into(&q, words)
			s.listed(s.desk.List(q))
		},
		"lanes": func(s *script, _ []string) {
			for _, l := range s.desk.Lanes() {
				fmt.Fprintf(&s.out, "lane of %d, %s first: %s weight %d %v ring %d except %v only %q\n", l.Len, l.Head,
					l.Demand.Channel, l.Demand.Weight, l.Demand.Required, l.Ring, l.Except, l.Only)
			}
		},
		"in-lane": func(s *script, words []string) {
			views, err := s.desk.InLane(words[0], s.number(words[1]))
			require.NoError(s.t, err)
			fmt.Fprint(&s.out, "in lane:")
			for _, v := range views {
				fmt.Fprint(&s.out, " ", v.ID)
			}
			fmt.Fprintln(&s.out)
		},
		"agents": func(s *script, _ []string) {
			for _, a := range s.desk.Agents() {
				fmt.Fprintf(&s.out, "%s %s: %d open, load %d of %d\n", a.ID, a.Presence, a.Live.Open, a.Live.Load, a.Capacity)
			}
		},
		"log": func(s *script, words []string) { // an explanation as a log line
			x, err := s.desk.Explain(words[0])
			require.NoError(s.t, err)
			slog.New(slog.NewTextHandler(&s.out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}})).Info("why", "ticket", x)
		},
		"json": func(s *script, words []string) {
			v, err := s.desk.Ticket(words[0])
			require.NoError(s.t, err)
			require.NoError(s.t, json.NewEncoder(&s.out).Encode(v))
		},
		"replay":  (*script).replay,
		"restore": (*script).restore,
		"load":    (*script).load,
	}
}

// hours takes "Hours=09:00-18:00" out of the words: on workdays, in UTC.
func (s *script) hours(words []string) ([]string, router.Hours) {
	var rest []string
	var hours router.Hours
	for _, w := range words {
		if windows, ok := strings.CutPrefix(w, "Hours="); ok {
			hours = sla.MustCalendar("zone UTC\nmon-fri " + strings.ReplaceAll(windows, ",", " "))
		} else {
			rest = append(rest, w)
		}
	}
	return rest, hours
}

func (s *script) explained(x router.Explanation, err error) {
	if err != nil {
		fmt.Fprintf(&s.out, "error: %v\n", err)
		return
	}
	fmt.Fprintf(&s.out, "%s is %s", x.Ticket, x.Status)
	if x.Agent != "" {
		fmt.Fprintf(&s.out, " with %s", x.Agent)
	}
	if x.Next != "" {
		fmt.Fprintf(&s.out, ", not %s: %s", x.Next, x.By)
	} else if x.By != "" {
		fmt.Fprintf(&s.out, ", %s", x.By)
	}
	if x.Reason != "" {
		fmt.Fprintf(&s.out, ": %s", x.Reason)
	}
	fmt.Fprintln(&s.out)
	for _, v := range x.Agents {
		fmt.Fprintln(&s.out, strings.TrimRight(fmt.Sprintf("  %s: %s %s", v.Agent, v.Reason, v.Rule), " "))
	}
}

func (s *script) listed(p router.Page) {
	for _, v := range p.Tickets {
		fmt.Fprintf(&s.out, "%s %s %s %s", v.ID, v.Channel, v.Priority, v.Status)
		if v.Agent != "" {
			fmt.Fprintf(&s.out, " with %s", v.Agent)
		}
		fmt.Fprintln(&s.out)
	}
	if p.More {
		fmt.Fprintf(&s.out, "more after %d\n", p.Last)
	}
}

// replay gives the commands so far to a fresh desk, as a journal would.
func (s *script) replay([]string) {
	fresh, err := router.NewEngine(s.made)
	require.NoError(s.t, err)
	var log strings.Builder
	for _, c := range s.done {
		if c.Kind == router.Invalid {
			log.WriteString(transcript(router.Outcome{}, fresh.Advance(c.At, nil), nil))
			continue
		}
		data, err := json.Marshal(c)
		require.NoError(s.t, err)
		var read router.Command
		require.NoError(s.t, json.Unmarshal(data, &read))
		log.WriteString(transcript(fresh.Apply(read, nil)))
	}
	require.Equal(s.t, s.log.String(), log.String())
	want, err := s.desk.Snapshot()
	require.NoError(s.t, err)
	got, err := fresh.Snapshot()
	require.NoError(s.t, err)
	require.Equal(s.t, string(want), string(got))
	fmt.Fprintf(&s.out, "%d commands, the same events and the same snapshot\n", len(s.done))
}

// restore saves the desk and restores it, by the settings that follow it if the
// script has changed them since.
func (s *script) restore([]string) {
	data, err := s.desk.Snapshot()
	require.NoError(s.t, err)
	restored, err := router.Restore(s.cfg, data)
	if err != nil {
		fmt.Fprintf(&s.out, "error: %v\n", err)
		return
	}
	s.desk, s.made = restored, s.cfg
	fmt.Fprintln(&s.out, "restored")
}

// load makes the desk anew from rows: "agent ID …", "ticket ID …", parted by |.
func (s *script) load(words []string) {
	rows := router.Rows{At: s.now}
	for part := range strings.SplitSeq(strings.Join(words, " "), "|") {
		w := strings.Fields(part)
		switch w[0] {
		case "agent":
			r := router.AgentRow{Agent: router.Agent{ID: w[1], Capacity: 5}}
			s.into(&r, w[2:])
			rows.Agents = append(rows.Agents, r)
		default:
			r := router.TicketRow{Ticket: ticket.Ticket{ID: w[1]}}
			s.into(&r, w[2:])
			rows.Tickets = append(rows.Tickets, r)
		}
	}
	desk, events, err := router.Load(s.cfg, rows, nil)
	if err != nil {
		fmt.Fprintf(&s.out, "error: %v\n", strings.ReplaceAll(err.Error(), "\n", "\n       "))
		return
	}
	s.desk, s.made, s.done = desk, s.cfg, nil
	s.out.WriteString(transcript(router.Outcome{}, events, nil))
}
