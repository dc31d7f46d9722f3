package router

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usherdesk/usher/sla"
)

// Rules tells, in a word for each part, all that decides on this desk besides its
// commands: the version, the registered policy sets and plans, the hours with the
// zone data they rest on, and the settings. A host that keeps a journal puts it on
// its commands (Command.Rules); a desk under other rules then refuses them with a
// [*MismatchError] that names the part, instead of deciding otherwise in silence.
func (e *Engine) Rules() string { return e.ruleWords }

// Rules is [Engine.Rules].
func (r *Router) Rules() string { return read(r, (*Engine).Rules) }

func (e *Engine) fingerprint() string {
	var sets, plans, hours strings.Builder
	for _, s := range e.desk.sets {
		fmt.Fprintf(&sets, "%q %q %s\n", s.Name, s.Version, s.Stack.Fingerprint())
	}
	for _, p := range append([]*sla.Plan{e.desk.SLA}, e.desk.Plans...) {
		if p != nil {
			fmt.Fprintf(&plans, "%q %d %x\n", p.Name, p.Version, p.Fingerprint())
		}
	}
	own := e.hours()
	for _, name := range slices.Sorted(maps.Keys(own)) {
		fmt.Fprintf(&hours, "%q %s\n", name, own[name])
	}
	return fmt.Sprintf("v%d policies=%s plans=%s hours=%s settings=%s", Version,
		word(sets.String()), word(plans.String()), word(hours.String()), word(e.desk.settings()))
}

// settings are the numbers and words of the Config.
func (d *desk) settings() string {
	c := d.Config
	c.Policy, c.Sets, c.SLA, c.Plans, c.Clock, c.OnEvent = nil, nil, nil, nil, nil, nil
	zone := fmt.Sprint(c.Zone)
	c.Zone = nil
	c.Channels, c.Teams = maps.Clone(c.Channels), slices.Clone(c.Teams)
	for name, ch := range c.Channels {
		ch.Hours = nil
		c.Channels[name] = ch
	}
	for i := range c.Teams {
		c.Teams[i].Hours = nil
	}
	return fmt.Sprintf("%s %+v", zone, c)
}

func word(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:4])
}

// ruled refuses a command that was made under other rules.
func (e *Engine) ruled(c *Command) error {
	if c.Rules == "" || c.Rules == e.ruleWords {
		return nil
	}
	mine, theirs := strings.Fields(e.ruleWords), strings.Fields(c.Rules)
	for i, m := range mine {
		if i < len(theirs) && theirs[i] != m {
			part, _, _ := strings.Cut(m, "=")
			if i == 0 {
				part = "version"
			}
			return &MismatchError{What: "rules of a command: " + part, Want: m, Got: short(theirs[i])}
		}
	}
	return &MismatchError{What: "rules of a command", Want: e.ruleWords, Got: short(c.Rules)}
}
