package kb

import (
	"slices"
	"strings"
)

// Feedback is a count of votes on a pair of query and article. Solved adds
// one, NotSolved takes one away, Confirm makes it full. A query that shares
// most of its words with a voted one moves the article's score by
//
//	0.2 · n · |n| · (2·overlap − 1)
//
// logits, n between −full and +full, and never by more than the two limits in
// all. One click is thus worth 0.2 logits: it cannot turn over two articles
// whose confidence differs by 0.1 or more (0.2 < ln(0.55/0.45)), and nearer
// ones are asked back about anyway.
const (
	full      = 6
	step      = 0.2
	mostUp    = 8
	mostDown  = -4
	trainable = 4  // votes that make a query a phrasing to train on
	maxVotes  = 64 // voted queries of an article; the weakest, oldest, goes first
)

// vote is the feedback on one query for one article.
type vote struct {
	Text    string
	Net     int
	Trained bool // the model learnt it as a phrasing
}

// weight is the influence of the vote on its own query, in logits.
func (v *vote) weight() float32 {
	if v.Trained && v.Net >= trainable {
		return 0 // the model knows
	}
	n := float32(v.Net)
	return step * n * max(n, -n)
}

// Solved says that the article answered the query: it moves up a little for
// this and similar queries, from the next Match on.
func (x *Index) Solved(id, query string) error { return x.vote(id, query, 1) }

// NotSolved says that the article did not answer the query.
func (x *Index) NotSolved(id, query string) error { return x.vote(id, query, -1) }

// Confirm says that the query is a way to ask for the article, as an agent
// knows it. It counts at once like many clicks, and at the next Train like a
// variant.
func (x *Index) Confirm(id, query string) error { return x.vote(id, query, 2*full) }

func (x *Index) vote(id, query string, by int) error {
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
	terms := x.writer.terms(query)
	if len(terms) == 0 {
		return &ArticleError{id, "query", query, "no word to learn from", nil}
	}
	k := slices.IndexFunc(e.votes, func(v vote) bool { return v.Text == query })
	if k >= 0 {
		v := &e.votes[k]
		v.Net = min(max(v.Net+by, -full), full)
		return nil
	}
	if len(e.votes) == maxVotes {
		weakest := 0
		for i, v := range e.votes {
			if max(v.Net, -v.Net) < max(e.votes[weakest].Net, -e.votes[weakest].Net) {
				weakest = i
			}
		}
		x.memory.forget(e, weakest)
		e.votes = slices.Delete(e.votes, weakest, weakest+1)
	}
	e.votes = append(e.votes, vote{Text: query, Net: min(max(by, -full), full)})
	x.memory.learn(e, len(e.votes)-1, terms)
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

func (m *memory) learn(e *entry, vote int, terms []sought) {
	k := int32(len(m.all))
	if n := len(m.free); n > 0 {
		k, m.free = m.free[n-1], m.free[:n-1]
	} else {
		m.all = append(m.all, exemplar{})
	}
	m.all[k] = exemplar{e, vote, slices.Clone(terms)}
	for _, t := range terms {
		m.lists[t.hash] = append(m.lists[t.hash], k)
	}
}

// forget drops an article's vote; those behind it move up by one.
func (m *memory) forget(e *entry, vote int) {
	for k := range m.all {
		x := &m.all[k]
		switch {
		case x.entry != e || x.vote < vote:
		case x.vote > vote:
			x.vote--
		default:
			for _, t := range x.terms {
				list := m.lists[t.hash]
				i := slices.Index(list, int32(k))
				if list = slices.Delete(list, i, i+1); len(list) == 0 {
					delete(m.lists, t.hash)
				} else {
					m.lists[t.hash] = list
				}
			}
			*x = exemplar{}
			m.free = append(m.free, int32(k))
		}
	}
}

// move passes an article's votes on to the entry that replaces it.
func (m *memory) move(from, to *entry) {
	for k := range m.all {
		if m.all[k].entry == from {
			m.all[k].entry = to
		}
	}
}

// recall adds to w.cold what the votes on queries like this one are worth.
func (m *memory) recall(w *workspace, l *lexicon) {
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
	slices.Sort(w.hit)
	w.moved = w.moved[:0]
	for _, k := range w.hit {
		x := &m.all[k]
		if int(w.shared[k])*3 < max(len(x.terms), len(w.sought)) {
			continue
		}
		v := &x.entry.votes[x.vote]
		close := 2*overlap(w.sought, x.terms, l) - 1
		if close <= 0 || v.weight() == 0 {
			continue
		}
		w.moved = append(w.moved, moved{x.entry, v, v.weight() * close})
	}
	for i, a := range w.moved {
		sum, first := float32(0), true
		for j, b := range w.moved {
			if b.entry == a.entry {
				first = first && j >= i
				sum += b.by
			}
		}
		if first {
			w.cold[a.entry.slot] += min(max(sum, mostDown), mostUp)
		}
	}
}

// moved is the influence of one vote on the query at hand.
type moved struct {
	entry *entry
	vote  *vote
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
