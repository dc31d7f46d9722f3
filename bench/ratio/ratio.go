// Package ratio measures pairs of benchmarks in one run. Machines differ and
// shared machines drift, so only the quotient of two things timed in turn
// (A B A B …) is worth comparing with a budget.
package ratio

import (
	"fmt"
	"math"
	"slices"
)

// Row is one line of the report: a figure, where it must stay, and what it was
// measured on.
type Row struct {
	Name    string  // as in the budget table, e.g. "backlog-due/onelane@500"
	Value   float64 // the median over the rounds
	Min     float64
	Max     float64
	Budget  float64 // the "must"; 0 means the row is only reported
	Aim     float64 // the "aim"; 0 if there is none
	AtLeast bool    // larger is better: the value must reach the budget
	Detail  string  // what was compared, with absolute times for orientation
}

// Met tells whether the row keeps its budget stretched by the factor slack
// (1 is the budget itself, 2 a gross miss only). A row without a budget is met.
func (r Row) Met(slack float64) bool {
	switch {
	case r.Budget == 0:
		return true
	case r.AtLeast:
		return r.Value*slack >= r.Budget
	default:
		return r.Value <= r.Budget*slack
	}
}

// String is the line that scripts read: ratio NAME VALUE budget B.
func (r Row) String() string {
	if r.Budget == 0 {
		return fmt.Sprintf("ratio %s %.4g budget -", r.Name, r.Value)
	}
	return fmt.Sprintf("ratio %s %.4g budget %g", r.Name, r.Value, r.Budget)
}

// Single makes a row of a figure that is no quotient (bytes, mallocs, seconds).
func Single(name string, values ...float64) Row {
	s := slices.Sorted(slices.Values(values))
	return Row{Name: name, Value: s[len(s)/2], Min: s[0], Max: s[len(s)-1]}
}

// Pair runs a and b in turn for the given number of rounds, after one round
// that is not counted, and reports the quotient of each round's times. Each
// function does the same amount of work at every call and returns nanoseconds
// for one operation, so that it may set up outside its own clock.
func Pair(name string, rounds int, a, b func() float64) Row {
	a()
	b()
	q := make([]float64, rounds)
	ta, tb := math.Inf(1), math.Inf(1)
	for i := range q {
		x, y := a(), b()
		q[i] = x / y
		ta, tb = min(ta, x), min(tb, y)
	}
	row := Single(name, q...)
	row.Detail = fmt.Sprintf("best %.1f ns against %.1f ns", ta, tb)
	return row
}
