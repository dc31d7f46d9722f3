package kb

import "math/rand/v2"

// The second learner of a small classifier: for each label a support vector
// machine with squared hinge loss against all others (dual coordinate descent,
// Hsieh et al. 2008). It spends its weights on the rows near a border, where
// the softmax spends them on all. Their sum beats both, on a few thousand
// rows at most; on more, and on articles, the softmax is as good alone.
const (
	margin      = 4    // weight of the machine beside the softmax
	marginRows  = 5000 // above, the softmax is left alone
	marginWalks = 10
	safe        = 0.1 // a row this far beyond its margin is not looked at again
)

// margins adds to the softmax's weights the machines of the rows in order.
func margins(weights []float32, samples []sample, order []int, terms, labels int) {
	const soft = 0.5 // 1/(2C) for C = 1
	norm := make([]float32, len(order))
	for i, n := range order {
		norm[i] = 1 + soft
		for _, x := range samples[n].value {
			norm[i] += x * x
		}
	}
	w := make([]float32, terms+1) // the last is the bias
	alpha := make([]float32, len(order))
	active := make([]int, len(order))
	for label := range labels {
		clear(w)
		clear(alpha)
		active = active[:len(order)]
		for i := range active {
			active[i] = i
		}
		rng := rand.New(rand.NewPCG(uint64(label), 11))
		for range marginWalks {
			rng.Shuffle(len(active), func(i, j int) { active[i], active[j] = active[j], active[i] })
			kept := 0
			for _, i := range active {
				s := &samples[order[i]]
				side := float32(-1)
				if s.label == label {
					side = 1
				}
				sum := w[terms]
				for j, k := range s.row {
					sum += w[k] * s.value[j]
				}
				slope := side*sum - 1 + soft*alpha[i]
				if alpha[i] == 0 && slope > safe {
					continue
				}
				active[kept] = i
				kept++
				a := max(alpha[i]-slope/norm[i], 0)
				by := (a - alpha[i]) * side
				if by == 0 {
					continue
				}
				alpha[i] = a
				w[terms] += by
				for j, k := range s.row {
					w[k] += by * s.value[j]
				}
			}
			active = active[:kept]
		}
		for k, x := range w {
			weights[k*labels+label] += margin * x
		}
	}
}
