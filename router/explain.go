package router

import (
	"log/slog"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// Reason is a rule that keeps a ticket from an agent, or from everyone.
type Reason string

// The reasons, in the order in which they are asked: those of the ticket, those of
// the agent, those between the two.
const (
	ReasonPull         Reason = "waits to be taken"              // its channel is in Pull mode
	ReasonClosed       Reason = "closed"                         // its team or channel is outside its hours
	ReasonTeamLimit    Reason = "team limit"                     // its team has as many in hand as allowed
	ReasonResting      Reason = "rests until the next round"     // everyone online had declined it
	ReasonUnqualified  Reason = "unqualified"                    // Rule tells which rule says so
	ReasonRing         Reason = "ring not open"                  // qualifies only once the demand widens
	ReasonOffline      Reason = "offline"                        //
	ReasonAway         Reason = "away"                           //
	ReasonWrapUp       Reason = "wrap-up"                        //
	ReasonRamp         Reason = "ramp"                           // came back a moment ago: the next one a little later
	ReasonDeclined     Reason = "declined"                       // this agent, this round; or passed it on
	ReasonSticky       Reason = "held for another agent"         //
	ReasonCapacity     Reason = "capacity"                       //
	ReasonChannelLimit Reason = "channel limit"                  //
	ReasonReserve      Reason = "kept free"                      // for VIPs, or as the policy says
	ReasonHasIt        Reason = "has it already"                 // of a manual move
	ReasonNobody       Reason = "nobody qualifies"               // of a waiting ticket as a whole
	ReasonAbsent       Reason = "nobody who qualifies is online" // of a waiting ticket as a whole
	ReasonBusy         Reason = "all who qualify are busy"       // of a waiting ticket as a whole
)

// Verdict is what keeps a ticket from one agent; no Reason means nothing does.
type Verdict struct {
	Agent  string `json:"agent"`
	Reason Reason `json:"reason,omitempty"`
	Rule   string `json:"rule,omitempty"` // of ReasonUnqualified: the policy's name, or channel, team, level
}

// Explanation tells why a ticket is where it is.
type Explanation struct {
	Ticket string        `json:"ticket"`
	Status ticket.Status `json:"status"`
	// Agent has it or is offered it. Next would have got it otherwise, if there was
	// anyone; By is the rule that told the two apart.
	Agent string `json:"agent,omitempty"`
	Next  string `json:"next,omitempty"`
	By    string `json:"by,omitempty"`
	// Of a waiting ticket: the reason as a whole, and for each agent, by id, the
	// first rule that stops it.
	Reason Reason    `json:"reason,omitempty"`
	Agents []Verdict `json:"agents,omitempty"`
}

// LogValue groups the fields that are set.
func (x Explanation) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("ticket", x.Ticket), slog.String("status", x.Status.String())}
	for _, f := range [...]struct{ k, v string }{
		{"agent", x.Agent}, {"next", x.Next}, {"by", x.By}, {"reason", string(x.Reason)}} {
		if f.v != "" {
			attrs = append(attrs, slog.String(f.k, f.v))
		}
	}
	return slog.GroupValue(attrs...)
}

// Explain tells why a ticket waits, for every agent, or why its agent has it. It
// asks the predicates by which the desk decides.
func (e *Engine) Explain(id string) (Explanation, error) {
	it := e.tickets[id]
	if it == nil {
		return Explanation{}, &IDError{ErrUnknownTicket, short(id)}
	}
	x := Explanation{Ticket: id, Status: it.status, Agent: it.holder()}
	if it.agent != nil {
		x.Next, x.By = it.next.id(), it.by
	}
	if it.waits() {
		x.Reason = e.holdup(it)
		x.Agents = e.verdicts(e.questionOf(it))
	}
	return x, nil
}

// Preview tells what would become of a ticket submitted now, without doing it: who
// would get it, who would be next, or why it would wait.
func (e *Engine) Preview(t ticket.Ticket) (Explanation, error) {
	if err := e.admit(&t); err != nil {
		return Explanation{}, err
	}
	it := &item{t: policy.Ticket{Ticket: t}, status: ticket.ToAssign, since: e.now, weight: e.desk.cost(&t)}
	if t.Created.IsZero() {
		it.t.Created = instant(e.now)
	}
	e.prepare(it)
	it.until = 0 // it would be held back, not rest
	defer e.rewant(it, nil)
	x := Explanation{Ticket: t.ID, Status: it.status}
	k := laneKey{want: it.want, ring: it.ring, only: it.only}
	c := e.pick(&k)
	if c.agent == nil {
		x.Reason, x.Agents = e.holdup(it), e.verdicts(e.questionOf(it))
		return x, nil
	}
	x.Status, x.Agent = ticket.InProgress, c.agent.p.ID
	if e.desk.mode(t.Channel) == Offers {
		x.Status = ticket.Offered
	}
	x.Next, x.By = c.next.id(), c.by
	return x, nil
}

