package router

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// snapshot is the whole state of a desk that cannot be derived from the rest of
// it, in JSON. Lists have an order of their own, so that equal desks have equal
// bytes. Times are Unix nanoseconds.
type snapshot struct {
	V       int               `json:"v"`
	Policy  string            `json:"policy"`
	Edition string            `json:"edition"`
	Rules   string            `json:"rules"` // the stack's fingerprint
	Hours   map[string]string `json:"hours,omitempty"`

	Plan        string          `json:"plan,omitempty"` // in force, with its version
	PlanEdition string          `json:"plan_edition,omitempty"`
	SLA         json.RawMessage `json:"sla,omitempty"`

	Now    int64  `json:"now"`
	Events uint64 `json:"events"`
	Seq    uint64 `json:"seq"`
	Turn   int64  `json:"turn"`

	Shut    []string     `json:"shut,omitempty"` // gates
	Agents  []agentState `json:"agents,omitempty"`
	Tickets []itemState  `json:"tickets,omitempty"`
	Ended   []uint64     `json:"ended,omitempty"` // oldest first
	Keys    []keyState   `json:"keys,omitempty"`  // oldest first
	Watch   *watchState  `json:"watch,omitempty"`
}

type agentState struct {
	Agent
	Presence  Presence `json:"presence,omitempty"`
	Until     int64    `json:"until,omitempty"`
	RampEnd   int64    `json:"ramp_end,omitempty"`
	NextTake  int64    `json:"next_take,omitempty"`
	Missed    int      `json:"missed,omitempty"`
	IdleSince int64    `json:"idle_since"`
	Turn      int64    `json:"turn"`
	Work      []uint64 `json:"work,omitempty"`
	Parked    []uint64 `json:"parked,omitempty"`
}

