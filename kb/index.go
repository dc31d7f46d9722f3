package kb

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Config tunes an index. The zero value is ready to use.
type Config struct {
	Threshold float64    // least confidence to show an article; 0 means 0.2, negative shows all
	AskMargin float64    // Ask if the second best is nearer than this; 0 means 0.1, negative never asks
	Limit     int        // most matches of a query; 0 means 5
	Synonyms  [][]string // groups of words or phrases of equal meaning
}

// An Index finds the articles that answer a question. It is safe for
// simultaneous use by multiple goroutines: reads run side by side under a
// read lock, a change holds the write lock for the microseconds it takes to
// edit one article or one click, and Train learns outside the lock and swaps
// the finished model in.
type Index struct {
	config   Config
	synonyms *synonyms

	training sync.Mutex // held by Train alone, so that two do not overlap

	mu       sync.RWMutex
	articles map[string]*entry
	slots    []*entry // by slot; nil is free
	labels   []int32  // by slot: in the model, or -1
	free     []int    // slots to use again, last freed first
	next     int64    // sequence of the next article
	lexicon  *lexicon
	memory   memory
	model    *model // nil before Train
	writer   reader // scratch of whoever holds the write lock

	workspaces sync.Pool
}

// entry is an article in the index. It is replaced as a whole, never edited.
type entry struct {
	Article
	sequence int64 // articles keep the order in which they were first put
	slot     int   // in the word index
	votes    []vote
}

// texts gives the entry's fields in the word index. Variants count as title.
func (e *entry) texts() [fields]string {
	return [fields]string{title: strings.Join(append([]string{e.Title}, e.Variants...), "\n"), body: e.Body}
}

// NewIndex returns an empty index.
func NewIndex(config Config) *Index {
	config.Threshold = preset(config.Threshold, 0.2)
	config.AskMargin = preset(config.AskMargin, 0.1)
	if config.Limit <= 0 {
		config.Limit = 5
	}
	x := &Index{config: config, synonyms: newSynonyms(config.Synonyms), articles: map[string]*entry{}, lexicon: newLexicon()}
	x.writer.synonyms = x.synonyms
	x.memory.lists = map[uint64][]int32{}
	x.workspaces.New = func() any { return &workspace{reader: reader{pieces: true, synonyms: x.synonyms}} }
	return x
}

// Len returns the number of articles.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.articles)
}

// Article returns a copy of an article.
func (x *Index) Article(id string) (Article, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.articles[id]
	if !ok {
		return Article{}, false
	}
	return e.clone(), true
}

// Put adds articles, or replaces those of the same id, which keep their place
// and their feedback. They are found at once, by their words; the next Train
// lets the linear model know them too. Either all are taken or, if one is not
// valid, none: the error joins an *ArticleError for each.
func (x *Index) Put(articles ...Article) error {
	var faults []error
	for i := range articles {
		if err := articles[i].validate(); err != nil {
			faults = append(faults, err)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if n := len(x.articles) + len(articles); n > MaxArticles {
		faults = append(faults, &ArticleError{"", "articles", strconv.Itoa(n), "too many", ErrFull})
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for i := range articles {
		e := &entry{Article: articles[i].clone()}
		if old := x.articles[e.ID]; old != nil {
			x.withdraw(old)
			e.sequence = old.sequence
			x.memory.move(old, e)
		} else {
			e.sequence = x.next
			x.next++
		}
		x.publish(e)
	}
	x.lexicon.weigh()
	return nil
}

// Remove takes articles out, with all feedback about them. Nothing is removed
// if one of the ids is unknown: the error joins an *ArticleError for each.
func (x *Index) Remove(ids ...string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	var faults []error
	for _, id := range ids {
		if x.articles[id] == nil {
			faults = append(faults, &ArticleError{id, "ID", id, "unknown", ErrUnknownArticle})
		}
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, id := range ids {
		if e := x.articles[id]; e != nil {
			x.withdraw(e)
			for len(e.votes) > 0 {
				x.memory.forget(e, len(e.votes)-1)
			}
			delete(x.articles, id)
		}
	}
	x.lexicon.weigh()
	return nil
}

// publish enters an article under its id and gives it a slot.
func (x *Index) publish(e *entry) {
	if n := len(x.free); n > 0 {
		e.slot, x.free = x.free[n-1], x.free[:n-1]
	} else {
		e.slot = len(x.slots)
		x.slots, x.labels = append(x.slots, nil), append(x.labels, -1)
	}
	x.slots[e.slot], x.articles[e.ID] = e, e
	x.lexicon.add(e.slot, &x.writer, e.texts())
}

// withdraw takes an article out of the word index and the model.
func (x *Index) withdraw(e *entry) {
	x.lexicon.remove(e.slot, &x.writer, e.texts())
	x.slots[e.slot], x.labels[e.slot] = nil, -1
	x.free = append(x.free, e.slot)
}

// ordered returns the entries in the order in which they were first put.
func (x *Index) ordered() []*entry {
	all := make([]*entry, 0, len(x.articles))
	for _, e := range x.articles {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.sequence, b.sequence) })
	return all
}

// MaxTrained is the number of articles up to which Train fits the linear
// model; a larger index is matched by its words alone.
const MaxTrained = 2000

// MaxArticles bounds an index.
const MaxArticles = maxSlots - 1

// Train fits the linear model to the articles, their variants and the
// confirmed feedback; call it after loading and now and then after changes.
// Reads and writes go on meanwhile; articles changed before it ends keep being
// found by their words. It takes a second or so for a thousand articles on two
// cores, and uses all of them; the result does not depend on their number.
func (x *Index) Train() {
	x.training.Lock()
	defer x.training.Unlock()
	x.mu.RLock()
	all := x.ordered()
	var rows []phrasing
	for n, e := range all {
		rows = e.phrasings(rows, n)
	}
	x.mu.RUnlock()
	learnt := map[phrasing]bool{}
	for _, r := range rows {
		learnt[phrasing{r.text, r.label, always}] = true
	}
	var m *model
	if len(all) >= 2 && len(all) <= MaxTrained {
		m = train(rows, len(all), reader{pieces: true, synonyms: x.synonyms}, false)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.model = m
	for slot := range x.labels {
		x.labels[slot] = -1
	}
	for n, e := range all {
		if m != nil && x.articles[e.ID] == e { // neither changed nor removed meanwhile
			x.labels[e.slot] = int32(n)
		}
	}
	for _, e := range x.articles {
		known := x.labels[e.slot] >= 0
		for k := range e.votes {
			v := &e.votes[k]
			v.Trained = known && learnt[phrasing{v.Text, int(x.labels[e.slot]), always}]
		}
	}
}

// phrasings appends the texts that ask for an article. Where there are several,
// each may be kept from a replica to see whether the others find it.
func (e *entry) phrasings(rows []phrasing, label int) []phrasing {
	texts := []string{e.Title}
	texts = append(texts, e.Variants...)
	for _, v := range e.votes {
		if v.phrasing() {
			texts = append(texts, v.Text)
		}
	}
	use := never
	if len(texts) > 1 {
		use = always
	} else if e.Body != "" {
		use = probe
	}
	for _, t := range texts {
		rows = append(rows, phrasing{t, label, use})
	}
	if e.Body != "" {
		rows = append(rows, phrasing{e.Body, label, never})
	}
	return rows
}
