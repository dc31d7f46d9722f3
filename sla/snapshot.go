package sla

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/ticket"
)

const snapshotVersion = 1

// FingerprintError is a snapshot taken under another plan, or under the same plan
// with other zone data: what it says would not hold here.
type FingerprintError struct {
	Plan      string   // name and version in the snapshot
	Have      uint64   // fingerprint of the plan given
	Want      uint64   // that of the snapshot's
	Calendars []string // names of calendars (or zones of unnamed ones) that differ, if only they do
}

func (e *FingerprintError) Error() string {
	s := fmt.Sprintf("usher: snapshot of plan %s has fingerprint %016x, the plan given %016x", e.Plan, e.Want, e.Have)
	if len(e.Calendars) > 0 {
		s += ": calendars differ: " + strings.Join(e.Calendars, ", ")
	}
	return s
}

// SnapshotError is a snapshot that cannot be read.
type SnapshotError struct {
	Version int // of the snapshot, if it could be read
	Problem string
	Err     error // of the JSON, if that was it
}

func (e *SnapshotError) Error() string {
	s := fmt.Sprintf("usher: sla snapshot, version %d: %s", e.Version, e.Problem)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *SnapshotError) Unwrap() error { return e.Err }

// Fingerprint is a number that differs between plans that promise differently,
// the changes of their zones' clocks included.
func (p *Plan) Fingerprint() uint64 {
	text, err := json.Marshal(p) // sorted maps: the same plan gives the same bytes
	h := fnv.New64a()
	h.Write(text)
	if err != nil {
		fmt.Fprint(h, err)
	}
	for _, c := range p.calendars() {
		h.Write(binary.BigEndian.AppendUint64(nil, c.fingerprint))
	}
	return h.Sum64()
}