type itemState struct {
	ticket.Ticket
	Seq       uint64        `json:"seq"`
	Status    ticket.Status `json:"status"`
	Ended     int64         `json:"ended,omitempty"`
	Transfers int           `json:"transfers,omitempty"`
	Last      string        `json:"last,omitempty"`
	Due       int64         `json:"due,omitempty"`
	Since     int64         `json:"since"`
	Until     int64         `json:"until,omitempty"`
	Resting   bool          `json:"resting,omitempty"`
	Only      string        `json:"only,omitempty"`
	Except    []string      `json:"except,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Next      string        `json:"next,omitempty"`
	By        string        `json:"by,omitempty"`
	Seen      *seenState    `json:"seen,omitempty"`
}

type keyState struct {
	Key     string      `json:"key"`
	Kind    CommandKind `json:"kind"`
	Outcome Outcome     `json:"outcome"`
	Error   string      `json:"error,omitempty"`
}

// RepeatError stands for the error of a command whose idempotency key was
// restored from a snapshot, which keeps only its text.
type RepeatError struct{ Text string }

func (e *RepeatError) Error() string { return e.Text }

// Snapshot returns the state of the desk. Desks that were given the same commands
// return the same bytes.
func (e *Engine) Snapshot() ([]byte, error) {
	s := snapshot{V: Version, Policy: e.set.Name, Edition: e.set.Version, Rules: e.set.Stack.Fingerprint(), Hours: e.hours(),
		Now: e.now, Events: e.events, Seq: e.seq, Turn: e.turn, Watch: e.watch.state()}
	if e.tracker != nil {
		s.SLA = e.tracker.Snapshot()
		if p := e.tracker.Plan(); p != nil {
			s.Plan, s.PlanEdition = p.Name, strconv.Itoa(p.Version)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.gates)) {
		if e.gates[name].shut {
			s.Shut = append(s.Shut, name)
		}
	}
	for _, a := range e.sortedAgents() {
		s.Agents = append(s.Agents, agentState{Agent: a.p, Presence: a.presence, Until: a.until, RampEnd: a.rampEnd,
			NextTake: a.nextTake, Missed: a.missed, IdleSince: unix(a.p.Live.IdleSince), Turn: a.p.Live.Turn,
			Work: numbers(a.work), Parked: numbers(a.parked)})
	}
	for it := range e.roll.all() {
		st := itemState{Ticket: it.t.Ticket, Seq: it.seq, Status: it.status, Ended: it.ended, Transfers: it.transfers,
			Last: it.t.LastAgent, Since: it.since, Until: it.until, Resting: it.resting(), Reason: it.reason, Next: it.next.id(), By: it.by, Seen: it.seenState()}
		if !it.t.Due.IsZero() {
			st.Due = unix(it.t.Due)
		}
		if it.only != nil {
			st.Only = it.only.p.ID
		}
		if it.except != nil {
			st.Except = it.except.ids
		}
		s.Tickets = append(s.Tickets, st)
	}
	for _, l := range e.ended.queue[e.ended.head:] {
		if !l.stale() {
			s.Ended = append(s.Ended, l.it.seq)
		}
	}
	for i := range e.keys.ring {
		key := e.keys.ring[(e.keys.next+i)%len(e.keys.ring)]
		k := keyState{Key: key, Kind: e.keys.known[key].kind, Outcome: e.keys.known[key].out}
		if err := e.keys.known[key].err; err != nil {
			k.Error = err.Error()
		}
		s.Keys = append(s.Keys, k)
	}
	return json.Marshal(s)
}

func numbers(items []*item) (seqs []uint64) {
	for _, it := range items {
		seqs = append(seqs, it.seq)
	}
	return seqs
}

// hours are the fingerprints of those hours that have one.
func (e *Engine) hours() map[string]string {
	m := map[string]string{}
	for name, g := range e.gates {
		if h, ok := g.hours.(interface{ Fingerprint() uint64 }); ok { // such as *sla.Calendar
			m[name] = strconv.FormatUint(h.Fingerprint(), 16)
		}
	}
	return m
}

// Restore makes a desk from a snapshot. The Config must have the policy set that
// the snapshot was made under, and hours with the same fingerprints; otherwise the
// error is a [*MismatchError] that names the difference. Bytes that are no legal
// state are a [*SnapshotError]. After an outage, apply Recover next.
func Restore(cfg Config, data []byte) (*Engine, error) {
	e, err := NewEngine(cfg)
	if err != nil {
		return nil, err
	}
	var s snapshot
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return nil, &SnapshotError{err}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, &SnapshotError{errors.New("something follows the end")}
	}
	if s.V != Version {
		return nil, &MismatchError{What: "snapshot version", Want: strconv.Itoa(Version), Got: strconv.Itoa(s.V)}
	}
	set, ok := e.desk.set(s.Policy, s.Edition)
	if !ok {
		return nil, &MismatchError{What: "policy set", Want: "no such set", Got: short(s.Policy) + " " + short(s.Edition)}
	}
	if f := set.Stack.Fingerprint(); f != s.Rules {
		return nil, &MismatchError{What: "policy " + s.Policy, Want: f, Got: short(s.Rules)}
	}
	mine := e.hours()
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if s.Hours[name] != mine[name] {
			return nil, &MismatchError{What: "hours of " + name, Want: mine[name], Got: short(s.Hours[name])}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Hours)) {
		if _, ok := mine[name]; !ok {
			return nil, &MismatchError{What: "hours of " + short(name), Got: short(s.Hours[name])}
		}
	}
	e.set, e.rules = set, set.rules
	if err := e.restorePromises(&s); err != nil {
		return nil, err
	}
	if err := e.fill(&s); err != nil {
		return nil, &SnapshotError{err}
	}
	if err := e.audit(); err != nil {
		return nil, &SnapshotError{err}
	}
	return e, nil
}

// fill builds the state. What it does not check, audit does.
func (e *Engine) fill(s *snapshot) error {
	if s.Now == 0 {
		if s.Events+s.Seq != 0 || len(s.Agents)+len(s.Tickets)+len(s.Keys) > 0 {
			return errors.New("a desk before its first command has a past")
		}
		return nil
	}
	if err := ticket.CheckTime("snapshot", "now", instant(s.Now)); err != nil {
		return err
	}
	const most = 1 << 62 // far from where a count would run over
	if s.Events > most || s.Seq > most || s.Turn < 0 || s.Turn > most {
		return errors.New("a count is out of range")
	}
	e.begin(s.Now)
	e.events, e.seq, e.turn = s.Events, s.Seq, s.Turn
	for _, g := range e.gates {
		g.shut = slices.Contains(s.Shut, g.name)
	}
	for i := range s.Agents {
		if err := e.fillAgent(&s.Agents[i]); err != nil {
			return err
		}
	}
	for i := range s.Tickets {
		if err := e.fillTicket(&s.Tickets[i]); err != nil {
			return err
		}
	}
	for i := range s.Agents {
		if err := e.fillWork(&s.Agents[i]); err != nil {
			return err
		}
	}
	for i := range s.Tickets {
		if err := e.fillLane(&s.Tickets[i]); err != nil {
			return err
		}
	}
	for _, seq := range s.Ended {
		it := e.roll.find(seq)
		if it == nil || it.ended == 0 || it.ending != 0 {
			return fmt.Errorf("ticket number %d has not ended, or twice", seq)
		}
		e.ended.push(it)
	}
	if len(s.Keys) > e.desk.Keys {
		return fmt.Errorf("%d idempotency keys are more than %d", len(s.Keys), e.desk.Keys)
	}
	for _, k := range s.Keys {
		var err error
		if k.Error != "" {
			err = &RepeatError{k.Error}
		}
		if _, known := e.keys.known[k.Key]; known || k.Key == "" {
			return fmt.Errorf("idempotency key %q is empty or stands twice", short(k.Key))
		}
		e.keys.remember(k.Key, kept{k.Kind, k.Outcome, err}, e.desk.Keys)
	}
	return e.restoreWatch(s)
}

func (e *Engine) fillAgent(s *agentState) error {
	if err := s.Agent.Validate(); err != nil {
		return err
	}
	if e.agents[s.ID] != nil || s.Presence > Offline || s.Turn < 0 || s.Turn > e.turn+stride || s.Missed < 0 {
		return fmt.Errorf("agent %q stands twice or has no legal state", s.ID)
	}
	for _, t := range []int64{s.Until, s.RampEnd, s.NextTake, s.IdleSince} {
		if err := ticket.CheckTime(s.ID, "time", instant(t)); err != nil {
			return err
		}
	}
	a := &agent{p: clonedAgent(s.Agent), presence: s.Presence, until: s.Until, rampEnd: s.RampEnd, nextTake: s.NextTake, missed: s.Missed}
	a.p.Live = policy.Live{IdleSince: instant(s.IdleSince), Turn: s.Turn}
	e.agents[a.p.ID] = a
	e.agentOrder = append(e.agentOrder, a)
	e.joinProfile(a)
	a.recount()
	return nil
}

func (e *Engine) fillTicket(s *itemState) error {
	if err := s.Ticket.Validate(); err != nil {
		return err
	}
	if e.tickets[s.ID] != nil || s.Seq == 0 || s.Seq > e.seq || e.roll.find(s.Seq) != nil {
		return fmt.Errorf("ticket %q or its number %d stands twice", s.ID, s.Seq)
	}
	for _, t := range []int64{s.Ended, s.Due, s.Since, s.Until} {
		if err := ticket.CheckTime(s.ID, "time", instant(t)); err != nil {
			return err
		}
	}
	if s.Created.IsZero() || s.Status == ticket.None || s.Status > ticket.Cancelled || s.Status.Ended() != (s.Ended != 0) {
		return fmt.Errorf("ticket %q has no legal state", s.ID)
	}
	it := e.roll.add(s.Seq)
	it.t = policy.Ticket{Ticket: cloned(s.Ticket), LastAgent: s.Last}
	if s.Due != 0 {
		it.t.Due = instant(s.Due)
	}
	it.status, it.ended, it.transfers, it.since = s.Status, s.Ended, s.Transfers, s.Since
	it.until, it.reason, it.by = s.Until, s.Reason, s.By
	if s.Next != "" {
		if it.next = e.agents[s.Next]; it.next == nil {
			it.next = &agent{p: policy.Agent{ID: s.Next}}
		}
	}
	it.weight = e.desk.cost(&it.t.Ticket)
	it.rests = it.status == ticket.OnHold || it.status == ticket.AwaitingFeedback
	e.tickets[it.t.ID] = it
	return nil
}

func (e *Engine) fillWork(s *agentState) error {
	a := e.agents[s.ID]
	take := func(seq uint64) (*item, error) {
		it := e.roll.find(seq)
		if it == nil || it.agent != nil || it.status != ticket.Offered && !it.status.Assigned() {
			return nil, fmt.Errorf("agent %q cannot have ticket number %d", s.ID, seq)
		}
		it.agent = a
		return it, nil
	}
	for _, seq := range s.Work {
		it, err := take(seq)
		if err != nil {
			return err
		}
		a.put(it)
		if g := e.teamOf(it); g != nil {
			g.open++
		}
		e.armItem(it)
	}
	for _, seq := range s.Parked {
		it, err := take(seq)
		if err != nil {
			return err
		}
		it.parked = true
		a.parked = append(a.parked, it)
	}
	e.pool(a)
	e.armAgent(a)
	return nil
}

func (e *Engine) fillLane(s *itemState) error {
	it := e.tickets[s.ID]
	if it.agent == nil && !it.waits() && it.ended == 0 {
		return fmt.Errorf("ticket %q is %s with nobody", s.ID, it.status)
	}
	if !it.waits() {
		if s.Resting || s.Only != "" {
			return fmt.Errorf("ticket %q is %s and cannot wait", s.ID, it.status)
		}
		e.except(it, sorted(s.Except))
		return nil
	}
	e.prepare(it)
	it.only, it.until = nil, s.Until
	e.except(it, sorted(s.Except))
	if s.Only != "" {
		if it.only = e.agents[s.Only]; it.only == nil {
			return fmt.Errorf("ticket %q is held back for an unknown agent %q", s.ID, short(s.Only))
		}
	}
	if !s.Resting {
		e.enlane(it)
	}
	e.armItem(it)
	return nil
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}
