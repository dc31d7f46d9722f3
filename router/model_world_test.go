package router

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// Small worlds with much contention, and the commands that people in them give.

// shifts are hours that repeat: each cycle begins with an open span.
type shifts struct{ cycle, span time.Duration }

func (s shifts) into(t time.Time) time.Duration { return time.Duration(t.UnixNano()) % s.cycle }

func (s shifts) Open(t time.Time) bool { return s.into(t) < s.span }

func (s shifts) NextChange(t time.Time) (time.Time, bool) {
	if s.span == s.cycle {
		return time.Time{}, false
	}
	if in := s.into(t); in < s.span {
		return t.Add(s.span - in), true
	}
	return t.Add(s.cycle - s.into(t)), true
}

func (s shifts) Fingerprint() string { return fmt.Sprint(s.cycle, s.span) }

// badge is somebody's own policy, with as many roles as possible.
type badge struct{}

func (badge) Name() string                                { return "badge" }
func (badge) Shape(t *policy.Ticket, d *ticket.Demand)    { d.Type = t.Type }
func (badge) Fit(a *policy.Agent, _ *ticket.Demand) int64 { return -int64(len(a.Tags)) }
func (badge) Rank(a *policy.Agent) int64                  { return int64(a.Live.Open / 2) }

func (badge) Qualifies(a *policy.Agent, d *ticket.Demand) bool {
	return d.Type != ticket.Complaint || len(a.Tags) > 0
}

func (badge) Order(t *policy.Ticket, u policy.Urgency) policy.Urgency {
	if t.Type == ticket.Complaint {
		u.Rate = 3
	}
	return u
}

func (badge) Keep(d *ticket.Demand) int {
	if d.Type == ticket.Suggestion {
		return 1
	}
	return 0
}

// dice are the choices that make a world and what happens in it: random numbers, or
// the bytes of a fuzzer.
type dice interface{ IntN(n int) int }

type world struct{ dice }

func newWorld(seed uint64) world { return world{rand.New(rand.NewPCG(seed, 0))} }

func (w world) chance(percent int) bool { return w.IntN(100) < percent }

func (w world) seconds(n int) time.Duration { return time.Duration(w.IntN(n)) * time.Second }

func one[T any](w world, from ...T) T { return from[w.IntN(len(from))] }

// some picks each with the given chance.
func some[T any](w world, percent int, from ...T) (out []T) {
	for _, x := range from {
		if w.chance(percent) {
			out = append(out, x)
		}
	}
	return out
}

var (
	worldChannels = []ticket.Channel{ticket.Phone, ticket.Web, ticket.Email}
	worldTeams    = []string{"north", "south"}
	worldSkills   = []ticket.Skill{"order", "refund", "german"}
	worldAgents   = []string{"ann", "bob", "cat", "dan", "eve", "fay"}
)

func (w world) config() Config {
	cfg := Config{Policy: w.stack(), Channels: map[ticket.Channel]Channel{}, Mode: one(w, Default, Push, Push, Push, Offers, Offers, Offers, Pull),
		OfferFor: 5*time.Second + w.seconds(30), MissedAway: one(w, 0, 0, 1, 2), RoundPause: w.seconds(30), LeaveGrace: one(w, 0, 20*time.Second),
		WrapUp: w.seconds(20), ReleaseParked: w.chance(50), MaxTransfers: w.IntN(4), MaxLevel: w.IntN(4),
		Keep: Keep{Age: one(w, 0, 0, 100*time.Second), Count: 1 + w.IntN(8)}, Keys: 1 + w.IntN(6)}
	if w.chance(40) {
		cfg.Ramp = Ramp{PerMinute: 1 + w.IntN(12), For: 10*time.Second + w.seconds(60)}
	}
	for i := range w.IntN(3) {
		cfg.Sets = append(cfg.Sets, policy.Set{Name: "other", Version: fmt.Sprint(i), Stack: w.stack()})
	}
	for _, c := range worldChannels {
		if w.chance(70) {
			cfg.Channels[c] = Channel{Cost: w.IntN(4), Mode: one(w, Default, Default, Default, Default, Push, Offers, Pull), OfferFor: one(w, 0, w.seconds(10)),
				WrapUp: one(w, 0, 0, w.seconds(10)), Hours: w.hours()}
		}
	}
	for _, name := range some(w, 60, worldTeams...) {
		cfg.Teams = append(cfg.Teams, Team{Name: name, Hours: w.hours(), MaxOpen: w.IntN(4)})
	}
	return cfg
}

func (w world) hours() Hours {
	if w.chance(60) {
		return nil
	}
	cycle := time.Minute + w.seconds(200)
	return shifts{cycle: cycle, span: cycle * time.Duration(1+w.IntN(10)) / 10}
}

