package kb

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math"
	"strconv"
)

// snapshotVersion is the version that Snapshot writes and Restore reads.
const snapshotVersion = 1

const snapshotHeader = "usher/kb snapshot "

// A SnapshotError says why a snapshot was refused. It wraps ErrSnapshot.
type SnapshotError struct {
	Part  string // of the snapshot, e.g. "version", "checksum", "model"
	Value string // what was found there
}

func (e *SnapshotError) Error() string {
	return fmt.Sprintf("kb: snapshot: %s %q", e.Part, e.Value)
}

// Unwrap returns ErrSnapshot.
func (e *SnapshotError) Unwrap() error { return ErrSnapshot }

// saved is an index as it is written: in the order of the articles, no maps.
type saved struct {
	Synonyms uint64 // fingerprint of the table
	Articles []savedArticle
	Model    *savedModel `json:",omitempty"`
}

type savedArticle struct {
	Article
	Label int    // in the model, or -1
	Votes []vote `json:",omitempty"`
}

// savedModel holds the model's arrays, little endian.
type savedModel struct {
	Sharpness                         float64
	Unknown                           float32
	Slots, Rows, Labels, Weight, Bias []byte
}

// Snapshot writes the whole index: articles, feedback and the trained model.
// An index of the same history gives the same bytes, and so does one that was
// restored from them.
func (x *Index) Snapshot() ([]byte, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := saved{Synonyms: fingerprint(x.config.Synonyms), Articles: []savedArticle{}}
	for _, e := range x.ordered() {
		s.Articles = append(s.Articles, savedArticle{e.Article, int(x.labels[e.slot]), e.votes})
	}
	if m := x.model; m != nil {
		s.Model = &savedModel{m.sharpness, m.unknown, pack(m.slots), pack(m.rows), pack(m.label), pack(m.weight), pack(m.bias)}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("kb: snapshot: %w", err)
	}
	return seal(text), nil
}

// seal puts the header in front of the text.
func seal(text []byte) []byte {
	out := fmt.Appendf(nil, "%s%d %08x\n", snapshotHeader, snapshotVersion, crc32.ChecksumIEEE(text))
	return append(out, text...)
}

// Restore makes an index from a snapshot, in time and memory proportional to
// its length. The config must have the synonyms that the snapshot was made
// with; the rest of it may differ. Damaged data give a *SnapshotError.
func Restore(data []byte, config Config) (*Index, error) {
	head, text, ok := bytes.Cut(data, []byte("\n"))
	rest, known := bytes.CutPrefix(head, []byte(snapshotHeader))
	version, sum, two := bytes.Cut(rest, []byte(" "))
	switch {
	case !ok || !known || !two:
		return nil, &SnapshotError{"header", string(head[:min(len(head), 40)])}
	case string(version) != strconv.Itoa(snapshotVersion):
		return nil, &SnapshotError{"version", string(version[:min(len(version), 40)])}
	case string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)):
		return nil, &SnapshotError{"checksum", string(sum[:min(len(sum), 40)])}
	}
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, &SnapshotError{"body", err.Error()}
	}
	if s.Synonyms != fingerprint(config.Synonyms) {
		return nil, &SnapshotError{"synonyms", strconv.FormatUint(s.Synonyms, 16)}
	}
	x := NewIndex(config)
	labels := 0
	if s.Model != nil {
		if x.model, ok = s.Model.open(); !ok {
			return nil, &SnapshotError{"model", "damaged"}
		}
		labels = len(x.model.bias)
	}
	articles := make([]Article, len(s.Articles))
	for i, a := range s.Articles {
		articles[i] = a.Article
	}
	if err := x.Put(articles...); err != nil {
		return nil, &SnapshotError{"articles", err.Error()}
	}
	taken := make([]bool, labels)
	for _, a := range s.Articles {
		e := x.articles[a.ID]
		if a.Label < -1 || a.Label >= labels || a.Label >= 0 && taken[a.Label] || len(a.Votes) > maxVotes || len(e.votes) > 0 || x.labels[e.slot] >= 0 {
			return nil, &SnapshotError{"article", a.ID}
		}
		if a.Label >= 0 {
			x.labels[e.slot], taken[a.Label] = int32(a.Label), true
		}
		for _, v := range a.Votes {
			terms := x.writer.terms(v.Text)
			if v.Net < -full || v.Net > full || len(terms) == 0 {
				return nil, &SnapshotError{"vote", v.Text}
			}
			x.memory.learn(e, v, terms)
		}
	}
	if len(x.articles) != len(s.Articles) {
		return nil, &SnapshotError{"articles", "an id twice"}
	}
	return x, nil
}

// fingerprint tells synonym tables apart.
func fingerprint(table [][]string) uint64 {
	h := fnv.New64a()
	for _, group := range table {
		for _, w := range group {
			h.Write([]byte(w))
			h.Write([]byte{0})
		}
		h.Write([]byte{1})
	}
	return h.Sum64()
}

// pack writes a slice of fixed-size values.
func pack(v any) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		panic(err) // only for a type without a fixed size
	}
	return b
}

// unpack reads what pack wrote.
func unpack[T any](b []byte, ok *bool) []T {
	var one T
	size := binary.Size(one)
	v := make([]T, len(b)/size)
	if _, err := binary.Decode(b, binary.LittleEndian, v); err != nil || len(b)%size != 0 {
		*ok = false
	}
	return v
}

// open unpacks a model and checks all that scoring relies on.
func (s *savedModel) open() (*model, bool) {
	ok := true
	m := &model{
		slots: unpack[slot](s.Slots, &ok), rows: unpack[row](s.Rows, &ok), label: unpack[uint16](s.Labels, &ok),
		weight: unpack[int8](s.Weight, &ok), bias: unpack[int32](s.Bias, &ok), sharpness: s.Sharpness, unknown: s.Unknown,
	}
	size := len(m.slots)
	if !ok || size == 0 || size&(size-1) != 0 || len(m.rows) == 0 || len(m.label) != len(m.weight) ||
		len(m.bias) == 0 || !sane(m.unknown) || !(m.sharpness > 0 && m.sharpness < 1e3) {
		return nil, false
	}
	free := false
	for _, s := range m.slots {
		if int(s.Row) >= len(m.rows) {
			return nil, false
		}
		free = free || s.Row == 0
	}
	last := uint32(0)
	for _, r := range m.rows {
		if r.First < last || int(r.First) > len(m.weight) || r.Block > 1 || !sane(r.IDF) || !sane(r.Scale) {
			return nil, false
		}
		last = r.First
	}
	for _, c := range m.label {
		if int(c) >= len(m.bias) {
			return nil, false
		}
	}
	return m, free && int(last) == len(m.weight)
}

func sane(x float32) bool { return x >= 0 && float64(x) < math.MaxInt32 }
