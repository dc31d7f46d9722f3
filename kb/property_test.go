package kb_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/kb"
)

// desk makes n articles of a made-up help desk in two languages, some with a
// body, some with other phrasings, many with words in common.
func desk(rng *rand.Rand, n int) []kb.Article {
	things := []string{"invoice", "parcel", "password", "account", "voucher", "subscription", "发票", "包裹", "密码", "优惠券", "账户", "会员"}
	troubles := []string{"is late", "was stolen", "needs a change", "cannot be found", "is wrong", "丢了怎么办", "怎么修改", "在哪里", "什么时候到", "不对"}
	marks := []string{"abroad", "on the phone", "for a company", "as a gift", "国外", "手机上", "公司", "节日"}
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	phrase := func() string { return pick(things) + " " + pick(troubles) + " " + pick(marks) }
	out := make([]kb.Article, n)
	for i := range out {
		out[i] = kb.Article{ID: fmt.Sprintf("a%03d", i), Title: fmt.Sprint(phrase(), " model x", i/2)}
		if rng.IntN(2) == 0 {
			out[i].Body = phrase() + ". " + phrase()
		}
		for range rng.IntN(4) {
			out[i].Variants = append(out[i].Variants, phrase())
		}
	}
	return out
}

// said is all that an index says to the titles of all, exactly, confidence and
// highlights of explanations included.
func said(t testing.TB, x *kb.Index, all []kb.Article) (out []string) {
	for _, a := range all {
		answer := x.Match(a.Title, kb.Scope{}, nil)
		out = append(out, fmt.Sprint(answer))
		if len(answer.Matches) > 0 {
			e, err := x.Explain(a.Title, answer.Matches[0].ID)
			require.NoError(t, err)
			out = append(out, fmt.Sprint(e))
		}
	}
	return out
}

// Adding, voting on and removing articles in any order leaves what a fresh
// index of the remaining ones has, with or without training in between.
func TestHistoryLeavesNoTrace(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 1))
		all := desk(rng, 120)
		x, here := open(t), map[string]bool{}
		for step := range 400 {
			a := all[rng.IntN(len(all))]
			switch {
			case !here[a.ID]:
				require.NoError(t, x.Put(a))
			case rng.IntN(3) > 0:
				require.NoError(t, x.Remove(a.ID))
			default:
				require.NoError(t, x.NotSolved(a.ID, all[rng.IntN(len(all))].Title))
				require.NoError(t, x.Confirm(a.ID, fmt.Sprint("订单 order ", step)))
				require.NoError(t, x.Remove(a.ID))
			}
			_, here[a.ID] = x.Article(a.ID)
			if step == 200 && seed%2 == 0 {
				x.Train()
			}
		}
		var left, gone []kb.Article
		for _, a := range all {
			if here[a.ID] {
				left = append(left, a)
				require.NoError(t, x.Remove(a.ID)) // and back, in the order of all
				require.NoError(t, x.Put(a))
			} else {
				gone = append(gone, a)
			}
		}
		y := open(t, left...)
		if seed%2 == 0 { // the next Train ends what the last one left
			x.Train()
			y.Train()
		}
		require.Equal(t, said(t, y, all), said(t, x, all))
		a, err := x.Snapshot()
		require.NoError(t, err)
		b, err := y.Snapshot()
		require.NoError(t, err)
		require.Equal(t, string(b), string(a))
		for _, a := range gone {
			require.Equal(t, -1, place(x, a.Title, a.ID))
		}
	}
}

// Equal scores stand in the order of the articles, however slots were reused.
func TestTiesKeepTheOrderOfArticles(t *testing.T) {
	var all []kb.Article
	for i := range 40 {
		all = append(all, kb.Article{ID: fmt.Sprintf("a%02d", i), Title: "the parcel is late"})
	}
	x := open(t, all...)
	for i := range all {
		require.NoError(t, x.Remove(all[(i*7)%40].ID))
	}
	require.NoError(t, x.Put(all...))
	require.Equal(t, said(t, open(t, all...), all[:1]), said(t, x, all[:1]))
}

// An article that is removed after training is never named again, to no
// query, and the weights learnt for it move no other article's score.
func TestLearntWeightsOfTheRemovedAreSilent(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	all := desk(rng, 80)
	x := open(t, all...)
	x.Train()
	const first, second = "a010", "a020"
	require.NoError(t, x.Remove(first))
	require.NoError(t, x.Remove(second))
	score := func(q, id string) kb.Explanation {
		e, err := x.Explain(q, id)
		require.NoError(t, err)
		return e
	}
	before := make([]kb.Explanation, len(all))
	for i, a := range all {
		if a.ID != first && a.ID != second {
			before[i] = score(all[10].Title, a.ID)
		}
	}
	// The slot goes to another article: it must not inherit the weights.
	require.NoError(t, x.Put(kb.Article{ID: "new", Title: "zebra crossing"}))
	require.Zero(t, score(all[10].Title, "new").Score)
	require.Zero(t, score(all[20].Title, "new").Score)
	require.NoError(t, x.Remove("new"))
	for i, a := range all {
		require.Equal(t, -1, place(x, a.Title, first))
		require.Equal(t, -1, place(x, a.Title, second))
		for _, m := range x.Match(a.Title, kb.Scope{}, nil).Matches {
			require.NotContains(t, []string{first, second, "new"}, m.ID)
		}
		if a.ID != first && a.ID != second {
			require.Equal(t, before[i], score(all[10].Title, a.ID))
		}
	}
}

// One click turns over no answer that was given without asking back, neither
// to the query it was about nor to another.
func TestOneClickTurnsNothingOver(t *testing.T) {
	all := desk(rand.New(rand.NewPCG(5, 5)), 60)
	x := open(t, all...)
	for _, trained := range []bool{false, true} {
		if trained {
			x.Train()
		}
		for _, a := range all[:10] { // what was confirmed or clicked before is no nearer to falling
			require.NoError(t, x.Confirm(a.ID, a.Title))
			for range 8 {
				require.NoError(t, x.Solved(a.ID, a.Title))
			}
		}
		clear := map[string][]kb.Match{} // answers given without asking back, by query
		for _, a := range all {
			if answer := x.Match(a.Title, kb.Scope{}, nil); !answer.Ask {
				clear[a.Title] = answer.Matches
			}
		}
		require.Greater(t, len(clear), 20)
		unmoved := func(clicked string) {
			for q, m := range clear {
				require.Equal(t, m[0].ID, x.Match(q, kb.Scope{}, nil).Matches[0].ID, "a click on %q turned over %q", clicked, q)
			}
		}
		for q, m := range clear {
			require.NoError(t, x.NotSolved(m[0].ID, q))
			unmoved(q)
			require.NoError(t, x.Solved(m[0].ID, q))
			require.NoError(t, x.Solved(m[1].ID, q))
			unmoved(q)
			require.NoError(t, x.NotSolved(m[1].ID, q))
		}
	}
}
