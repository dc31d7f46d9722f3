package ticket

import (
	"slices"
	"strconv"
	"strings"
)

// Skill names something an agent can do: a product, a language, a system.
type Skill string

// Level is how well: 1 is the least, 0 means "not at all".
type Level uint8

// Rated is a skill with the level an agent has in it.
type Rated struct {
	Skill Skill `json:"skill"`
	Level Level `json:"level"`
}

// Skills are an agent's skills, each with its level.
type Skills []Rated

// Level returns the level of a skill, 0 if it is not among them.
func (s Skills) Level(k Skill) Level {
	for i := range s {
		if s[i].Skill == k {
			return s[i].Level
		}
	}
	return 0
}

// String writes what [ParseSkills] reads.
func (s Skills) String() string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(r.Skill))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(int(r.Level)))
	}
	return b.String()
}

// ParseSkills reads skills as "order:3 refund:2 german"; a skill without a level
// has level 1.
func ParseSkills(s string) (Skills, error) {
	var out Skills
	for f := range strings.FieldsSeq(s) {
		name, level, found := strings.Cut(f, ":")
		r := Rated{Skill: Skill(name), Level: 1}
		if found {
			n, err := strconv.ParseUint(level, 10, 8)
			if err != nil {
				return nil, &WordError{Kind: "skill", Word: shorten(f)}
			}
			r.Level = Level(n)
		}
		if name == "" || r.Level == 0 || out.Level(r.Skill) != 0 {
			return nil, &WordError{Kind: "skill", Word: shorten(f)}
		}
		out = append(out, r)
	}
	return out, nil
}

// Op compares an agent's level with the level that a need names. Whatever the
// comparison, the agent must have the skill at all.
type Op uint8

// The level tests; the zero value asks for at least the level.
const (
	AtLeast Op = iota
	AtMost
	Exactly
)

var opWords = Words{Kind: "op", Names: []string{">=", "<=", "="}}

func (o Op) String() string                { return opWords.Text(int(o)) }
func (o Op) MarshalText() ([]byte, error)  { return opWords.Marshal(int(o)) }
func (o *Op) UnmarshalText(b []byte) error { i, err := opWords.Parse(b); *o = Op(i); return err }

// Need is a skill an agent must have.
type Need struct {
	Skill Skill `json:"skill"`
	Op    Op    `json:"op,omitempty"`
	Level Level `json:"level,omitempty"` // 0 with AtLeast: any level
	Hard  bool  `json:"hard,omitempty"`  // never relaxed, however long the ticket waits
}

// Met tells whether an agent of this level fills the need.
func (n Need) Met(have Level) bool {
	if have == 0 {
		return false
	}
	switch n.Op {
	case AtMost:
		return have <= n.Level
	case Exactly:
		return have == n.Level
	default:
		return have >= n.Level
	}
}

// String writes what [ParseNeeds] reads.
func (n Need) String() string {
	s := string(n.Skill) + n.Op.String() + strconv.Itoa(int(n.Level))
	if n.Hard {
		s += "!"
	}
	return s
}

// ParseNeeds reads needs as "order>=3 german=5! mild<=2 refund": a skill, a level
// test if any level will not do, and a mark "!" if the need may never be relaxed.
func ParseNeeds(s string) ([]Need, error) {
	var out []Need
	for f := range strings.FieldsSeq(s) {
		n, err := parseNeed(f)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func parseNeed(f string) (Need, error) {
	body, hard := strings.CutSuffix(f, "!")
	n := Need{Skill: Skill(body), Op: AtLeast, Level: 1, Hard: hard}
	for i, op := range opWords.Names { // "=" is tried last: it ends the other two
		name, level, found := strings.Cut(body, op)
		if !found {
			continue
		}
		l, err := strconv.ParseUint(level, 10, 8)
		if err != nil {
			return n, &WordError{Kind: "need", Word: shorten(f)}
		}
		n.Skill, n.Op, n.Level = Skill(name), Op(i), Level(l)
		break
	}
	if n.Skill == "" {
		return n, &WordError{Kind: "need", Word: shorten(f)}
	}
	return n, nil
}

// Wish is a skill that makes an agent the better choice, by Weight.
type Wish struct {
	Need
	Weight int `json:"weight"`
}

// Score is the weight of the wishes that an agent fills.
func Score(wishes []Wish, have Skills) int64 {
	var sum int64
	for _, w := range wishes {
		if w.Met(have.Level(w.Skill)) {
			sum += int64(w.Weight)
		}
	}
	return sum
}

// Clone returns a demand that shares no memory with d.
func (d Demand) Clone() Demand {
	d.Tags = slices.Clone(d.Tags)
	d.Required = slices.Clone(d.Required)
	d.Preferred = slices.Clone(d.Preferred)
	return d
}
