package router

import (
	"fmt"
	"math/big"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// guard measures whether the reserve that the policy keeps leaves the rest stable:
// over each window of Config.ReserveWindow, the arrivals of those for whom agents
// are kept free and of the others, and the mean time a ticket is worked on; see
// policy.ReserveRoom for the formula. It takes the agents for alike, each with one
// ticket at a time. A window is judged when the first ticket after it comes, with
// the agents then online: so time alone never raises its events, and it needs no
// timer. All of it is in integers.
type guard struct {
	window int64

	From    int64 `json:"from"` // when this window began; 0: not yet
	Vip     int64 `json:"vip"`  // arrivals
	Regular int64 `json:"regular"`
	Work    int64 `json:"work"` // microseconds
	Works   int64 `json:"works"`
	Keep    int   `json:"keep"`
	Unsafe  bool  `json:"unsafe"`
}

// worked counts the time that a ticket took.
func (g *guard) worked(d int64) {
	g.Works++
	g.Work += max(d, 0) / 1000
}

// came counts an arrival, after judging the window that is over.
func (g *guard) came(e *Engine, it *item) {
	switch {
	case g.From == 0:
		g.From = e.now
	case e.now-g.From >= g.window:
		g.judge(e)
		g.From += (e.now - g.From) / g.window * g.window
		g.Vip, g.Regular, g.Work, g.Works, g.Keep = 0, 0, 0, 0, 0
	}
	if it.want == nil || it.want.keep == 0 {
		g.Vip++
		return
	}
	g.Regular++
	g.Keep = max(g.Keep, it.want.keep)
}

func (g *guard) judge(e *Engine) {
	if g.Works == 0 || g.Keep == 0 {
		return // nothing was finished, or nothing held back: there is nothing to judge by
	}
	agents := 0
	for _, a := range e.agentOrder {
		if a.asked() {
			agents++
		}
	}
	vip, regular := g.load(g.Vip), g.load(g.Regular)
	room := policy.ReserveRoom(agents, g.Keep, vip)
	unsafe := regular >= room
	if unsafe == g.Unsafe {
		return
	}
	g.Unsafe = unsafe
	e.by, e.actor = ticket.System, ""
	kind := ReserveStable
	if unsafe {
		kind = ReserveUnstable
	}
	e.emit(&Event{Kind: kind, Note: fmt.Sprintf("load of others %s, room for %s beside VIPs with %s; %d agents, %d kept free",
		erlangs(regular), erlangs(room), erlangs(vip), agents, g.Keep)})
}

// load is the load of so many arrivals in a window, in millionths of an erlang:
// their rate times the mean work.
func (g *guard) load(arrivals int64) int64 {
	n := new(big.Int).Mul(big.NewInt(arrivals), big.NewInt(g.Work))
	n.Mul(n, big.NewInt(policy.Erlang))
	n.Div(n, new(big.Int).Mul(big.NewInt(g.Works), big.NewInt(max(g.window/1000, 1))))
	if !n.IsInt64() {
		return 1<<63 - 1
	}
	return n.Int64()
}

// erlangs writes millionths with two digits, rounded down.
func erlangs(n int64) string {
	return fmt.Sprintf("%d.%02d", n/policy.Erlang, n%policy.Erlang/(policy.Erlang/100))
}
