// Package match measures package kb beside bleve, the full-text index most Go
// programs would take, on the same texts in the same run.
package match

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk" // the analyzer "cjk"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/en"  // the analyzer "en"

	"github.com/usherdesk/usher/bench/ratio"
	"github.com/usherdesk/usher/examples/selfservice/helpdesk"
	"github.com/usherdesk/usher/kb"
)

// The budgets of a query's time, as a share of bleve's.
const (
	must = 0.04
	aim  = 0.012
)

// entry is a text that is known, query one that is asked, with its answer.
type entry struct {
	Name string // label or article
	Text string
}

type query struct {
	Text   string
	Answer string
}

// engine returns the best label or article for a text, "" if there is none.
type engine func(text string) string

// Rows measures both tasks: classifying banking77 (bleve searches one
// document for each label) and matching the questions of the
// UnionPay FAQ. The data are read from data/kb in the directory shared; where
// they are absent, or shared is "", a small help desk of our own stands in and
// the rows' Detail says so. Each task gives the ratio of the times of a query,
// and, without a budget, the hit rate of either side.
func Rows(shared string, rounds int) ([]ratio.Row, error) {
	banking, err := classify(shared)
	if err != nil {
		return nil, err
	}
	unionpay, err := articles(shared)
	if err != nil {
		return nil, err
	}
	var rows []ratio.Row
	for _, t := range []task{banking, unionpay} {
		r, err := t.rows(rounds)
		if err != nil {
			return nil, err
		}
		if shared == "" { // the budgets are for the named sets; small ones leave an index nothing to search
			r[0].Budget, r[0].Aim = 0, 0
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

// task is a set of texts and queries for both engines.
type task struct {
	name     string
	analyzer string // of bleve
	source   string
	known    []entry
	queries  []query
	ours     engine
}

func (t task) rows(rounds int) ([]ratio.Row, error) {
	theirs, err := t.bleve()
	if err != nil {
		return nil, err
	}
	n := min(len(t.queries), 400)
	timed := func(ask engine, turns int) func() float64 {
		return func() float64 {
			start := time.Now()
			for range turns {
				for _, q := range t.queries[:n] {
					ask(q.Text)
				}
			}
			return float64(time.Since(start)) / float64(n*turns)
		}
	}
	row := ratio.Pair("match/bleve-"+t.name, rounds, timed(t.ours, 10), timed(theirs, 1))
	row.Budget, row.Aim = must, aim
	row.Detail += ", " + t.source
	rows := []ratio.Row{row}
	for name, ask := range map[string]engine{"kb": t.ours, "bleve": theirs} {
		hit := 0
		for _, q := range t.queries {
			if ask(q.Text) == q.Answer {
				hit++
			}
		}
		r := ratio.Single("match-hit1/"+name+"-"+t.name, float64(hit)/float64(len(t.queries)))
		r.Detail = fmt.Sprintf("%d queries, %s", len(t.queries), t.source)
		rows = append(rows, r)
	}
	slices.SortFunc(rows[1:], func(a, b ratio.Row) int { return len(a.Name) - len(b.Name) })
	return rows, nil
}

// bleve indexes the known texts in memory.
func (t task) bleve() (engine, error) {
	mapping := bleve.NewIndexMapping()
	mapping.DefaultAnalyzer = t.analyzer
	index, err := bleve.NewMemOnly(mapping)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	batch := index.NewBatch()
	for i, e := range t.known {
		if err := batch.Index(fmt.Sprint(i), struct{ Text string }{e.Text}); err != nil {
			return nil, fmt.Errorf("match: %w", err)
		}
	}
	if err := index.Batch(batch); err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return func(text string) string {
		request := bleve.NewSearchRequestOptions(bleve.NewMatchQuery(text), 5, 0, false)
		result, err := index.Search(request)
		if err != nil || len(result.Hits) == 0 {
			return ""
		}
		var i int
		if _, err := fmt.Sscan(result.Hits[0].ID, &i); err != nil {
			return ""
		}
		return t.known[i].Name
	}, nil
}

func classify(shared string) (task, error) {
	t := task{name: "banking77", analyzer: "en", source: "banking77"}
	dir := filepath.Join(shared, "data", "kb", "cls", "banking77")
	err := read(shared, filepath.Join(dir, "train.jsonl"), func(r record) { t.known = append(t.known, entry{r.Label, r.Text}) })
	if err == nil {
		err = read(shared, filepath.Join(dir, "dev.jsonl"), func(r record) { t.queries = append(t.queries, query{r.Text, r.Label}) })
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.source, t.known, t.queries = "own small set", nil, nil
		for i, e := range helpdesk.Skills() {
			if i%5 == 0 {
				t.queries = append(t.queries, query{e.Text, e.Label})
			} else {
				t.known = append(t.known, entry{e.Label, e.Text})
			}
		}
	case err != nil:
		return t, err
	}
	examples := make([]kb.Example, len(t.known))
	for i, e := range t.known {
		examples[i] = kb.Example{Text: e.Text, Label: e.Name}
	}
	t.known = merged(t.known)
	c, err := kb.TrainClassifier(examples, kb.ClassifierConfig{})
	if err != nil {
		return t, err
	}
	guesses := make([]kb.Guess, 0, 5)
	t.ours = func(text string) string {
		guesses = c.Classify(text, guesses).Guesses
		return guesses[0].Label
	}
	return t, nil
}

func articles(shared string) (task, error) {
	t := task{name: "unionpay", analyzer: "cjk", source: "UnionPay FAQ"}
	var list []kb.Article
	dir := filepath.Join(shared, "data", "kb", "faq", "unionpay-zh")
	err := read(shared, filepath.Join(dir, "articles.jsonl"), func(r record) {
		list = append(list, kb.Article{ID: r.ID, Title: r.Title, Body: r.Body, Variants: r.Variants})
	})
	if err == nil {
		err = read(shared, filepath.Join(dir, "queries_dev.jsonl"), func(r record) { t.queries = append(t.queries, query{r.Text, r.Article}) })
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.source, t.queries, list = "own small set", nil, helpdesk.Articles()
		for _, q := range helpdesk.Queries() {
			t.queries = append(t.queries, query{q.Text, q.Article})
		}
	case err != nil:
		return t, err
	}
	x := kb.NewIndex(kb.Config{Threshold: -1})
	if err := x.Put(list...); err != nil {
		return t, err
	}
	x.Train()
	for _, a := range list {
		text := a.Title + "\n" + a.Body
		for _, v := range a.Variants {
			text += "\n" + v
		}
		t.known = append(t.known, entry{a.ID, text})
	}
	var matches []kb.Match
	t.ours = func(text string) string {
		if matches = x.Match(text, kb.Scope{}, matches).Matches; len(matches) == 0 {
			return ""
		}
		return matches[0].ID
	}
	return t, nil
}

// merged joins the texts of a name: bleve finds more labels, and sooner, with a
// document for each label than with one for each example.
func merged(all []entry) (out []entry) {
	place := map[string]int{}
	for _, e := range all {
		k, ok := place[e.Name]
		if !ok {
			k = len(out)
			place[e.Name] = k
			out = append(out, entry{Name: e.Name})
		}
		out[k].Text += e.Text + "\n"
	}
	return out
}

// record is a line of any of the files.
type record struct {
	ID, Text, Label, Title, Body, Article string
	Variants                              []string
}

// read calls f with every line of a file; without a shared directory there is none.
func read(shared, name string, f func(record)) error {
	if shared == "" {
		return fs.ErrNotExist
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		f(r)
	}
	return lines.Err()
}
