package main

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/usherdesk/usher/router/sim"
	"github.com/usherdesk/usher/ticket"
)

// stream is a Poisson stream of exponential services and, if theta is not 0,
// exponential patience: rates in a unit.
type stream struct {
	ticket         ticket.Ticket
	lam, mu, theta float64
}

// balanced draws the jobs of Poisson streams side by side, as sim.Streams does, but
// with the totals that are expected: so many jobs of each class, come in so much
// time, with so much work. Otherwise a run of a million jobs has a load that is off
// by a tenth of a per cent, and in a queue that is nearly full that alone moves the
// waits by several per cent, which would say nothing about the router. Given their
// totals, the times are as they would be: a Poisson process given the number of its
// points is uniform, whatever its rate. What this does to a wait vanishes as one
// over the number of jobs. (Moment matching: Boyle, Broadie and Glasserman, 1997.)
func balanced(seed uint64, n int, streams []stream) sim.Source {
	total := 0.0
	for _, s := range streams {
		total += s.lam
	}
	count := make([]int, len(streams))
	rest := n
	for i, s := range streams {
		if count[i] = int(float64(n)*s.lam/total + 0.5); i == len(streams)-1 {
			count[i] = rest
		}
		rest -= count[i]
	}
	scale := totals(seed, n, count)
	d := newDraws(seed, n, count)
	ids := make([]string, 1<<17)
	for i := range ids {
		ids[i] = "t" + strconv.Itoa(i)
	}
	at, given := 0.0, 0
	return func(j *sim.Job) bool {
		if given == n {
			return false
		}
		x := d.next()
		s := &streams[x.class]
		at += x.gap * scale.gap / total
		j.Ticket, j.Class = s.ticket, x.class
		j.Ticket.ID = ids[given%len(ids)]
		given++
		j.At = start.Add(units(at))
		j.Service = units(x.service * scale.service[x.class] / s.mu)
		j.Patience = 0
		if s.theta > 0 {
			j.Patience = max(units(x.patience*scale.patience[x.class]/s.theta), time.Nanosecond)
		}
		return true
	}
}

// drawn is one job, its times in units of their means.
type drawn struct {
	class                  int
	gap, service, patience float64
}

// draws are the jobs of a seed; the classes come without replacement.
type draws struct {
	r     *rand.Rand
	left  []int
	total int
}

func newDraws(seed uint64, n int, count []int) *draws {
	return &draws{rand.New(rand.NewPCG(seed, 0x5eed)), append([]int(nil), count...), n}
}

func (d *draws) next() (x drawn) {
	k := d.r.IntN(d.total)
	for k >= d.left[x.class] {
		k -= d.left[x.class]
		x.class++
	}
	d.left[x.class]--
	d.total--
	x.gap, x.service, x.patience = d.r.ExpFloat64(), d.r.ExpFloat64(), d.r.ExpFloat64()
	return x
}

// scales bring the sums of a seed's draws to what is expected.
type scales struct {
	gap               float64
	service, patience []float64
}

func totals(seed uint64, n int, count []int) scales {
	s := scales{service: make([]float64, len(count)), patience: make([]float64, len(count))}
	d := newDraws(seed, n, count)
	for range n {
		x := d.next()
		s.gap += x.gap
		s.service[x.class] += x.service
		s.patience[x.class] += x.patience
	}
	s.gap = float64(n) / s.gap
	for i, c := range count {
		s.service[i] = float64(c) / s.service[i]
		s.patience[i] = float64(c) / s.patience[i]
	}
	return s
}
