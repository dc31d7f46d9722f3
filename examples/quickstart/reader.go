package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/usherdesk/usher/kb"
	"github.com/usherdesk/usher/ticket"
)

//go:embed words.txt
var wordsText string

//go:embed answers.txt
var answersText string

// reader reads what customers write: it answers what is known already, and tells
// the type of a ticket and the skill it takes for the rest.
type reader struct {
	answers       *kb.Index
	types, skills *kb.Classifier
}

func newReader() (*reader, error) {
	r := &reader{answers: kb.NewIndex(kb.Config{Threshold: 0.7})}
	for i, fields := range rows(answersText) {
		a := kb.Article{ID: fmt.Sprint("answer ", i+1), Title: fields[0], Body: fields[1], Variants: fields[2:]}
		if err := r.answers.Put(a); err != nil {
			return nil, err
		}
	}
	r.answers.Train()
	var types, skills []kb.Example
	for _, fields := range rows(wordsText) {
		typ, skill, ok := strings.Cut(fields[0], " ")
		if !ok || len(fields) != 2 {
			return nil, fmt.Errorf("%q is not understood", fields)
		}
		types = append(types, kb.Example{Text: fields[1], Label: typ})
		skills = append(skills, kb.Example{Text: fields[1], Label: skill})
	}
	var err error
	if r.types, err = kb.TrainClassifier(types, kb.ClassifierConfig{}); err != nil {
		return nil, err
	}
	r.skills, err = kb.TrainClassifier(skills, kb.ClassifierConfig{})
	return r, err
}

// answer returns the title of the article that answers a text, "" if none surely
// does.
func (r *reader) answer(text string) string {
	found := r.answers.Match(text, kb.Scope{}, nil)
	if len(found.Matches) == 0 || found.Ask {
		return ""
	}
	a, _ := r.answers.Article(found.Matches[0].ID)
	return a.Title
}

// sort tells what a text is about. What the reader is not sure of anybody may take.
func (r *reader) sort(text string) (ticket.Type, []ticket.Need) {
	typ, skill := ticket.Other, []ticket.Need(nil)
	if v := r.types.Classify(text, nil); !v.None {
		typ = ticket.Type(v.Guesses[0].Label)
	}
	if v := r.skills.Classify(text, nil); !v.None {
		skill = []ticket.Need{{Skill: ticket.Skill(v.Guesses[0].Label), Level: 1}}
	}
	return typ, skill
}

// rows are the lines of a text that say something, cut at the bars.
func rows(text string) (out [][]string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "|")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		out = append(out, fields)
	}
	return out
}
