package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/kb"
)

// classification trains on one file and measures on the other.
func classification(train, dev string) (r report, table reliability, err error) {
	rows, err := read(train)
	if err != nil {
		return r, table, err
	}
	queries, err := read(dev)
	if err != nil {
		return r, table, err
	}
	var examples []kb.Example
	for i := range rows {
		row := &rows[i]
		if row.Label == "" {
			return r, table, row.fault(errors.New(`no "label"`))
		}
		if strings.TrimSpace(row.Text) != "" {
			examples = append(examples, kb.Example{Text: row.Text, Label: row.label()})
		}
	}
	before := heap()
	start := time.Now()
	c, err := kb.TrainClassifier(examples, kb.ClassifierConfig{})
	if err != nil {
		return r, table, fmt.Errorf("%s: %w", train, err)
	}
	r.TrainMS = milliseconds(time.Since(start))
	r.HeapMB = heap() - before
	runtime.KeepAlive(rows) // or what they held would be taken off
	runtime.KeepAlive(examples)
	r.Task = "classify " + filepath.Base(filepath.Dir(train))
	ask := func(q record, dst []result) []result {
		guesses := make([]kb.Guess, 0, 5)
		for _, g := range c.Classify(q.Text, guesses).Guesses {
			dst = append(dst, result{g.Label, g.Confidence})
		}
		return dst
	}
	r.score(queries, &table, ask, func(q *record) []string { return []string{q.label()} })
	guesses := make([]kb.Guess, 0, 5)
	r.time(queries, func(text string) { guesses = c.Classify(text, guesses).Guesses })
	runtime.KeepAlive(c)
	return r, table, nil
}

// matching indexes one file and measures on the other.
func matching(articles, questions string, cold bool) (r report, table reliability, err error) {
	rows, err := read(articles)
	if err != nil {
		return r, table, err
	}
	queries, err := read(questions)
	if err != nil {
		return r, table, err
	}
	list := make([]kb.Article, len(rows))
	r.Task = "match " + filepath.Base(filepath.Dir(articles)) + " warm"
	lines := map[string]int{}
	for i := range rows {
		row := &rows[i]
		if first := lines[row.ID]; first > 0 {
			return r, table, row.fault(fmt.Errorf("id %q again, first at line %d", row.ID, first))
		}
		lines[row.ID] = row.line
		list[i] = kb.Article{ID: row.ID, Title: row.Title, Body: row.Body, Variants: row.Variants}
		if cold {
			list[i].Variants = nil
		}
	}
	if cold {
		r.Task = strings.TrimSuffix(r.Task, "warm") + "cold"
	}
	for i := range queries {
		for _, id := range queries[i].answers() {
			if lines[id] == 0 {
				return r, table, queries[i].fault(fmt.Errorf("article %q is not in %s", id, articles))
			}
		}
	}
	before := heap()
	start := time.Now()
	x := kb.NewIndex(kb.Config{Threshold: -1})
	if err := x.Put(list...); err != nil {
		return r, table, fmt.Errorf("%s: %w", articles, err)
	}
	x.Train()
	r.TrainMS = milliseconds(time.Since(start))
	r.HeapMB = heap() - before
	runtime.KeepAlive(rows) // or what they held would be taken off
	runtime.KeepAlive(list)
	ask := func(q record, dst []result) []result {
		for _, m := range x.Match(q.Text, kb.Scope{}, nil).Matches {
			dst = append(dst, result{m.ID, m.Confidence})
		}
		return dst
	}
	r.score(queries, &table, ask, (*record).answers)
	var matches []kb.Match
	r.time(queries, func(text string) { matches = x.Match(text, kb.Scope{}, matches).Matches })
	runtime.KeepAlive(x)
	return r, table, nil
}

// result is a label or an article that was named for a query.
type result struct {
	name       string
	confidence float64
}

// score asks every query once and fills in the rates.
func (r *report) score(queries []record, table *reliability, ask func(record, []result) []result, right func(*record) []string) {
	var within, outside []float64 // the best confidence of rows in and out of scope
	var hits [6]int
	var results []result
	for i := range queries {
		q := &queries[i]
		results = ask(*q, results[:0])
		best := 0.0
		if len(results) > 0 {
			best = results[0].confidence
		}
		answers := right(q)
		if len(answers) == 0 || answers[0] == kb.None {
			outside = append(outside, best)
			continue
		}
		within = append(within, best)
		place := slices.IndexFunc(results, func(x result) bool { return slices.Contains(answers, x.name) })
		if place >= 0 && place < 5 {
			for k := place + 1; k <= 5; k++ {
				hits[k]++
			}
		}
		table.add(best, place == 0)
	}
	r.Rows = len(within)
	if r.Rows == 0 {
		return
	}
	n := float64(r.Rows)
	r.Hit1, r.Hit3, r.Hit5, r.ECE = float64(hits[1])/n, float64(hits[3])/n, float64(hits[5])/n, table.error()
	if len(outside) > 0 {
		slices.Sort(within)
		threshold := within[len(within)/20]
		rejected := 0
		for _, c := range outside {
			if c < threshold {
				rejected++
			}
		}
		share := float64(rejected) / float64(len(outside))
		r.OOSReject = &share
	}
}

// time measures single queries, after one round over all of them.
func (r *report) time(queries []record, ask func(string)) {
	if len(queries) == 0 {
		return
	}
	for i := range queries {
		ask(queries[i].Text)
	}
	took := make([]time.Duration, max(5000, len(queries)))
	for i := range took {
		text := queries[i%len(queries)].Text
		start := time.Now()
		ask(text)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	r.P50 = float64(took[len(took)/2]) / 1e3
	r.P99 = float64(took[len(took)*99/100]) / 1e3
}

// heap returns the live heap in MB.
func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// reliability compares what was said with what was true, in ten equal bins.
type reliability struct {
	count, right [10]int
	said         [10]float64
}

func (t *reliability) add(confidence float64, right bool) {
	b := min(int(confidence*10), 9)
	t.count[b]++
	t.said[b] += confidence
	if right {
		t.right[b]++
	}
}

// error is the expected calibration error: the mean distance between the
// confidence of a bin and its share of right answers (Naeini et al. 2015).
func (t *reliability) error() (sum float64) {
	total := 0
	for b, n := range t.count {
		if d := t.said[b] - float64(t.right[b]); d < 0 {
			sum -= d
		} else {
			sum += d
		}
		total += n
	}
	return sum / float64(max(total, 1))
}

// String is the reliability table.
func (t *reliability) String() string {
	var b strings.Builder
	b.WriteString("confidence   rows    said   right\n")
	for i, n := range t.count {
		if n > 0 {
			fmt.Fprintf(&b, "%.1f to %.1f %6d   %.3f   %.3f\n", float64(i)/10, float64(i+1)/10, n,
				t.said[i]/float64(n), float64(t.right[i])/float64(n))
		}
	}
	return b.String()
}
