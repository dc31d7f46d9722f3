package kb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// None is the label of examples that belong to no label: chit-chat, greetings,
// questions of another trade. A classifier that has seen some says "none" with
// more reason, but it may do so without.
const None = ""

// Example is a text and the label it should get.
type Example struct {
	Text  string
	Label string // a ticket type, a skill, a team: the classifier does not care; None is allowed
}

// Guess is a label with the probability that it is right.
type Guess struct {
	Label      string
	Confidence float64 // calibrated: of the guesses with 0.8, about eight in ten are right
}

// Verdict is what a classifier says about a text.
type Verdict struct {
	// Guesses are the best labels, most likely first. The threshold does not
	// cut them: look at None first.
	Guesses []Guess
	None    bool // nothing reaches the threshold, or "none of these" is likeliest
	Ask     bool // the two best are too close to choose: ask back
	Cut     bool // the text was longer than MaxQuery bytes; only its start was read
}

// ClassifierConfig tunes a classifier. The zero value is ready to use.
type ClassifierConfig struct {
	Threshold float64    // least confidence to say a label; 0 means 0.3, negative means none
	AskMargin float64    // Ask if the second best is nearer than this; 0 means 0.1, negative never asks
	Synonyms  [][]string // groups of words or phrases of equal meaning
}

// A Classifier gives texts the labels it learnt from examples. It never changes
// and is safe for simultaneous use by multiple goroutines.
type Classifier struct {
	config     ClassifierConfig
	model      *model
	labels     []string
	none       int // the index of None in labels, or -1
	workspaces sync.Pool
}

// ErrNoExamples says that there is nothing to learn from: fewer than two labels.
var ErrNoExamples = errors.New("kb: examples of at least two labels are needed")

// An ExampleError names an example that cannot be learnt from.
type ExampleError struct {
	Index  int    // in the examples given
	Label  string // of the example
	Reason string
}

func (e *ExampleError) Error() string {
	return fmt.Sprintf("kb: example %d (label %q): %s", e.Index, e.Label, e.Reason)
}

// maxLabels bounds the labels of a classifier: a label is a uint16.
const maxLabels = 1<<16 - 1

// TrainClassifier learns from examples, in about a second for 10,000 short
// texts of 77 labels on two cores. The same examples in the same order give
// the same classifier, bit for bit, on any number of processors. Every fault
// is named at once (errors.Join of *ExampleError, or ErrNoExamples).
func TrainClassifier(examples []Example, config ClassifierConfig) (*Classifier, error) {
	c := &Classifier{config: config, none: -1}
	c.config.Threshold = preset(config.Threshold, 0.3)
	c.config.AskMargin = preset(config.AskMargin, 0.1)
	index := map[string]int{}
	var faults []error
	var rows []phrasing
	for n, e := range examples {
		if strings.TrimSpace(e.Text) == "" {
			faults = append(faults, &ExampleError{n, e.Label, "empty text"})
			continue
		}
		k, ok := index[e.Label]
		if !ok {
			k = len(c.labels)
			index[e.Label] = k
			c.labels = append(c.labels, e.Label)
			if e.Label == None {
				c.none = k
			}
		}
		rows = append(rows, phrasing{e.Text, k, always})
	}
	if len(c.labels) > maxLabels {
		faults = append(faults, fmt.Errorf("kb: %d labels, at most %d", len(c.labels), maxLabels))
	}
	if len(c.labels) < 2 {
		faults = append(faults, ErrNoExamples)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	r := reader{pieces: true, edges: true, synonyms: newSynonyms(config.Synonyms)}
	c.model = train(rows, len(c.labels), r, true)
	c.workspaces.New = func() any { return &workspace{reader: r} }
	return c, nil
}

// preset gives 0 its default and keeps the rest; a negative value turns off.
func preset(x, standard float64) float64 {
	if x == 0 {
		return standard
	}
	return x
}

// Labels returns the labels learnt, None left out, in order of appearance.
func (c *Classifier) Labels() []string {
	return slices.DeleteFunc(slices.Clone(c.labels), func(s string) bool { return s == None })
}

// Classify returns the best labels for text, at most as many as guesses has
// room for (3 if it has none). It appends to guesses[:0] and does not allocate
// if that has capacity, so pass the last Verdict's Guesses to reuse them.
func (c *Classifier) Classify(text string, guesses []Guess) Verdict {
	w := c.workspaces.Get().(*workspace)
	defer c.workspaces.Put(w)
	w.read(text, MaxQuery)
	w.apply(c.model)
	limit := cap(guesses)
	if limit == 0 {
		limit = 3
	}
	factor := float32(c.model.sharpness / fixed)
	w.best = w.best[:0]
	score := w.score[:len(c.labels)]
	top := slices.Max(score)
	var sum float32
	for k, s := range score {
		x := float32(s-top) * factor
		sum += exp(x)
		if k != c.none && (len(w.best) < limit || x > w.best[limit-1].score) {
			w.best = keep(w.best, ranked{int32(k), x, int64(k)}, limit)
		}
	}
	v := Verdict{Guesses: guesses[:0], Cut: w.text.cut}
	for _, b := range w.best {
		v.Guesses = append(v.Guesses, Guess{c.labels[b.index], float64(exp(b.score) / sum)})
	}
	g := v.Guesses
	v.None = len(g) == 0 || g[0].Confidence < c.config.Threshold || w.best[0].score < 0
	v.Ask = !v.None && len(g) > 1 && g[0].Confidence-g[1].Confidence < c.config.AskMargin
	return v
}
