package kb

import (
	"cmp"
	"math"
	"slices"
)

// A lexicon is a word index ranked by BM25 (Robertson and Zaragoza 2009),
// title and body scored apart and added up. Nothing is frozen: counts, lengths
// and lists are integers that adding and removing undo exactly.
type lexicon struct {
	terms  map[uint64]*postings
	typos  typos
	texts  int                  // slots in use
	length [fields]int64        // features of all texts, by field
	count  [fields]int64        // texts that have the field
	gain   [fields][256]float32 // what a posting is worth, by code; follows the mean length
	log    float32              // ln(texts+1)
}

// postings lists the slots that have a term, by field. A posting is the slot,
// shifted by eight, and the code of its frequency and the field's length.
type postings struct {
	docs int // slots that have the term in any field
	list [fields][]uint32
}

const (
	title = iota
	body
	fields

	maxSlots = 1 << 24
	saturate = 1.2 // k1
)

var (
	slope  = [fields]float64{0.75, 0.9} // b: how much length matters
	esteem = [fields]float64{3, 1}      // weight of the field
)

// importance weighs the kinds: a single ideograph says less than a pair, and a
// Latin word (a brand, a model) amid ideographs says more.
var importance = [...]float32{word: 2, synonym: 2, ideo: 1, ideo2: 1, pair: 0, piece: 0, edge: 0}

func newLexicon() *lexicon { return &lexicon{terms: map[uint64]*postings{}, typos: typos{}} }

// code packs a frequency of 1 to 4 and a length in quarter octaves.
func code(frequency, length int) uint32 {
	n := int(math.Round(4 * math.Log2(float64(max(length, 1)))))
	return uint32(min(frequency, 4)-1)<<6 | uint32(min(n, 63))
}

// add puts a text into a slot; remove, with the same arguments, takes it out.
// After one or more of them, weigh must be called before apply.
func (l *lexicon) add(slot int, r *reader, texts [fields]string)    { l.change(slot, r, texts, 1) }
func (l *lexicon) remove(slot int, r *reader, texts [fields]string) { l.change(slot, r, texts, -1) }

func (l *lexicon) change(slot int, r *reader, texts [fields]string, by int) {
	l.texts += by
	seen := map[uint64]bool{}
	for field, s := range texts {
		r.read(s, MaxText)
		terms := slices.DeleteFunc(r.features, func(f feature) bool { return !f.kind.lexical() })
		if len(terms) == 0 {
			continue
		}
		l.length[field] += int64(by * len(terms))
		l.count[field] += int64(by)
		slices.SortFunc(terms, func(a, b feature) int { return cmp.Compare(a.hash, b.hash) })
		for i := 0; i < len(terms); {
			j := i
			for j < len(terms) && terms[j].hash == terms[i].hash {
				j++
			}
			f, p := terms[i], uint32(slot)<<8|code(j-i, len(terms))
			i = j
			t := l.terms[f.hash]
			switch {
			case t != nil:
			case by < 0: // the title took the last of it away
				continue
			default:
				t = &postings{}
				l.terms[f.hash] = t
				if f.kind == word {
					l.typos.add(r.stem(f), f.hash)
				}
			}
			if by > 0 {
				t.list[field] = append(t.list[field], p)
			} else if k := slices.Index(t.list[field], p); k >= 0 {
				t.list[field] = slices.Delete(t.list[field], k, k+1)
			}
			if !seen[f.hash] {
				seen[f.hash] = true
				if t.docs += by; t.docs == 0 {
					delete(l.terms, f.hash)
					if f.kind == word {
						l.typos.remove(r.stem(f), f.hash)
					}
				}
			}
		}
	}
}

// weigh recomputes what postings are worth.
func (l *lexicon) weigh() {
	l.log = float32(math.Log(float64(l.texts) + 1))
	for field := range fields {
		mean := float64(l.length[field]) / float64(max(l.count[field], 1))
		for c := range l.gain[field] {
			tf, length := float64(c>>6+1), math.Exp2(float64(c&63)/4)
			tf /= 1 - slope[field] + slope[field]*length/max(mean, 1)
			l.gain[field][c] = float32(esteem[field] / esteem[title] * tf * (saturate + 1) / (tf + saturate))
		}
	}
}

