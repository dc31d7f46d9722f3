package kb

import (
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// One error in a word of the articles is mended, two are not.
func TestTypos(t *testing.T) {
	x := NewIndex(Config{Threshold: -1})
	require.NoError(t, x.Put(
		Article{ID: "refund", Title: "Refund of a purchase"},
		Article{ID: "deliver", Title: "Delivery to another address"},
		Article{ID: "account", Title: "Close my account", Body: "deliver nothing"}))
	for query, want := range map[string]string{
		"refnd": "refund", "reffund": "refund", "rexund": "refund", "refudn": "refund", "Refunnds": "refund",
		"acount": "account", "accuont": "account", "delivery adress": "deliver", "purchsae": "refund",
		"rfnd": "", "rexunx": "", "fundre": "", "cse": "",
	} {
		got := ""
		if m := x.Match(query, Scope{}, nil).Matches; len(m) > 0 {
			got = m[0].ID
		}
		require.Equal(t, want, got, query)
	}
	e, err := x.Explain("my acount", "account")
	require.NoError(t, err)
	require.Equal(t, "acount", e.Terms[len(e.Terms)-1].Text)
}

// mend equals a search of all words by their distance.
func TestMendIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	spell := func() []rune {
		w := make([]rune, 4+rng.IntN(3))
		for i := range w {
			w[i] = 'a' + rune(rng.IntN(3))
		}
		return w
	}
	l, words := newLexicon(), map[string]bool{}
	for range 60 {
		w := spell()
		if h := stemHash(w); !words[string(w)] {
			words[string(w)] = true
			l.terms[h] = &postings{docs: 1 + rng.IntN(3)}
			l.typos.add(w, h)
		}
	}
	for range 3000 {
		q := spell()
		if words[string(q)] {
			continue
		}
		best := 0
		for w := range maps.Keys(words) {
			if len(w) >= leastStem && nextTo(string(q), w) {
				best = max(best, l.terms[stemHash([]rune(w))].docs)
			}
		}
		got := l.mend(q)
		if got == nil {
			got = &postings{}
		}
		require.Equal(t, best, got.docs, "%s", string(q))
	}
	for w := range words {
		l.typos.remove([]rune(w), stemHash([]rune(w)))
	}
	require.Empty(t, l.typos)
}

// nextTo tells whether one letter left out, put in or changed, or two
// neighbours exchanged, lead from a to b.
func nextTo(a, b string) bool {
	for i := range len(a) + 1 {
		for c := 'a'; c <= 'c'; c++ {
			if a[:i]+string(c)+a[i:] == b || i < len(a) && a[:i]+string(c)+a[i+1:] == b {
				return true
			}
		}
		if i < len(a) && a[:i]+a[i+1:] == b ||
			i+1 < len(a) && a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:] == b {
			return true
		}
	}
	return false
}
