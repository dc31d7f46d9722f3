package kb

import (
	"cmp"
	"errors"
	"slices"
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
	free     []int    // slots to use again, last freed first
	next     int64    // sequence of the next article
	lexicon  *lexicon
	memory   memory
	model    *model   // nil before Train
	known    []*entry // by label of the model; an article since changed or removed has left it
	writer   reader   // scratch of whoever holds the write lock

	workspaces sync.Pool
}

// entry is an article in the index.
type entry struct {
	Article
	sequence int64 // articles keep the order in which they were first put
	slots    []int // the first has title and body, each other one variant
	label    int   // in the model, or -1
	votes    []vote
}

// NewIndex returns an empty index.
func NewIndex(config Config) *Index {
	config.Threshold = preset(config.Threshold, 0.2)
	config.AskMargin = preset(config.AskMargin, 0.1)
	if config.Limit == 0 {
		config.Limit = 5
	}
	x := &Index{config: config, synonyms: newSynonyms(config.Synonyms), articles: map[string]*entry{}, lexicon: newLexicon()}
	x.writer.synonyms = x.synonyms
	x.memory.reset()
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
	room := maxSlots
	for i := range articles {
		if err := articles[i].validate(); err != nil {
			faults = append(faults, err)
		}
		room -= 1 + len(articles[i].Variants)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for i := range articles {
		if err := x.put(articles[i].clone(), room+len(articles)); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) put(a Article, _ int) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.articles[a.ID]
	if e == nil {
		e = &entry{sequence: x.next, label: -1}
		x.next++
		x.articles[a.ID] = e
	} else {
		x.withdraw(e)
	}
	e.Article = a
	x.publish(e)
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
			x.memory.forget(e)
			delete(x.articles, id)
		}
	}
	return nil
}

// publish gives an article its slots in the word index.
func (x *Index) publish(e *entry) {
	e.slots = e.slots[:0]
	x.claim(e, [fields]string{title: e.Title, body: e.Body})
	for _, v := range e.Variants {
		x.claim(e, [fields]string{title: v})
	}
}

func (x *Index) claim(e *entry, texts [fields]string) {
	slot := len(x.slots)
	if n := len(x.free); n > 0 {
		slot = x.free[n-1]
		x.free = x.free[:n-1]
	} else {
		x.slots = append(x.slots, nil)
	}
	x.slots[slot] = e
	e.slots = append(e.slots, slot)
	x.lexicon.add(slot, &x.writer, texts)
}

// withdraw takes an article out of the word index and the model.
func (x *Index) withdraw(e *entry) {
	for i, slot := range e.slots {
		texts := [fields]string{title: e.Title, body: e.Body}
		if i > 0 {
			texts = [fields]string{title: e.Variants[i-1]}
		}
		x.lexicon.remove(slot, &x.writer, texts)
		x.slots[slot] = nil
		x.free = append(x.free, slot)
	}
	e.slots = e.slots[:0]
	if e.label >= 0 {
		x.known[e.label] = nil
		e.label = -1
	}
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
	var texts []string
	var label []int
	var taken []Article
	for n, e := range all {
		for _, t := range e.phrasings() {
			texts, label = append(texts, t), append(label, n)
		}
		taken = append(taken, e.Article)
	}
	x.mu.RUnlock()
	var m *model
	if len(all) >= 2 && len(all) <= MaxTrained {
		m = train(texts, label, len(all), x.synonyms)
	}
	_ = taken
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.articles {
		e.label = -1
	}
	x.model, x.known = m, nil
	if m != nil {
		x.known = all
		for n, e := range all {
			e.label = n
		}
	}
}

// phrasings lists the texts that ask for an article.
func (e *entry) phrasings() []string {
	texts := []string{e.Title}
	texts = append(texts, e.Variants...)
	if e.Body != "" {
		texts = append(texts, e.Body)
	}
	return texts
}
