package router

import (
	"encoding/binary"
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"

	"github.com/usherdesk/usher/policy"
	"github.com/usherdesk/usher/ticket"
)

// want is one distinct demand. Tickets of one want differ for no policy, and which
// profiles may take them is found out once.
type want struct {
	demand ticket.Demand
	alike  *want           // another with this hash
	users  int             // tickets that point here
	keep   int             // agents kept free of it
	ring   int             // the first at which one of its profiles may take it, if it is flat
	flat   bool            // no ring and no Fitter tells one of them from another
	exact  bool            // who has any room has room for it: its weight is 1, its channel has no limits
	gates  []*gate         // of its team and channel
	pools  []int32         // the numbers of the pools for it, one for each profile that may take it
	fits   []match         // beside them those profiles, by index
	may    members         // the indexes of the same profiles
	listed members         // of them, those whose claims name it
	lanes  []*lane         // where its tickets wait that are for everyone, empty ones too
	most   int             // so many of them may be before the empty ones are given up
	held   []*lane         // where those wait that are held back for one agent and concern nobody else, none empty
	extra  []*lane         // where all others wait, none empty
	widths []ticket.Demand // the demand at each ring
	hash   uint64
}

// profile is one distinct description of agents: all that a Qualifier or Fitter
// may look at.
type profile struct {
	pools  []pool       // of agents with room, by channel (0: those without limit) and weight class
	one    [1]pool      // where it lies if it is one, as mostly
	limits []limit      // channels with a limit of their own, sorted
	as     policy.Agent // with no id and nothing in hand
	key    string
	index  int     // among the profiles in use
	lanes  []int32 // numbers of those for everyone of all the wants it fits
	claims []claim // wants with lanes not for everyone; some have none any more
	users  int     // agents
	online int     // of them, those a round of offers asks
}

type limit struct {
	channel ticket.Channel
	most    int
}

// match is a profile that may take a want.
type match struct {
	profile *profile
	pool    *pool   // of its agents with room for the want
	ring    int     // the first ring at which it may
	prefer  []int64 // what the Fitters say, by preference; nil if there are none
}

// members holds small numbers, one bit each.
type members []uint64

func (s members) has(i int) bool { return i>>6 < len(s) && s[i>>6]&(1<<(i&63)) != 0 }

func (s *members) put(i int) {
	for i>>6 >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[i>>6] |= 1 << (i & 63)
}

func (s members) drop(i int) { s[i>>6] &^= 1 << (i & 63) }

