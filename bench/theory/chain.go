package main

import "math"

// solved is the steady state of agents of unequal speed who are asked in the order
// of a list.
type solved struct {
	pw, ew float64
	busy   []float64
}

// solve finds it from the balance of the chain whose states are the sets of busy
// agents; once all are, the queue beyond is a geometric series of ratio lam / sum
// of mu.
func solve(mu []float64, lam float64) solved {
	n := 1 << len(mu)
	full := n - 1
	total := 0.0
	for _, m := range mu {
		total += m
	}
	next := func(state int) int { // who gets an arrival
		for i := range mu {
			if state&(1<<i) == 0 {
				return i
			}
		}
		return -1
	}
	p := make([]float64, n)
	for i := range p {
		p[i] = 1 / float64(n)
	}
	step := 1 / (lam + total) // uniformization
	for change := 1.0; change > 1e-15; {
		q := make([]float64, n)
		for state, x := range p {
			stay := x
			if state != full {
				q[state|1<<next(state)] += x * lam * step
				stay -= x * lam * step
			}
			for i, m := range mu {
				if state&(1<<i) != 0 {
					q[state&^(1<<i)] += x * m * step
					stay -= x * m * step
				}
			}
			q[state] += stay
		}
		change = 0
		for i := range p {
			change = math.Max(change, math.Abs(p[i]-q[i]))
		}
		p = q
	}
	// So far nobody queued; with a queue, the full state weighs 1 / (1 − ratio) times
	// as much.
	ratio := lam / total
	queued := p[full] / (1 - ratio)
	norm := 1 - p[full] + queued
	s := solved{pw: queued / norm, busy: make([]float64, len(mu))}
	s.ew = s.pw / (total - lam)
	for state, x := range p {
		if state == full {
			x = queued
		}
		for i := range mu {
			if state&(1<<i) != 0 {
				s.busy[i] += x / norm
			}
		}
	}
	return s
}
