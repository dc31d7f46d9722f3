package kb

import "math"

// heldOut is what a scorer said about a text it had not learnt.
type heldOut struct {
	logits []float32
	label  int
}

// sharpness is the factor on logits that makes the held-out rows most likely
// (temperature scaling, Guo et al. 2017), found by golden-section search; 0 if
// there are too few of them to tell.
func sharpness(held []heldOut) float64 {
	if len(held) < 30 {
		return 0
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
	a, b := math.Log(0.25), math.Log(10.0)
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

// honest blends the sharpness of labels with several phrasings, measured by
// the replicas, with that of labels that have a title and a body only. For
// those, the title is held out of a probe; finding it by the body alone is
// harder than finding the article by both, by the factor head. Phrasings
// count by the label, so that those with many do not make all confident.
func honest(samples []sample, warm float64, probed func() []heldOut) float64 {
	const head = 1.7
	var several, single float64
	for i := range samples {
		switch samples[i].spare {
		case always:
			several++
		case probe:
			single++
		}
	}
	several /= 3 // phrasings a label, about
	cold := 0.0
	if single > several/10 {
		cold = sharpness(probed()) * head
	}
	switch {
	case warm == 0 && cold == 0:
		return 1
	case warm == 0:
		return cold
	case cold == 0:
		return warm
	}
	return math.Exp((several*math.Log(warm) + single*math.Log(cold)) / (several + single))
}

// exp is e to the power of x, for x up to 0, to about six digits; below -80 it
// is 0. It is several times faster than math.Exp, where most of training and
// much of a query would go.
func exp(x float32) float32 {
	if x < -80 {
		return 0
	}
	x *= math.Log2E
	n := int32(x) - 1 // below x; the rest is in (0, 2)
	f := x - float32(n) - 1
	// 2 to the power of f: Taylor's series around 0, for f in (-1, 1).
	p := 1 + f*(0.6931472+f*(0.2402265+f*(0.05550411+f*(0.009618129+f*(0.0013333558+f*0.00015403530)))))
	return p * math.Float32frombits(uint32(n+1+127)<<23)
}
