package sla

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// attributes are what a plan looks at.
type attributes struct {
	Channel  ticket.Channel  `json:"channel,omitempty"`
	Type     ticket.Type     `json:"type,omitempty"`
	Priority ticket.Priority `json:"priority,omitempty"`
	Tier     ticket.Tier     `json:"tier,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Team     string          `json:"team,omitempty"`
}

// class is all tickets of the same attributes: the plan is asked once for them.
type class struct {
	attributes
	key     string
	tickets int    // how many there are
	specs   []spec // none if no policy matches
}

// spec is a target of the plan as it holds for a class.
type spec struct {
	*Target
	policy   string // whose target it is
	class    *class
	calendar *Calendar // nil: day and night
	steps    []step    // what comes when, in order
	tally    int32     // index in the tracker's attainment, -1 until the first verdict
}

// step is one deadline of a target: a tier, or the due.
type step struct {
	after time.Duration // working time from the start
	tier  int8          // index in Tiers; due for the target's own
}

const due = maxTiers // also the bit of the breach among those of the tiers

func (tr *Tracker) classOf(c *ticket.Change) uint32 {
	b := appendName(tr.keyBuffer[:0], string(c.Channel))
	b = appendName(b, string(c.Type))
	b = appendName(b, string(c.Tier))
	b = appendName(b, c.Team)
	b = append(b, byte(c.Priority))
	for _, tag := range c.Tags {
		b = appendName(b, tag)
	}
	tr.keyBuffer = b
	if i, ok := tr.classes[string(b)]; ok {
		return i
	}
	tr.sweepClasses()
	i := tr.class.take()
	k := tr.class.at(i)
	k.key = string(b)
	k.attributes = attributes{c.Channel, c.Type, c.Priority, c.Tier, slices.Clone(c.Tags), c.Team}
	tr.classes[k.key] = i
	tr.compileClass(k)
	return i
}

func appendName(b []byte, name string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(name))), name...)
}

// sweepClasses forgets classes that no ticket is in, once they are the most.
func (tr *Tracker) sweepClasses() {
	if len(tr.classes) < 2*tr.classesKept+1024 {
		return
	}
	for key, i := range tr.classes {
		if tr.class.at(i).tickets == 0 {
			delete(tr.classes, key)
			tr.class.drop(i)
		}
	}
	tr.classesKept = len(tr.classes)
}

func (tr *Tracker) compileClass(k *class) {
	k.specs = nil
	n := tr.plan.policyOf(k)
	if n < 0 {
		return
	}
	policy := &tr.plan.Policies[n]
	targets := policy.Targets
	k.specs = make([]spec, len(targets))
	for i := range targets {
		t := &targets[i]
		s := spec{Target: t, policy: policy.Name, class: k, calendar: t.Calendar, tally: -1}
		if s.calendar == nil {
			switch t.Hours {
			case ChannelHours:
				s.calendar = tr.plan.Channels[k.Channel]
			case TeamHours:
				s.calendar = tr.plan.Teams[k.Team]
			}
		}
		s.steps = append(s.steps, step{t.Within, due})
		for j, tier := range t.Tiers {
			s.steps = append(s.steps, step{tier.after(t.Within), int8(j)})
		}
		slices.SortStableFunc(s.steps, func(a, b step) int { return int(min(max(a.after-b.after, -1), 1)) })
		k.specs[i] = s
	}
}

// pauses tells whether a hold stops the clock. Stages go on after the resolution.
func (s *spec) pauses(h *hold) bool {
	if h.ended {
		return s.Metric != Stage
	}
	return slices.ContainsFunc(s.Pause, func(r string) bool { return r == AnyReason || r == h.reason })
}

// never is the deadline of what no calendar lets end.
const never = int64(1<<63 - 1)

// add returns when d of working time from the instant at has passed.
func (s *spec) add(at int64, d time.Duration) int64 {
	if s.calendar == nil {
		return at + int64(d)
	}
	t, err := s.calendar.Add(time.Unix(0, at), d)
	if err != nil {
		return never
	}
	return t.UnixNano()
}

// between returns the working time from a to b.
func (s *spec) between(a, b int64) time.Duration {
	if s.calendar == nil {
		return time.Duration(max(b-a, 0))
	}
	return s.calendar.Between(time.Unix(0, a), time.Unix(0, b))
}
