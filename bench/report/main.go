// Command report measures usher against the anchors and peers of its budgets, in
// one run, and prints a table and then a line "ratio NAME VALUE budget B" for each
// row. It exits with 1 if a row misses its budget by more than a factor of two:
// machines are noisy, but not that noisy.
//
//	go run ./report            the full run, some minutes
//	go run ./report -quick     about a minute
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/usherdesk/usher/bench/desk"
	"github.com/usherdesk/usher/bench/ratio"
)

func main() {
	quick := flag.Bool("quick", false, "fewer rounds, smaller desks")
	flag.Parse()
	rounds := 7
	if *quick {
		rounds = 3
	}
	began := time.Now()
	rows, err := desk.Rows(rounds, *quick)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	print(rows)
	fmt.Printf("%s %s/%s, %d cores, %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), time.Since(began).Round(time.Second))
	for _, r := range rows {
		if !r.Met(2) {
			os.Exit(1)
		}
	}
}

func print(rows []ratio.Row) {
	fmt.Printf("%-32s %9s %9s %9s %8s %8s\n", "", "median", "min", "max", "must", "aim")
	for _, r := range rows {
		sign, met := "≤", ""
		if r.AtLeast {
			sign = "≥"
		}
		if r.Budget != 0 && !r.Met(1) {
			met = "  over"
		}
		fmt.Printf("%-32s %9.4g %9.4g %9.4g %s%-7g %s%-7g %s%s\n", r.Name, r.Value, r.Min, r.Max, sign, r.Budget, sign, r.Aim, r.Detail, met)
	}
	fmt.Println()
	for _, r := range rows {
		fmt.Println(r)
	}
}
