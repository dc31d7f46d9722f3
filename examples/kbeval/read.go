package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/usherdesk/usher/kb"
)

// record is a line of any of the jsonl files.
type record struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Label    string   `json:"label"`
	Title    string   `json:"title"`
	Body     string   `json:"body"`
	Variants []string `json:"variants"`
	Article  string   `json:"article"`
	Articles []string `json:"articles"`

	file string
	line int
}

// read reads a .jsonl or .csv file, gzipped or not. An error names the file
// and the line.
func read(name string) ([]record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var in io.Reader = f
	plain := strings.TrimSuffix(name, ".gz")
	if plain != name {
		if in, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	next := lines(in)
	if strings.HasSuffix(plain, ".csv") {
		next = cells(in)
	}
	var rows []record
	for {
		r := record{file: name}
		if err := next(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, r.fault(err)
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", name)
	}
	return rows, nil
}

// fault says at which line something is wrong.
func (r *record) fault(err error) error { return fmt.Errorf("%s:%d: %w", r.file, r.line, err) }

// lines returns a function that reads one JSON object from each line that is
// not blank.
func lines(in io.Reader) func(*record) error {
	b, n := bufio.NewReader(in), 0
	return func(r *record) error {
		for {
			text, err := b.ReadBytes('\n')
			n++
			r.line = n
			if text = bytes.TrimSpace(text); len(text) > 0 && (err == nil || errors.Is(err, io.EOF)) {
				return json.Unmarshal(text, r)
			}
			if err != nil {
				return err
			}
		}
	}
}

// cells returns a function that reads the text from the first column and the
// label from the second, after a header.
func cells(in io.Reader) func(*record) error {
	c, header := csv.NewReader(in), true
	c.FieldsPerRecord = 2
	c.LazyQuotes = true
	return func(r *record) error {
		for {
			row, err := c.Read()
			if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
				r.line = wrong.StartLine
				return wrong.Err
			} else if err != nil {
				return err
			}
			if header {
				header = false
				continue
			}
			r.line, _ = c.FieldPos(0)
			r.Text, r.Label = row[0], row[1]
			return nil
		}
	}
}

// label gives out-of-scope rows the label kb knows for them.
func (r *record) label() string {
	if r.Label == "oos" || r.Label == "NO_NODES_DETECTED" {
		return kb.None
	}
	return r.Label
}

// answers are the articles that answer a query; none if it is out of scope.
func (r *record) answers() []string {
	if r.Article != "" {
		return []string{r.Article}
	}
	return r.Articles
}
