// Command theory drives the real engine through queues whose answers are known
// exactly, and tells whether it gives them: Erlang C and A, strict and accumulating
// priority, the reserve, earliest due first, agents of unequal speed, and skill
// graphs under first come first served, assign longest idle.
//
//	go run ./theory            a million jobs a case and seed; some minutes
//	go run ./theory -quick     fewer jobs and one seed; tolerances wider accordingly
//
// A tolerance is four standard deviations of one run of a million jobs, relative to
// the expected value; of a probability, relative to it or to its complement, as the
// table says. With n jobs it grows by the square root of a million over n.
package main

import (
	"embed"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"runtime"
	"strings"
	"time"
)

//go:embed tables
var embedded embed.FS

func main() {
	seeds := flag.Int("seeds", 3, "seeds of each case")
	quick := flag.Bool("quick", false, "one seed and fewer jobs")
	jobs := flag.Int("jobs", fullRun, "jobs a case and seed")
	only := flag.String("only", "", "only cases whose name contains this")
	tables := flag.String("tables", "", "folder with golden.json and fcfs_alis.json, in place of those built in")
	flag.Parse()
	files, _ := fs.Sub(embedded, "tables")
	if *tables != "" {
		files = os.DirFS(*tables)
	}
	if *quick {
		*seeds, *jobs = 1, quickRun
	}
	failed, err := prove(files, *seeds, *jobs, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "theory:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

const (
	fullRun  = 1_000_000
	quickRun = 100_000
)

func prove(files fs.FS, seeds, jobs int, only string) (failed int, err error) {
	cases, err := read(files)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	list := make([]string, seeds)
	for i := range list {
		list[i] = fmt.Sprint(seed(i))
	}
	fmt.Printf("%d jobs a run, seeds %s; the column got has one value a seed\n\n", jobs, strings.Join(list, ", "))
	fmt.Printf("%-52s %10s  %-32s %9s\n", "case", "expected", "got", "tolerance")
	passed, ran := 0, 0
	for c := range runAll(cases, seeds, jobs, only) {
		if c.err != nil {
			return 0, fmt.Errorf("%s: %w", c.name, c.err)
		}
		ran += len(c.got) * c.jobs
		good := true
		for i, m := range c.expect {
			tolerance := m.tolerance
			if c.jobs > 0 {
				tolerance *= math.Sqrt(float64(fullRun*c.longer) / float64(c.jobs))
			}
			var got []string
			ok := len(c.got) > 0
			for _, g := range c.got {
				got = append(got, fmt.Sprintf("%.5f", g[i]))
				ok = ok && m.holds(g[i], tolerance)
			}
			if len(c.got) == 0 { // decided without a run
				ok, got = m.exact == m.value, []string{fmt.Sprintf("%.5f", m.exact)}
			}
			good = good && ok
			fmt.Printf("%-52s %10.5f  %-32s %8.2f%%  %s\n", c.name+" "+m.name, m.value, strings.Join(got, " "), 100*tolerance, verdict(ok))
		}
		if good {
			passed++
		} else {
			failed++
		}
	}
	wall := time.Since(began)
	fmt.Printf("\n%d million jobs in %s, %.0f a second, %d at a time\n", ran/1_000_000, wall.Round(time.Second), float64(ran)/wall.Seconds(), runtime.GOMAXPROCS(0))
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	return failed, nil
}

func seed(i int) uint64 { return uint64(i + 1) }

func verdict(ok bool) string {
	if ok {
		return "ok"
	}
	return "FAILED"
}
