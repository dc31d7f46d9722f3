package sla

import (
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
)

// Core is a deterministic state machine that time moves: [Tracker] is one, and so
// is the router's engine. It needs no lock and no clock of its own.
type Core[E any] interface {
	// Next tells when time alone will next change something, if ever.
	Next() (time.Time, bool)
	// Advance lets time pass until now, now included, and appends what happened.
	// After it, Next is later than now. An older time than one already seen
	// changes nothing.
	Advance(now time.Time, events []E) []E
}

// Driver is the shell around a [Core]: a mutex, the clock, and the delivery of
// events. It is safe for concurrent use. It starts no goroutine: while nothing is
// due it costs one pending timer at most, and none if the core waits for nothing.
//
// Every call first catches up with the clock, so that it sees everything that was
// due by now; the timer only makes sure that somebody looks. When a machine has
// slept, or its clock has jumped, the next call or wake-up finds what was missed.
//
// Events are delivered in their order, by one goroutine at a time, after the lock
// is released: by the goroutine that made the call, by the timer's, or by the one
// that is already delivering. A call may therefore return before its own events
// are delivered; it has them in its result, and Flush waits for the delivery.
//
// The callback may call Do, Read and Flush. If it panics, the panic reaches
// whoever was delivering: the caller of Do, Read or Flush, or, when it was
// the timer's turn, nobody, which ends the program as in any goroutine. The event
// it panicked on counts as delivered; the lock is free; and the events behind it
// keep their order and are delivered by the next call or wake-up.
type Driver[E any] struct {
	clk     clock.Clock
	core    Core[E]
	deliver func(E)

	mu sync.Mutex

	// The one pending timer. due is when it fires, by the wall clock; a wake-up of
	// another generation is one that was stopped too late, and only a hint.
	timer      *clock.Timer
	due        time.Time
	generation uint64
	closed     bool

	// The events not yet handed over: queue[head:]. Of the caused events, delivered
	// have come back from the callback; delivering is true while somebody is at it.
	queue      []E
	head       int
	caused     uint64
	delivered  uint64
	delivering bool
	moved      *sync.Cond // delivered grew, or delivering became false
}

// NewDriver makes the shell around a core and arms the timer for what the core
// waits for. It does not advance the core: after an outage the host may first
// resume it in its own way. Nobody else may use the core from then on, except
// inside Do and Read. A nil deliver drops the events: those who call Do have them
// in its result.
func NewDriver[E any](clk clock.Clock, core Core[E], deliver func(E)) *Driver[E] {
	d := &Driver[E]{clk: clk, core: core, deliver: deliver}
	d.moved = sync.NewCond(&d.mu)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.arm(d.now())
	return d
}

// Do catches up with the clock, runs f under the lock, arms the timer anew, and,
// having released the lock, delivers. It appends to events what catching up
// caused and then what f appended, and returns the longer slice; the driver keeps
// copies of the events, so the slice is the caller's to reuse. f must not call the
// driver, and must only append to what it is given.
func (d *Driver[E]) Do(events []E, f func(now time.Time, events []E) []E) []E {
	events = d.locked(events, f)
	d.drain()
	return events
}

// Resume is Do without catching up first: for a core that has a way of its own to
// hear that nobody could look for a while, which f must use.
func (d *Driver[E]) Resume(events []E, f func(now time.Time, events []E) []E) []E {
	events = d.visit(events, false, f)
	d.drain()
	return events
}

// Read catches up with the clock and runs f under the lock, for a look at the
// core. What catching up caused is delivered before Read returns, or by whoever
// is delivering already. f must not call the driver.
func (d *Driver[E]) Read(f func(now time.Time)) {
	d.locked(nil, func(now time.Time, events []E) []E {
		f(now)
		return events
	})
	d.drain()
}

