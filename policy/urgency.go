package policy

import (
	"cmp"
	"math"
	"math/bits"
	"time"
)

// Urgency says when a ticket's turn comes. A lower class goes first; inside a
// class the larger Rate × (now − Start) goes first; then the earlier submission.
// With one rate for all, that is simply the earlier start.
//
// The accumulating form is Kleinrock's delay-dependent priority (1964), analysed
// by Stanford, Taylor and Ziedins (2014).
type Urgency struct {
	Class uint64 // made by Then; compare, don't compute
	Rate  int64  // priority gathered per unit of time, 1 to MaxRate
	Start int64  // since when, in nanoseconds of Unix time
	depth int    // how many classes Class is made of
}

// MaxRate is the largest rate of an [Urgency]; larger ones count as this.
const MaxRate = 1 << 31

// maxDepth is how many classes of 8 bits a stack may compose.
const maxDepth = 8

// Never is the start of a ticket whose turn comes after all that have one, such as
// a ticket without a due time in due-first order.
const Never = math.MaxInt64

// FirstCome is the urgency of a ticket on which no policy has spoken.
func FirstCome(created time.Time) Urgency {
	return Urgency{Rate: 1, Start: created.UnixNano()}
}

// Then narrows the class: among tickets that the policies before hold equal, the
// lower class goes first.
func (u Urgency) Then(class uint8) Urgency {
	u.Class = u.Class<<8 | uint64(class)
	u.depth++
	return u
}

// HeadStart makes a ticket count as if it had started that much earlier.
func (u Urgency) HeadStart(d time.Duration) Urgency {
	u.Start -= int64(d)
	return u
}

// Compare orders two urgencies at the instant now (Unix nanoseconds): negative if
// u goes first, zero if only the order of submission can tell.
func (u Urgency) Compare(v Urgency, now int64) int {
	if c := cmp.Compare(u.Class, v.Class); c != 0 {
		return c
	}
	if u.Rate == v.Rate {
		return cmp.Compare(u.Start, v.Start)
	}
	// Exactly, with 128 bits: the larger product of rate and age goes first.
	us, uh, ul := age(u.Rate, u.Start, now)
	vs, vh, vl := age(v.Rate, v.Start, now)
	if us != vs {
		return -cmp.Compare(us, vs)
	}
	return -us * cmp.Or(cmp.Compare(uh, vh), cmp.Compare(ul, vl))
}

// age is rate × (now − start) as a sign and a magnitude. The difference of two
// int64 may need all 64 bits, but not more.
func age(rate, start, now int64) (sign int, high, low uint64) {
	sign = cmp.Compare(now, start)
	diff := uint64(now) - uint64(start)
	if sign < 0 {
		diff = -diff
	}
	high, low = bits.Mul64(uint64(rate), diff)
	return sign, high, low
}
