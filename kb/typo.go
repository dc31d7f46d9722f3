package kb

import "slices"

// Typing errors in the word index. A word that no article has is taken for one
// that some have if one letter was left out, put in or changed, or two
// neighbours changed places. The articles' words are found by what is left of
// them without one letter (Mor and Fraenkel 1982), so a look-up takes a few
// steps for each letter and none for each word of the index. The linear model
// needs none of this: it knows pieces of words.
const (
	leastStem = 4    // letters; shorter words are near too many others
	mostStem  = 20   // longer ones are not words
	mostTypos = 8    // unknown words of one query that are looked into
	credit    = 0.75 // of the weight of a word that was typed right
)

// typos maps the rest of a word without one letter, and that letter's place,
// to the words it may be of, by hash.
type typos map[uint64][]uint64

// typable tells the stems in which errors are looked for.
func typable(stem []rune) bool {
	for _, c := range stem {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return len(stem) >= leastStem && len(stem) <= mostStem
}

// add enters a word of the index; remove takes it out.
func (t typos) add(stem []rune, hash uint64) {
	t.change(stem, func(all []uint64) []uint64 { return append(all, hash) })
}

func (t typos) remove(stem []rune, hash uint64) {
	t.change(stem, func(all []uint64) []uint64 {
		return slices.DeleteFunc(all, func(h uint64) bool { return h == hash })
	})
}

func (t typos) change(stem []rune, edit func([]uint64) []uint64) {
	if !typable(stem) {
		return
	}
	for i := range stem {
		k := mix(without(stem, i), rune(i))
		if t[k] = edit(t[k]); len(t[k]) == 0 {
			delete(t, k)
		}
	}
}

// mend returns the word of the index that is one error from an unknown stem,
// the most frequent of several; nil if there is none.
func (l *lexicon) mend(stem []rune) *postings {
	if !typable(stem) {
		return nil
	}
	var best *postings
	least := uint64(0)
	try := func(hash uint64) {
		if p := l.terms[hash]; p != nil && (best == nil || p.docs > best.docs || p.docs == best.docs && hash < least) {
			best, least = p, hash
		}
	}
	whole := stemHash(stem)
	for i := range len(stem) + 1 {
		for _, h := range l.typos[mix(whole, rune(i))] { // one left out
			try(h)
		}
		if i == len(stem) {
			break
		}
		rest := without(stem, i)
		if len(stem) > leastStem {
			try(rest) // one put in
		}
		for _, h := range l.typos[mix(rest, rune(i))] { // one changed
			try(h)
		}
		if i+1 < len(stem) && stem[i] != stem[i+1] { // two changed places
			stem[i], stem[i+1] = stem[i+1], stem[i]
			try(stemHash(stem))
			stem[i], stem[i+1] = stem[i+1], stem[i]
		}
	}
	return best
}

// without is the hash of a stem that lacks its letter i.
func without(stem []rune, i int) uint64 {
	h := seed(word)
	for k, c := range stem {
		if k != i {
			h = mix(h, c)
		}
	}
	return h
}

func stemHash(stem []rune) uint64 { return without(stem, -1) }