// word returns the block of 64 from 64*i on.
func (s members) word(i int) uint64 {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// limited returns the index of the channel among those with a limit, -1 if it has
// none.
func (p *profile) limited(c ticket.Channel) int {
	for i := range p.limits {
		if p.limits[i].channel == c {
			return i
		}
	}
	return -1
}

// wantOf returns what a ticket of the given weight asks for, by the stack in use.
func (e *Engine) wantOf(t *policy.Ticket, weight int) *want {
	e.rules.Shape(t, weight, &e.demand)
	return e.intern(&e.demand)
}

// intern returns the want of a demand, finding out who may take it if it is new.
func (e *Engine) intern(d *ticket.Demand) *want {
	h := hashDemand(d)
	for w := e.wants[h]; w != nil; w = w.alike {
		if sameDemand(&w.demand, d) {
			return w
		}
	}
	e.forgetWants()
	e.useClass(d.Weight)
	w := &want{demand: d.Clone(), hash: h, most: 64, flat: true, exact: d.Weight == 1}
	w.keep = e.rules.Keep(&w.demand)
	for ring := 0; ; ring++ {
		if _, ok := e.rules.After(ring); !ok {
			break
		}
		w.widths = append(w.widths, e.rules.Widen(w.demand, ring))
	}
	if g := e.gates["team "+d.Team]; g != nil && d.Team != "" {
		w.gates = append(w.gates, g)
	}
	if g := e.gates["channel "+string(d.Channel)]; g != nil {
		w.gates = append(w.gates, g)
	}
	for _, p := range e.profileOrder {
		if p != nil {
			e.meet(w, p)
		}
	}
	// Known only now: of a want whose policy panics nothing is left behind.
	for _, g := range w.gates {
		g.wants = append(g.wants, w)
	}
	w.alike, e.wants[h] = e.wants[h], w
	e.wantOrder = append(e.wantOrder, w)
	return w
}

// meet records whether a profile may take a want.
func (e *Engine) meet(w *want, p *profile) {
	for ring := range w.widths {
		if e.rules.Qualifies(&p.as, &w.widths[ring]) != "" {
			continue
		}
		m := match{profile: p, ring: ring, pool: e.poolFor(p, w)}
		for i, pref := range e.rules.Preferences {
			if pref.Fit != nil {
				if m.prefer == nil {
					m.prefer = make([]int64, len(e.rules.Preferences))
				}
				m.prefer[i] = pref.Fit.Fit(&p.as, &w.demand)
			}
		}
		if len(w.extra) > 0 {
			w.claim(&m)
		}
		at, _ := w.place(p)
		w.fits, w.pools = slices.Insert(w.fits, at, m), slices.Insert(w.pools, at, m.pool.number)
		w.may.put(p.index)
		other := &w.fits[0]
		if at == 0 {
			other = &w.fits[len(w.fits)-1]
		}
		w.ring = ring
		w.exact = w.exact && p.limited(w.demand.Channel) < 0
		w.flat = w.flat && m.ring == other.ring && slices.Equal(m.prefer, other.prefer)
		for _, l := range w.lanes {
			if ring <= l.ring {
				p.lanes = append(p.lanes, l.number)
			}
		}
		return
	}
}

// place returns where a profile stands among those that fit, and whether it does.
func (w *want) place(p *profile) (int, bool) {
	return slices.BinarySearchFunc(w.fits, p.index, func(m match, index int) int { return m.profile.index - index })
}

// fit returns the match of a profile with a want, nil if there is none.
func (w *want) fit(p *profile) *match {
	if !w.may.has(p.index) {
		return nil
	}
	at, _ := w.place(p)
	return &w.fits[at]
}

// idleWants is how many demands nobody has are remembered, beyond as many as are
// in use, before they are dropped together.
const idleWants = 4096

func (e *Engine) forgetWants() {
	if len(e.wantOrder) < e.wantLimit {
		return
	}
	dead := func(w *want) bool { return w.users == 0 }
	for _, p := range e.profileOrder {
		if p != nil {
			p.lanes = slices.DeleteFunc(p.lanes, func(n int32) bool { return dead(e.lanes[n].want) })
			p.claims = slices.DeleteFunc(p.claims, func(c claim) bool { return dead(c.want) })
		}
	}
	for _, g := range e.gates {
		g.wants = slices.DeleteFunc(g.wants, dead)
	}
	clear(e.wants)
	for _, w := range e.wantOrder {
		if !dead(w) {
			w.alike, e.wants[w.hash] = e.wants[w.hash], w
			continue
		}
		for _, l := range w.lanes {
			e.dropLane(l)
		}
	}
	e.wantOrder = slices.DeleteFunc(e.wantOrder, dead)
	e.wantLimit = 2*len(e.wantOrder) + idleWants
}

// enroll gives an agent its profile, a new one if nobody else has it.
func (e *Engine) enroll(a *agent) {
	e.scratch = appendProfile(e.scratch[:0], &a.p)
	p, ok := e.profiles[string(e.scratch)]
	if !ok {
		p = &profile{key: string(e.scratch), as: a.p}
		p.as.ID, p.as.Capacity, p.as.Weight, p.as.Live = "", 0, 0, policy.Live{}
		for _, c := range slices.Sorted(maps.Keys(a.p.Channels)) {
			if n := a.p.Channels[c]; n > 0 {
				p.limits = append(p.limits, limit{c, n})
			}
		}
		e.newPools(p)
		e.profiles[p.key] = p
		if p.index = slices.Index(e.profileOrder, nil); p.index < 0 {
			p.index = len(e.profileOrder)
			e.profileOrder = append(e.profileOrder, nil)
		}
		e.profileOrder[p.index] = p
		for _, w := range e.wantOrder {
			e.meet(w, p)
		}
		e.gatherCrowd()
	}
	p.users++
	a.profile = p
}

// disenroll lets go of an agent's profile, and drops it if nobody else has it.
func (e *Engine) disenroll(a *agent) {
	p := a.profile
	if p.users--; p.users > 0 {
		return
	}
	delete(e.profiles, p.key)
	e.profileOrder[p.index] = nil
	e.dropPools(p)
	for _, w := range e.wantOrder {
		if at, ok := w.place(p); ok {
			w.fits, w.pools = slices.Delete(w.fits, at, at+1), slices.Delete(w.pools, at, at+1)
			w.may.drop(p.index)
			if w.listed.has(p.index) {
				w.listed.drop(p.index)
			}
		}
	}
}

// weightClasses are the powers of two that a weight may reach: class c holds the
// weights from 1<<c. An agent is in the pool of a class if so much room is left;
// whether a ticket's exact weight fits is asked of each.
const weightClasses = 20

func weightClass(weight int) int { return min(bits.Len(uint(weight))-1, weightClasses-1) }

// sameDemand tells whether two demands ask for the same.
func sameDemand(d, f *ticket.Demand) bool {
	return d.Channel == f.Channel && d.Weight == f.Weight && d.Team == f.Team && d.Level == f.Level &&
		d.Tier == f.Tier && d.Type == f.Type && d.Location == f.Location &&
		slices.Equal(d.Required, f.Required) && slices.Equal(d.Preferred, f.Preferred) && slices.Equal(d.Tags, f.Tags)
}

// hashDemand is the same for equal demands. It differs from process to process, and
// decides nothing.
func hashDemand(d *ticket.Demand) uint64 {
	h := maphash.String(seed, string(d.Channel))
	mix := func(n uint64) { h = (bits.RotateLeft64(h, 23) ^ n) * 0x9e3779b97f4a7c15 }
	text := func(s string) {
		if s != "" {
			mix(maphash.String(seed, s))
		}
	}
	mix(uint64(d.Weight)<<32 ^ uint64(d.Level))
	mix(uint64(uint32(d.Location.Lat))<<32 ^ uint64(uint32(d.Location.Lon)))
	text(d.Team)
	text(string(d.Tier))
	text(string(d.Type))
	for _, n := range d.Required {
		text(string(n.Skill))
		mix(uint64(n.Op)<<8 ^ uint64(n.Level))
	}
	for _, w := range d.Preferred {
		text(string(w.Skill))
		mix(uint64(w.Level) ^ uint64(w.Weight)<<8)
	}
	for _, s := range d.Tags {
		text(s)
	}
	return h
}

var seed = maphash.MakeSeed()

// appendProfile and appendName write unambiguous keys.
func appendProfile(b []byte, a *policy.Agent) []byte {
	b = binary.AppendUvarint(b, uint64(len(a.Skills)))
	for _, r := range a.Skills {
		b = append(appendName(b, string(r.Skill)), byte(r.Level))
	}
	if a.Channels != nil {
		b = append(b, 1)
	}
	for _, c := range slices.Sorted(maps.Keys(a.Channels)) {
		b = binary.AppendVarint(appendName(b, string(c)), int64(a.Channels[c]))
	}
	b = append(b, 0)
	for _, list := range [...][]string{a.Teams, a.Tags} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, s := range list {
			b = appendName(b, s)
		}
	}
	b = binary.AppendVarint(b, int64(a.Level))
	return appendPoint(b, a.Location)
}

func appendPoint(b []byte, p ticket.Point) []byte {
	return binary.AppendVarint(binary.AppendVarint(b, int64(p.Lat)), int64(p.Lon))
}

func appendName(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
