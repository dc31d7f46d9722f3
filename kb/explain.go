package kb

import "slices"

// Span is a part of a text in bytes: text[Start:End]. It never cuts a
// character, whatever folding did to it.
type Span struct {
	Start, End int
}

// Term is a part of a query and what it did for an article.
type Term struct {
	Span
	Text   string
	Weight float64 // logits: what the article's score gains by it, or loses
}

// Influence is feedback that moves an article's score for a query.
type Influence struct {
	Query     string  // the query that was voted on
	Votes     int     // Solved less NotSolved
	Confirmed bool    // by an agent
	Weight    float64 // logits, before the limit on their sum
}

// Explanation says why an article scores as it does for a query.
type Explanation struct {
	ID       string
	Score    float64 // logits; the confidence weighs it against the other articles
	Terms    []Term  // in the order of the query: words, and ideographs of like effect joined
	Feedback []Influence
}

// Explain says which parts of the query, and which feedback, speak for or
// against an article. It allocates, and is meant for people, not for the hot
// path.
func (x *Index) Explain(query, id string) (Explanation, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e := x.articles[id]
	if e == nil {
		return Explanation{}, &ArticleError{id, "ID", id, "unknown", ErrUnknownArticle}
	}
	w := x.workspaces.Get().(*workspace)
	defer x.workspaces.Put(w)
	w.read(query, MaxQuery)
	gains := x.gains(w, e)
	x.score(w)
	out := Explanation{ID: id, Score: float64(w.cold[e.slot])}
	for _, m := range w.moved {
		if m.entry == e {
			out.Feedback = append(out.Feedback, Influence{m.vote.Text, m.vote.Net, m.vote.Confirmed, float64(m.by)})
		}
	}
	t := &w.text
	for i := 0; i < len(t.runes); {
		if t.runes[i] == ' ' {
			i++
			continue
		}
		j, sum := i+1, gains[i]
		for j < len(t.runes) && t.runes[j] != ' ' && isIdeo(t.runes[j]) == isIdeo(t.runes[i]) &&
			(!isIdeo(t.runes[i]) || (gains[j] > 0) == (gains[i] > 0)) {
			sum += gains[j]
			j++
		}
		if sum != 0 {
			s := Span{int(t.from[i]), int(t.to[j-1])}
			out.Terms = append(out.Terms, Term{s, query[s.Start:s.End], float64(sum)})
		}
		i = j
	}
	return out, nil
}

// gains tells, for each rune of the query, what it does for an article: each
// feature's effect is shared out evenly among its runes.
func (x *Index) gains(w *workspace, e *entry) []float32 {
	gains := make([]float32, len(w.text.runes))
	share := func(hash uint64, effect float32) {
		n := 0
		for _, f := range w.features {
			if f.hash == hash {
				n++
			}
		}
		for _, f := range w.features {
			if f.hash == hash {
				for i := f.from; i < f.to; i++ {
					gains[i] += effect / float32(n) / float32(f.to-f.from)
				}
			}
		}
	}
	worth := float32(alone)
	if label := x.labels[e.slot]; x.model != nil && label >= 0 {
		sharp := float32(x.model.sharpness)
		worth = besideModel * sharp
		w.vector(x.model)
		seen := map[uint64]bool{}
		for _, f := range w.features {
			r := x.model.find(f.hash)
			if r < 0 || seen[f.hash] {
				continue
			}
			seen[f.hash] = true
			labels, weights := x.model.weights(r)
			if k := slices.Index(labels, uint16(label)); k >= 0 {
				share(f.hash, float32(w.pulls[slices.Index(w.rows, r)]*int32(weights[k]))*sharp/fixed)
			}
		}
	}
	if x.lexicon.apply(w, len(x.slots), worth) {
		for _, f := range w.found {
			if effect := x.lexicon.effect(f, e.slot); effect != 0 {
				share(f.hash, effect)
			}
		}
	}
	return gains
}

// Highlight returns the parts of text, an article's title or body as a rule,
// that share words, or pairs of ideographs, with the query, in order and apart.
func (x *Index) Highlight(text, query string) []Span {
	q := reader{synonyms: x.synonyms}
	sought := map[uint64]bool{}
	single := true // the query has no pair: single ideographs count
	for _, f := range q.read(query, MaxQuery) {
		sought[f.hash] = true
		single = single && f.kind != ideo2
	}
	r := reader{synonyms: x.synonyms}
	var spans []Span
	for _, f := range r.read(text, MaxText) {
		if !sought[f.hash] || f.kind == ideo && !single {
			continue
		}
		s := Span{int(r.text.from[f.from]), int(r.text.to[f.to-1])}
		if n := len(spans); n > 0 && s.Start <= spans[n-1].End {
			spans[n-1].End = max(spans[n-1].End, s.End)
			continue
		}
		spans = append(spans, s)
	}
	return spans
}
