package kb

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	require.Len(t, plain, 0x180-0xC0)
	for in, want := range map[string]string{
		"Hello, World":    "hello world",
		"ＨＥＬＬＯ　１２３":       "hello 123",
		"訂單號碼":            "订单号码",
		"頭髮發現":            "头发发现",
		"Crème brûlée":    "creme brulee",
		"Cre\u0300me":     "creme",
		"e\u200bm\u00adl": "eml",
		"a\xff\xfeb":      "a b",
		"don’t don't":     "don't don't",
		"ŁÓDŹ Straße":     "lodz straße",
		"🙂 ok 🙂":          " ok ",
	} {
		var f folded
		f.fold(in, MaxQuery)
		require.Equal(t, want, string(f.runes), in)
	}
}

func TestStem(t *testing.T) {
	for _, same := range [][]string{
		{"refund", "refunds", "refunded", "refunding"}, {"charge", "charges", "charged", "charging"},
		{"stop", "stopped", "stopping"}, {"city", "cities"}, {"process", "processes", "processing"}, {"don't", "dont"},
	} {
		var r reader
		first := r.read(same[0], MaxQuery)[0].hash
		for _, w := range same[1:] {
			require.Equal(t, first, r.read(w, MaxQuery)[0].hash, w)
		}
	}
	require.Equal(t, "bus", string(stem([]rune("bus"))))
	require.Equal(t, "thi", string(stem([]rune("thi"))))
}

// Every listed pair folds to a form that folds to itself.
func TestSimplifiedIsFinal(t *testing.T) {
	require.Zero(t, utf8.RuneCountInString(hanzi)%2)
	for i, r := range simplified {
		require.Equal(t, r, simplified[r-0x4E00], "%c", rune(0x4E00+i))
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Refund 退款", "\xff\xc0", "e\u0301\u0301", "ＡＢＣ", "🙂", "\u200b\u200d", "don''t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := reader{pieces: true, edges: true, synonyms: newSynonyms([][]string{{"refund", "退款", s}})}
		features := r.read(s, MaxQuery)
		x := &r.text
		require.LessOrEqual(t, len(x.runes), MaxQuery)
		require.LessOrEqual(t, len(features), 12*MaxQuery)
		last := int32(0)
		for i := range x.runes {
			require.LessOrEqual(t, last, x.from[i])
			require.Less(t, x.from[i], x.to[i])
			last = x.to[i]
			if utf8.ValidString(s) {
				require.True(t, utf8.ValidString(s[x.from[i]:x.to[i]]))
			}
		}
		for _, f := range features {
			require.True(t, 0 <= f.from && f.from < f.to && int(f.to) <= len(x.runes), "%+v", f)
		}
		var again folded // folding is final
		again.fold(string(x.runes), 1<<20)
		require.Equal(t, string(x.runes), string(again.runes))
	})
}

func FuzzMatch(f *testing.F) {
	x := NewIndex(Config{Threshold: -1, Synonyms: [][]string{{"bill", "invoice", "发票"}}})
	require.NoError(f, x.Put(
		Article{ID: "invoice", Title: "Where is my invoice?", Body: "Under Orders.", Variants: []string{"发票在哪里", "send the bill"}},
		Article{ID: "refund", Title: "退款多久到账", Body: "三到五天", Variants: []string{"refund takes long"}},
		Article{ID: "late", Title: "parcel is late"}))
	x.Train()
	require.NoError(f, x.Put(Article{ID: "new", Title: "gift wrap 礼品包装"}))
	require.NoError(f, x.Confirm("late", "courier lost"))
	for _, s := range []string{"invoice", "發票", "\xff", "courier lost it", "invocie curier", "ＢＩＬＬ", "gift", "退"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := x.Match(s, Scope{}, nil)
		require.Equal(t, a, x.Match(s, Scope{}, nil))
		require.Equal(t, len(s) > MaxQuery, a.Cut)
		sum := 0.0
		for i, m := range a.Matches {
			require.True(t, m.Confidence >= 0 && m.Confidence <= 1)
			require.True(t, i == 0 || m.Confidence <= a.Matches[i-1].Confidence)
			sum += m.Confidence
			e, err := x.Explain(s, m.ID)
			require.NoError(t, err)
			for _, term := range e.Terms {
				require.Equal(t, s[term.Start:term.End], term.Text)
			}
		}
		require.LessOrEqual(t, sum, 1.0001)
		end := -1
		for _, span := range x.Highlight(s, s) {
			require.True(t, span.Start > end && span.End > span.Start && span.End <= len(s))
			end = span.End
		}
	})
}

func FuzzRestore(f *testing.F) {
	x := NewIndex(Config{})
	require.NoError(f, x.Put(Article{ID: "a", Title: "parcel is late", Variants: []string{"包裹"}}, Article{ID: "b", Title: "refund"}))
	require.NoError(f, x.Confirm("a", "courier"))
	s, err := x.Snapshot()
	require.NoError(f, err)
	f.Add(s)
	x.Train()
	s, err = x.Snapshot()
	require.NoError(f, err)
	f.Add(s)
	f.Fuzz(func(t *testing.T, data []byte) {
		if y, err := Restore(data, Config{}); err != nil {
			require.ErrorIs(t, err, ErrSnapshot)
		} else {
			check(t, y)
		}
		_, body, _ := bytes.Cut(data, []byte("\n"))
		if y, err := Restore(seal(body), Config{}); err == nil { // with a right checksum
			check(t, y)
		} else {
			require.ErrorIs(t, err, ErrSnapshot)
		}
	})
}

// check uses an index in every way and restores it from its own snapshot.
func check(t *testing.T, x *Index) {
	m := x.Match("parcel 包裹 courier refund", Scope{}, nil)
	for _, a := range m.Matches {
		_, err := x.Explain("parcel 包裹", a.ID)
		require.NoError(t, err)
	}
	s, err := x.Snapshot()
	require.NoError(t, err)
	y, err := Restore(s, Config{})
	require.NoError(t, err)
	require.Equal(t, m, y.Match("parcel 包裹 courier refund", Scope{}, nil))
}
