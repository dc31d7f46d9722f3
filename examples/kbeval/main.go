// Command kbeval measures package kb on a help desk's own export.
//
// Classification, rows of {"id","text","label"}:
//
//	go run ./examples/kbeval -train train.jsonl -dev dev.jsonl
//
// Matching, articles {"id","title","body","variants"} and queries
// {"id","text","article"} or {"id","text","articles"}; -cold leaves out the
// variants:
//
//	go run ./examples/kbeval -articles articles.jsonl -queries queries.jsonl [-cold]
//
// A file may be gzipped (.gz), and classification also reads a .csv whose
// columns are the text and the label, under a header. Rows labelled "oos" or
// "NO_NODES_DETECTED" belong to no label: they are learnt as such, and scored
// apart, as the share that is rejected by the threshold that keeps 95 % of the
// other rows.
//
// One JSON line goes to standard output; the reliability table behind its
// "ece" (expected calibration error, ten equal bins of confidence) goes to
// standard error.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
)

// report is the line printed. Rates are between 0 and 1; times are of one
// query, single threaded, after a warm-up, over at least 5,000 queries.
type report struct {
	Task      string   `json:"task"`
	Rows      int      `json:"rows"` // scored for hits; out-of-scope rows not counted
	Hit1      float64  `json:"hit1"`
	Hit3      float64  `json:"hit3"`
	Hit5      float64  `json:"hit5"`
	OOSReject *float64 `json:"oos_reject"` // null without out-of-scope rows
	ECE       float64  `json:"ece"`
	P50       float64  `json:"p50_us"`
	P99       float64  `json:"p99_us"`
	TrainMS   float64  `json:"train_ms"`
	HeapMB    float64  `json:"heap_mb"` // what the trained matcher holds
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("kbeval: ")
	switch err := run(os.Args[1:], os.Stdout, os.Stderr); {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		log.Fatal(err)
	}
}

// errUsage says that the flags do not name a task; how to is already said.
var errUsage = errors.New("one of -train and -dev, or -articles and -queries, is missing")

// run measures what the arguments name: the JSON line goes to out, the
// reliability table to notes.
func run(args []string, out, notes io.Writer) error {
	flags := flag.NewFlagSet("kbeval", flag.ContinueOnError)
	flags.SetOutput(notes)
	train := flags.String("train", "", "examples to learn from (classification)")
	dev := flags.String("dev", "", "examples to measure on (classification)")
	articles := flags.String("articles", "", "articles (matching)")
	queries := flags.String("queries", "", "queries with their articles (matching)")
	cold := flags.Bool("cold", false, "leave out the articles' variants")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	var r report
	var table reliability
	var err error
	switch {
	case *train != "" && *dev != "":
		r, table, err = classification(*train, *dev)
	case *articles != "" && *queries != "":
		r, table, err = matching(*articles, *queries, *cold)
	default:
		flags.Usage()
		return errUsage
	}
	if err != nil {
		return err
	}
	fmt.Fprint(notes, table.String())
	return json.NewEncoder(out).Encode(r)
}
