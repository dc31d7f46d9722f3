package kb

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// The linear model: multinomial logistic regression ("softmax") over TF-IDF
// features, trained by stochastic gradient descent while three features in four
// are hidden at every step (Hinton et al. 2012; for logistic regression, Wager,
// Wang and Liang 2013), so that no single word may carry a decision. Several
// replicas are trained, each without its own tenth of the rows; their mean is
// the model, and what each says about its own tenth calibrates the confidence.
// A replica's result depends on its number alone, never on the processors.

// sample is a training text as a sparse vector.
type sample struct {
	row   []int32
	value []float32
	label int
	spare spare
}

const (
	dropout     = 0.75
	strange     = 0.8 // weight of an unknown feature, relative to one seen once
	maxEpochs   = 40
	maxReplicas = 8
	// maxWeights bounds the dense weights of one replica (4 bytes each).
	maxWeights = 48 << 20
)

// phrasing is a text to learn from.
type phrasing struct {
	text  string
	label int
	spare spare
}

// spare says for which measurement a phrasing may be held out.
type spare uint8

const (
	never  spare = iota
	always       // another phrasing of the same label is left
	probe        // only a body is left: held out of the probe alone
)

// train fits a model of the given number of labels to rows, read by r. Classes
// tells the labels of a classifier from articles.
func train(rows []phrasing, labels int, r reader, classes bool) *model {
	vocab, samples := vectors(rows, labels, r)
	p := planned(len(samples), labels, classes)
	weights := make([][]float32, p.replicas)
	held := make([][]heldOut, p.replicas)
	var group sync.WaitGroup
	for r := range p.replicas {
		group.Go(func() { weights[r], held[r] = descend(samples, len(vocab), labels, r, p, always) })
	}
	group.Wait()
	mean := weights[0]
	for _, w := range weights[1:] {
		for i, x := range w {
			mean[i] += x
		}
	}
	for i := range mean {
		mean[i] /= float32(p.replicas)
	}
	m := compress(vocab, mean, labels)
	m.unknown = float32(strange * (math.Log(float64(1+len(rows))/2) + 1))
	m.sharpness = honest(samples, sharpness(slices.Concat(held...)), func() []heldOut {
		_, held := descend(samples, len(vocab), labels, 0, p, probe)
		return held
	})
	return m
}

// plan is the effort of training.
type plan struct {
	replicas, epochs int
	rate             float32
	machines         bool // the margins of margin.go too
}

// planned sets the effort: small sets are walked more often and by more
// replicas; the classes of a classifier, which look less alike than articles,
// twice as often.
func planned(rows, labels int, classes bool) (p plan) {
	p.epochs = min(max(150_000/rows, 10), maxEpochs)
	if !classes {
		p.epochs = min(p.epochs, maxEpochs/2)
	}
	work := float64(rows+3000) * float64(p.epochs) * float64(labels)
	p.replicas = max(min(int(3e7/work), 20_000/rows, maxReplicas), 2)
	p.rate = min(max(float32(labels)/100, 1), 2) // a rare label learns from few steps
	p.machines = classes && rows <= marginRows
	return p
}

// vectors chooses the vocabulary (rarest features first to go when the weights
// would not fit) and turns the texts into vectors.
func vectors(rows []phrasing, labels int, r reader) ([]term, []sample) {
	id := map[uint64]int32{}
	var vocab []term
	var last []int32 // the last text that had the term
	for n := range rows {
		for _, f := range r.read(rows[n].text, MaxText) {
			k, ok := id[f.hash]
			if !ok {
				k = int32(len(vocab))
				id[f.hash] = k
				vocab = append(vocab, term{hash: f.hash, block: uint8(f.kind.block())})
				last = append(last, -1)
			}
			if last[k] != int32(n) {
				last[k] = int32(n)
				vocab[k].docs++
			}
		}
	}
	for least := int32(2); len(vocab)*labels > maxWeights; least++ {
		vocab = slices.DeleteFunc(vocab, func(t term) bool { return t.docs < least })
	}
	clear(id)
	for k := range vocab {
		t := &vocab[k]
		id[t.hash] = int32(k)
		t.idf = float32(math.Log(float64(1+len(rows))/float64(1+t.docs)) + 1)
	}
	samples := make([]sample, len(rows))
	count := make([]uint8, len(vocab))
	for n := range rows {
		s := &samples[n]
		s.label, s.spare = rows[n].label, rows[n].spare
		for _, f := range r.read(rows[n].text, MaxText) {
			if k, ok := id[f.hash]; ok {
				if count[k] == 0 {
					s.row = append(s.row, k)
				}
				count[k] = min(count[k]+1, maxCount)
			}
		}
		s.value = make([]float32, len(s.row))
		var norm [2]float32
		for i, k := range s.row {
			x := vocab[k].idf * damp[count[k]]
			count[k] = 0
			s.value[i] = x
			norm[vocab[k].block] += x * x
		}
		for i, k := range s.row {
			s.value[i] /= sqrt(norm[vocab[k].block])
		}
	}
	return vocab, samples
}

