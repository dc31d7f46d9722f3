package sla

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

func one(m Metric, d time.Duration) []Target { return []Target{{Metric: m, Within: d}} }

func TestPlanNamesEveryFault(t *testing.T) {
	p := &Plan{Name: strings.Repeat("x", 300), Policies: []Policy{
		{Name: "", Targets: []Target{{Metric: 77, Within: time.Hour}, {Metric: Stage, Within: time.Hour},
			{Metric: Resolution, Stage: "no", Within: time.Hour}, {Metric: Assignment}, {Metric: FirstResponse, Within: 1 << 62}}},
		{Name: "twice", When: Match{Tags: []string{"a"}}},
		{Name: "twice", When: Match{Tags: []string{"b"}}, Yields: []string{"later"}, Targets: append(one(Assignment, time.Hour), one(Assignment, time.Minute)...)},
		{Name: "tiers", Targets: []Target{{Metric: Resolution, Within: time.Hour, Tiers: []Tier{{Percent: 50}, {Percent: 50}, {Percent: 2000},
			{Percent: 10, Span: 1}, {Span: -time.Hour}, {Percent: 99, Action: Transfer}, {Percent: 98, Team: "x"}, {Percent: 97, Action: 9}}},
			{Metric: Assignment, Within: time.Hour, Tiers: make([]Tier, 40)}}},
	}}
	err := p.Validate()
	for _, want := range []string{"is longer than", "is empty", "is unknown", "must be named if it is a stage", "ten years",
		"is given twice", "is no earlier policy", "is promised twice", "between 1 and 1000 percent", "both a share and a span",
		"not after the start", "must name a team", "is no action", "tiers are more than 31", "dead"} {
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, (&Plan{Policies: make([]Policy, 2000)}).Validate(), "more than 1000")
	require.ErrorContains(t, (&Plan{Policies: []Policy{{Name: "a", Targets: make([]Target, 99)}}}).Validate(), "more than 64")
	_, err = NewTracker(p)
	var field *ticket.FieldError
	require.ErrorAs(t, err, &field)
}

func TestOverlappingAndDeadPolicies(t *testing.T) {
	urgent := Match{Priorities: []ticket.Priority{ticket.Urgent}}
	phone := Match{Channels: []ticket.Channel{ticket.Phone}}
	urgentPhone := Match{Priorities: urgent.Priorities, Channels: phone.Channels}
	tagged := Match{Tags: []string{"vip"}}
	every := Match{}
	for _, x := range []struct {
		name   string
		whens  []Match
		yields []string // of the last one
		want   string
	}{
		{"special before general", []Match{urgentPhone, urgent, every}, nil, ""},
		{"apart", []Match{urgent, {Priorities: []ticket.Priority{ticket.Low}}}, nil, ""},
		{"overlap", []Match{urgent, phone}, nil, `policy p1": when "p0" overlaps`},
		{"overlap that is meant", []Match{urgent, phone}, []string{"p0"}, ""},
		{"overlap by tags", []Match{tagged, urgent}, nil, "overlaps"},
		{"general before special", []Match{urgent, urgentPhone}, nil, `policy p1": when "p0" matches all its tickets`},
		{"the same twice", []Match{phone, phone}, nil, "dead"},
		{"dead between two", []Match{urgent, {Priorities: []ticket.Priority{ticket.Low}},
			{Priorities: []ticket.Priority{ticket.Urgent, ticket.Low}}}, nil, "leaves it no ticket"},
		{"not dead between two", []Match{urgent, {Priorities: []ticket.Priority{ticket.Low}},
			{Priorities: []ticket.Priority{ticket.Urgent, ticket.Low, ticket.P0}}}, nil, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			var p Plan
			for i, w := range x.whens {
				p.Policies = append(p.Policies, Policy{Name: fmt.Sprint("p", i), When: w})
			}
			p.Policies[len(p.Policies)-1].Yields = x.yields
			if x.want == "" {
				require.NoError(t, p.Validate())
				return
			}
			require.ErrorContains(t, p.Validate(), x.want)
		})
	}
}

