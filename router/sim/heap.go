package sim

// moment is something that is going to happen to a job: its service ends, or the
// customer's patience does. It is void if the job has moved on since.
type moment struct {
	at    int64
	order uint64 // equal times happen in the order in which they were foreseen
	slot  int32
	turn  uint32 // of the job in the slot, when this was foreseen
}

func (m moment) before(n moment) bool {
	if m.at != n.at {
		return m.at < n.at
	}
	return m.order < n.order
}

// agenda is a heap of moments with four children to a node: half as deep as a
// binary one, which is what counts when most moments move far.
type agenda []moment

func (h *agenda) push(m moment) {
	q := append(*h, m)
	i := len(q) - 1
	for i > 0 {
		up := (i - 1) / 4
		if !m.before(q[up]) {
			break
		}
		q[i] = q[up]
		i = up
	}
	q[i] = m
	*h = q
}

func (h *agenda) pop() {
	q := *h
	n := len(q) - 1
	m := q[n]
	q = q[:n]
	*h = q
	if n == 0 {
		return
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= n {
			break
		}
		best := first
		for c := first + 1; c < min(first+4, n); c++ {
			if q[c].before(q[best]) {
				best = c
			}
		}
		if !q[best].before(m) {
			break
		}
		q[i] = q[best]
		i = best
	}
	q[i] = m
}
