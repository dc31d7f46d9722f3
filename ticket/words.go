package ticket

import "strconv"

// Channel is the way a ticket came in. Hosts may define their own.
type Channel string

// The usual channels.
const (
	Phone  Channel = "phone"
	Web    Channel = "web" // chat on a web site
	App    Channel = "app" // chat inside an app
	Social Channel = "social"
	Email  Channel = "email"
	Store  Channel = "store" // walk-in
)

// Type is what a ticket is about. Hosts may define their own.
type Type string

// The usual types.
const (
	Inquiry    Type = "inquiry"
	Complaint  Type = "complaint"
	Suggestion Type = "suggestion"
	AfterSales Type = "after-sales"
	Other      Type = "other"
)

// Tier is the standing of a customer. Hosts may define their own.
type Tier string

// The tiers that the built-in policies know.
const (
	Regular Tier = ""
	VIP     Tier = "vip"
)

// Priority tells how urgent a ticket is: the lower the number, the sooner. The
// named ones leave room for a host's own between them; the zero value is Normal.
type Priority int8

// The priority presets.
const (
	P0     Priority = -20 // the house is on fire
	Urgent Priority = -10
	Normal Priority = 0
	Low    Priority = 10
)

var priorityNames = map[Priority]string{P0: "P0", Urgent: "urgent", Normal: "normal", Low: "low"}

// String returns the preset's name, or the number of a priority that has none.
func (p Priority) String() string {
	if s, ok := priorityNames[p]; ok {
		return s
	}
	return strconv.Itoa(int(p))
}

// MarshalText writes what String returns.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a preset's name or a number from -128 to 127.
func (p *Priority) UnmarshalText(b []byte) error {
	for q, s := range priorityNames {
		if s == string(b) {
			*p = q
			return nil
		}
	}
	n, err := strconv.ParseInt(string(b), 10, 8)
	if err != nil {
		return &WordError{Kind: "priority", Word: shorten(string(b))}
	}
	*p = Priority(n)
	return nil
}

// Words are the names of an enumeration whose values count up from zero. They
// give every enumeration of usher the same text encoding: a lower-case word, and
// a [*WordError] for what is none.
type Words struct {
	Kind  string // what the names are names of, for the error
	Names []string
}

// Text returns the name of a value, or one that tells its number.
func (w Words) Text(i int) string {
	if i < 0 || i >= len(w.Names) {
		return w.Kind + "(" + strconv.Itoa(i) + ")"
	}
	return w.Names[i]
}

// Marshal returns the name of a value that has one.
func (w Words) Marshal(i int) ([]byte, error) {
	if i < 0 || i >= len(w.Names) {
		return nil, &WordError{Kind: w.Kind, Word: strconv.Itoa(i)}
	}
	return []byte(w.Names[i]), nil
}

// Parse returns the value of a name.
func (w Words) Parse(b []byte) (int, error) {
	for i, s := range w.Names {
		if s == string(b) {
			return i, nil
		}
	}
	return 0, &WordError{Kind: w.Kind, Word: shorten(string(b))}
}
