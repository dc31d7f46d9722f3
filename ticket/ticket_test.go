package ticket

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// faults are the fields that an error of Validate names.
func faults(err error) (fields []string) {
	if err == nil {
		return nil
	}
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var f *FieldError
		if errors.As(e, &f) {
			fields = append(fields, f.Field)
		}
	}
	return fields
}

func TestValidateNamesEveryFaultAtOnce(t *testing.T) {
	good := full()
	require.NoError(t, good.Validate())
	many := make([]string, MaxTags+1)
	bad := Ticket{ID: "", Channel: "", Customer: "\xff", Type: Type(strings.Repeat("x", MaxName+1)), Tags: many, Level: -1, Weight: MaxWeight + 1,
		Required:  []Need{{"", AtLeast, 1, false}, {"a", 7, 1, false}, {"b", AtMost, 0, false}},
		Preferred: []Wish{{Need{"c", AtLeast, 1, false}, 0}, {Need{"d", AtLeast, 1, false}, MaxWeight + 1}},
		Location:  Point{90_000_001, 0}, Created: time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC)}
	got := faults(bad.Validate())
	for _, field := range []string{"id", "channel", "customer", "type", "tags", "tag", "level", "weight", "skill", "skill a", "skill b",
		"weight of skill c", "weight of skill d", "location", "created"} {
		require.Contains(t, got, field)
	}
}

func TestValidateLimits(t *testing.T) {
	for name, change := range map[string]func(*Ticket){
		"longest id":       func(x *Ticket) { x.ID = strings.Repeat("x", MaxName) },
		"heaviest":         func(x *Ticket) { x.Weight = MaxWeight },
		"highest level":    func(x *Ticket) { x.Level = MaxLevel },
		"most tags":        func(x *Ticket) { x.Tags = strings.Split(strings.Repeat("t,", MaxTags-1)+"t", ",") },
		"corner of globe":  func(x *Ticket) { x.Location = Point{-90_000_000, 180_000_000} },
		"first instant":    func(x *Ticket) { x.Created = MinTime },
		"last instant":     func(x *Ticket) { x.Created = MaxTime },
		"no creation time": func(x *Ticket) { x.Created = time.Time{} },
	} {
		x := full()
		change(&x)
		require.NoError(t, x.Validate(), name)
	}
	for name, change := range map[string]func(*Ticket){
		"id":       func(x *Ticket) { x.ID = strings.Repeat("x", MaxName+1) },
		"weight":   func(x *Ticket) { x.Weight = -1 },
		"level":    func(x *Ticket) { x.Level = MaxLevel + 1 },
		"tags":     func(x *Ticket) { x.Tags = strings.Split(strings.Repeat("t,", MaxTags)+"t", ",") },
		"location": func(x *Ticket) { x.Location = Point{0, -180_000_001} },
		"created":  func(x *Ticket) { x.Created = MaxTime.Add(1) },
	} {
		x := full()
		change(&x)
		require.Equal(t, []string{name}, faults(x.Validate()))
	}
}

// A megabyte of a name must not make a megabyte of an error.
func TestErrorsStayShort(t *testing.T) {
	huge := strings.Repeat("界", 1_000_000/3)
	for _, x := range []Ticket{{ID: huge, Channel: Web}, {ID: "x", Channel: Channel(huge)}, {ID: "x", Channel: Web, Tags: []string{huge}},
		{ID: "x", Channel: Web, Required: []Need{{Skill(huge), 9, 0, false}}}} {
		err := x.Validate()
		require.Error(t, err)
		require.Less(t, len(err.Error()), 1200)
		require.Contains(t, err.Error(), "bytes")
	}
	_, err := ParseSkills(huge + ":0")
	require.Less(t, len(err.Error()), 200)
	_, err = Words{Kind: "x"}.Parse([]byte(huge))
	require.Less(t, len(err.Error()), 200)
	require.Less(t, len(CheckName(huge, "id", huge, true).Error()), 400)
}

func TestCheckTime(t *testing.T) {
	require.NoError(t, CheckTime("x", "time", MinTime))
	require.NoError(t, CheckTime("x", "time", MaxTime))
	for _, bad := range []time.Time{{}, MinTime.Add(-1), MaxTime.Add(1)} {
		var field *FieldError
		require.True(t, errors.As(CheckTime("x", "time", bad), &field))
		require.Equal(t, "time", field.Field)
	}
	// What lies between can be counted in nanoseconds, with centuries to spare.
	require.Equal(t, MinTime, time.Unix(0, MinTime.UnixNano()).UTC())
	require.Equal(t, MaxTime, time.Unix(0, MaxTime.UnixNano()).UTC())
}
