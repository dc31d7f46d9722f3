package router

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/router/internal/hist"
	"github.com/usherdesk/usher/ticket"
)

// Stats are what a desk has to do and what it has done today: a status table with
// a row for the whole, each channel, each team and each agent. Rows stand in the
// order of their names; a channel, team or agent with nothing to tell has none.
type Stats struct {
	Since    time.Time // when today began, in Config.Zone
	All      Figures
	Channels []Figures
	Teams    []Figures // tickets without a team count in none
	Agents   []Figures
}

// Figures are one row of a status table.
type Figures struct {
	Name string
	// Waiting are the tickets that nobody has; of an agent: those offered and not
	// yet answered.
	Waiting int
	// InProgress are the tickets in hand, those that rest with their agent included.
	InProgress int
	// Done is how many tickets were resolved today; one that is resolved twice counts
	// twice.
	Done int
	// Response is how long customers waited, from the creation of a ticket, for its
	// first answer: the first Reply that is not a bot's or the system's, or, where a
	// ticket is resolved without any (a call), the moment an agent first had it. It
	// counts on the day of that reply or resolution.
	Response Times
	// Handle is how long tickets that were resolved today were with the agent who
	// resolved them, rests included.
	Handle Times
	// Overdue is how many promises were broken today.
	Overdue int
}

// Share is Overdue over Done; 0 while nothing is done.
func (f Figures) Share() float64 {
	if f.Done == 0 {
		return 0
	}
	return float64(f.Overdue) / float64(f.Done)
}

// Times sum up durations. A percentile is never too low, and too high by less than
// one sixteenth or two milliseconds; the mean and the longest are exact, but for
// fractions of a microsecond.
type Times struct {
	Count               int
	Mean, P50, P90, P95 time.Duration
	Max                 time.Duration
}

func times(h *hist.Durations) Times {
	return Times{h.Count(), h.Mean(), h.Percentile(50), h.Percentile(90), h.Percentile(95), h.Max()}
}

// Stats returns the statistics of the desk as of now; none unless Config.Stats asks
// for them.
func (e *Engine) Stats() Stats {
	if e.watch == nil || e.watch.stats == nil {
		return Stats{}
	}
	s := e.watch.stats
	over := e.now >= s.until // a new day on which nothing has happened yet
	from := s.from
	if over {
		from, _ = s.day(e.now)
	}
	return Stats{Since: instant(from).In(s.zone), All: s.all.figures(over), Channels: s.channels.figures(over),
		Teams: s.teams.figures(over), Agents: s.agents.figures(over)}
}

// Stats returns the statistics of the desk; none unless Config.Stats asks for them.
func (r *Router) Stats() Stats { return read(r, (*Engine).Stats) }

// stats are the ledgers behind Stats.
type stats struct {
	zone                    *time.Location
	from, until             int64 // today
	all                     ledger
	channels, teams, agents ledgers
	groups                  map[groupKey]*group
}

// ledger counts for one row.
type ledger struct {
	name             string
	waiting, open    int
	done, overdue    int
	response, handle hist.Durations
}

// ledgers are those of one kind. Beyond mostLedgers names, those that are new share
// a row, so that hostile names cannot fill the memory.
type ledgers map[string]*ledger

const (
	mostLedgers = 1 << 16
	others      = "(others)"
)

func (m ledgers) of(name string) *ledger {
	t := m[name]
	if t == nil {
		if len(m) >= mostLedgers && name != others {
			return m.of(others)
		}
		t = &ledger{name: name}
		m[name] = t
	}
	return t
}

// group is where the tickets of one channel and team count.
type group struct {
	groupKey
	channel, team *ledger // no team: nil
}

type groupKey struct {
	channel ticket.Channel
	team    string
}

func newStats(d *desk) *stats {
	s := &stats{zone: d.Zone, channels: ledgers{}, teams: ledgers{}, agents: ledgers{}, groups: map[groupKey]*group{}}
	if s.zone == nil {
		s.zone = time.UTC
	}
	return s
}

// day returns the bounds of the day that holds an instant.
func (s *stats) day(now int64) (from, until int64) {
	t := instant(now).In(s.zone)
	y, m, d := t.Date()
	return unix(time.Date(y, m, d, 0, 0, 0, 0, s.zone)), max(unix(time.Date(y, m, d+1, 0, 0, 0, 0, s.zone)), now+1)
}

