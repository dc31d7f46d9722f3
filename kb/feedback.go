package kb

import (
	"cmp"
	"slices"
	"strings"
)

// Feedback is a count of clicks on a pair of query and article. Solved adds
// one, NotSolved takes one away, Confirm marks the query as a phrasing of the
// article. A query that shares most of its words with such a one moves the
// article's score by
//
//	(0.2 · clicks + 7.2 if confirmed) · (2·overlap − 1)
//
// logits, and never by more than the two limits in all. One click is thus worth
// 0.2 logits at most, whatever was clicked before: it cannot turn over two
// articles whose confidence differs by 0.1 or more (0.2 < ln(0.55/0.45)), and
// nearer ones are asked back about anyway.
const (
	step      = 0.2
	full      = 20 // clicks that count, either way
	sure      = 7.2
	mostUp    = 8
	mostDown  = -4
	trainable = 4  // clicks that make a query a phrasing to train on
	maxVotes  = 64 // voted queries of an article; the weakest, oldest, goes first
)

// vote is the feedback on one query for one article.
type vote struct {
	Text      string
	Net       int  // clicks
	Confirmed bool // by an agent
	Trained   bool // the model in use learnt it as a phrasing of this entry

	place int32 // among the exemplars of the memory
}

// phrasing tells whether to train on the query.
func (v *vote) phrasing() bool { return v.Confirmed || v.Net >= trainable }

// strength is how hard it would be to miss the vote.
func (v *vote) strength() int {
	if v.Confirmed {
		return full + 1
	}
	return max(v.Net, -v.Net)
}

// weight is the influence of the vote on its own query, in logits.
func (v *vote) weight() float32 {
	w := step * float32(v.Net)
	if v.Confirmed && !v.Trained { // else the model knows
		w += sure
	}
	return w
}

// Solved says that the article answered the query: it moves up a little for
// this and similar queries, from the next Match on.
func (x *Index) Solved(id, query string) error {
	return x.vote(id, query, func(v *vote) { v.Net = min(v.Net+1, full) })
}

// NotSolved says that the article did not answer the query.
func (x *Index) NotSolved(id, query string) error {
	return x.vote(id, query, func(v *vote) { v.Net = max(v.Net-1, -full) })
}

// Confirm says that the query is a way to ask for the article, as an agent
// knows it. It counts at once like many clicks, and from the next Train on
// like a variant.
func (x *Index) Confirm(id, query string) error {
	return x.vote(id, query, func(v *vote) { v.Confirmed = true })
}

func (x *Index) vote(id, query string, cast func(*vote)) error {
	if len(query) > MaxQuery {
		query = query[:MaxQuery]
	}
	query = strings.ToValidUTF8(query, "")
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.articles[id]
	if e == nil {
		return &ArticleError{id, "ID", id, "unknown", ErrUnknownArticle}
	}
	if k := slices.IndexFunc(e.votes, func(v vote) bool { return v.Text == query }); k >= 0 {
		cast(&e.votes[k])
		return nil
	}
	terms := x.writer.terms(query)
	if len(terms) == 0 {
		return &ArticleError{id, "query", query, "no word to learn from", nil}
	}
	if len(e.votes) == maxVotes {
		weakest := 0
		for i := range e.votes {
			if e.votes[i].strength() < e.votes[weakest].strength() {
				weakest = i
			}
		}
		x.memory.forget(e, weakest)
	}
	v := vote{Text: query}
	cast(&v)
	x.memory.learn(e, v, terms)
	return nil
}

// A memory finds the voted queries that share words with a query.
type memory struct {
	lists map[uint64][]int32 // exemplars by term
	all   []exemplar
	free  []int32
}

// exemplar is one vote, by its place in its article.
type exemplar struct {
	entry *entry // nil is free
	vote  int
	terms []sought
}

// learn gives an article one more vote.
func (m *memory) learn(e *entry, v vote, terms []sought) {
	v.place = int32(len(m.all))
	if n := len(m.free); n > 0 {
		v.place, m.free = m.free[n-1], m.free[:n-1]
	} else {
		m.all = append(m.all, exemplar{})
	}
	m.all[v.place] = exemplar{e, len(e.votes), slices.Clone(terms)}
	for _, t := range terms {
		m.lists[t.hash] = append(m.lists[t.hash], v.place)
	}
	e.votes = append(e.votes, v)
}

// forget takes an article's vote away; those behind it move up by one.
func (m *memory) forget(e *entry, vote int) {
	k := e.votes[vote].place
	for _, t := range m.all[k].terms {
		list := m.lists[t.hash]
		i := slices.Index(list, k)
		if list = slices.Delete(list, i, i+1); len(list) == 0 {
			delete(m.lists, t.hash)
		} else {
			m.lists[t.hash] = list
		}
	}
	m.all[k] = exemplar{}
	m.free = append(m.free, k)
	e.votes = slices.Delete(e.votes, vote, vote+1)
	for i := vote; i < len(e.votes); i++ {
		m.all[e.votes[i].place].vote = i
	}
}

// move passes an article's votes on to the entry that replaces it, which the
// model does not know.
func (m *memory) move(from, to *entry) {
	to.votes = from.votes
	for i := range to.votes {
		v := &to.votes[i]
		v.Trained = false
		m.all[v.place].entry = to
	}
}

// recall adds to w.cold what the votes on queries like this one are worth. They
// are added up in the order of the articles and their votes.
func (m *memory) recall(w *workspace, l *lexicon) {
	w.moved = w.moved[:0]
	if len(m.lists) == 0 {
		return
	}
	w.shared = slices.Grow(w.shared[:0], len(m.all))[:len(m.all)]
	clear(w.shared)
	w.hit = w.hit[:0]
	for _, t := range w.sought {
		for _, k := range m.lists[t.hash] {
			if w.shared[k]++; w.shared[k] == 1 {
				w.hit = append(w.hit, k)
			}
		}
	}
	for _, k := range w.hit {
		x := &m.all[k]
		if int(w.shared[k])*3 < max(len(x.terms), len(w.sought)) {
			continue
		}
		v := &x.entry.votes[x.vote]
		if close := 2*overlap(w.sought, x.terms, l) - 1; close > 0 && v.weight() != 0 {
			w.moved = append(w.moved, moved{x.entry, v, x.vote, v.weight() * close})
		}
	}
	slices.SortFunc(w.moved, func(a, b moved) int {
		return cmp.Or(cmp.Compare(a.entry.sequence, b.entry.sequence), a.at-b.at)
	})
	for i := 0; i < len(w.moved); {
		e, sum := w.moved[i].entry, float32(0)
		for ; i < len(w.moved) && w.moved[i].entry == e; i++ {
			sum += w.moved[i].by
		}
		w.cold[e.slot] += min(max(sum, mostDown), mostUp)
	}
}

// moved is the influence of one vote on the query at hand.
type moved struct {
	entry *entry
	vote  *vote
	at    int
	by    float32
}

// overlap is the weight of the shared terms over that of the richer side: 1 if
// both have the same terms, 0 if none is shared. Both lists are sorted by hash.
func overlap(a, b []sought, l *lexicon) float32 {
	var both, onlyA, onlyB float32
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].hash < b[0].hash:
			onlyA += l.worth(a[0])
			a = a[1:]
		case len(a) == 0 || b[0].hash < a[0].hash:
			onlyB += l.worth(b[0])
			b = b[1:]
		default:
			both += l.worth(a[0])
			a, b = a[1:], b[1:]
		}
	}
	if both == 0 {
		return 0
	}
	return both / (both + max(onlyA, onlyB))
}