// question is what a ticket asks of an agent: who may take it, and who not.
type question struct {
	want    *want
	ring    int
	except  *exception
	only    *agent
	resting bool
	byHand  bool  // a person moves it: it need not wait to be taken, nor for a round
	held    *item // the ticket, if it is in work: its own place there counts as free
	counted *gate // the team that counts it already
}

// questionOf is the question a ticket asks as it stands.
func (e *Engine) questionOf(it *item) question {
	if !it.waits() {
		return e.questionAs(it, it.t.Ticket)
	}
	if it.want == nil { // a resting ticket that was altered
		return question{want: e.wantAs(it, it.t.Ticket), ring: it.ring, except: it.except, resting: true}
	}
	return question{want: it.want, ring: it.ring, except: it.except, only: it.only, resting: it.resting() && it.until != 0}
}

// questionAs is the question it would ask with other attributes, from scratch.
func (e *Engine) questionAs(it *item, t ticket.Ticket) question {
	q := question{want: e.wantAs(it, t)}
	if it.agent != nil && !it.parked {
		q.held, q.counted = it, e.teamOf(it)
	}
	return q
}

func (e *Engine) wantAs(it *item, t ticket.Ticket) *want {
	as := it.t
	as.Ticket = t
	return e.wantOf(&as, e.desk.cost(&t))
}

func (e *Engine) verdicts(q question) []Verdict {
	out := make([]Verdict, 0, len(e.agents))
	for _, a := range e.sortedAgents() {
		out = append(out, e.verdict(q, a))
	}
	return out
}

// verdict is the first rule that keeps a ticket from an agent. Its parts are what
// the indexes are kept by: the parts of shut, want.fit, available, room and reserved.
func (e *Engine) verdict(q question, a *agent) Verdict {
	v := Verdict{Agent: a.p.ID}
	m := q.want.fit(a.profile)
	d := &q.want.demand
	switch {
	case !q.byHand && e.desk.mode(d.Channel) == Pull:
		v.Reason = ReasonPull
	case q.want.gated(q.counted) != "":
		v.Reason = q.want.gated(q.counted)
	case q.resting && !q.byHand:
		v.Reason = ReasonResting
	case m == nil:
		v.Reason = ReasonUnqualified
		v.Rule = e.rules.Qualifies(&a.profile.as, &q.want.widths[len(q.want.widths)-1])
	case m.ring > q.ring:
		v.Reason = ReasonRing
		v.Rule = e.rules.Qualifies(&a.profile.as, &q.want.widths[q.ring])
	case a.available(e.now) != "":
		v.Reason = a.available(e.now)
	case q.except.has(a.p.ID):
		v.Reason = ReasonDeclined
	case q.only != nil && q.only != a:
		v.Reason = ReasonSticky
	case q.room(a) != "":
		v.Reason = q.room(a)
	case e.reserved(q.want, q.ring):
		v.Reason = ReasonReserve
	}
	return v
}

// room tells whether the ticket fits what an agent has room for.
func (q *question) room(a *agent) Reason {
	d := &q.want.demand
	if q.held == nil || q.held.agent != a {
		return a.room(d.Channel, d.Weight)
	}
	more := d.Weight - q.held.weight
	switch {
	case d.Channel != q.held.t.Channel:
		return a.room(d.Channel, more)
	case more > 0 && a.p.Live.Load+more > a.p.Capacity:
		return ReasonCapacity
	}
	return ""
}

// holdup is why a waiting ticket waits, as a whole.
func (e *Engine) holdup(it *item) Reason {
	switch {
	case it.want == nil, it.lane == nil && it.until != 0:
		return ReasonResting
	case e.shut(it.want) != "":
		return e.shut(it.want)
	case it.only != nil:
		return ReasonSticky
	case len(it.want.fits) == 0:
		return ReasonNobody
	case !it.want.online(it.ring):
		return it.want.absence(it.ring)
	case it.want.keep > 0 && e.roomy(it.want, it.ring, 1) > 0:
		return ReasonReserve
	}
	return ReasonBusy
}

// online tells whether anybody who may take the want at a ring can be asked.
func (w *want) online(ring int) bool {
	for i := range w.fits {
		if m := &w.fits[i]; m.ring <= ring && m.profile.online > 0 {
			return true
		}
	}
	return false
}

// absence is why nobody can be asked at a ring: they are not there, or there will
// be somebody only once the demand widens.
func (w *want) absence(ring int) Reason {
	for i := range w.fits {
		if w.fits[i].ring <= ring {
			return ReasonAbsent
		}
	}
	return ReasonRing
}