// turn begins a new day if it is one: what was done is forgotten, and so is who
// has nothing to do.
func (s *stats) turn(now int64) {
	if now < s.until {
		return
	}
	s.from, s.until = s.day(now)
	s.all.reset()
	for _, m := range []ledgers{s.channels, s.teams, s.agents} {
		for name, t := range m {
			t.reset()
			if t.waiting+t.open == 0 {
				delete(m, name)
			}
		}
	}
	for k, g := range s.groups {
		if s.channels[g.channel.name] != g.channel || g.team != nil && s.teams[g.team.name] != g.team {
			delete(s.groups, k)
		}
	}
}

func (t *ledger) reset() {
	t.done, t.overdue = 0, 0
	t.response.Reset()
	t.handle.Reset()
}

// group finds where a ticket counts.
func (s *stats) group(t *ticket.Ticket) *group {
	k := groupKey{t.Channel, t.Team}
	g := s.groups[k]
	if g == nil {
		g = &group{groupKey: k, channel: s.channels.of(string(k.channel))}
		if k.team != "" {
			g.team = s.teams.of(k.team)
		}
		if len(s.groups) >= mostLedgers {
			clear(s.groups)
		}
		s.groups[k] = g
	}
	return g
}

// see counts what an event adds to the day, while the sighting is still that of
// the state before it.
func (s *stats) see(e *Engine, w *watch, it *item, x *sighting, ev *Event) {
	s.turn(e.now)
	switch ev.Kind {
	case Assigned, Accepted:
		if x.phase == inLine || x.phase == inQuestion {
			w.pace(it.t.Channel).waited(e.now-x.since, false)
		}
	case Abandoned:
		if x.phase == inLine || x.phase == inQuestion {
			w.pace(it.t.Channel).waited(e.now-x.since, true)
		}
	case Answered:
		if !x.answered && ev.By != ticket.Bot && ev.By != ticket.System {
			s.each(it, x, func(t *ledger) { t.response.Add(time.Duration(e.now - unix(it.t.Created))) })
			x.answered = true
		}
	case Resolved:
		took := time.Duration(e.now - x.taken)
		replied := x.answered
		if x.first == 0 { // it was counted as with nobody: it is resolved where it stands
			took, replied = 0, true
		}
		w.pace(it.t.Channel).worked(took)
		s.each(it, x, func(t *ledger) {
			t.done++
			t.handle.Add(took)
			if !replied {
				t.response.Add(time.Duration(max(x.first-unix(it.t.Created), 0)))
			}
		})
		x.answered = true
	case Reopened:
		x.answered = true // whatever answered it counted then
	}
}

// each calls f for the rows a ticket counts in.
func (s *stats) each(it *item, x *sighting, f func(*ledger)) {
	f(&s.all)
	g := x.group
	if g == nil {
		g = s.group(&it.t.Ticket)
	}
	f(g.channel)
	if g.team != nil {
		f(g.team)
	}
	if x.agent != nil && x.phase == inHand {
		f(x.agent)
	}
}

// move counts a ticket in its new place and out of the one it was in.
func (s *stats) move(it *item, x *sighting, to phase) {
	agent := ""
	if (to == inQuestion || to == inHand) && it.agent != nil {
		agent = it.agent.p.ID
	}
	g := x.group
	if to == gone {
		g = nil
	} else if g == nil || g.groupKey != (groupKey{it.t.Channel, it.t.Team}) {
		g = s.group(&it.t.Ticket)
	}
	if x.phase == to && x.group == g && (x.agent == nil && agent == "" || x.agent != nil && x.agent.name == agent) {
		return
	}
	if x.group != nil {
		s.add(x.group, x.agent, x.phase, -1)
	}
	x.group, x.agent = g, nil
	if agent != "" {
		x.agent = s.agents.of(agent)
	}
	if g != nil {
		s.add(g, x.agent, to, 1)
	}
}

func (s *stats) add(g *group, agent *ledger, p phase, n int) {
	for _, t := range [...]*ledger{&s.all, g.channel, g.team, agent} {
		switch {
		case t == nil:
		case p == inHand:
			t.open += n
		case p == inQuestion || p == inLine && t != agent:
			t.waiting += n
		}
	}
}