func TestFirstMatch(t *testing.T) {
	p := &Plan{Policies: []Policy{
		{Name: "vip red", When: Match{Tiers: []ticket.Tier{ticket.VIP}, Tags: []string{"red", "hot"}}, Targets: one(Resolution, time.Hour)},
		{Name: "vip", When: Match{Tiers: []ticket.Tier{ticket.VIP}}, Targets: one(Resolution, 2*time.Hour)},
		{Name: "complaints", When: Match{Types: []ticket.Type{ticket.Complaint}}, Targets: one(Resolution, 3*time.Hour), Yields: []string{"vip", "vip red"}},
	}}
	s := run(t, p)
	for id, x := range map[string]struct {
		c    ticket.Change
		want string
	}{
		"a": {ticket.Change{Tier: ticket.VIP, Tags: []string{"hot", "x", "red"}, Type: ticket.Complaint}, "Mon 11:00"},
		"b": {ticket.Change{Tier: ticket.VIP, Tags: []string{"hot"}, Type: ticket.Complaint}, "Mon 12:00"},
		"c": {ticket.Change{Type: ticket.Complaint, Priority: 55}, "Mon 13:00"},
		"d": {ticket.Change{Type: ticket.Inquiry}, "-"},
	} {
		x.c.Ticket, x.c.Channel = id, ticket.Web
		s.do("Mon 10:00", x.c)
		d, _ := s.tr.Due(id)
		require.Equal(t, x.want, show(d), id)
	}
}

func TestPlanEncodings(t *testing.T) {
	p := busyPlan()
	b, err := json.Marshal(p)
	require.NoError(t, err)
	var back Plan
	require.NoError(t, json.Unmarshal(b, &back))
	require.NoError(t, back.Validate())
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.Equal(t, string(b), string(again))
	require.Equal(t, p.Fingerprint(), back.Fingerprint())
	back.Version++
	require.NotEqual(t, p.Fingerprint(), back.Fingerprint())
	require.Equal(t, "metric(99)", Metric(99).String())
	_, err = Action(99).MarshalText()
	require.Error(t, err)
}

// The seed's figures, one line each.
func TestStandardPlan(t *testing.T) {
	p, err := Standard("Europe/Berlin")
	require.NoError(t, err)
	_, err = Standard("Nowhere")
	require.Error(t, err)
	at10 := time.Date(2025, 3, 4, 9, 0, 0, 0, time.UTC) // Tuesday 10:00 in Berlin
	for _, x := range []struct {
		channel  ticket.Channel
		kind     ticket.Type
		priority ticket.Priority
		from     time.Duration // after 10:00
		metric   Metric
		stage    string
		want     time.Duration // after 10:00
	}{
		{ticket.Phone, "", ticket.Normal, 0, Assignment, "", 10 * time.Second},
		{ticket.Web, "", ticket.P0, 0, Assignment, "", 30 * time.Second},
		{ticket.Email, ticket.Inquiry, ticket.Low, 0, Assignment, "", 10 * time.Minute},
		{ticket.Email, "", ticket.P0, 0, Resolution, "", 15 * time.Minute},
		{ticket.App, "", ticket.Urgent, 0, Resolution, "", 2 * time.Hour},
		{ticket.Phone, "", ticket.Normal, 0, Resolution, "", 4 * time.Hour},
		{ticket.Email, "", ticket.Low, 0, Resolution, "", 24 * time.Hour},
		{ticket.Email, "", -5, 0, Resolution, "", 4 * time.Hour},
		{ticket.Phone, "", ticket.Normal, 13 * time.Hour, Assignment, "", 22*time.Hour + 10*time.Second}, // 23:00: opens at 8:00
		{ticket.Web, "", ticket.Urgent, 7 * time.Hour, Resolution, "", 24 * time.Hour},                   // 17:00: an hour is left
		{ticket.Social, ticket.Complaint, ticket.Urgent, 0, FirstResponse, "", time.Hour},
		{ticket.Social, ticket.Complaint, ticket.Urgent, 0, Stage, "feedback", 24 * time.Hour},
		{ticket.Phone, "", ticket.Urgent, 0, Stage, "review", 30 * time.Minute},
		{ticket.Phone, "", ticket.Urgent, 0, Stage, "follow-up", 48 * time.Hour},
	} {
		t.Run(fmt.Sprint(x.channel, x.kind, x.priority, x.metric, x.stage), func(t *testing.T) {
			tr, err := NewTracker(p)
			require.NoError(t, err)
			now := at10.Add(x.from)
			var events []Event
			for _, kind := range []ticket.ChangeKind{ticket.WasSubmitted, ticket.WasEscalated, ticket.WasResolved} {
				if kind == ticket.WasResolved && x.stage != "follow-up" || kind == ticket.WasEscalated && x.stage != "review" {
					continue
				}
				events, err = tr.Observe(ticket.Change{Ticket: "a", At: now, Kind: kind, Channel: x.channel, Type: x.kind, Priority: x.priority}, events)
				require.NoError(t, err)
			}
			for _, e := range tr.Advance(now.Add(100*24*time.Hour), nil) {
				if e.Kind == Breached && e.Metric == x.metric && e.Stage == x.stage {
					require.Equal(t, at10.Add(x.want), e.Due)
					return
				}
			}
			t.Fatal("never due")
		})
	}
}
