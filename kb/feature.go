package kb

// A feature is one observed property of a folded text: a word, a pair of
// words, a piece of a word, an ideograph, a pair of ideographs, an edge of an
// ideographic text, or a synonym group. Features are compared by hash only.
type feature struct {
	hash     uint64
	from, to int32 // in runes of the folded text
	kind     kind
}

type kind uint8

const (
	word    kind = iota // a stemmed word
	pair                // two words in a row
	synonym             // a group of the synonym table
	piece               // 2 to 5 characters of a word, its ends included
	ideo                // one ideograph
	ideo2               // two ideographs in a row
	edge                // the first or the last character of an ideographic text
)

// lexical tells the kinds that the word index holds; the linear model uses all.
func (k kind) lexical() bool { return k == word || k == synonym || k == ideo || k == ideo2 }

// block gives the part of the vector that the kind belongs to. The two parts
// are normalised apart, so that the many pieces do not drown the few words.
func (k kind) block() int {
	if k <= synonym {
		return 0
	}
	return 1
}

const (
	maxWord  = 40 // runes of a word that are cut into pieces
	maxPiece = 5
)

// A reader turns texts into features. It holds scratch space and is used by
// one goroutine at a time.
type reader struct {
	text     folded
	features []feature
	sought   []sought
	lemma    []rune
	pieces   bool // list pairs and pieces of words too
	edges    bool // list the edges of ideographic texts too
	synonyms *synonyms
}

// read folds s, at most limit bytes of it, and lists its features in text order.
func (r *reader) read(s string, limit int) []feature {
	r.text.fold(s, limit)
	r.features = r.features[:0]
	runes := r.text.runes
	prev, prevFrom := uint64(0), 0 // the last word
	first, last, ideos := -1, -1, 0
	for i := 0; i < len(runes); {
		c := runes[i]
		switch {
		case c == ' ' || c == '\'':
			i++
			continue
		case isIdeo(c):
			r.add(ideo, mix(seed(ideo), c), i, i+1)
			if i+1 < len(runes) && isIdeo(runes[i+1]) {
				r.add(ideo2, mix(mix(seed(ideo2), c), runes[i+1]), i, i+2)
			}
			ideos++
			r.group(i)
			if first < 0 {
				first = i
			}
			last = i
			i++
		default:
			j := i + 1
			for j < len(runes) && runes[j] != ' ' && !isIdeo(runes[j]) {
				j++
			}
			h := r.word(i, j)
			if r.pieces && prev != 0 {
				r.add(pair, (prev*31+h)^seed(pair), prevFrom, j)
			}
			prev, prevFrom = h, i
			r.group(i)
			if first < 0 {
				first = i
			}
			last = j - 1
			i = j
		}
	}
	if r.edges && ideos > 0 {
		r.add(edge, mix(seed(edge), runes[first]), first, first+1)
		r.add(edge, mix(seed(edge)+1, runes[last]), last, last+1)
	}
	return r.features
}

// word adds the word at runes i to j and its pieces, and returns its hash.
func (r *reader) word(i, j int) uint64 {
	var spelt [maxWord]rune
	w := letters(spelt[:0], r.text.runes[i:j])
	r.lemma = lemma(append(r.lemma[:0], w...))
	h := stemHash(r.lemma)
	r.add(word, h, i, j)
	if !r.pieces {
		return h
	}
	for k := -1; k < len(w); k++ { // a piece may start at the blank before the word
		g := seed(piece)
		for n := range maxPiece {
			if k+n > len(w) {
				break
			}
			c := ' '
			if k+n >= 0 && k+n < len(w) {
				c = w[k+n]
			}
			if g = mix(g, c); n > 0 {
				r.add(piece, g, min(i+max(k, 0), j-1), min(i+k+n+1, j))
			}
		}
	}
	return h
}

// lemma is the stem of a word by which it is compared: a final y is an i.
func lemma(w []rune) []rune {
	s := stem(w)
	if n := len(s); n > 2 && s[n-1] == 'y' {
		s[n-1] = 'i'
	}
	return s
}

// stem returns the lemma of a word last read; it is the reader's.
func (r *reader) stem(f feature) []rune {
	r.lemma = lemma(letters(r.lemma[:0], r.text.runes[f.from:f.to]))
	return r.lemma
}

// letters appends the runes of a word without apostrophes, as many as count:
// don't is dont.
func letters(dst, word []rune) []rune {
	for _, c := range word {
		if c != '\'' && len(dst) < maxWord {
			dst = append(dst, c)
		}
	}
	return dst
}

// group adds the synonym group that has a phrase at rune i.
func (r *reader) group(i int) {
	if r.synonyms == nil {
		return
	}
	if p, ok := r.synonyms.at(r.text.runes, i); ok {
		r.add(synonym, p.group, i, i+len(p.runes))
	}
}

func (r *reader) add(k kind, h uint64, from, to int) {
	r.features = append(r.features, feature{h, int32(from), int32(to), k})
}

func seed(k kind) uint64 { return (uint64(k) + 1) * 0x9E3779B97F4A7C15 }

func mix(h uint64, c rune) uint64 {
	h = (h ^ uint64(c)) * 0x9FB21C651E98DF25
	return h ^ h>>29
}

// synonyms is a user's table, folded and indexed by the first rune.
type synonyms struct {
	first map[rune][]phrase
}

type phrase struct {
	runes []rune
	group uint64
}

// newSynonyms folds a table; it returns nil for an empty one. The phrases of a
// table stand in its order: put the longer one first where both fit.
func newSynonyms(groups [][]string) *synonyms {
	s := &synonyms{first: map[rune][]phrase{}}
	var t folded
	for g, words := range groups {
		for _, w := range words {
			t.fold(w, MaxQuery)
			p := trim(t.runes)
			if len(p) == 0 {
				continue
			}
			p = append([]rune(nil), p...)
			s.first[p[0]] = append(s.first[p[0]], phrase{p, mix(seed(synonym), rune(g))})
		}
	}
	if len(s.first) == 0 {
		return nil
	}
	return s
}

// at returns the first phrase of the table that stands at rune i, if any.
func (s *synonyms) at(text []rune, i int) (phrase, bool) {
	for _, p := range s.first[text[i]] {
		if p.startsAt(text, i) {
			return p, true
		}
	}
	return phrase{}, false
}

// startsAt tells whether the phrase stands at rune i, as whole words if its
// ends are letters.
func (p phrase) startsAt(text []rune, i int) bool {
	n := len(p.runes)
	if i+n > len(text) {
		return false
	}
	for k, c := range p.runes {
		if text[i+k] != c {
			return false
		}
	}
	letter := func(c rune) bool { return c != ' ' && !isIdeo(c) }
	return i+n == len(text) || !letter(p.runes[n-1]) || !letter(text[i+n])
}

func trim(r []rune) []rune {
	for len(r) > 0 && r[0] == ' ' {
		r = r[1:]
	}
	for len(r) > 0 && r[len(r)-1] == ' ' {
		r = r[:len(r)-1]
	}
	return r
}
