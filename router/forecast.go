package router

import (
	"math"
	"time"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// Forecast is where a waiting ticket stands and how long it has probably yet to
// wait.
//
// Expected is the queue-length estimate with abandonment (QL; Whitt, 1999): with n
// tickets ahead, s agents who are all busy, a service rate µ of each and a rate θ
// at which customers give up,
//
//	Σ 1/(sµ + jθ)  for j = 0 … n
//
// since n + 1 of those must go before this one does, the j-th of them while j
// others may still give up. The wait is then a sum of exponential times, whose
// variance is Σ 1/(sµ + jθ)²; Low and High are the tenth and the ninetieth
// percentile of the gamma distribution of that mean and variance (by Wilson and
// Hilferty's approximation). A number without its range promises too much.
//
// It takes those ahead for served before this one and nobody later for more urgent,
// so that it is short for tickets that others overtake.
type Forecast struct {
	// Position is 1 for the ticket whose turn is next. Ahead are the tickets that come
	// first among those that ask for any of the same agents, counted up to 10,000.
	Position int
	Ahead    int
	// Agents is how many such tickets the agents who are online may have at once,
	// those left out that are kept free of it.
	Agents int
	// Handle and Patience are what µ and θ are made of: the mean time an agent has a
	// ticket of the channel, and the mean time after which a customer gives up; 0 is
	// without end. They are measured if Config.Stats is set, once sixteen tickets of
	// the channel show them, and else taken from the Channel's settings.
	Handle, Patience time.Duration
	// Known tells whether there is anything to go by. If not, the times below are 0.
	Known               bool
	Expected, Low, High time.Duration
}

// Forecast tells where a ticket stands and how long it has yet to wait. For a
// ticket that does not wait in line all is 0.
func (e *Engine) Forecast(id string) (Forecast, error) {
	it := e.tickets[id]
	if it == nil {
		return Forecast{}, &IDError{ErrUnknownTicket, short(id)}
	}
	if it.lane == nil {
		return Forecast{}, nil
	}
	f := Forecast{Ahead: e.ahead(it), Agents: e.slots(it)}
	f.Position = f.Ahead + 1
	f.Handle, f.Patience = e.pace(it.t.Channel)
	if f.Agents <= 0 || f.Handle <= 0 {
		return f, nil
	}
	f.Known = true
	f.Expected, f.Low, f.High = expect(f.Ahead, f.Agents, f.Handle, f.Patience)
	return f, nil
}

// Forecast tells where a ticket stands and how long it has yet to wait.
func (r *Router) Forecast(id string) (Forecast, error) {
	return tryRead(r, func(e *Engine) (Forecast, error) { return e.Forecast(id) })
}

// expect is the formula. Its floating point decides nothing.
func expect(ahead, agents int, handle, patience time.Duration) (mean, low, high time.Duration) {
	theta := 0.0
	if patience > 0 {
		theta = 1 / patience.Seconds()
	}
	rate := float64(agents) / handle.Seconds()
	sum, squares := 0.0, 0.0
	for range ahead + 1 {
		sum += 1 / rate
		squares += 1 / (rate * rate)
		rate += theta
	}
	shape := sum * sum / squares
	at := func(z float64) time.Duration {
		x := 1 - 1/(9*shape) + z/(3*math.Sqrt(shape))
		return spanOf(sum * max(x*x*x, 0))
	}
	const z = 1.2816 // ninety per cent of a normal distribution lie below
	return spanOf(sum), at(-z), at(z)
}

func spanOf(seconds float64) time.Duration {
	return time.Duration(min(seconds, maxSpan.Seconds()) * float64(time.Second))
}

// mostAhead bounds what a forecast counts.
const mostAhead = 10_000

// ahead counts the tickets that go before one, of those that ask for any of the
// agents it may go to.
func (e *Engine) ahead(it *item) (n int) {
	e.allLanes(func(l *lane) bool {
		if !e.rivals(it, l) {
			return true
		}
		l.each(func(x entry) bool {
			u := policy.Urgency{Class: l.class, Rate: l.rate, Start: x.start}
			if c := u.Compare(it.urgency, e.now); x.it == it || c > 0 || c == 0 && x.seq > it.seq {
				return false
			}
			n++
			return n < mostAhead
		})
		return n < mostAhead
	})
	return n
}

// rivals tells whether a lane's tickets may go to an agent to whom this one may.
func (e *Engine) rivals(it *item, l *lane) bool {
	if l == it.lane {
		return true
	}
	if l.only != nil {
		m := it.want.fit(l.only.profile)
		return m != nil && m.ring <= it.ring
	}
	for i := range l.want.fits {
		if m := &l.want.fits[i]; m.ring <= l.ring && m.profile.online > 0 {
			if mine := it.want.fit(m.profile); mine != nil && mine.ring <= it.ring {
				return true
			}
		}
	}
	return false
}

// slots counts how many tickets like this one the agents online may have at once.
func (e *Engine) slots(it *item) (n int) {
	for _, a := range e.agentOrder {
		if !a.asked() {
			continue
		}
		if m := it.want.fit(a.profile); m == nil || m.ring > it.ring {
			continue
		}
		room := a.p.Capacity / max(it.weight, 1)
		if i := a.profile.limited(it.t.Channel); i >= 0 {
			room = min(room, a.profile.limits[i].most)
		}
		n += room
	}
	return n - it.want.keep
}

// pace is how fast work on a channel goes, as far as the desk has seen: sums in
// microseconds. The old counts half as much with every 512 tickets.
type pace struct {
	Done   int64 `json:"done"`
	Handle int64 `json:"handle"`
	GaveUp int64 `json:"gave_up"`
	Waited int64 `json:"waited"`
}

const (
	paceEnough = 16
	paceMemory = 1024
)

func (w *watch) pace(c ticket.Channel) *pace {
	p := w.paces[c]
	if p == nil {
		p = &pace{}
		if len(w.paces) < mostLedgers { // beyond, it is not kept
			w.paces[c] = p
		}
	}
	return p
}

func (p *pace) worked(d time.Duration) {
	if p.Done >= paceMemory {
		p.Done, p.Handle = p.Done/2, p.Handle/2
	}
	p.Done++
	p.Handle += int64(d / time.Microsecond)
}

// waited counts a wait that is over. The customers' rate of giving up is how many
// did over how long all together waited: the maximum likelihood of exponential
// patience when who was served is censored.
func (p *pace) waited(d int64, gaveUp bool) {
	if p.GaveUp >= paceMemory {
		p.GaveUp, p.Waited = p.GaveUp/2, p.Waited/2
	}
	if gaveUp {
		p.GaveUp++
	}
	p.Waited += d / 1000
}

// pace returns the mean time an agent has a ticket of a channel, and the mean
// patience of its customers.
func (e *Engine) pace(c ticket.Channel) (handle, patience time.Duration) {
	handle, patience = e.desk.Channels[c].Handle, e.desk.Channels[c].Patience
	if e.watch == nil || e.watch.paces[c] == nil {
		return handle, patience
	}
	p := e.watch.paces[c]
	if p.Done >= paceEnough || handle == 0 && p.Done > 0 {
		handle = time.Duration(p.Handle/p.Done) * time.Microsecond
	}
	if p.GaveUp >= paceEnough {
		patience = time.Duration(p.Waited/p.GaveUp) * time.Microsecond
	}
	return handle, patience
}