// Flush catches up with the clock and returns when every event that was caused
// before has been delivered. Called from inside a callback, on its goroutine,
// it would wait for itself: there it only catches up, and the events follow when
// the callback has returned. It panics if a callback does in its hands.
func (d *Driver[E]) Flush() {
	d.locked(nil, nil)
	if d.deliver == nil || inCallback() {
		return
	}
	d.mu.Lock()
	want := d.caused
	for d.delivered < want {
		if d.delivering {
			d.moved.Wait()
			continue
		}
		d.mu.Unlock()
		d.drain()
		d.mu.Lock()
	}
	d.mu.Unlock()
}

// Close disarms the timer for good. Later calls still work and still deliver,
// but time passes only when somebody calls.
func (d *Driver[E]) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.disarm()
}

// now is the clock's wall time, in UTC so that events are the same everywhere.
func (d *Driver[E]) now() time.Time { return d.clk.Now().Round(0).UTC() }

// locked visits the core once it has caught up.
func (d *Driver[E]) locked(events []E, f func(time.Time, []E) []E) []E {
	return d.visit(events, true, f)
}

// visit is every visit to the core. Events are queued as soon as they are known,
// so that a panic in f loses none that came before it.
func (d *Driver[E]) visit(events []E, catchUp bool, f func(time.Time, []E) []E) []E {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	defer d.arm(now)
	before := len(events)
	if catchUp {
		events = d.core.Advance(now, events)
		d.enqueue(events[before:])
	}
	if f == nil {
		return events
	}
	before = len(events)
	events = f(now, events)
	d.enqueue(events[before:])
	return events
}

// arm sees to it that exactly one timer waits for the core's next instant. It is
// never Reset: a new one is made when the instant changed.
func (d *Driver[E]) arm(now time.Time) {
	next, ok := d.core.Next()
	if !ok || d.closed {
		d.disarm()
		return
	}
	if d.timer != nil && d.due.Equal(next) {
		return
	}
	d.disarm()
	d.due = next
	d.generation++
	generation := d.generation
	// A wait of zero would fire at once on a real clock and never on a mock one.
	d.timer = d.clk.AfterFunc(max(next.Sub(now), 1), func() { d.wake(generation) })
}

func (d *Driver[E]) disarm() {
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}

// wake is what the timer does.
func (d *Driver[E]) wake(generation uint64) {
	d.mu.Lock()
	if d.generation == generation {
		d.timer = nil // it has fired: arm makes a new one even for the same instant
	}
	closed := d.closed
	d.mu.Unlock()
	if closed {
		return
	}
	d.locked(nil, nil)
	d.drain()
}

func (d *Driver[E]) enqueue(events []E) {
	if d.deliver == nil {
		return
	}
	if d.head > len(d.queue)/2 { // a drainer that never quite catches up must not let it grow
		n := copy(d.queue, d.queue[d.head:])
		clear(d.queue[n:])
		d.queue, d.head = d.queue[:n], 0
	}
	d.queue = append(d.queue, events...)
	d.caused += uint64(len(events))
}

// drain hands the queued events to the callback, unless somebody else is at it.
func (d *Driver[E]) drain() {
	if d.deliver == nil {
		return
	}
	d.mu.Lock()
	if d.delivering {
		d.mu.Unlock()
		return
	}
	d.delivering = true
	defer func() { // also when the callback panics
		d.delivering = false
		d.moved.Broadcast()
		d.mu.Unlock()
	}()
	for d.head < len(d.queue) {
		d.handOver()
	}
	clear(d.queue)
	d.queue, d.head = d.queue[:0], 0
}

// handOver delivers one event with the lock released, and takes the lock again.
func (d *Driver[E]) handOver() {
	e := d.queue[d.head]
	d.head++
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.delivered++
		d.moved.Broadcast()
	}()
	d.deliver(e)
}

// inCallback tells whether this goroutine is inside the callback of a driver.
func inCallback() bool {
	var pcs [64]uintptr
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasSuffix(f.Function, "/sla.(*Driver[...]).handOver") {
				return true
			}
		}
	}
}
