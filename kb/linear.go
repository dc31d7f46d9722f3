package kb

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// The linear model: multinomial logistic regression ("softmax") over TF-IDF
// features, trained by stochastic gradient descent while seven features in ten
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
}

const (
	dropout     = 0.7
	maxReplicas = 8
	// maxWeights bounds the dense weights of one replica (4 bytes each).
	maxWeights = 48 << 20
)

// train fits a model of the given number of labels. Every label in
// 0..labels-1 should have a sample; texts gives the samples' sources.
func train(texts []string, label []int, labels int, syn *synonyms) *model {
	vocab, samples := vectors(texts, label, labels, syn)
	replicas, epochs, rate := plan(len(samples), labels)
	weights := make([][]float32, replicas)
	held := make([][]heldOut, replicas)
	var group sync.WaitGroup
	for r := range replicas {
		group.Go(func() { weights[r], held[r] = descend(samples, len(vocab), labels, r, replicas, epochs, rate) })
	}
	group.Wait()
	mean := weights[0]
	for _, w := range weights[1:] {
		for i, x := range w {
			mean[i] += x
		}
	}
	for i := range mean {
		mean[i] /= float32(replicas)
	}
	m := compress(vocab, mean, labels)
	m.synonyms = syn
	m.sharpness = sharpness(slices.Concat(held...))
	return m
}

// plan sets the effort: small sets are walked more often and by more replicas.
func plan(rows, labels int) (replicas, epochs int, rate float32) {
	epochs = min(max(150_000/rows, 10), 60)
	work := float64(rows) * float64(epochs) * float64(labels)
	replicas = min(max(int(3e7/work), 2), maxReplicas)
	rate = 1
	if labels > 300 {
		rate = 2
	}
	return replicas, epochs, rate
}

// vectors chooses the vocabulary (rarest features first to go when the weights
// would not fit) and turns the texts into vectors.
func vectors(texts []string, label []int, labels int, syn *synonyms) ([]term, []sample) {
	r := reader{pieces: true, synonyms: syn}
	id := map[uint64]int32{}
	var vocab []term
	var last []int32 // the last text that had the term
	for n, text := range texts {
		for _, f := range r.read(text, MaxText) {
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
		t.idf = float32(math.Log(float64(1+len(texts))/float64(1+t.docs)) + 1)
	}
	samples := make([]sample, len(texts))
	count := make([]uint8, len(vocab))
	for n, text := range texts {
		s := &samples[n]
		s.label = label[n]
		for _, f := range r.read(text, MaxText) {
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

// heldOut is what a replica said about a row it had not seen.
type heldOut struct {
	logits []float32
	label  int
}

// descend trains one replica on all rows but those of its tenth. The weights
// of term k stand at [k*labels, (k+1)*labels); the last row is the bias.
func descend(samples []sample, terms, labels, replica, replicas, epochs int, rate float32) ([]float32, []heldOut) {
	weights := make([]float32, (terms+1)*labels)
	rng := rand.New(rand.NewPCG(uint64(replica), 7))
	var order, out []int
	for _, n := range rand.New(rand.NewPCG(1, 1)).Perm(len(samples)) {
		if len(order)+len(out) < len(samples)*replica/10 || len(order)+len(out) >= len(samples)*(replica+1)/10 {
			order = append(order, n)
		} else {
			out = append(out, n)
		}
	}
	if len(order) == 0 {
		order = append(order, out...)
	}
	score := make([]float32, labels)
	var rows, near []int32
	var values []float32
	const keep float32 = 1 - dropout
	bar := uint32(float64(keep) * (1 << 32))
	steps, step := epochs*len(order), 0
	for range epochs {
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
			pace := rate * (1 - float32(step)/float32(steps))
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
	held := make([]heldOut, len(out))
	for i, n := range out {
		s := &samples[n]
		held[i] = heldOut{make([]float32, labels), s.label}
		logits(held[i].logits, weights, append(append(rows[:0], s.row...), int32(terms)), append(append(values[:0], s.value...), 1))
	}
	return weights, held
}

func logits(score, weights []float32, rows []int32, values []float32) {
	clear(score)
	for i, k := range rows {
		w := weights[int(k)*len(score) : (int(k)+1)*len(score)]
		v := values[i]
		for c, x := range w {
			score[c] += x * v
		}
	}
}

// softmax turns logits into probabilities in place.
func softmax(score []float32) {
	top := slices.Max(score)
	var sum float32
	for c, x := range score {
		if x -= top; x < -20 {
			score[c] = 0
			continue
		}
		score[c] = float32(math.Exp(float64(x)))
		sum += score[c]
	}
	for c := range score {
		score[c] /= sum
	}
}

// sharpness is the factor on logits that makes the held-out rows most likely
// (temperature scaling, Guo et al. 2017), found by golden-section search.
func sharpness(held []heldOut) float64 {
	if len(held) < 10 {
		return 1
	}
	p := make([]float32, len(held[0].logits))
	loss := func(t float64) (sum float64) {
		for _, h := range held {
			for c, x := range h.logits {
				p[c] = x * float32(t)
			}
			softmax(p)
			sum -= math.Log(max(float64(p[h.label]), 1e-6))
		}
		return sum
	}
	const g = 0.6180339887498949
	a, b := math.Log(0.2), math.Log(5.0)
	for range 16 {
		c, d := b-g*(b-a), a+g*(b-a)
		if loss(math.Exp(c)) < loss(math.Exp(d)) {
			b = d
		} else {
			a = c
		}
	}
	return math.Exp((a + b) / 2)
}