// rarity is the inverse document frequency of a term in docs texts:
// ln(1 + (N-n+0.5)/(n+0.5)), which is ln(N+1) - ln(n+0.5).
func (l *lexicon) rarity(docs int) float32 {
	if docs < len(halfLog) {
		return l.log - halfLog[docs]
	}
	return l.log - float32(math.Log(float64(docs)+0.5))
}

// halfLog[n] is ln(n+0.5).
var halfLog = func() (t [2048]float32) {
	for n := range t {
		t[n] = float32(math.Log(float64(n) + 0.5))
	}
	return t
}()

// apply leaves in w.cold, by slot, the score of the features last read, scaled
// so that a text with all of them, once and at average length, gets worth. It
// tells whether there was any feature to go by.
func (l *lexicon) apply(w *workspace, slots int, worth float32) bool {
	w.cold = slices.Grow(w.cold[:0], slots)[:slots]
	clear(w.cold)
	w.found = w.found[:0]
	var ideal, missing float32
	looks := mostTypos
	for _, q := range w.distinct() {
		t, weight := l.terms[q.hash], q.weight
		if t == nil && looks > 0 && q.kind == word {
			looks--
			t = l.mend(w.stem(w.features[q.at]))
			weight *= credit
		}
		if t == nil {
			missing += q.weight * l.rarity(0)
			continue
		}
		weight *= l.rarity(t.docs)
		ideal += weight
		w.found = append(w.found, found{t, q.hash, weight, 0})
	}
	ideal += missing
	if ideal > 0 {
		w.unfamiliar = missing / ideal
	}
	if len(w.found) == 0 {
		return ideal > 0
	}
	common := max(64, l.texts/8)
	for i := range w.found {
		f := &w.found[i]
		if f.docs > common {
			continue // says little, and costs most
		}
		f.scaled = f.weight * worth / ideal
		for field := range f.list {
			gain := &l.gain[field]
			for _, p := range f.list[field] {
				w.cold[p>>8] += f.scaled * gain[p&255]
			}
		}
	}
	return true
}

// found is a term of a query that the lexicon has.
type found struct {
	*postings
	hash   uint64
	weight float32
	scaled float32 // the weight times worth over ideal; 0 if too common to count
}

// effect is what a term found adds to the score of a slot.
func (l *lexicon) effect(f found, slot int) (sum float32) {
	for field := range f.list {
		for _, p := range f.list[field] {
			if int(p>>8) == slot {
				sum += f.scaled * l.gain[field][p&255]
			}
		}
	}
	return sum
}

// sought is a term of a query.
type sought struct {
	hash   uint64
	weight float32
	kind   kind
	at     int32 // one of its features
}

// terms lists the distinct lexical features of s, sorted by hash; the list is
// the reader's.
func (r *reader) terms(s string) []sought {
	r.read(s, MaxQuery)
	return r.distinct()
}

// distinct lists the distinct lexical features last read.
func (r *reader) distinct() []sought {
	r.sought = r.sought[:0]
	for i := range r.features {
		if f := &r.features[i]; f.kind.lexical() {
			r.sought = append(r.sought, sought{f.hash, importance[f.kind], f.kind, int32(i)})
		}
	}
	slices.SortFunc(r.sought, func(a, b sought) int { return cmp.Compare(a.hash, b.hash) })
	r.sought = slices.CompactFunc(r.sought, func(a, b sought) bool { return a.hash == b.hash })
	return r.sought
}

// worth is the weight of a term: the importance of its kind times its rarity.
func (l *lexicon) worth(t sought) float32 {
	docs := 0
	if p := l.terms[t.hash]; p != nil {
		docs = p.docs
	}
	return t.weight * l.rarity(docs)
}
