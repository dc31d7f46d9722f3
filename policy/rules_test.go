package policy

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

var nine = time.Date(2023, 10, 9, 9, 0, 0, 0, time.UTC)

func compiled(t *testing.T, s ...Policy) *Rules {
	r, err := Stack(s).Compile()
	require.NoError(t, err)
	return r
}

func waiting(p ticket.Priority, age time.Duration) *Ticket {
	return &Ticket{Ticket: ticket.Ticket{ID: "x", Priority: p, Created: nine.Add(-age)}}
}

// first tells which of two tickets goes first: -1 the first, 1 the second.
func first(r *Rules, a, b *Ticket) int { return r.Urgency(a).Compare(r.Urgency(b), nine.UnixNano()) }

func TestWithoutOrderersTheOlderGoesFirst(t *testing.T) {
	r := compiled(t)
	require.Negative(t, first(r, waiting(ticket.Low, 2), waiting(ticket.P0, 1)))
	require.Zero(t, first(r, waiting(ticket.Low, 1), waiting(ticket.P0, 1)))
}

func TestPriorityIsStrict(t *testing.T) {
	r := compiled(t, Priority{})
	require.Negative(t, first(r, waiting(ticket.Urgent, 0), waiting(ticket.Normal, 1000*time.Hour)))
	for p := -127; p <= 127; p++ {
		require.Negative(t, first(r, waiting(ticket.Priority(p-1), 0), waiting(ticket.Priority(p), time.Hour)), p)
	}
	require.Negative(t, first(r, waiting(ticket.Low, 2), waiting(ticket.Low, 1)))
}

func TestDeadlineServesTheEarliestDue(t *testing.T) {
	r := compiled(t, Deadline{})
	due := func(in time.Duration, age time.Duration) *Ticket {
		x := waiting(ticket.Normal, age)
		x.Due = nine.Add(in)
		return x
	}
	require.Negative(t, first(r, due(time.Minute, 0), due(time.Hour, 9*time.Hour)))
	require.Negative(t, first(r, due(-time.Hour, 0), due(-time.Minute, 0)), "the earlier breach")
	require.Negative(t, first(r, due(1000*time.Hour, 0), waiting(ticket.P0, 9*time.Hour)), "no due comes last")
	require.Zero(t, first(r, waiting(ticket.P0, 1), waiting(ticket.Low, 2)))
}

func TestAgingRates(t *testing.T) {
	r := compiled(t, Aging{})
	for p, rate := range map[ticket.Priority]int64{ticket.P0: 8, ticket.Urgent: 4, ticket.Normal: 2, ticket.Low: 1,
		-128: 8, -15: 8, -5: 4, 5: 2, 127: 1} {
		require.Equal(t, rate, r.Urgency(waiting(p, 0)).Rate, "%s", p)
	}
	own := compiled(t, Aging{Rates: map[ticket.Priority]int64{ticket.Urgent: 10, ticket.Low: 3}})
	for p, rate := range map[ticket.Priority]int64{ticket.P0: 10, ticket.Urgent: 10, ticket.Normal: 10, ticket.Low: 3, 100: 3} {
		require.Equal(t, rate, own.Urgency(waiting(p, 0)).Rate, "%s", p)
	}
	require.Negative(t, first(r, waiting(ticket.Low, 9*time.Minute), waiting(ticket.Urgent, 2*time.Minute)))
	require.Positive(t, first(r, waiting(ticket.Low, 7*time.Minute), waiting(ticket.Urgent, 2*time.Minute)))
}

func TestVIP(t *testing.T) {
	gold := waiting(ticket.Normal, 0)
	gold.Tier = ticket.VIP
	old := waiting(ticket.Normal, 10*time.Minute)
	classes := compiled(t, VIP{Reserve: 2})
	require.Negative(t, first(classes, gold, old))
	start := compiled(t, VIP{HeadStart: 5 * time.Minute})
	require.Positive(t, first(start, gold, old))
	require.Negative(t, first(start, gold, waiting(ticket.Normal, 4*time.Minute)))

	d, plain := classes.Demand(gold, 1), classes.Demand(old, 1)
	require.Equal(t, ticket.VIP, d.Tier)
	require.Equal(t, 0, classes.Keep(&d))
	require.Equal(t, 2, classes.Keep(&plain))
	fit := func(v VIP, level int, d *ticket.Demand) int64 { return v.Fit(&Agent{Level: level}, d) }
	require.EqualValues(t, 1, fit(VIP{}, 0, &d))
	require.EqualValues(t, 1, fit(VIP{}, 1, &d))
	require.EqualValues(t, 0, fit(VIP{}, 2, &d))
	require.EqualValues(t, 1, fit(VIP{Senior: 3}, 2, &d))
	require.EqualValues(t, 0, fit(VIP{}, 0, &plain))

	// Tiers of one's own; the standing of others does not split lanes.
	own := compiled(t, VIP{Tiers: []ticket.Tier{"gold", "platinum"}})
	silver := waiting(ticket.Normal, 0)
	silver.Tier = "silver"
	require.Empty(t, own.Demand(silver, 1).Tier)
	require.Empty(t, own.Demand(gold, 1).Tier)
	silver.Tier = "platinum"
	require.Equal(t, ticket.Tier("platinum"), own.Demand(silver, 1).Tier)
}