// maxCount bounds how often a feature counts in one text; damp[n] is 1+ln n.
const maxCount = 255

var damp = func() (t [maxCount + 1]float32) {
	for n := 1; n <= maxCount; n++ {
		t[n] = float32(1 + math.Log(float64(n)))
	}
	return t
}()

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// descend trains one replica on all rows but those of its tenth. The weights
// of term k stand at [k*labels, (k+1)*labels); the last row is the bias.
func descend(samples []sample, terms, labels, replica int, p plan, out spare) ([]float32, []heldOut) {
	weights := make([]float32, (terms+1)*labels)
	rng := rand.New(rand.NewPCG(uint64(replica), 7))
	var order, away []int
	seen, share := 0, min(max(10, len(samples)/150), 40)
	if out == probe {
		share = 3
	}
	for _, n := range rand.New(rand.NewPCG(1, 1)).Perm(len(samples)) {
		if samples[n].spare == out {
			seen++
		}
		if samples[n].spare == out && seen%share == replica {
			away = append(away, n)
		} else {
			order = append(order, n)
			if samples[n].spare == probe { // all there is to tell how people ask
				order = append(order, n, n)
			}
		}
	}
	if len(order) == 0 {
		order = append(order, away...)
	}
	score := make([]float32, labels)
	var rows, near []int32
	var values []float32
	const keep = 1 - dropout
	const bar uint32 = keep * (1 << 32)
	steps, step := p.epochs*len(order), 0
	for range p.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, n := range order {
			s := &samples[n]
			rows, values = append(rows[:0], int32(terms)), append(values[:0], 1)
			for i, k := range s.row {
				if rng.Uint32() < bar {
					rows, values = append(rows, k), append(values, s.value[i]/keep)
				}
			}
			logits(score, weights, rows, values)
			softmax(score)
			pace := p.rate * (1 - float32(step)/float32(steps))
			step++
			near = near[:0]
			for c := range score {
				score[c] *= -pace
				if c == s.label {
					score[c] += pace
				} else if score[c] > -pace*1e-3 { // too unlikely to be worth a correction
					continue
				}
				near = append(near, int32(c))
			}
			for i, k := range rows {
				w := weights[int(k)*labels : (int(k)+1)*labels]
				for _, c := range near {
					w[c] += score[c] * values[i]
				}
			}
		}
	}
	if p.machines {
		margins(weights, samples, order, terms, labels)
	}
	held := make([]heldOut, len(away))
	for i, n := range away {
		s := &samples[n]
		held[i] = heldOut{make([]float32, labels), s.label}
		logits(held[i].logits, weights, append(append(rows[:0], s.row...), int32(terms)), append(append(values[:0], s.value...), 1))
	}
	return weights, held
}

// logits sums the rows' weights times their values, four rows at a time.
func logits(score, weights []float32, rows []int32, values []float32) {
	clear(score)
	at := func(i int) ([]float32, float32) {
		k := int(rows[i]) * len(score)
		return weights[k : k+len(score)], values[i]
	}
	i := 0
	for ; i+4 <= len(rows); i += 4 {
		a, x := at(i)
		b, y := at(i + 1)
		d, z := at(i + 2)
		e, u := at(i + 3)
		a, b, d, e = a[:len(score)], b[:len(score)], d[:len(score)], e[:len(score)]
		for c := range score {
			score[c] += a[c]*x + b[c]*y + d[c]*z + e[c]*u
		}
	}
	for ; i < len(rows); i++ {
		a, x := at(i)
		for c := range score {
			score[c] += a[c] * x
		}
	}
}

// softmax turns logits into probabilities in place.
func softmax(score []float32) {
	top := slices.Max(score)
	var sum float32
	for c, x := range score {
		score[c] = exp(x - top)
		sum += score[c]
	}
	for c := range score {
		score[c] /= sum
	}
}
