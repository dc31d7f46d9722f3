package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Job is a ticket that is going to come, with what the desk cannot know of it.
type Job struct {
	Ticket   ticket.Ticket // its Created is At unless set
	At       time.Time     // when it comes
	Service  time.Duration // how long an agent takes for it
	Patience time.Duration // how long the customer waits for an agent; 0: for ever
	Class    int           // for the caller's own use
}

// Source fills in the next job and tells whether there was one. Jobs come in the
// order of time.
type Source func(*Job) bool

// List is the source of jobs that are all known, such as those of a log.
func List(jobs []Job) Source {
	i := 0
	return func(j *Job) bool {
		if i == len(jobs) {
			return false
		}
		*j = jobs[i]
		i++
		return true
	}
}

// Span draws a time.
type Span func(*rand.Rand) time.Duration

// Exponential draws exponential times of the given mean.
func Exponential(mean time.Duration) Span {
	return func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) }
}

// Fixed is always the same time.
func Fixed(d time.Duration) Span { return func(*rand.Rand) time.Duration { return d } }

// Stream is a Poisson stream of tickets that are alike.
type Stream struct {
	Ticket   ticket.Ticket // without id: the stream numbers them
	Every    time.Duration // mean time between two of them
	Service  Span
	Patience Span // nil: they wait for ever
	Class    int
}

// idRing is how many ids Streams gives before it begins anew: more than may be on
// a desk at once, and few enough to be made beforehand.
const idRing = 1 << 17

// Streams draws n jobs from Poisson streams side by side, beginning at start. The
// same seed draws the same jobs. Ids repeat after 131,072 jobs.
func Streams(seed uint64, start time.Time, n int, streams ...Stream) Source {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	total := 0.0 // arrivals per nanosecond
	upTo := make([]float64, len(streams))
	for i, s := range streams {
		total += 1 / float64(s.Every)
		upTo[i] = total
	}
	ids := make([]string, min(n, idRing))
	for i := range ids {
		ids[i] = "t" + strconv.Itoa(i)
	}
	at, given := 0.0, 0
	return func(j *Job) bool {
		if given == n || len(streams) == 0 {
			return false
		}
		at += r.ExpFloat64() / total
		k := 0
		if len(streams) > 1 {
			for u := r.Float64() * total; k < len(upTo)-1 && u >= upTo[k]; k++ {
			}
		}
		s := &streams[k]
		j.Ticket = s.Ticket
		j.Ticket.ID = ids[given%idRing]
		given++
		j.At = start.Add(time.Duration(at))
		j.Service, j.Patience, j.Class = s.Service(r), 0, s.Class
		if s.Patience != nil {
			j.Patience = max(s.Patience(r), 1)
		}
		return true
	}
}