// stack composes a legal stack of what there is, in any order.
func (w world) stack() (s policy.Stack) {
	skill := w.chance(80)
	add := func(percent int, p ...policy.Policy) {
		if w.chance(percent) {
			s = append(s, one(w, p...))
		}
	}
	if skill {
		s = append(s, policy.Skill{})
	}
	add(50, policy.VIP{}, policy.VIP{Reserve: 1}, policy.VIP{Reserve: 2}, policy.VIP{HeadStart: 30 * time.Second, Reserve: 1, Senior: 3},
		policy.VIP{Tiers: []ticket.Tier{"gold", ticket.VIP}})
	if w.chance(50) {
		add(100, policy.Aging{}, policy.Aging{Rates: map[ticket.Priority]int64{ticket.Urgent: 5, ticket.Low: 1}})
	} else {
		add(60, policy.Priority{})
		add(30, policy.Deadline{})
	}
	add(50, policy.Load{}, policy.Load{MaxOpen: 2}, policy.Load{Share: true}, policy.Load{Share: true, MaxOpen: 3})
	add(50, policy.RoundRobin{}, policy.LongestIdle{})
	add(30, policy.LeastFlexible{})
	add(40, policy.Sticky{For: time.Second + w.seconds(30)})
	add(30, badge{})
	if w.chance(50) {
		rings := policy.Rings{Insist: skill && w.chance(50)}
		after := time.Duration(0)
		for range 1 + w.IntN(3) {
			after += time.Second + w.seconds(20)
			r := policy.Ring{After: after, Team: one(w, worldTeams...)}
			if skill {
				r.Lower, r.Drop = ticket.Level(w.IntN(3)), some(w, 30, worldSkills...)
			}
			rings.Rings = append(rings.Rings, r)
		}
		s = append(s, rings)
	}
	for i := len(s) - 1; i > 0; i-- {
		j := w.IntN(i + 1)
		s[i], s[j] = s[j], s[i]
	}
	return s
}

func (w world) agent(id string) Agent {
	a := Agent{ID: id, Teams: some(w, 60, worldTeams...), Level: w.IntN(4), Tags: some(w, 40, "badge"),
		Capacity: 1 + w.IntN(5), Weight: w.IntN(3)}
	for _, k := range some(w, 70, worldSkills...) {
		a.Skills = append(a.Skills, ticket.Rated{Skill: k, Level: ticket.Level(1 + w.IntN(3))})
	}
	if w.chance(60) {
		a.Channels = map[ticket.Channel]int{}
		for _, c := range some(w, 80, worldChannels...) {
			a.Channels[c] = w.IntN(3)
		}
	}
	return a
}

func (w world) needs(percent int) (out []ticket.Need) {
	for _, k := range some(w, percent, worldSkills...) {
		out = append(out, ticket.Need{Skill: k, Level: ticket.Level(1 + w.IntN(3)), Op: one(w, ticket.AtLeast, ticket.AtLeast, ticket.Exactly, ticket.AtMost),
			Hard: w.chance(20)})
	}
	return out
}

func (w world) wishes() (out []ticket.Wish) {
	for _, n := range w.needs(25) {
		out = append(out, ticket.Wish{Need: n, Weight: 1 + w.IntN(3)})
	}
	return out
}

func (w world) ticket(id string, now time.Time) ticket.Ticket {
	t := ticket.Ticket{ID: id, Customer: one(w, "", "kim", "lou"), Channel: one(w, worldChannels...),
		Type: one(w, ticket.Inquiry, ticket.Complaint, ticket.Suggestion), Priority: one(w, ticket.Urgent, ticket.Normal, ticket.Low, 5),
		Tier: one(w, ticket.Regular, ticket.Regular, ticket.VIP), Tags: some(w, 20, "blue"), Team: one(w, "", "", "north", "south"),
		Level: one(w, 0, 0, 0, 1, 2), Weight: one(w, 0, 0, 1, 2, 3), Agent: one(w, append(worldAgents, "", "", "")...)}
	t.Required, t.Preferred = w.needs(25), w.wishes()
	if w.chance(50) {
		t.Created = now.Add(-w.seconds(100))
	}
	if w.chance(2) {
		t.Location = ticket.Point{Lat: int32(w.IntN(200)-100) * 1e6}
	}
	return t
}

func (w world) patch(now time.Time) *Patch {
	t := w.ticket("patch", now)
	p := &Patch{}
	put := func(do func()) {
		if w.chance(25) {
			do()
		}
	}
	put(func() { p.Channel = &t.Channel })
	put(func() { p.Type = &t.Type })
	put(func() { p.Priority = &t.Priority })
	put(func() { p.Tier = &t.Tier })
	put(func() { p.Team = &t.Team })
	put(func() { t.Level = w.IntN(5); p.Level = &t.Level })
	put(func() { p.Weight = &t.Weight })
	put(func() { p.Agent = &t.Agent })
	put(func() { p.Tags = &t.Tags })
	put(func() { p.Required = &t.Required })
	put(func() { p.Preferred = &t.Preferred })
	return p
}

// wrong is a name that cannot be right, or merely is not.
func (w world) wrong() string {
	return one(w, "", "nobody", "\xff", strings.Repeat("long ", 300))
}