// calendars lists those of the targets, the channels and the teams, in that order.
func (p *Plan) calendars() (list []*Calendar) {
	for i := range p.Policies {
		for _, t := range p.Policies[i].Targets {
			if t.Calendar != nil {
				list = append(list, t.Calendar)
			}
		}
	}
	add := func(c *Calendar) {
		if c != nil {
			list = append(list, c)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(p.Channels)) {
		add(p.Channels[k])
	}
	for _, k := range slices.Sorted(maps.Keys(p.Teams)) {
		add(p.Teams[k])
	}
	return list
}

type savedCalendar struct {
	Name        string `json:"name"`
	Fingerprint uint64 `json:"fingerprint"`
}

func (p *Plan) savedCalendars() (list []savedCalendar) {
	for _, c := range p.calendars() {
		name := c.Name()
		if name == "" {
			name = c.hours.Zone
		}
		list = append(list, savedCalendar{name, c.fingerprint})
	}
	return list
}

type saved struct {
	Version     int             `json:"version"`
	Plan        string          `json:"plan"`
	Fingerprint uint64          `json:"fingerprint"`
	Calendars   []savedCalendar `json:"calendars"`
	Now         int64           `json:"now"`
	Seq         uint32          `json:"seq"`
	Tickets     []savedTicket   `json:"tickets"`
	Attained    []Attained      `json:"attained"`
}

type savedTicket struct {
	ID      string `json:"id"`
	Created int64  `json:"created"`
	Flags   uint8  `json:"flags,omitempty"`
	attributes
	Past    *savedHistory `json:"past,omitempty"`
	Targets []savedTarget `json:"targets,omitempty"`
}

type savedHistory struct {
	Answers [4]int64     `json:"answers"` // answered, automatic, last, lastAuto
	Wrote   [2]int64     `json:"wrote"`
	Since   [3]int64     `json:"since"` // waiting, resolved, escalated
	Holds   []savedHold  `json:"holds,omitempty"`
	Stages  []savedStage `json:"stages,omitempty"`
	Told    []told       `json:"told,omitempty"`
}

type savedHold struct {
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Reason string `json:"reason,omitempty"`
	Ended  bool   `json:"ended,omitempty"`
}

type savedStage struct {
	Name  string `json:"name"`
	Began int64  `json:"began"`
	Ended int64  `json:"ended"`
}

type savedTarget struct {
	Start int64  `json:"start"`
	Since int64  `json:"since"`
	Done  int64  `json:"done"`
	Seq   uint32 `json:"seq"`
	Sent  uint32 `json:"sent,omitempty"`
	Cycle uint32 `json:"cycle,omitempty"`
	State state  `json:"state"`
}

// Snapshot returns all that the tracker knows, as JSON; the same state gives the
// same bytes. It names the plan by its fingerprint and does not contain it.
func (tr *Tracker) Snapshot() []byte {
	s := saved{Version: snapshotVersion, Plan: tr.plan.title(), Fingerprint: tr.plan.Fingerprint(),
		Calendars: tr.plan.savedCalendars(), Now: tr.now, Seq: tr.agenda.seq, Attained: tr.Attainment(),
		Tickets: make([]savedTicket, 0, tr.index.count)}
	for _, i := range tr.byID() {
		k := tr.tickets.at(i)
		t := savedTicket{ID: k.id, Created: k.created, Flags: k.flags, attributes: tr.class.at(k.class).attributes}
		if p := tr.pastOf(i); p != nil {
			t.Past = p.save()
		}
		tr.each(i, func(_ uint32, x *target, _ *spec) {
			t.Targets = append(t.Targets, savedTarget{x.start, x.since, int64(x.done), x.seq, x.sent, x.cycle, x.state})
		})
		s.Tickets = append(s.Tickets, t)
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain values only
	}
	return b
}

func (p *Plan) title() string { return fmt.Sprintf("%q version %d", cut(p.Name), p.Version) }

func (p *history) save() *savedHistory {
	s := &savedHistory{Answers: [4]int64{p.answered, p.automatic, p.last, p.lastAuto},
		Wrote: [2]int64{p.wrote, p.wroteAuto}, Since: [3]int64{p.waiting, p.resolved, p.escalated}, Told: slices.Clone(p.told)}
	for _, h := range p.holds {
		s.Holds = append(s.Holds, savedHold{h.from, h.to, h.reason, h.ended})
	}
	for _, r := range p.stages {
		s.Stages = append(s.Stages, savedStage{r.name, r.began, r.ended})
	}
	return s
}

// Restore makes a tracker that goes on where the one of the snapshot stood. The plan
// must be the one that the snapshot was taken under, else the error is a
// [*FingerprintError] (SetPlan, after restoring under the old plan, is the way
// to a new one; Load the way out of changed zone data). A snapshot that cannot be
// read is a [*SnapshotError].
func Restore(p *Plan, snapshot []byte) (*Tracker, error) {
	tr, err := NewTracker(p)
	if err != nil {
		return nil, err
	}
	var s saved
	if err := json.Unmarshal(snapshot, &s); err != nil {
		return nil, &SnapshotError{Version: s.Version, Problem: "is not readable", Err: err}
	}
	if s.Version != snapshotVersion {
		return nil, &SnapshotError{Version: s.Version, Problem: fmt.Sprintf("is not version %d", snapshotVersion)}
	}
	if have := tr.plan.Fingerprint(); have != s.Fingerprint {
		e := &FingerprintError{Plan: s.Plan, Have: have, Want: s.Fingerprint}
		for i, c := range tr.plan.savedCalendars() {
			if i < len(s.Calendars) && s.Calendars[i].Name == c.Name && s.Calendars[i] != c {
				e.Calendars = append(e.Calendars, c.Name)
			}
		}
		return nil, e
	}
	tr.now, tr.attained = s.Now, s.Attained
	for n := range s.Tickets {
		if problem := tr.restoreTicket(&s.Tickets[n]); problem != "" {
			return nil, &SnapshotError{Version: s.Version, Problem: fmt.Sprintf("ticket %q %s", cut(s.Tickets[n].ID), problem)}
		}
	}
	tr.agenda.seq = s.Seq
	return tr, nil
}

func (tr *Tracker) restoreTicket(t *savedTicket) (problem string) {
	i, place := tr.index.find(t.ID)
	if i != 0 {
		return "is there twice"
	}
	i = tr.tickets.take()
	k := tr.tickets.at(i)
	*k = tracked{id: t.ID, created: t.Created, flags: t.Flags}
	k.class = tr.classOf(&ticket.Change{Channel: t.Channel, Type: t.Type, Priority: t.Priority, Tier: t.Tier, Tags: t.Tags, Team: t.Team})
	tr.class.at(k.class).tickets++
	tr.index.add(place, i)
	if s := t.Past; s != nil {
		p := tr.pastFor(i)
		p.answered, p.automatic, p.last, p.lastAuto = s.Answers[0], s.Answers[1], s.Answers[2], s.Answers[3]
		p.wrote, p.wroteAuto = s.Wrote[0], s.Wrote[1]
		p.waiting, p.resolved, p.escalated = s.Since[0], s.Since[1], s.Since[2]
		p.told = s.Told
		for _, h := range s.Holds {
			p.holds = append(p.holds, hold{h.From, h.To, h.Reason, h.Ended})
		}
		for _, r := range s.Stages {
			p.stages = append(p.stages, stageRecord{r.Name, r.Began, r.Ended})
		}
	}
	tr.addTargets(i)
	if len(t.Targets) != len(tr.class.at(k.class).specs) {
		return "has not the targets of its policy"
	}
	n := 0
	tr.each(i, func(j uint32, x *target, spec *spec) {
		s := t.Targets[n]
		n++
		x.start, x.since, x.done, x.seq = s.Start, s.Since, time.Duration(s.Done), s.Seq
		x.sent, x.cycle, x.state = s.Sent, s.Cycle, s.State
		if x.state == running {
			tr.agenda.seq = s.Seq - 1 // so that it gets the one it had
			tr.schedule(j, x, spec)
		}
	})
	return ""
}
