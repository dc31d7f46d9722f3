package ticket

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The wire words are a promise: journals and databases hold them.
func TestWordsAreStable(t *testing.T) {
	for _, c := range []struct {
		all   string
		first func(i int) any
	}{
		{"none to-assign offered in-progress on-hold awaiting-feedback done closed cancelled", func(i int) any { s := Status(i); return &s }},
		{"anyone customer agent supervisor bot system", func(i int) any { r := Role(i); return &r }},
		{"submit offer accept decline expire withdraw assign pull reply hold await-feedback resume resolve close reopen cancel abandon transfer escalate return alter",
			func(i int) any { s := Step(i); return &s }},
		{">= <= =", func(i int) any { o := Op(i); return &o }},
		{"submitted assigned unassigned answered customer-wrote noted held resumed resolved closed reopened cancelled altered escalated transferred stage-began stage-ended",
			func(i int) any { k := ChangeKind(i); return &k }},
	} {
		words := strings.Fields(c.all)
		for i, word := range words {
			v := c.first(i)
			text, err := v.(encoding.TextMarshaler).MarshalText()
			require.NoError(t, err)
			require.Equal(t, word, string(text))
			require.Equal(t, word, fmt.Sprint(v))
			back := c.first(0)
			require.NoError(t, back.(encoding.TextUnmarshaler).UnmarshalText(text))
			require.Equal(t, v, back)
		}
		beyond := c.first(len(words))
		_, err := beyond.(encoding.TextMarshaler).MarshalText()
		var word *WordError
		require.True(t, errors.As(err, &word), "%T has more than the test knows", beyond)
		require.Contains(t, fmt.Sprint(beyond), fmt.Sprint(len(words)))
		err = beyond.(encoding.TextUnmarshaler).UnmarshalText([]byte("Nonsense"))
		require.True(t, errors.As(err, &word))
		require.Equal(t, "Nonsense", word.Word)
	}
}

func TestPrioritiesAsText(t *testing.T) {
	for p := -128; p <= 127; p++ {
		text, err := Priority(p).MarshalText()
		require.NoError(t, err)
		var back Priority
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, Priority(p), back)
	}
	require.Equal(t, "P0 urgent normal low 5", fmt.Sprint(P0, Urgent, Normal, Low, Priority(5)))
	require.True(t, P0 < Urgent && Urgent < Normal && Normal < Low)
	for _, bad := range []string{"", "128", "-129", "p0", "1.5", "urgent "} {
		var p Priority
		var word *WordError
		require.True(t, errors.As(p.UnmarshalText([]byte(bad)), &word), bad)
	}
}

func full() Ticket {
	return Ticket{ID: "GD20231009001", Customer: "c-1", Channel: Store, Type: AfterSales, Priority: Urgent, Tier: VIP,
		Tags: []string{"gift", "中文"}, Team: "shop", Level: 2,
		Required:  []Need{{"order", AtLeast, 3, true}, {"refund", Exactly, 2, false}, {"mild", AtMost, 4, false}},
		Preferred: []Wish{{Need{"german", AtLeast, 1, false}, 40}},
		Agent:     "li", Location: Point{31230000, -121470000}, Weight: 3,
		Created: time.Date(2023, 10, 9, 2, 0, 0, 123456789, time.UTC)}
}

func TestTicketThroughJSON(t *testing.T) {
	for _, want := range []Ticket{full(), {ID: "x", Channel: Web}, {}} {
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got Ticket
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, want, got)
	}
	data, err := json.Marshal(Ticket{ID: "x", Channel: Web})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"x","channel":"web"}`, string(data), "what is not set is not written")
	data, err = json.Marshal(full())
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"GD20231009001","customer":"c-1","channel":"store","type":"after-sales","priority":"urgent",
		"tier":"vip","tags":["gift","中文"],"team":"shop","level":2,
		"required":[{"skill":"order","level":3,"hard":true},{"skill":"refund","op":"=","level":2},{"skill":"mild","op":"<=","level":4}],
		"preferred":[{"skill":"german","level":1,"weight":40}],"agent":"li",
		"location":{"lat":31230000,"lon":-121470000},"weight":3,"created":"2023-10-09T02:00:00.123456789Z"}`, string(data))
}

func TestChangeAndDemandThroughJSON(t *testing.T) {
	change := Change{Ticket: "a", At: full().Created, Kind: WasHeld, By: Supervisor, Agent: "li", Reason: "customer", Stage: "review",
		Channel: Phone, Type: Complaint, Priority: Low, Tier: VIP, Tags: []string{"x"}, Team: "t", Created: full().Created}
	data, err := json.Marshal(change)
	require.NoError(t, err)
	var back Change
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, change, back)

	f := full()
	demand := Demand{Channel: f.Channel, Weight: 3, Team: "t", Level: 1, Tier: VIP, Type: Other, Tags: f.Tags, Location: f.Location,
		Required: f.Required, Preferred: f.Preferred}
	data, err = json.Marshal(demand)
	require.NoError(t, err)
	var read Demand
	require.NoError(t, json.Unmarshal(data, &read))
	require.Equal(t, demand, read)
	copied := demand.Clone()
	require.Equal(t, demand, copied)
	copied.Tags[0], copied.Required[0].Level, copied.Preferred[0].Weight = "y", 9, 1
	require.Equal(t, read, demand, "a clone shares nothing")
}
