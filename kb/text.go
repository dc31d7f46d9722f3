package kb

import (
	"unicode"
	"unicode/utf8"
)

// A folded text is what all matching works on: lower case, half width,
// simplified characters, no accents, no invisible marks. Every rune keeps the
// byte span of the source it came from, so that a highlight is right whatever
// was folded away. Anything that is neither letter, digit nor ideograph,
// invalid UTF-8 included, becomes a space.
type folded struct {
	runes []rune
	from  []int32 // first source byte of each rune
	to    []int32 // behind the last source byte, dropped marks included
	cut   bool    // the source was longer than the limit
}

// fold folds the first limit bytes of s into t, whose slices it reuses.
func (t *folded) fold(s string, limit int) {
	t.runes, t.from, t.to, t.cut = t.runes[:0], t.from[:0], t.to[:0], false
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s, t.cut = s[:limit], true
	}
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			} else if !(('a' <= r && r <= 'z') || ('0' <= r && r <= '9') || r == '\'') {
				r = ' '
			}
		} else {
			r, n = utf8.DecodeRuneInString(s[i:])
			r = foldRune(r)
		}
		switch {
		case r == dropped:
			if k := len(t.to); k > 0 && t.runes[k-1] != ' ' {
				t.to[k-1] = int32(i + n)
			}
		case r == ' ' && len(t.runes) > 0 && t.runes[len(t.runes)-1] == ' ':
			t.to[len(t.to)-1] = int32(i + n)
		default:
			t.runes = append(t.runes, r)
			t.from = append(t.from, int32(i))
			t.to = append(t.to, int32(i+n))
		}
		i += n
	}
}

const dropped rune = -1

// foldRune folds one rune outside ASCII.
func foldRune(r rune) rune {
	switch {
	case r >= 0x4E00 && r <= 0x9FFF:
		return rune(simplified[r-0x4E00])
	case r >= 0xFF01 && r <= 0xFF5E: // full width
		r -= 0xFEE0
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '\'':
			return r
		}
		return ' '
	case r >= 0xC0 && r <= 0x17F:
		if p := plain[r-0xC0]; p != '.' {
			return rune(p)
		}
		return unicode.ToLower(r)
	case r == 0x2019: // the typographic apostrophe
		return '\''
	case isAccent(r) || unicode.Is(unicode.Cf, r):
		return dropped
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
		return unicode.ToLower(r)
	}
	return ' '
}

// isAccent tells the combining marks that carry no meaning of their own for a
// search. Vowel signs (Thai, Devanagari, …) are marks too, but letters to us.
func isAccent(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r >= 0xFE00 && r <= 0xFE2F ||
		r >= 0x1AB0 && r <= 0x1AFF || r >= 0x1DC0 && r <= 0x1DFF || r >= 0x20D0 && r <= 0x20FF
}

// plain gives the base letter of U+00C0 to U+017F; '.' has none.
const plain = "aaaaaa.ceeeeiiii.nooooo ouuuuy..aaaaaa.ceeeeiiii.nooooo ouuuuy.y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllllllllnnnnnnn..oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// simplified maps U+4E00 to U+9FFF to the simplified form.
var simplified = func() (t [0xA000 - 0x4E00]uint16) {
	for i := range t {
		t[i] = uint16(0x4E00 + i)
	}
	pair := []rune(hanzi)
	for i := 0; i+1 < len(pair); i += 2 {
		t[pair[i]-0x4E00] = uint16(pair[i+1])
	}
	return t
}()

// isIdeo tells the scripts written without spaces whose signs mean something
// alone: they are indexed by single sign and by pair.
func isIdeo(r rune) bool {
	return r >= 0x3041 && (r <= 0x30FF || r >= 0x3400 && r <= 0x9FFF || r >= 0xF900 && r <= 0xFAFF || r >= 0x20000 && r <= 0x3FFFF)
}

// stem shortens an English word: plural, -ing, -ed and final e go, y becomes
// i, a doubled last consonant is single. It is lighter than Porter's and
// never touches words with other letters than a to z.
func stem(w []rune) []rune {
	n := len(w)
	for _, r := range w {
		if r < 'a' || r > 'z' {
			return w
		}
	}
	ends := func(s string) bool {
		if n < len(s)+3 {
			return false
		}
		for i := range len(s) {
			if w[n-len(s)+i] != rune(s[i]) {
				return false
			}
		}
		return true
	}
	switch {
	case ends("sses"), ends("ies"):
		n -= 2
	case n > 3 && w[n-1] == 's' && w[n-2] != 's' && w[n-2] != 'u' && w[n-2] != 'i':
		n--
	}
	switch {
	case ends("ing"):
		n -= 3
	case ends("ed"):
		n -= 2
	}
	if n < len(w) && n > 3 && w[n-1] == w[n-2] && w[n-1] != 's' && w[n-1] != 'l' && w[n-1] != 'e' {
		n--
	}
	if n > 3 && w[n-1] == 'e' {
		n--
	}
	return w[:n]
}
