package policy

import "math/bits"

// Erlang is one unit of load for [ReserveRoom]: loads are counted in millionths of
// an erlang, where one erlang keeps one agent busy all the time. A load is the rate
// of arrivals times the mean time a ticket takes.
const Erlang = 1_000_000

// ReserveRoom returns the load of other tickets, in millionths of an erlang, that a
// reserve ([VIP.Reserve]) of keep agents out of so many leaves room for, while VIPs
// bring the given load. Only below it do the others' queues stay finite:
//
//	regular < (agents − keep) × P0
//
// where P0 is the probability that no agent is at work beyond agents − keep, in the
// birth–death chain on n ≥ agents − keep whose births are the VIPs' arrivals and
// whose deaths are min(n, agents) services. While others wait, the desk never has
// fewer at work than that, and takes one of them only when it has exactly that many
// and one of these ends. (A cut-off priority queue: Taylor and Templeton, 1980.)
//
// It is 0 if VIPs alone are too many, if nobody is left, or if there are no agents.
// The result is an integer, computed alike on every machine, and errs by less than
// agents millionths.
func ReserveRoom(agents, keep int, vip int64) int64 {
	floor := agents - max(keep, 0)
	vip = max(vip, 0)
	if agents <= 0 || floor <= 0 || agents > maxReserveAgents || vip >= int64(agents)*Erlang {
		return 0
	}
	// The chain's weights, in units of 1<<32 for the floor's: above agents they are a
	// geometric series.
	const one = 1 << 32
	weight, sum := uint64(one), uint64(one)
	for n := floor + 1; n <= agents; n++ {
		if weight = scale(weight, uint64(vip), uint64(n)*Erlang); weight > limit || sum > limit {
			return 0
		}
		if n < agents {
			sum += weight
		}
	}
	if keep <= 0 {
		sum = scale(one, uint64(agents)*Erlang, uint64(agents)*Erlang-uint64(vip))
	} else {
		tail := scale(weight, uint64(agents)*Erlang, uint64(agents)*Erlang-uint64(vip))
		if tail > limit {
			return 0
		}
		sum += tail
	}
	return int64(scale(uint64(floor)*Erlang, one, sum))
}

// maxReserveAgents bounds the agents for which [ReserveRoom] answers.
const maxReserveAgents = 1 << 20

// limit is a weight so large that P0 is nothing.
const limit = 1 << 60

// scale is x × num / den, rounded down; if that is more than limit, it is more than
// limit.
func scale(x, num, den uint64) uint64 {
	hi, lo := bits.Mul64(x, num)
	if hi >= den {
		return limit + 1
	}
	q, _ := bits.Div64(hi, lo, den)
	return q
}

// ReserveStable tells whether regular tickets keep a finite queue beside VIPs who
// have a reserve, from rates in any one unit: how often VIPs come, how often the
// others, and how many tickets an agent does. See [ReserveRoom], which it asks in
// millionths of an erlang.
func ReserveStable(agents, keep int, vip, regular, rate float64) bool {
	if !(rate > 0) || !(vip >= 0) || !(regular >= 0) {
		return false
	}
	most := float64(maxReserveAgents)
	v, r := vip/rate, regular/rate
	if v > most || r > most {
		return false
	}
	return int64(r*Erlang) < ReserveRoom(agents, keep, int64(v*Erlang))
}