func TestTheOrderOfTheStackIsTheOrderOfTheClasses(t *testing.T) {
	gold, urgent := waiting(ticket.Low, 0), waiting(ticket.Urgent, time.Hour)
	gold.Tier = ticket.VIP
	require.Negative(t, first(compiled(t, VIP{}, Priority{}), gold, urgent))
	require.Positive(t, first(compiled(t, Priority{}, VIP{}), gold, urgent))
}

func TestUrgencyIsHeldInBounds(t *testing.T) {
	r := compiled(t, wild{})
	u := r.Urgency(waiting(0, 0))
	require.EqualValues(t, MaxRate, u.Rate)
	require.EqualValues(t, -1<<63, u.Start)
}

type wild struct{}

func (wild) Name() string { return "wild" }
func (wild) Order(_ *Ticket, u Urgency) Urgency {
	u.Rate, u.Start = MaxRate*4, -1<<63
	return u
}

func TestQualifiesNamesTheFirstRule(t *testing.T) {
	r := compiled(t, Skill{}, host{"never mind"})
	a := &Agent{Skills: ticket.Skills{{Skill: "order", Level: 2}}, Channels: map[ticket.Channel]int{ticket.Web: 0}, Teams: []string{"a"}}
	need := []ticket.Need{{Skill: "order", Level: 3}}
	for _, c := range []struct {
		d    ticket.Demand
		rule string
	}{
		{ticket.Demand{Channel: ticket.Web}, ""},
		{ticket.Demand{Channel: ticket.Phone, Team: "b", Level: 2, Required: need}, "channel"},
		{ticket.Demand{Channel: ticket.Web, Team: "b", Level: 2, Required: need}, "team"},
		{ticket.Demand{Channel: ticket.Web, Team: "a", Level: 2, Required: need}, "level"},
		{ticket.Demand{Channel: ticket.Web, Team: "a", Level: 1, Required: need}, "skill"},
		{ticket.Demand{Channel: ticket.Web, Required: []ticket.Need{{Skill: "order", Level: 2}}}, ""},
	} {
		require.Equal(t, c.rule, r.Qualifies(a, &c.d))
	}
	require.Empty(t, compiled(t).Demand(&Ticket{Ticket: ticket.Ticket{Required: need}}, 1).Required, "without Skill, skills mean nothing")
}

func TestPreferences(t *testing.T) {
	d := &ticket.Demand{Preferred: []ticket.Wish{{Need: ticket.Need{Skill: "german", Level: 2}, Weight: 7}}}
	german := &Agent{ID: "g", Skills: ticket.Skills{{Skill: "german", Level: 2}, {Skill: "order", Level: 1}}, Capacity: 10}
	require.EqualValues(t, -7, Skill{}.Fit(german, d))
	require.EqualValues(t, 0, Skill{}.Fit(&Agent{}, d))
	require.EqualValues(t, 2, LeastFlexible{}.Fit(german, d))

	german.Live = Live{Open: 3, Load: 5, IdleSince: nine, Turn: 42}
	require.EqualValues(t, 3, Load{}.Rank(german))
	require.EqualValues(t, 500_000, Load{Share: true}.Rank(german))
	require.Less(t, Load{MaxOpen: 4}.Rank(german), Load{MaxOpen: 3}.Rank(&Agent{Live: Live{Open: 3}}))
	require.EqualValues(t, nine.UnixNano(), LongestIdle{}.Rank(german))
	require.EqualValues(t, 42, RoundRobin{}.Rank(german))
	require.NotPanics(t, func() { Load{Share: true}.Rank(&Agent{}) }, "a capacity of 0")

	var names []string
	for _, p := range compiled(t, VIP{}, Skill{}, Load{}, RoundRobin{}).Preferences {
		require.True(t, (p.Fit == nil) != (p.Rank == nil))
		names = append(names, p.Name)
	}
	require.Equal(t, []string{VIP{}.Name(), "skill", Load{}.Name(), "round-robin"}, names)
}

func TestSticky(t *testing.T) {
	r := compiled(t, Sticky{For: time.Minute})
	x := waiting(0, 0)
	who, wait := r.Stick(x)
	require.Empty(t, who)
	require.Equal(t, time.Minute, wait)
	x.Agent = "named"
	who, _ = r.Stick(x)
	require.Equal(t, "named", who)
	x.LastAgent = "last"
	who, _ = r.Stick(x)
	require.Equal(t, "last", who, "who had it last goes before who is named")
	who, wait = compiled(t).Stick(x)
	require.Empty(t, who)
	require.Zero(t, wait)
}

