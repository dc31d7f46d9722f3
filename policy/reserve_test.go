package policy

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// room is the formula in floating point, the series summed term by term.
func room(agents, keep int, vip float64) float64 {
	floor := agents - keep
	if keep == 0 {
		return float64(agents) - vip
	}
	sum, term := 1.0, 1.0
	for n := floor + 1; n < floor+20_000; n++ {
		term *= vip / float64(min(n, agents))
		sum += term
	}
	return float64(floor) / sum
}

func TestReserveRoomIsTheFormula(t *testing.T) {
	for _, agents := range []int{1, 2, 5, 10, 20, 100} {
		for keep := range min(agents, 6) {
			for _, load := range []float64{0, 0.01, 0.2, 0.5, 0.8, 0.95} {
				vip := load * float64(agents)
				got := float64(ReserveRoom(agents, keep, int64(vip*Erlang))) / Erlang
				assert.InDelta(t, room(agents, keep, vip), got, 1e-4*float64(agents), "agents %d keep %d vip %v", agents, keep, vip)
			}
		}
	}
}

func TestReserveRoomByHand(t *testing.T) {
	// Ten agents, three kept, VIPs at 2: the chain is 7, 8, 9, 10, …, its weights 1, 2/8,
	// 2/8·2/9, then a series of ratio 2/10 that begins with 2/8·2/9·2/10.
	p0 := 1 / (1 + 2.0/8 + 2.0/8*2/9 + 2.0/8*2/9*2/10/(1-0.2))
	assert.InDelta(t, 7*p0, float64(ReserveRoom(10, 3, 2*Erlang))/Erlang, 1e-5)
	assert.InDelta(t, 5.3, float64(ReserveRoom(10, 3, 2*Erlang))/Erlang, 0.01)
	assert.False(t, ReserveStable(10, 3, 2, 6, 1))
	assert.True(t, ReserveStable(10, 2, 2, 6, 1))
	assert.True(t, ReserveStable(10, 3, 2, 5.3, 1))
	assert.True(t, ReserveStable(10, 2, 1, 3, 0.5), "rates count in units of the agents' rate")
}

func TestReserveRoomAtTheEdges(t *testing.T) {
	for name, got := range map[string]int64{
		"no agents":           ReserveRoom(0, 0, 0),
		"all kept":            ReserveRoom(5, 5, 0),
		"more kept":           ReserveRoom(5, 9, 0),
		"VIPs alone too many": ReserveRoom(5, 1, 5*Erlang),
		"far too many":        ReserveRoom(5, 1, math.MaxInt64),
		"too many agents":     ReserveRoom(maxReserveAgents+1, 1, 0),
	} {
		assert.Zero(t, got, name)
	}
	assert.EqualValues(t, 4*Erlang, ReserveRoom(5, 1, 0), "without VIPs the kept agent is lost and the rest is free")
	assert.EqualValues(t, 5*Erlang, ReserveRoom(5, 0, -1))
	assert.Zero(t, ReserveRoom(maxReserveAgents, maxReserveAgents-1, maxReserveAgents*Erlang/2))
	for _, bad := range []float64{math.NaN(), -1, math.Inf(1)} {
		assert.False(t, ReserveStable(5, 1, bad, 1, 1))
		assert.False(t, ReserveStable(5, 1, 1, bad, 1))
	}
	assert.False(t, ReserveStable(5, 1, 1, 1, 0))
}
