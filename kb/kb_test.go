package kb_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/examples/selfservice/helpdesk"
	"github.com/usherdesk/usher/kb"
)

// open returns an index that shows everything it finds.
func open(t testing.TB, articles ...kb.Article) *kb.Index {
	x := kb.NewIndex(kb.Config{Threshold: -1})
	require.NoError(t, x.Put(articles...))
	return x
}

// fingerprint is all that an index says to the help desk's queries, exactly.
func fingerprint(x *kb.Index) string {
	var b strings.Builder
	for _, q := range helpdesk.Queries() {
		fmt.Fprintln(&b, q.Text, x.Match(q.Text, kb.Scope{}, nil))
	}
	return b.String()
}

func place(x *kb.Index, query, id string) int {
	for i, m := range x.Match(query, kb.Scope{}, nil).Matches {
		if m.ID == id {
			return i
		}
	}
	return -1
}

func TestQueriesFindTheirArticle(t *testing.T) {
	for _, trained := range []bool{false, true} {
		x := open(t, helpdesk.Articles()...)
		least := 14 // of 16
		if trained {
			x.Train()
			least = 15
		}
		right := 0
		for _, q := range helpdesk.Queries() {
			if place(x, q.Text, q.Article) == 0 {
				right++
			}
		}
		require.GreaterOrEqual(t, right, least, "trained: %v", trained)
	}
}

func TestSilenceAboutTheUnknown(t *testing.T) {
	x := kb.NewIndex(kb.Config{Threshold: 0.5})
	require.NoError(t, x.Put(helpdesk.Articles()...))
	for _, trained := range []bool{false, true} {
		if trained {
			x.Train()
		}
		for _, q := range []string{"", "   ", "🙂🙂", "\xff\xfe", "photosynthesis of seaweed", "量子色动力学"} {
			require.Empty(t, x.Match(q, kb.Scope{}, nil).Matches, "%q, trained: %v", q, trained)
		}
	}
}

func TestAskWhenTwoAreClose(t *testing.T) {
	x := open(t, kb.Article{ID: "a", Title: "reset the blue router"}, kb.Article{ID: "b", Title: "reset the green router"})
	require.True(t, x.Match("reset the router", kb.Scope{}, nil).Ask)
	require.False(t, x.Match("reset the green router", kb.Scope{}, nil).Ask)
}

func TestScope(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	x := kb.NewIndex(kb.Config{Threshold: -1, Limit: 10})
	require.NoError(t, x.Put(
		kb.Article{ID: "public", Title: "vacation request form"},
		kb.Article{ID: "internal", Title: "vacation request form", Audience: "internal"},
		kb.Article{ID: "tagged", Title: "vacation request form", Tags: []string{"hr", "eu"}},
		kb.Article{ID: "old", Title: "vacation request form", Expires: day},
		kb.Article{ID: "zh", Title: "vacation request form", Locale: "zh"},
		kb.Article{ID: "tw", Title: "vacation request form", Locale: "zh-TW"},
	))
	see := func(s kb.Scope) (ids []string) {
		for _, m := range x.Match("vacation request form", s, nil).Matches {
			ids = append(ids, m.ID)
		}
		return ids
	}
	require.Equal(t, []string{"public", "tagged", "old", "zh", "tw"}, see(kb.Scope{}))
	require.Equal(t, []string{"public", "internal", "tagged", "old", "zh", "tw"}, see(kb.Scope{Audience: "internal"}))
	require.Equal(t, []string{"tagged"}, see(kb.Scope{Tags: []string{"eu", "hr"}}))
	require.Equal(t, []string{"public", "tagged", "zh", "tw"}, see(kb.Scope{Now: day}))
	require.Contains(t, see(kb.Scope{Now: day.Add(-1)}), "old")
	require.Equal(t, []string{"public", "tagged", "old", "zh"}, see(kb.Scope{Locale: "zh-CN"}))
	require.Equal(t, []string{"public", "tagged", "old"}, see(kb.Scope{Locale: "en"}))
	require.Equal(t, []string{"public", "tagged", "old"}, see(kb.Scope{Locale: "z"}))
}

func TestLocaleFallback(t *testing.T) {
	x := open(t, kb.Article{ID: "en", Title: "opening hours", Locale: "en"}, kb.Article{ID: "de", Title: "opening hours", Locale: "de"})
	require.Empty(t, x.Match("opening hours", kb.Scope{Locale: "fr"}, nil).Matches)
	m := x.Match("opening hours", kb.Scope{Locale: "fr", Fallback: []string{"it", "de", "en"}}, nil).Matches
	require.Len(t, m, 1)
	require.Equal(t, "de", m[0].ID)
}

