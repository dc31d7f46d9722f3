package main

import (
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
}

// read reads a .jsonl or .csv file, gzipped or not.
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
	var rows []record
	if strings.HasSuffix(plain, ".csv") {
		rows, err = readCSV(in)
	} else {
		rows, err = readJSON(in)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: row %d: %w", name, len(rows)+1, err)
	}
	return rows, nil
}

func readJSON(in io.Reader) (rows []record, err error) {
	d := json.NewDecoder(in)
	for {
		var r record
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
}

// readCSV takes the first column for the text and the second for the label.
func readCSV(in io.Reader) (rows []record, err error) {
	c := csv.NewReader(in)
	c.FieldsPerRecord = 2
	c.LazyQuotes = true
	if _, err := c.Read(); err != nil {
		return nil, err
	}
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		rows = append(rows, record{Text: cells[0], Label: cells[1]})
	}
}

// label gives out-of-scope rows the label kb knows for them.
func (r *record) label() string {
	if r.Label == "oos" || r.Label == "NO_NODES_DETECTED" {
		return kb.None
	}
	return r.Label
}
