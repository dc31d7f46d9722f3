package sla

import (
	"strconv"

	"github.com/usherdesk/usher/ticket"
)

// The words of the enumerations, as String, MarshalText and UnmarshalText know them.

func text(words []string, kind string, i uint8) string {
	if int(i) < len(words) {
		return words[i]
	}
	return kind + "(" + strconv.Itoa(int(i)) + ")"
}

func marshal(words []string, kind string, i uint8) ([]byte, error) {
	if int(i) < len(words) {
		return []byte(words[i]), nil
	}
	return nil, &ticket.WordError{Kind: kind, Word: strconv.Itoa(int(i))}
}

func unmarshal[T ~uint8](words []string, kind string, b []byte, to *T) error {
	for i, w := range words {
		if w == string(b) {
			*to = T(i)
			return nil
		}
	}
	return &ticket.WordError{Kind: kind, Word: cut(string(b))}
}

func (x Metric) String() string                { return text(metricWords[:], "metric", uint8(x)) }
func (x Metric) MarshalText() ([]byte, error)  { return marshal(metricWords[:], "metric", uint8(x)) }
func (x *Metric) UnmarshalText(b []byte) error { return unmarshal(metricWords[:], "metric", b, x) }

func (x Begin) String() string                { return text(beginWords[:], "begin", uint8(x)) }
func (x Begin) MarshalText() ([]byte, error)  { return marshal(beginWords[:], "begin", uint8(x)) }
func (x *Begin) UnmarshalText(b []byte) error { return unmarshal(beginWords[:], "begin", b, x) }

func (x Whose) String() string                { return text(whoseWords[:], "hours", uint8(x)) }
func (x Whose) MarshalText() ([]byte, error)  { return marshal(whoseWords[:], "hours", uint8(x)) }
func (x *Whose) UnmarshalText(b []byte) error { return unmarshal(whoseWords[:], "hours", b, x) }

func (x Action) String() string                { return text(actionWords[:], "action", uint8(x)) }
func (x Action) MarshalText() ([]byte, error)  { return marshal(actionWords[:], "action", uint8(x)) }
func (x *Action) UnmarshalText(b []byte) error { return unmarshal(actionWords[:], "action", b, x) }

func (x EventKind) String() string                { return text(eventWords[:], "event", uint8(x)) }
func (x EventKind) MarshalText() ([]byte, error)  { return marshal(eventWords[:], "event", uint8(x)) }
func (x *EventKind) UnmarshalText(b []byte) error { return unmarshal(eventWords[:], "event", b, x) }
