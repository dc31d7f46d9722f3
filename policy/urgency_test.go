package policy

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// byBig compares as the text of Urgency.Compare says, with numbers of any size.
func byBig(u, v Urgency, now int64) int {
	if u.Class != v.Class {
		return cmp.Compare(u.Class, v.Class)
	}
	gathered := func(x Urgency) *big.Int {
		wait := new(big.Int).Sub(big.NewInt(now), big.NewInt(x.Start))
		return wait.Mul(wait, big.NewInt(x.Rate))
	}
	if u.Rate == v.Rate {
		return cmp.Compare(u.Start, v.Start)
	}
	return gathered(v).Cmp(gathered(u))
}

func TestUrgencyComparesExactly(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	// Starts are held between -Never and Never; with an instant before Never, the
	// time between the two fits in 64 bits.
	edges := []int64{0, 1, -1, Never, -Never, math.MaxInt64 / 3, 1696809600e9, 1696809600e9 + 1}
	instant := func() int64 {
		switch r.IntN(3) {
		case 0:
			return edges[r.IntN(len(edges))]
		case 1:
			return 1696809600e9 + r.Int64N(3)
		}
		return r.Int64N(math.MaxInt64) - Never
	}
	rate := func() int64 {
		return []int64{1, 2, 3, 4, 8, MaxRate, MaxRate - 1, 1 + r.Int64N(MaxRate)}[r.IntN(8)]
	}
	equal := 0
	for range 200_000 {
		u := Urgency{Class: uint64(r.IntN(2)), Rate: rate(), Start: instant()}
		v := Urgency{Class: uint64(r.IntN(2)), Rate: rate(), Start: instant()}
		now := min(instant(), Never-1)
		want := byBig(u, v, now)
		require.Equal(t, want, u.Compare(v, now), "seed %d: %+v %+v at %d", seed, u, v, now)
		require.Equal(t, -want, v.Compare(u, now))
		if want == 0 {
			equal++
		}
	}
	require.NotZero(t, equal, "ties were met too")
}

func TestProductsLargerThanSixtyFourBits(t *testing.T) {
	// 2^31 × 2^62 against 2^31-1 × 2^62: they differ in the high word alone.
	u, v := Urgency{Rate: MaxRate, Start: -Never / 2}, Urgency{Rate: MaxRate - 1, Start: -Never / 2}
	require.Negative(t, u.Compare(v, Never/2))
	require.Positive(t, u.Compare(v, -Never), "before both starts the slower one is less far behind")
}

func TestAgingOvertakesAtTheComputedInstant(t *testing.T) {
	slow := Urgency{Rate: 1, Start: 0}
	fast := Urgency{Rate: 4, Start: 60}
	// now = 4 × (now − 60) at 80.
	require.Negative(t, slow.Compare(fast, 79))
	require.Zero(t, slow.Compare(fast, 80))
	require.Positive(t, slow.Compare(fast, 81))
}

func TestThenNarrowsTheClass(t *testing.T) {
	u := FirstCome(time.Unix(5, 0))
	require.Equal(t, int64(5e9), u.Start)
	for a := range 3 {
		for b := range 3 {
			for c := range 3 {
				for d := range 3 {
					x := u.Then(uint8(a * 100)).Then(uint8(b))
					y := u.Then(uint8(c * 100)).Then(uint8(d))
					want := cmp.Or(cmp.Compare(a, c), cmp.Compare(b, d))
					require.Equal(t, want, x.Compare(y, 0))
				}
			}
		}
	}
}

func TestHeadStart(t *testing.T) {
	now := time.Unix(1000, 0)
	plain := FirstCome(now)
	ahead := FirstCome(now.Add(time.Minute)).HeadStart(time.Minute)
	require.Zero(t, plain.Compare(ahead, now.UnixNano()))
	require.Positive(t, plain.Compare(ahead.HeadStart(1), now.UnixNano()))
}
