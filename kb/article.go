package kb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Article is one answer of the knowledge base.
type Article struct {
	ID       string
	Title    string
	Body     string
	Variants []string  // other ways to ask for it: the more, the better it is found
	Audience string    // who may see it; "" is everyone
	Tags     []string  // free words to filter by
	Locale   string    // language tag such as "zh", "zh-TW", "en"; "" suits all
	Expires  time.Time // from this instant on it is not shown; zero is never
}

// Scope says which articles a query may see.
type Scope struct {
	Audience string    // sees articles of this audience and everyone's; "" only everyone's
	Tags     []string  // an article must have them all
	Locale   string    // "zh-TW" sees zh-TW, zh and locale-free articles; "" sees all
	Fallback []string  // locales tried in turn when nothing reaches the threshold
	Now      time.Time // articles that expired by then are hidden; zero hides none
}

// admits tells whether the scope, read with the given locale, shows a.
func (s *Scope) admits(a *Article, locale string) bool {
	if a.Audience != "" && a.Audience != s.Audience {
		return false
	}
	if !s.Now.IsZero() && !a.Expires.IsZero() && !s.Now.Before(a.Expires) {
		return false
	}
	if locale != "" && a.Locale != "" && !speaks(locale, a.Locale) {
		return false
	}
	for _, t := range s.Tags {
		if !slices.Contains(a.Tags, t) {
			return false
		}
	}
	return true
}

// speaks tells whether a reader of locale is served by an article's locale:
// the same, or one that the reader's continues ("zh" serves "zh-TW").
func speaks(locale, article string) bool {
	n := len(article)
	return len(locale) >= n && strings.EqualFold(locale[:n], article) &&
		(len(locale) == n || locale[n] == '-' || locale[n] == '_')
}

// Sentinels, matched with errors.Is.
var (
	ErrUnknownArticle = errors.New("kb: unknown article")
	ErrFull           = errors.New("kb: index is full")
	ErrSnapshot       = errors.New("kb: not a snapshot of this version")
)

// An ArticleError tells which article was refused and why. Unwrap gives the
// sentinel, if there is one.
type ArticleError struct {
	ID     string
	Field  string // the field that is wrong, e.g. "Title"
	Value  string // its value
	Reason string
	Err    error
}

func (e *ArticleError) Error() string {
	return fmt.Sprintf("kb: article %q: %s %q: %s", e.ID, e.Field, e.Value, e.Reason)
}

// Unwrap returns the sentinel behind the error, or nil.
func (e *ArticleError) Unwrap() error { return e.Err }

func (a *Article) validate() error {
	switch {
	case a.ID == "":
		return &ArticleError{a.ID, "ID", a.ID, "empty", nil}
	case !utf8.ValidString(a.ID):
		return &ArticleError{a.ID, "ID", a.ID, "not UTF-8", nil}
	case strings.TrimSpace(a.Title) == "" && strings.TrimSpace(a.Body) == "" && len(a.Variants) == 0:
		return &ArticleError{a.ID, "Title", a.Title, "no title, body or variant to match", nil}
	}
	return nil
}

// clone makes a copy that shares no slice with the caller's and whose texts
// are valid UTF-8, as a snapshot keeps them.
func (a Article) clone() Article {
	valid := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	a.Title, a.Body, a.Audience, a.Locale = valid(a.Title), valid(a.Body), valid(a.Audience), valid(a.Locale)
	a.Variants, a.Tags = slices.Clone(a.Variants), slices.Clone(a.Tags)
	for i, v := range a.Variants {
		a.Variants[i] = valid(v)
	}
	for i, t := range a.Tags {
		a.Tags[i] = valid(t)
	}
	a.Expires = a.Expires.Round(0).UTC()
	return a
}