func TestRings(t *testing.T) {
	rings := Rings{Insist: true, Rings: []Ring{{After: time.Minute}, {After: 2 * time.Minute, Lower: 2}, {After: time.Hour, Drop: []ticket.Skill{"order", "tax"}, Team: "second"}}}
	r := compiled(t, Skill{}, rings)
	d := ticket.Demand{Team: "first", Required: []ticket.Need{{Skill: "order", Level: 4}, {Skill: "tax", Level: 5, Hard: true},
		{Skill: "mild", Op: ticket.AtMost, Level: 3}, {Skill: "exact", Op: ticket.Exactly, Level: 3}},
		Preferred: []ticket.Wish{{Need: ticket.Need{Skill: "german", Level: 1}, Weight: 1}}}
	before := d.Clone()
	levels := func(x ticket.Demand) (out []string) {
		for _, n := range x.Required {
			out = append(out, n.String())
		}
		return out
	}
	require.Equal(t, []string{"order>=4", "tax>=5!", "mild<=3", "exact=3", "german>=1"}, levels(r.Widen(d, 0)))
	require.Equal(t, []string{"order>=4", "tax>=5!", "mild<=3", "exact=3"}, levels(r.Widen(d, 1)))
	require.Equal(t, []string{"order>=2", "tax>=5!", "mild<=3", "exact=3"}, levels(r.Widen(d, 2)))
	last := r.Widen(d, 3)
	require.Equal(t, []string{"tax>=5!", "mild<=3", "exact=3"}, levels(last), "what is hard stays")
	require.Equal(t, "second", last.Team)
	require.Equal(t, before, d, "the demand itself is not touched")
	require.Empty(t, r.Widen(ticket.Demand{}, 3).Team, "who asks for no team gets none")
	deep := r.Widen(ticket.Demand{Required: []ticket.Need{{Skill: "a", Level: 2}, {Skill: "b", Level: 0}}}, 2)
	require.Equal(t, []string{"a>=1", "b>=0"}, levels(deep), "levels end at 1")

	for ring, want := range []time.Duration{0, time.Minute, 2 * time.Minute, time.Hour} {
		after, ok := r.After(ring)
		require.True(t, ok)
		require.Equal(t, want, after)
	}
	_, ok := r.After(4)
	require.False(t, ok)
	_, ok = compiled(t).After(1)
	require.False(t, ok)
}

// Names carry the parameters and stay the same: snapshots are recognised by them.
func TestNames(t *testing.T) {
	want := []string{
		`vip tiers=["vip"] head-start=0s reserve=1 senior=2`, "priority", "skill", "load max-open=5 share=false", "longest-idle",
		"round-robin", "least-flexible", "sticky for=2m0s", "deadline", "aging P0=8 urgent=4 normal=2 low=1",
		`rings insist=true 1m0s{lower=1 drop=["a"] team="b"}`}
	for i, p := range []Policy{VIP{Reserve: 1}, Priority{}, Skill{}, Load{MaxOpen: 5}, LongestIdle{}, RoundRobin{}, LeastFlexible{},
		Sticky{For: 2 * time.Minute}, Deadline{}, Aging{},
		Rings{Insist: true, Rings: []Ring{{After: time.Minute, Lower: 1, Drop: []ticket.Skill{"a"}, Team: "b"}}}} {
		require.Equal(t, want[i], p.Name())
	}
}

func TestAgentValidate(t *testing.T) {
	good := Agent{ID: "li", Skills: ticket.Skills{{Skill: "a", Level: 1}}, Channels: map[ticket.Channel]int{ticket.Web: 0}, Teams: []string{"x"},
		Level: 9, Capacity: ticket.MaxWeight, Weight: ticket.MaxWeight}
	require.NoError(t, good.Validate())
	bad := Agent{Skills: ticket.Skills{{Skill: "a"}, {Skill: "a", Level: 1}, {Skill: "a", Level: 2}, {Skill: "", Level: 1}},
		Channels: map[ticket.Channel]int{ticket.Web: -1, "": 0}, Teams: []string{""}, Tags: []string{"\xff"},
		Level: -1, Capacity: -1, Weight: ticket.MaxWeight + 1}
	var fields []string
	for _, e := range bad.Validate().(interface{ Unwrap() []error }).Unwrap() {
		var f *ticket.FieldError
		require.True(t, errors.As(e, &f), "%v", e)
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	require.Subset(t, fields, []string{"capacity", "channel", "id", "level", "limit of channel web", "skill", "tag", "team", "weight"})
	require.True(t, (&Agent{}).Serves("anything"))
	require.False(t, good.Serves(ticket.Phone))
	require.True(t, good.In("x"))
	require.False(t, good.In("y"))
}
