package kb

import (
	"math"
	"slices"
)

// A model is the compiled linear model, immutable and shared by all readers:
// one sparse matrix with a row for each feature, its weights as 8-bit integers
// times the row's scale, small ones left out. Scores are added up as integers,
// so their order cannot matter.
type model struct {
	slots     []slot   // hash table, a power of two, linear probing
	rows      []row    // by feature, plus one at the end that closes the last
	label     []uint16 // of each weight
	weight    []int8   // of each weight
	bias      []int32  // by label
	unknown   float32  // value of a feature that it does not have
	sharpness float64  // factor on logits that makes confidence honest; 0 if unknown
}

type slot struct {
	Key uint32 // upper half of the hash
	Row uint32 // 1-based; 0 is free
}

type row struct {
	First uint32  // index of the first weight
	IDF   float32 // inverse document frequency
	Scale float32 // value of one unit of weight, in fixed point
	Block uint8
}

// term is a feature of the vocabulary while training.
type term struct {
	hash  uint64
	docs  int32
	idf   float32
	block uint8
}

const (
	fixed         = 1 << 20 // logits in fixed point
	faint         = 12      // of 127: weights below this share of the row's largest are dropped
	weightsPerRow = 8       // at most, on average; few labels need fewer
)

// compress drops the small weights and packs the others.
func compress(vocab []term, dense []float32, labels int) *model {
	m := &model{bias: make([]int32, labels), sharpness: 1}
	for c, x := range dense[len(vocab)*labels:] {
		m.bias[c] = int32(math.Round(float64(x) * fixed))
	}
	// A constant on a whole row shifts all labels alike. The median is the
	// weight of the labels that have nothing to do with the feature.
	sorted := make([]float32, labels)
	const bins = 1 << 12
	var histogram [bins]int
	bin := func(x float32) int { return min(int(abs(x)*(bins/32)), bins-1) }
	for k, t := range vocab {
		w := dense[k*labels : (k+1)*labels]
		copy(sorted, w)
		slices.Sort(sorted)
		median := sorted[labels/2]
		if labels == 2 {
			median = (sorted[0] + sorted[1]) / 2
		}
		for c := range w {
			w[c] -= median
			histogram[bin(w[c]*t.idf)]++
		}
	}
	least, kept := bins, 0
	for least > 1 && kept+histogram[least-1] <= min(4+labels/50, weightsPerRow)*len(vocab) {
		least--
		kept += histogram[least]
	}
	size := 16
	for size*2 < len(vocab)*3 {
		size *= 2
	}
	m.slots = make([]slot, size)
	for k, t := range vocab {
		w := dense[k*labels : (k+1)*labels]
		top := float32(0)
		for _, x := range w {
			top = max(top, abs(x))
		}
		if bin(top*t.idf) < least {
			continue
		}
		m.rows = append(m.rows, row{uint32(len(m.weight)), t.idf, top / 127 * fixed, t.block})
		for c, x := range w {
			if q := math.Round(float64(x / top * 127)); math.Abs(q) >= faint && bin(x*t.idf) >= least {
				m.label = append(m.label, uint16(c))
				m.weight = append(m.weight, int8(q))
			}
		}
		i := t.hash & uint64(size-1)
		for m.slots[i].Row != 0 {
			i = (i + 1) & uint64(size-1)
		}
		m.slots[i] = slot{uint32(t.hash >> 32), uint32(len(m.rows))}
	}
	m.rows = append(m.rows, row{First: uint32(len(m.weight))})
	m.rows, m.label, m.weight = slices.Clip(m.rows), slices.Clip(m.label), slices.Clip(m.weight)
	return m
}

func abs(x float32) float32 {
	if x < 0 {
		return -x
	}
	return x
}

// find returns the row of a feature, or -1.
func (m *model) find(hash uint64) int32 {
	mask := uint64(len(m.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := m.slots[i]
		if s.Key == uint32(hash>>32) && s.Row != 0 {
			return int32(s.Row) - 1
		}
		if s.Row == 0 {
			return -1
		}
	}
}

// weights returns the labels and weights of a row.
func (m *model) weights(r int32) ([]uint16, []int8) {
	a, b := m.rows[r].First, m.rows[r+1].First
	return m.label[a:b], m.weight[a:b]
}

// A workspace holds what scoring one query needs. It is reused, and used by
// one goroutine at a time.
type workspace struct {
	reader
	rows       []int32         // the distinct rows of the query
	pulls      []int32         // what a unit of weight in each of them is worth, in fixed point
	count      []uint8         // by row: occurrences; all zero between queries
	score      *[1 << 16]int32 // by label, fixed point
	cold       []float32       // by slot of the word index
	unfamiliar float32         // share of the query, by weight, that no article has
	found      []found
	shared     []uint16 // by exemplar: terms in common with the query
	hit        []int32  // the exemplars that have some
	moved      []moved
	best       []ranked
}

// ranked is a candidate: an article or label, its score, and its place among
// those of equal score.
type ranked struct {
	index int32
	score float32
	order int64
}

// vector looks up the features last read: it leaves their rows in w.rows, and
// in w.pulls what these are worth.
func (w *workspace) vector(m *model) {
	if len(w.count) < len(m.rows) {
		w.count = make([]uint8, len(m.rows))
	}
	rows, pulls, count := w.rows[:0], w.pulls[:0], w.count
	var norm [2]float32
	for i := range w.features {
		f := &w.features[i]
		r := m.find(f.hash)
		if r < 0 {
			norm[f.kind.block()] += m.unknown * m.unknown
			continue
		}
		if count[r] == 0 {
			rows = append(rows, r)
		}
		count[r] = min(count[r]+1, maxCount)
	}
	for _, r := range rows {
		x := m.rows[r].IDF * damp[count[r]]
		norm[m.rows[r].Block&1] += x * x
	}
	var factor [2]float32
	for b, n := range norm {
		if n > 0 {
			factor[b] = 1 / sqrt(n)
		}
	}
	for _, r := range rows {
		row := &m.rows[r]
		pulls = append(pulls, int32(row.IDF*damp[count[r]]*factor[row.Block&1]*row.Scale))
		count[r] = 0
	}
	w.rows, w.pulls = rows, pulls
}

// apply scores the features last read against every label, in w.score.
func (w *workspace) apply(m *model) {
	w.vector(m)
	if w.score == nil {
		w.score = new([1 << 16]int32)
	}
	score := w.score // an array that any label can index saves a check a weight
	copy(score[:], m.bias)
	for i, r := range w.rows {
		x := w.pulls[i]
		labels, weights := m.weights(r)
		weights = weights[:len(labels)]
		for i, c := range labels {
			score[c] += x * int32(weights[i])
		}
	}
}
