package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/usherdesk/usher/ticket"
)

// Stack is a composition of policies, the first the most important.
type Stack []Policy

// Check names every fault of the stack, joined; each is a [*FaultError].
func (s Stack) Check() error {
	var faults []error
	fault := func(p string, problem string) { faults = append(faults, &FaultError{Policy: p, Problem: problem}) }
	seen := map[reflect.Type]bool{}
	var pace, turn, widen, stick string
	once := func(earlier *string, name, what string) {
		if *earlier != "" {
			fault(name, what+" already set by "+*earlier)
		}
		*earlier = name
	}
	for i, p := range s {
		if isNil(p) {
			fault(fmt.Sprintf("#%d", i), "is nil")
			continue
		}
		name := p.Name()
		if err := ticket.CheckName(fmt.Sprintf("policy #%d", i), "name", name, true); err != nil {
			faults = append(faults, err)
		}
		if !plays(p) {
			fault(name, "plays no role: it would decide nothing")
		}
		if t := reflect.TypeOf(p); seen[t] && t.PkgPath() == reflect.TypeFor[Skill]().PkgPath() {
			fault(name, "stands in the stack twice")
		} else {
			seen[t] = true
		}
		if c, ok := p.(Checker); ok {
			if err := c.Check(); err != nil {
				faults = append(faults, err)
			}
		}
		switch p.(type) {
		case Deadline, Aging:
			once(&pace, name, "the order inside a class is")
		case LongestIdle, RoundRobin:
			once(&turn, name, "whose turn it is, which leaves no ties, is")
		}
		if w, ok := p.(Widener); ok {
			if _, more := w.After(MaxRings + 1); more && reflect.TypeOf(p) != reflect.TypeFor[Rings]() { // it says so itself
				fault(name, fmt.Sprintf("has more than %d rings", MaxRings))
			}
			once(&widen, name, "rings are")
		}
		if _, ok := p.(Sticker); ok {
			once(&stick, name, "stickiness is")
		}
	}
	if seen[reflect.TypeFor[Priority]()] && seen[reflect.TypeFor[Aging]()] {
		fault(Aging{}.Name(), "never lets a ticket overtake while Priority keeps strict classes")
	}
	for _, p := range s {
		if r, ok := p.(Rings); ok && r.skills() && !seen[reflect.TypeFor[Skill]()] {
			fault(r.Name(), "relaxes skills, which nothing in the stack asks for")
		}
	}
	if len(faults) == 0 {
		u := FirstCome(time.Time{})
		for _, p := range s {
			if o, ok := p.(Orderer); ok {
				u = o.Order(&Ticket{}, u)
			}
		}
		if u.depth > maxDepth {
			fault("stack", fmt.Sprintf("orders by %d classes, more than %d", u.depth, maxDepth))
		}
	}
	return errors.Join(faults...)
}

func isNil(p Policy) bool {
	if p == nil {
		return true
	}
	v := reflect.ValueOf(p)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func plays(p Policy) bool {
	switch p.(type) {
	case Shaper, Qualifier, Fitter, Ranker, Orderer, Keeper, Sticker, Widener:
		return true
	}
	return false
}

// Fingerprint tells stacks apart: it is made of the names of the policies, which
// carry their parameters, in order.
func (s Stack) Fingerprint() string {
	h := sha256.New()
	for _, p := range s {
		fmt.Fprintf(h, "%q\n", p.Name())
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