// overdue counts a broken promise about a ticket, with its agent if it has one.
func (e *Engine) overdue(it *item) {
	if e.watch == nil || e.watch.stats == nil {
		return
	}
	s := e.watch.stats
	s.turn(e.now)
	x := it.seen
	if x == nil {
		x = &sighting{}
	}
	s.each(it, x, func(t *ledger) { t.overdue++ })
}

func (t *ledger) figures(over bool) Figures {
	f := Figures{Name: t.name, Waiting: t.waiting, InProgress: t.open}
	if !over {
		f.Done, f.Overdue, f.Response, f.Handle = t.done, t.overdue, times(&t.response), times(&t.handle)
	}
	return f
}

func (t *ledger) empty() bool { return t.waiting+t.open+t.done+t.overdue+t.response.Count() == 0 }

func (m ledgers) sorted() []*ledger {
	out := make([]*ledger, 0, len(m))
	for _, t := range m {
		if !t.empty() {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *ledger) int { return strings.Compare(a.name, b.name) })
	return out
}

func (m ledgers) figures(over bool) []Figures {
	var out []Figures
	for _, t := range m.sorted() {
		if !over || t.waiting+t.open > 0 {
			out = append(out, t.figures(over))
		}
	}
	return out
}

// statsState is the day in a snapshot; what waits and what is open follows from the
// tickets.
type statsState struct {
	Zone     string        `json:"zone"`
	From     int64         `json:"from"`
	Until    int64         `json:"until"`
	All      ledgerState   `json:"all"`
	Channels []ledgerState `json:"channels,omitempty"`
	Teams    []ledgerState `json:"teams,omitempty"`
	Agents   []ledgerState `json:"agents,omitempty"`
}

type ledgerState struct {
	Name     string          `json:"name,omitempty"`
	Done     int             `json:"done,omitempty"`
	Overdue  int             `json:"overdue,omitempty"`
	Response *hist.Durations `json:"response,omitempty"`
	Handle   *hist.Durations `json:"handle,omitempty"`
}

func (t *ledger) state() ledgerState {
	s := ledgerState{Name: t.name, Done: t.done, Overdue: t.overdue}
	if t.response.Count() > 0 {
		s.Response = &t.response
	}
	if t.handle.Count() > 0 {
		s.Handle = &t.handle
	}
	return s
}

func (m ledgers) state() (out []ledgerState) {
	for _, t := range m.sorted() {
		if t.done+t.overdue+t.response.Count() > 0 {
			out = append(out, t.state())
		}
	}
	return out
}

func (s *stats) state() *statsState {
	return &statsState{s.zone.String(), s.from, s.until, s.all.state(), s.channels.state(), s.teams.state(), s.agents.state()}
}

func (s *stats) restore(from *statsState) error {
	if from.Zone != s.zone.String() {
		return &MismatchError{What: "zone", Want: s.zone.String(), Got: short(from.Zone)}
	}
	if from.Until < from.From {
		return fmt.Errorf("statistics of a day from %d to %d", from.From, from.Until)
	}
	s.from, s.until = from.From, from.Until
	fill := func(t *ledger, x ledgerState) error {
		if x.Done < 0 || x.Overdue < 0 || x.Handle != nil && x.Handle.Count() != x.Done || x.Handle == nil && x.Done != 0 {
			return fmt.Errorf("statistics of %q do not add up", short(t.name))
		}
		t.done, t.overdue = x.Done, x.Overdue
		if x.Response != nil {
			t.response = *x.Response
		}
		if x.Handle != nil {
			t.handle = *x.Handle
		}
		return nil
	}
	if err := fill(&s.all, from.All); err != nil {
		return err
	}
	for _, kind := range []struct {
		into ledgers
		from []ledgerState
	}{{s.channels, from.Channels}, {s.teams, from.Teams}, {s.agents, from.Agents}} {
		sorted := slices.IsSortedFunc(kind.from, func(a, b ledgerState) int { return cmp.Compare(a.Name, b.Name) })
		for i, x := range kind.from {
			if !sorted || i > 0 && x.Name == kind.from[i-1].Name || len(kind.into) > mostLedgers {
				return fmt.Errorf("statistics of %q stand twice or out of order", short(x.Name))
			}
			if err := fill(kind.into.of(x.Name), x); err != nil {
				return err
			}
		}
	}
	return nil
}