func TestErrorsNameTheCulprit(t *testing.T) {
	x := kb.NewIndex(kb.Config{})
	err := x.Put(kb.Article{ID: "fine", Title: "t"}, kb.Article{Title: "no id"}, kb.Article{ID: "empty"}, kb.Article{ID: "\xff", Title: "t"})
	require.ErrorContains(t, err, `"empty"`)
	require.ErrorContains(t, err, `ID ""`)
	require.ErrorContains(t, err, `not UTF-8`)
	require.Zero(t, x.Len(), "nothing is taken when one is wrong")
	var ae *kb.ArticleError
	for _, err := range []error{x.Remove("ghost"), x.Solved("ghost", "q"), x.NotSolved("ghost", "q"), x.Confirm("ghost", "q")} {
		require.ErrorIs(t, err, kb.ErrUnknownArticle)
		require.ErrorAs(t, err, &ae)
		require.Equal(t, "ghost", ae.ID)
	}
	_, err = x.Explain("q", "ghost")
	require.ErrorIs(t, err, kb.ErrUnknownArticle)
	require.NoError(t, x.Put(kb.Article{ID: "a", Title: "t"}))
	require.ErrorContains(t, x.Solved("a", " … "), "no word")
	_, err = kb.TrainClassifier([]kb.Example{{Text: "one", Label: "x"}, {Label: "y"}}, kb.ClassifierConfig{})
	require.ErrorIs(t, err, kb.ErrNoExamples)
	require.ErrorContains(t, err, `example 1 (label "y")`)
}

func TestRemovalLeavesNoTrace(t *testing.T) {
	all := helpdesk.Articles()
	for _, trained := range []bool{false, true} {
		x := open(t, all...)
		if trained {
			x.Train()
		}
		gone := all[3]
		require.NoError(t, x.Confirm(gone.ID, "a question of its own"))
		require.NoError(t, x.Remove(gone.ID))
		for _, text := range append([]string{gone.Title, "a question of its own"}, gone.Variants...) {
			require.Equal(t, -1, place(x, text, gone.ID))
		}
		s, err := x.Snapshot()
		require.NoError(t, err)
		for _, text := range append([]string{gone.Title, gone.ID, "of its own"}, gone.Variants...) {
			require.NotContains(t, string(s), text)
		}
	}
}

// An index that went through any number of changes equals one that was built
// of what is left, bit for bit; a trained one does after the next Train.
func TestAddThenRemoveIsNeverAdded(t *testing.T) {
	all := helpdesk.Articles()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		keep, x := all[:10], open(t, all[:10]...)
		trained := rng.IntN(2) == 0
		if trained {
			x.Train()
		}
		var out []kb.Article
		for _, k := range rng.Perm(6)[:3] {
			out = append(out, all[10+k])
		}
		require.NoError(t, x.Put(out...))
		for _, a := range out {
			require.NoError(t, x.Confirm(a.ID, "where is the "+a.ID))
			require.NoError(t, x.Remove(a.ID))
		}
		changed := keep[2]
		changed.Title = "something else"
		require.NoError(t, x.Put(changed))
		require.NoError(t, x.Put(keep[2]))
		y := open(t, keep...)
		if rng.IntN(2) == 0 {
			x.Train()
			y.Train()
		} else if trained {
			continue
		}
		require.Equal(t, fingerprint(y), fingerprint(x))
		a, err := x.Snapshot()
		require.NoError(t, err)
		b, err := y.Snapshot()
		require.NoError(t, err)
		require.Equal(t, string(b), string(a))
	}
}

func TestSameOnAnyNumberOfProcessors(t *testing.T) {
	var said []string
	for _, n := range []int{1, 2, 16} {
		old := runtime.GOMAXPROCS(n)
		x := open(t, helpdesk.Articles()...)
		x.Train()
		require.NoError(t, x.Solved("invoice-en", "paper for the accountant"))
		c, err := kb.TrainClassifier(helpdesk.Skills(), kb.ClassifierConfig{})
		require.NoError(t, err)
		s, err := x.Snapshot()
		require.NoError(t, err)
		said = append(said, string(s)+fingerprint(x)+fmt.Sprint(c.Classify("parcel refund", nil)))
		runtime.GOMAXPROCS(old)
	}
	require.Equal(t, said[0], said[1])
	require.Equal(t, said[0], said[2])
}

