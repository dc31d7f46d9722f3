package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/ticket"
)

func faults(t *testing.T, s Stack) []FaultError {
	_, err := s.Compile()
	if err == nil {
		return nil
	}
	var out []FaultError
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var f *FaultError
		if errors.As(e, &f) {
			out = append(out, *f)
		}
	}
	require.NotEmpty(t, out, "%v", err)
	return out
}

// idle plays no role; loud has a name that no log should see; host is a policy of
// the host's that may stand twice.
type idle struct{}

func (idle) Name() string { return "idle" }

type loud struct{ Skill }

func (loud) Name() string { return strings.Repeat("x", ticket.MaxName+1) }

type host struct{ name string }

func (h host) Name() string                        { return h.name }
func (host) Qualifies(*Agent, *ticket.Demand) bool { return true }

// classes orders by as many classes as it says.
type classes int

func (classes) Name() string { return "classes" }
func (n classes) Order(_ *Ticket, u Urgency) Urgency {
	for range n {
		u = u.Then(1)
	}
	return u
}

func TestSoundStacks(t *testing.T) {
	for _, s := range []Stack{
		nil,
		{VIP{Reserve: 1}, Priority{}, Skill{}, Load{MaxOpen: 5}},
		{VIP{HeadStart: time.Minute}, Aging{}, Skill{}, RoundRobin{}},
		{Deadline{}, Skill{}, Rings{Insist: true, Rings: []Ring{{After: 1}}}, Sticky{For: 1}, LeastFlexible{}, LongestIdle{}},
		{classes(8)},
	} {
		_, err := s.Compile()
		require.NoError(t, err)
	}
}

func TestEveryFaultOfAStack(t *testing.T) {
	var none *pointer
	for name, c := range map[string]struct {
		stack   Stack
		problem string
	}{
		"nil":                    {Stack{nil}, "is nil"},
		"nil pointer":            {Stack{none}, "is nil"},
		"no role":                {Stack{idle{}}, "plays no role"},
		"twice":                  {Stack{Load{}, Load{MaxOpen: 3}}, "stands in the stack twice"},
		"two paces":              {Stack{Aging{}, Deadline{}}, "already set by"},
		"two turns":              {Stack{LongestIdle{}, RoundRobin{}}, "already set by"},
		"priority and aging":     {Stack{Priority{}, Aging{}}, "never lets a ticket overtake"},
		"rings without skill":    {Stack{Rings{Rings: []Ring{{After: 1, Lower: 1}}}}, "nothing in the stack asks for"},
		"no rings":               {Stack{Skill{}, Rings{}}, "has no ring"},
		"ring at once":           {Stack{Skill{}, Rings{Rings: []Ring{{After: 0, Lower: 1}}}}, "ring 1 opens after 0s"},
		"ring before":            {Stack{Skill{}, Rings{Rings: []Ring{{After: 2, Lower: 1}, {After: 2, Lower: 2}}}}, "ring 2 opens after 2ns"},
		"ring that does nothing": {Stack{Skill{}, Rings{Rings: []Ring{{After: 2}}}}, "ring 1 widens nothing"},
		"17 rings":               {Stack{Skill{}, Rings{Rings: make([]Ring, 17)}}, "17 rings"},
		"sticky for nothing":     {Stack{Sticky{}}, "not positive"},
		"sticky backwards":       {Stack{Sticky{For: -1}}, "not positive"},
		"negative max-open":      {Stack{Load{MaxOpen: -1}}, "negative"},
		"rate 0":                 {Stack{Aging{Rates: map[ticket.Priority]int64{ticket.Low: 0}}}, "rate 0 of low"},
		"rate too large":         {Stack{Aging{Rates: map[ticket.Priority]int64{ticket.Low: MaxRate + 1}}}, "of low"},
		"negative reserve":       {Stack{VIP{Reserve: -1}}, "out of range"},
		"negative head start":    {Stack{VIP{HeadStart: -1}}, "out of range"},
		"head start of years":    {Stack{VIP{HeadStart: 366 * 24 * time.Hour}}, "out of range"},
		"senior above all":       {Stack{VIP{Senior: ticket.MaxLevel + 1}}, "out of range"},
		"nine classes":           {Stack{classes(9)}, "9 classes"},
	} {
		found := faults(t, c.stack)
		require.Len(t, found, 1, name)
		require.Contains(t, found[0].Problem, c.problem, name)
		require.NotEmpty(t, found[0].Policy, name)
	}
}

type pointer struct{}

func (*pointer) Name() string { panic("must not be asked") }

func TestAllFaultsAtOnce(t *testing.T) {
	err := Stack{nil, idle{}, Load{MaxOpen: -1}, Load{}, Sticky{}, Aging{}, Deadline{}, Priority{},
		Rings{Rings: []Ring{{After: -1, Lower: 1}}}}.Check()
	for _, problem := range []string{"is nil", "plays no role", "max-open is negative", "stands in the stack twice", "not positive",
		"already set by", "never lets", "ring 1 opens", "nothing in the stack asks for"} {
		require.ErrorContains(t, err, problem)
	}
	var name *ticket.FieldError
	require.True(t, errors.As(Stack{loud{}}.Check(), &name))
	require.Less(t, len(name.Error()), 300)
}

func TestFingerprintTellsStacksApart(t *testing.T) {
	seen := map[string]int{}
	stacks := []Stack{nil, {Skill{}}, {Load{}}, {Skill{}, Load{}}, {Load{}, Skill{}}, {Load{MaxOpen: 5}}, {Load{Share: true}},
		{VIP{}}, {VIP{Reserve: 1}}, {VIP{Tiers: []ticket.Tier{"gold"}}}, {Sticky{For: 1}}, {Sticky{For: 2}}, {Aging{}},
		{Aging{Rates: map[ticket.Priority]int64{0: 1}}}, {host{"a"}, host{"b"}}, {host{"a\nb"}}, {host{`a"b`}},
		{Rings{Rings: []Ring{{After: 1, Team: "a"}}}}, {Rings{Rings: []Ring{{After: 1, Team: "b"}}}},
		{Rings{Rings: []Ring{{After: 1, Drop: []ticket.Skill{"a b"}}}}}, {Rings{Rings: []Ring{{After: 1, Drop: []ticket.Skill{"a", "b"}}}}}}
	for i, s := range stacks {
		f := s.Fingerprint()
		require.Equal(t, f, s.Fingerprint())
		other, dup := seen[f]
		require.False(t, dup, "%v and %v", s, stacks[max(other, 0)])
		seen[f] = i
	}
}
