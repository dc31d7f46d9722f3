package kb

import "math"

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

// Logits: what a query is worth whose every word is in an article's title, and
// what "no article at all" is worth. The words beside the model only help it;
// alone they must carry the confidence.
const (
	besideModel  = 4
	alone        = 18
	silence      = 3
	silenceAlone = 7
	unheard      = 6 // more for "no article", if the index knows none of the words
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
	if x.model == nil {
		x.lexicon.apply(w, len(x.slots), alone)
	} else if sharp := float32(x.model.sharpness); x.lexicon.apply(w, len(x.slots), besideModel*sharp) {
		w.apply(x.model)
		unit := sharp / fixed
		for i, label := range x.labels {
			if label >= 0 {
				w.cold[i] += float32(w.score[label]) * unit
			} else {
				w.cold[i] *= alone / (besideModel * sharp)
			}
		}
	}
	x.memory.recall(w, x.lexicon)
}

// rivals is the number of articles that share the probability.
const rivals = 16

// rank picks the best articles that the scope shows.
func (x *Index) rank(w *workspace, scope *Scope, locale string, matches []Match) []Match {
	best, limit := w.best[:0], max(rivals, x.config.Limit)
	least := float32(math.SmallestNonzeroFloat32) // nothing in common is no match
	for i, s := range w.cold {
		if s < least {
			continue
		}
		e := x.slots[i]
		if e == nil || !scope.admits(&e.Article, locale) {
			continue
		}
		if best = keep(best, ranked{int32(i), s, e.sequence}, limit); len(best) == limit {
			least = best[limit-1].score
		}
	}
	w.best = best
	if len(best) == 0 {
		return matches
	}
	none := silence + unheard*w.unfamiliar
	if x.model == nil {
		none = silenceAlone
	}
	top := max(best[0].score, none)
	sum := exp(none - top)
	for i := range best {
		sum += exp(best[i].score - top)
	}
	for i := range best[:min(len(best), x.config.Limit)] {
		p := float64(exp(best[i].score-top) / sum)
		if p < x.config.Threshold {
			break
		}
		matches = append(matches, Match{x.slots[best[i].index].ID, p})
	}
	return matches
}

// keep inserts r into best, which stays sorted and at most limit long.
func keep(best []ranked, r ranked, limit int) []ranked {
	before := func(a ranked) bool {
		return a.score > r.score || a.score == r.score && a.order < r.order
	}
	if len(best) == limit {
		if before(best[limit-1]) {
			return best
		}
		best = best[:limit-1]
	}
	i := len(best)
	best = append(best, r)
	for ; i > 0 && !before(best[i-1]); i-- {
		best[i] = best[i-1]
	}
	best[i] = r
	return best
}
