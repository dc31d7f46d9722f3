package kb

// Match is an article that may answer a query.
type Match struct {
	ID         string
	Confidence float64 // calibrated: of the matches with 0.8, about eight in ten are right
}

// Answer is what an index says to a query.
type Answer struct {
	Matches []Match // best first; none below the threshold
	Ask     bool    // the two best are too close to choose: ask back
	Cut     bool    // the query was longer than MaxQuery bytes; only its start was read
}

var (
	beta     float32 = 6 // logits that a fully covered query is worth in a trained index
	coldGain float32 = 12
	silence  float32 = 3
)

// Match returns the articles in scope that answer query, best first. It
// appends to matches[:0] and does not allocate if that has capacity, so pass
// the last Answer's Matches to reuse them.
func (x *Index) Match(query string, scope Scope, matches []Match) Answer {
	w := x.workspaces.Get().(*workspace)
	defer x.workspaces.Put(w)
	x.mu.RLock()
	defer x.mu.RUnlock()
	w.read(query, MaxQuery)
	a := Answer{Cut: w.text.cut}
	x.score(w)
	a.Matches = x.rank(w, &scope, scope.Locale, matches[:0])
	for i := 0; i < len(scope.Fallback) && len(a.Matches) == 0; i++ {
		a.Matches = x.rank(w, &scope, scope.Fallback[i], matches[:0])
	}
	m := a.Matches
	a.Ask = len(m) > 1 && m[0].Confidence-m[1].Confidence < x.config.AskMargin
	return a
}

// score leaves in w.cold, by slot, the logits of the features last read.
func (x *Index) score(w *workspace) {
	ideal := x.lexicon.apply(w, len(x.slots))
	if ideal == 0 {
		clear(w.cold)
		return
	}
	if x.model == nil {
		for i := range w.cold {
			w.cold[i] *= coldGain / ideal
		}
		return
	}
	w.apply(x.model)
	factor := float32(x.model.sharpness / fixed)
	for i, e := range x.slots {
		w.cold[i] *= beta / ideal
		if e != nil && e.label >= 0 {
			w.cold[i] += float32(w.score[e.label]) * factor
		}
	}
}

// rank picks the best articles that the scope shows.
func (x *Index) rank(w *workspace, scope *Scope, locale string, matches []Match) []Match {
	w.best = w.best[:0]
	for i, s := range w.cold {
		if len(w.best) == x.config.Limit && s <= w.best[len(w.best)-1].score {
			continue
		}
		e := x.slots[i]
		if e == nil || !scope.admits(&e.Article, locale) {
			continue
		}
		w.best = x.keepArticle(w.best, ranked{int32(i), s}, x.config.Limit)
	}
	if len(w.best) == 0 {
		return matches
	}
	top := w.best[0].score
	sum := exp(silence - top)
	for i, s := range w.cold {
		if s > top-12 && x.slots[i] != nil && scope.admits(&x.slots[i].Article, locale) {
			sum += exp(s - top)
		}
	}
	for _, b := range w.best {
		p := float64(exp(b.score-top) / sum)
		if p < x.config.Threshold {
			break
		}
		matches = append(matches, Match{x.slots[b.index].ID, p})
	}
	return matches
}

// keepArticle is keepBest for slots: of an article's slots only the best stays.
func (x *Index) keepArticle(best []ranked, r ranked, limit int) []ranked {
	for i, b := range best {
		if x.slots[b.index] == x.slots[r.index] {
			if b.score >= r.score {
				return best
			}
			best = append(best[:i], best[i+1:]...)
			break
		}
	}
	return keepBest(best, r, limit)
}
