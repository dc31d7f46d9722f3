package kb_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/examples/selfservice/helpdesk"
	"github.com/usherdesk/usher/kb"
)

func confidence(x *kb.Index, query, id string) float64 {
	for _, m := range x.Match(query, kb.Scope{}, nil).Matches {
		if m.ID == id {
			return m.Confidence
		}
	}
	return 0
}

func TestFeedbackMovesTheNextMatch(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	x.Train()
	const q, id = "when will the money be back", "refund-time-en"
	before := confidence(x, q, id)
	require.NoError(t, x.Solved(id, q))
	up := confidence(x, q, id)
	require.Greater(t, up, before)
	require.NoError(t, x.NotSolved(id, q))
	require.Equal(t, before, confidence(x, q, id), "one up, one down")
	require.NoError(t, x.NotSolved(id, q))
	require.Less(t, confidence(x, q, id), before)
}

func TestConfirmedParaphraseWinsAtOnce(t *testing.T) {
	for _, trained := range []bool{false, true} {
		x := open(t, helpdesk.Articles()...)
		if trained {
			x.Train()
		}
		const q, id = "the courier ghosted me", "track-order-en"
		require.NoError(t, x.Confirm(id, q))
		require.Zero(t, place(x, q, id))
		require.Zero(t, place(x, "the courier has ghosted me", id), "a similar query too")
		x.Train()
		require.Zero(t, place(x, q, id), "and after training")
	}
}

// Every click moves the score its own way, by 0.2 logits at most, whatever was
// clicked, confirmed or trained before.
func TestEveryClickIsSmall(t *testing.T) {
	const q, id = "the courier ghosted me", "track-order-en"
	for _, prepare := range []func(*kb.Index) error{
		func(*kb.Index) error { return nil },
		func(x *kb.Index) error { return x.Confirm(id, q) },
		func(x *kb.Index) error { defer x.Train(); return x.Confirm(id, q) },
	} {
		x := open(t, helpdesk.Articles()...)
		require.NoError(t, prepare(x))
		score := func() float64 {
			e, err := x.Explain(q, id)
			require.NoError(t, err)
			return e.Score
		}
		for range 15 {
			before := score()
			require.NoError(t, x.NotSolved(id, q))
			require.InDelta(t, before-0.2, score(), 1e-4)
		}
		for range 15 {
			before := score()
			require.NoError(t, x.Solved(id, q))
			require.InDelta(t, before+0.2, score(), 1e-4)
		}
	}
}

// An article that is replaced after training keeps its confirmed paraphrase.
func TestReplacedArticleKeepsItsParaphrase(t *testing.T) {
	const q, id = "the courier ghosted me", "track-order-en"
	x := open(t, helpdesk.Articles()...)
	require.NoError(t, x.Confirm(id, q))
	x.Train()
	a, ok := x.Article(id)
	require.True(t, ok)
	a.Body = "Open the order and press Track."
	require.NoError(t, x.Put(a))
	require.Zero(t, place(x, q, id))
	e, err := x.Explain(q, id)
	require.NoError(t, err)
	require.Len(t, e.Feedback, 1)
	require.True(t, e.Feedback[0].Confirmed)
}

// One click never turns over two articles that were not close.
func TestOneAngryClickTurnsNothingOver(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	x.Train()
	decided := 0
	for _, q := range helpdesk.Queries() {
		a := x.Match(q.Text, kb.Scope{}, nil)
		if a.Ask {
			continue
		}
		decided++
		best := a.Matches[0].ID
		require.NoError(t, x.NotSolved(best, q.Text))
		require.Zero(t, place(x, q.Text, best), q.Text)
		require.NoError(t, x.Solved(best, q.Text))
		other := a.Matches[1].ID
		require.NoError(t, x.Solved(other, q.Text))
		require.Zero(t, place(x, q.Text, best), q.Text)
		require.NoError(t, x.NotSolved(other, q.Text))
	}
	require.Greater(t, decided, 10)
}

