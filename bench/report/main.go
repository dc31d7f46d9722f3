// Command report measures usher against the anchors and peers of its budgets, in
// one run, and prints a table and then a line "ratio NAME VALUE budget B" for each
// row. It exits with 1 if a row misses its budget by more than a factor of two:
// machines are noisy, but not that noisy. A desk that disagrees with its naive model
// is an error that names the row, with no table at all. It writes nothing.
//
//	go run ./report                the full run, about ten minutes
//	go run ./report -quick         smaller desks and fewer rounds, about two minutes
//	go run ./report -shared DIR    the matching tasks on the data sets in DIR
//	go run ./report -known A,B     rows A and B are known to miss: say so, and go on
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/usherdesk/usher/bench/desk"
	"github.com/usherdesk/usher/bench/match"
	"github.com/usherdesk/usher/bench/promise"
	"github.com/usherdesk/usher/bench/ratio"
)

func main() {
	quick := flag.Bool("quick", false, "smaller desks, fewer rounds")
	shared := flag.String("shared", os.Getenv("USHER_SHARED"), "directory of the data sets for matching; empty: own small sets")
	known := flag.String("known", "", "rows that are known to miss by more than twice, separated by commas")
	flag.Parse()
	rounds := 7
	if *quick {
		rounds = 5
	}
	began := time.Now()
	var rows []ratio.Row
	for _, part := range []func() ([]ratio.Row, error){
		func() ([]ratio.Row, error) { return desk.Rows(rounds, *quick) },
		func() ([]ratio.Row, error) { return promise.Rows(rounds, *quick) },
		func() ([]ratio.Row, error) { return match.Rows(*shared, rounds) },
	} {
		more, err := part()
		if err != nil {
			fmt.Fprintln(os.Stderr, "report:", err)
			os.Exit(1)
		}
		rows = append(rows, more...)
		runtime.GC()
	}
	print(rows)
	fmt.Printf("%s %s/%s, %d cores, %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Since(began).Round(time.Second))
	gross := 0
	for _, r := range rows {
		switch {
		case r.Met(2):
		case slices.Contains(strings.Split(*known, ","), r.Name):
			fmt.Printf("gross miss, known: %s\n", r)
		default:
			fmt.Printf("gross miss: %s\n", r)
			gross++
		}
	}
	if gross > 0 {
		os.Exit(1)
	}
}

func print(rows []ratio.Row) {
	fmt.Printf("%-32s %9s %9s %9s %8s %8s\n", "", "median", "min", "max", "must", "aim")
	for _, r := range rows {
		met := ""
		if !r.Met(1) {
			met = "  over"
		}
		fmt.Printf("%-32s %9.4g %9.4g %9.4g %8s %8s %s%s\n", r.Name, r.Value, r.Min, r.Max, bound(r, r.Budget), bound(r, r.Aim), r.Detail, met)
	}
	fmt.Println()
	for _, r := range rows {
		fmt.Println(r)
	}
}

func bound(r ratio.Row, b float64) string {
	switch {
	case b == 0:
		return "-"
	case r.AtLeast:
		return fmt.Sprintf("≥ %g", b)
	}
	return fmt.Sprintf("≤ %g", b)
}
