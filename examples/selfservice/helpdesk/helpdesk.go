// Package helpdesk is a small shop's knowledge base and ticket texts, Chinese
// and English, written for the examples, tests and benchmarks.
package helpdesk

import (
	"embed"
	"encoding/json"
	"strings"

	"github.com/usherdesk/usher/kb"
)

//go:embed articles.jsonl tickets.jsonl queries.jsonl
var files embed.FS

// Articles returns the knowledge base: sixteen articles, half of them in each
// language, with their variants.
func Articles() []kb.Article {
	var out []kb.Article
	each("articles.jsonl", func(line string) error {
		var a struct {
			ID, Title, Body, Locale string
			Variants                []string
		}
		err := json.Unmarshal([]byte(line), &a)
		out = append(out, kb.Article{ID: a.ID, Title: a.Title, Body: a.Body, Variants: a.Variants, Locale: a.Locale})
		return err
	})
	return out
}

// Ticket is a ticket's text with what an agent made of it.
type Ticket struct {
	Text  string
	Type  string // inquiry, complaint, suggestion or after-sales
	Skill string // order, refund, account or technical
}

// Tickets returns the ticket texts to learn from.
func Tickets() []Ticket {
	var out []Ticket
	each("tickets.jsonl", func(line string) error {
		var t Ticket
		err := json.Unmarshal([]byte(line), &t)
		out = append(out, t)
		return err
	})
	return out
}

// Query is a customer's question and the article that answers it.
type Query struct {
	Text, Article string
}

// Queries returns questions that none of the articles contains verbatim.
func Queries() []Query {
	var out []Query
	each("queries.jsonl", func(line string) error {
		var q Query
		err := json.Unmarshal([]byte(line), &q)
		out = append(out, q)
		return err
	})
	return out
}

// Types and Skills return the tickets as examples for a classifier.
func Types() []kb.Example  { return examples(func(t Ticket) string { return t.Type }) }
func Skills() []kb.Example { return examples(func(t Ticket) string { return t.Skill }) }

func examples(label func(Ticket) string) []kb.Example {
	var out []kb.Example
	for _, t := range Tickets() {
		out = append(out, kb.Example{Text: t.Text, Label: label(t)})
	}
	return out
}

// each calls f with the lines of an embedded file. The files are part of the
// program, so a fault in them is a bug.
func each(name string, f func(line string) error) {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(data)) {
		if err := f(line); err != nil {
			panic(err)
		}
	}
}