func TestInfluenceIsBounded(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	base, err := x.Explain("invoice", "invoice-en")
	require.NoError(t, err)
	for range 500 {
		require.NoError(t, x.NotSolved("invoice-en", "invoice"))
		require.NoError(t, x.NotSolved("invoice-en", "invoice please"))
	}
	low, err := x.Explain("invoice", "invoice-en")
	require.NoError(t, err)
	require.InDelta(t, base.Score-4, low.Score, 1e-3)
	require.Len(t, low.Feedback, 1)
	require.Equal(t, -20, low.Feedback[0].Votes)
	for range 200 { // a bounded number of queries is remembered
		require.NoError(t, x.Confirm("invoice-en", "bill "+time.Duration(x.Len()).String()))
	}
}

func TestFeedbackIsQuick(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	x.Train()
	const events = 64
	start := time.Now()
	for i := range events {
		require.NoError(t, x.Solved("track-order-zh", "我的快递到哪里了"+string(rune('一'+i))))
	}
	if !raceEnabled {
		require.Less(t, time.Since(start)/events, time.Millisecond) // measured: a few microseconds
	}
}

func TestExplain(t *testing.T) {
	x := open(t, helpdesk.Articles()...)
	for _, trained := range []bool{false, true} {
		if trained {
			x.Train()
		}
		const q = "please: ＩＮＶＯＩＣＥ für 報銷發票"
		require.NoError(t, x.Solved("invoice-zh", q))
		e, err := x.Explain(q, "invoice-zh")
		require.NoError(t, err)
		require.Len(t, e.Feedback, 1)
		best := kb.Term{}
		for _, term := range e.Terms {
			require.Equal(t, term.Text, q[term.Start:term.End])
			if term.Weight > best.Weight {
				best = term
			}
		}
		require.Equal(t, "報銷發票", best.Text, "trained: %v", trained)
		e, err = x.Explain(q, "invoice-en")
		require.NoError(t, err)
		found := false
		for _, term := range e.Terms {
			found = found || term.Text == "ＩＮＶＯＩＣＥ" && term.Weight > 0
		}
		require.True(t, found)
	}
}

func TestHighlight(t *testing.T) {
	x := kb.NewIndex(kb.Config{Synonyms: [][]string{{"bill", "invoice", "发票"}}})
	for _, c := range []struct {
		text, query string
		want        []string
	}{
		{"退款多久到账？", "请问退款", []string{"退款"}},
		{"退款多久到賬", "到账", []string{"到賬"}},
		{"ＡＰＰ打开就闪退", "app闪退", []string{"ＡＰＰ", "闪退"}},
		{"Refunds of cre\u0301dit cards", "refund my credit", []string{"Refunds", "cre\u0301dit"}},
		{"款", "款", []string{"款"}},
		{"Your bill is here", "发票", []string{"bill"}},
		{"nothing here", "else", nil},
		{"a\xffrefund\xff", "refund", []string{"refund"}},
		{"e\u200bmail", "email", []string{"e\u200bmail"}},
		{"用IC卡付款", "ic卡", []string{"IC卡"}},
	} {
		var got []string
		for _, s := range x.Highlight(c.text, c.query) {
			got = append(got, c.text[s.Start:s.End])
		}
		require.Equal(t, c.want, got, c.text)
	}
}

func TestSynonymsMatchAcrossLanguages(t *testing.T) {
	table := [][]string{{"laptop", "notebook computer", "笔记本"}}
	articles := []kb.Article{{ID: "a", Title: "laptop does not charge"}, {ID: "b", Title: "phone does not charge"}}
	x := kb.NewIndex(kb.Config{Threshold: -1, Synonyms: table})
	require.NoError(t, x.Put(articles...))
	for _, q := range []string{"notebook computer", "我的筆記本"} {
		require.Zero(t, place(x, q, "a"), q)
		require.Less(t, confidence(open(t, articles...), q, "a"), confidence(x, q, "a"), q)
	}
}