func TestReadersDuringUpdates(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			var m []kb.Match
			for {
				select {
				case <-stop:
					return
				default:
					m = x.Match("where is my refund", kb.Scope{}, m).Matches
				}
			}
		})
	}
	group.Go(x.Train)
	for i := range 50 {
		id := fmt.Sprint("extra", i)
		require.NoError(t, x.Put(kb.Article{ID: id, Title: "refund of number " + id}))
		require.NoError(t, x.Solved(id, "refund "+id))
		require.Zero(t, place(x, "refund of number "+id, id))
		require.NoError(t, x.Remove(id))
	}
	close(stop)
	group.Wait()
	require.Equal(t, len(helpdesk.Articles()), x.Len())
}

func TestNoAllocations(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	x.Train()
	require.NoError(t, x.Solved("invoice-en", "paper for the accountant"))
	c, err := kb.TrainClassifier(helpdesk.Skills(), kb.ClassifierConfig{})
	require.NoError(t, err)
	const q = "the paper for my accountant，发票 please"
	m, g := x.Match(q, kb.Scope{}, nil).Matches, c.Classify(q, nil).Guesses
	if raceEnabled {
		return // the race detector allocates
	}
	require.Zero(t, testing.AllocsPerRun(200, func() { m = x.Match(q, kb.Scope{}, m).Matches }))
	require.Zero(t, testing.AllocsPerRun(200, func() { g = c.Classify(q, g).Guesses }))
}

func TestHostileInputIsCut(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	x.Train()
	for _, unit := range []string{"a", "訂", "\u0301", "\u200b", "🙂", "\xff", "refund ", "é", "อี", "'", "Ａ"} {
		s := strings.Repeat(unit, 1<<20/len(unit))
		a := x.Match(s, kb.Scope{}, nil)
		require.True(t, a.Cut, "%q", unit)
		require.NoError(t, x.Put(kb.Article{ID: "big", Title: s, Body: s}))
		x.Highlight(s, s)
		_, err := x.Explain(s, "big")
		require.NoError(t, err)
	}
	require.False(t, x.Match("short", kb.Scope{}, nil).Cut)
}

func TestClassifierSaysNone(t *testing.T) {
	examples := append(helpdesk.Skills(), kb.Example{Text: "good morning"}, kb.Example{Text: "hello there"}, kb.Example{Text: "早上好"})
	c, err := kb.TrainClassifier(examples, kb.ClassifierConfig{})
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"order", "refund", "account", "technical"}, c.Labels())
	require.True(t, c.Classify("good morning", nil).None)
	v := c.Classify("登录密码不对", nil)
	require.False(t, v.None)
	require.Equal(t, "account", v.Guesses[0].Label)
	require.Len(t, c.Classify("refund", make([]kb.Guess, 0, 2)).Guesses, 2)
}

func TestSnapshotContinues(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	require.NoError(t, x.Confirm("invoice-en", "paper for the accountant"))
	x.Train()
	require.NoError(t, x.Put(kb.Article{ID: "new", Title: "gift wrapping"}))
	require.NoError(t, x.NotSolved("invoice-en", "paper to wrap gifts"))
	s, err := x.Snapshot()
	require.NoError(t, err)
	y, err := kb.Restore(s, kb.Config{Threshold: -1})
	require.NoError(t, err)
	again, err := y.Snapshot()
	require.NoError(t, err)
	require.Equal(t, string(s), string(again))
	require.Equal(t, fingerprint(x), fingerprint(y))
	require.NoError(t, x.Solved("new", "wrap it"))
	require.NoError(t, y.Solved("new", "wrap it"))
	x.Train()
	y.Train()
	require.Equal(t, fingerprint(x), fingerprint(y))

	for _, bad := range [][]byte{nil, []byte("x"), s[:len(s)-1], append([]byte("usher/kb snapshot 9 "), s[20:]...)} {
		_, err := kb.Restore(bad, kb.Config{})
		require.ErrorIs(t, err, kb.ErrSnapshot)
		var se *kb.SnapshotError
		require.True(t, errors.As(err, &se))
	}
	_, err = kb.Restore(s, kb.Config{Synonyms: [][]string{{"gift", "present"}}})
	require.ErrorContains(t, err, "synonyms")
}
