package sla

import (
	"time"

	"github.com/benbjohnson/clock"

	"github.com/usherdesk/usher/ticket"
)

// Config is what a [Keeper] is made of.
type Config struct {
	Plan *Plan // nil promises nothing

	// Clock tells the time: clock.New() for the real one, which is the default;
	// clock.NewMock() in tests.
	Clock clock.Clock

	// OnEvent is called for every event, in order, one at a time, without a lock
	// held: it may call the Keeper. See [Driver] for what becomes of a panic. Nil
	// drops the events; those who call Observe have theirs.
	OnEvent func(Event)

	// Tracker goes on with one that was restored or loaded, in place of a new one
	// for Plan. Nobody else may use it from then on.
	Tracker *Tracker
}

// Keeper is a [Tracker] with a clock: for those who use this package alone (the
// router has its own). It is safe for concurrent use and starts no goroutine.
// Every method first lets the time pass that has passed on the clock.
type Keeper struct {
	tracker *Tracker
	driver  *Driver[Event]
}

// NewKeeper makes a Keeper. It does not itself let time pass: the deadlines that
// a restored tracker has missed come with the first call or wake-up. The error is
// that of [NewTracker].
func NewKeeper(c Config) (*Keeper, error) {
	if c.Tracker == nil {
		tr, err := NewTracker(c.Plan)
		if err != nil {
			return nil, err
		}
		c.Tracker = tr
	}
	if c.Clock == nil {
		c.Clock = clock.New()
	}
	return &Keeper{c.Tracker, NewDriver(c.Clock, c.Tracker, c.OnEvent)}, nil
}

// Observe takes note of a change, as [Tracker.Observe] does. A change without a time
// happens now; one from the future, too. It returns the events that it caused,
// and those that were due by now; OnEvent gets the same ones.
func (k *Keeper) Observe(c ticket.Change) (events []Event, err error) {
	events = k.driver.Do(nil, func(now time.Time, events []Event) []Event {
		if c.At.IsZero() || c.At.After(now) {
			c.At = now
		}
		events, err = k.tracker.Observe(c, events)
		return events
	})
	return events, err
}

// SetPlan puts another plan in force, as [Tracker.SetPlan] does.
func (k *Keeper) SetPlan(p *Plan) (events []Event, err error) {
	events = k.driver.Do(nil, func(now time.Time, events []Event) []Event {
		events, err = k.tracker.SetPlan(p, now, events)
		return events
	})
	return events, err
}

// Due is [Tracker.Due] as of now.
func (k *Keeper) Due(id string) (due time.Time, ok bool) {
	k.driver.Read(func(time.Time) { due, ok = k.tracker.Due(id) })
	return due, ok
}

// Forget is [Tracker.Forget].
func (k *Keeper) Forget(id string) (known bool) {
	k.driver.Read(func(time.Time) { known = k.tracker.Forget(id) })
	return known
}

// Attainment is [Tracker.Attainment] as of now.
func (k *Keeper) Attainment() (rows []Attained) {
	k.driver.Read(func(time.Time) { rows = k.tracker.Attainment() })
	return rows
}

// Snapshot is [Tracker.Snapshot] as of now. Its events are those delivered and
// those that Flush waits for: call Flush first, and store the snapshot with what
// OnEvent stored.
func (k *Keeper) Snapshot() (snapshot []byte) {
	k.driver.Read(func(time.Time) { snapshot = k.tracker.Snapshot() })
	return snapshot
}

// Flush lets time pass and waits until all events so far are delivered; see
// [Driver.Flush].
func (k *Keeper) Flush() { k.driver.Flush() }

// Close disarms the timer. Later calls still work.
func (k *Keeper) Close() { k.driver.Close() }
