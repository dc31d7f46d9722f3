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
	texts  int                // slots in use
	length [fields]int64      // features of all texts, by field
	count  [fields]int64      // texts that have the field
	gain   [fields][256]int32 // what a posting is worth, by code; follows the mean length
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
var importance = [...]float32{word: 2, synonym: 2, ideo: 0.5, ideo2: 1, pair: 0, piece: 0, edge: 0}

func newLexicon() *lexicon { return &lexicon{terms: map[uint64]*postings{}} }

// code packs a frequency of 1 to 4 and a length in quarter octaves.
func code(frequency, length int) uint32 {
	n := int(math.Round(4 * math.Log2(float64(max(length, 1)))))
	return uint32(min(frequency, 4)-1)<<6 | uint32(min(n, 63))
}

// add puts a text into a slot; remove, with the same arguments, takes it out.
func (l *lexicon) add(slot int, r *reader, texts [fields]string)    { l.change(slot, r, texts, 1) }
func (l *lexicon) remove(slot int, r *reader, texts [fields]string) { l.change(slot, r, texts, -1) }

func (l *lexicon) change(slot int, r *reader, texts [fields]string, by int) {
	l.texts += by
	seen := map[uint64]bool{}
	for field, s := range texts {
		var hashes []uint64
		for _, f := range r.read(s, MaxText) {
			if f.kind.lexical() {
				hashes = append(hashes, f.hash)
			}
		}
		if len(hashes) == 0 {
			continue
		}
		l.length[field] += int64(by * len(hashes))
		l.count[field] += int64(by)
		slices.Sort(hashes)
		for i := 0; i < len(hashes); {
			j := i
			for j < len(hashes) && hashes[j] == hashes[i] {
				j++
			}
			h, p := hashes[i], uint32(slot)<<8|code(j-i, len(hashes))
			t := l.terms[h]
			if t == nil {
				t = &postings{}
				l.terms[h] = t
			}
			if by > 0 {
				t.list[field] = append(t.list[field], p)
			} else if k := slices.Index(t.list[field], p); k >= 0 {
				t.list[field] = slices.Delete(t.list[field], k, k+1)
			}
			if !seen[h] {
				seen[h] = true
				if t.docs += by; t.docs == 0 {
					delete(l.terms, h)
				}
			}
			i = j
		}
	}
	l.weigh()
}

// weigh recomputes what postings are worth.
func (l *lexicon) weigh() {
	for field := range fields {
		mean := float64(l.length[field]) / float64(max(l.count[field], 1))
		for c := range l.gain[field] {
			tf, length := float64(c>>6+1), math.Exp2(float64(c&63)/4)
			tf /= 1 - slope[field] + slope[field]*length/max(mean, 1)
			l.gain[field][c] = int32(1 << 10 * esteem[field] * tf * (saturate + 1) / (tf + saturate))
		}
	}
}

// rarity is the inverse document frequency of a term in docs texts.
func (l *lexicon) rarity(docs int) float32 {
	return float32(math.Log(1 + (float64(l.texts-docs)+0.5)/(float64(docs)+0.5)))
}

// apply adds up, in w.cold by slot, the score of the features last read, and
// returns the score of a text that has them all, once and at average length.
func (l *lexicon) apply(w *workspace, slots int) (ideal float32) {
	w.cold = slices.Grow(w.cold[:0], slots)[:slots]
	clear(w.cold)
	for _, q := range w.terms() {
		t := l.terms[q.hash]
		if t == nil {
			ideal += q.weight * l.rarity(0) * unit
			continue
		}
		weight := q.weight * l.rarity(t.docs)
		ideal += weight * unit
		for field := range t.list {
			gain := &l.gain[field]
			for _, p := range t.list[field] {
				w.cold[p>>8] += weight * float32(gain[p&255])
			}
		}
	}
	return ideal
}

// unit is what one term in a title of average length is worth.
const unit = 3 << 10

// sought is a term of a query.
type sought struct {
	hash   uint64
	weight float32
}

// terms lists the distinct lexical features last read, sorted by hash.
func (w *workspace) terms() []sought {
	w.sought = w.sought[:0]
	for i := range w.features {
		if f := &w.features[i]; f.kind.lexical() {
			w.sought = append(w.sought, sought{f.hash, importance[f.kind]})
		}
	}
	slices.SortFunc(w.sought, func(a, b sought) int { return cmp.Compare(a.hash, b.hash) })
	w.sought = slices.CompactFunc(w.sought, func(a, b sought) bool { return a.hash == b.hash })
	return w.sought
}
