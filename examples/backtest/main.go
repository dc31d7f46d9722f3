// Command backtest shows what a routing policy would have done with a log of real
// calls, side by side with others. It drives the real router with the log's
// arrivals, service times and agents, as fast as the machine allows.
//
//	go run ./examples/backtest
//	go run ./examples/backtest -calls FILE -format bank|csv|incidents [-agents FILE]
//	    -policy fcfs,priority,vip-reserve,vip-headstart,aging,deadline,least-loaded,push
//	    [-from D -to D] [-seeds N] [-json] [-html FILE]
//	go run ./examples/backtest -calls FILE -format bank -forecast
//
// Without flags it takes a small made-up log of its own. When agents were there is
// read off the log, unless -agents says it: from the beginning of one call to the
// end of the next that the agent served, unless more than -gap lies between. An
// agent at the end of a shift finishes the call in hand.
package main

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

//go:embed day.csv
var ownLog []byte

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "backtest:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("backtest", flag.ContinueOnError)
	var names []string
	for _, p := range policies {
		names = append(names, p.name)
	}
	calls := flags.String("calls", "", "log to read, plain or gzip; unset: a small log of the example's own")
	format := flags.String("format", "csv", "form of the log: bank, csv or incidents")
	agents := flags.String("agents", "", "CSV file of who is there and when: id,from,to[,capacity,level,teams]")
	list := flags.String("policy", strings.Join(names, ","), "policies to compare")
	from := flags.String("from", "", "first day, as 2023-10-09")
	to := flags.String("to", "", "last day")
	seeds := flags.Int("seeds", 1, "how often to draw what the log does not tell")
	asJSON := flags.Bool("json", false, "print one JSON object a line for each policy and class")
	html := flags.String("html", "", "file to write a page with charts to")
	rows := flags.Bool("rows", false, "name every row with a fault, not the first few")
	forecast := flags.Bool("forecast", false, "measure how far off the expected wait is, instead of comparing policies")
	gap := flags.Duration("gap", 10*time.Minute, "longest time between two calls that an agent is taken to be there")
	var s settings
	flags.IntVar(&s.reserve, "reserve", 1, "agents kept free by vip-reserve")
	flags.DurationVar(&s.headStart, "head-start", 90*time.Second, "head start of vip-headstart")
	flags.DurationVar(&s.promise[vip], "promise-vip", 20*time.Second, "promised to VIPs: what deadline goes by, and attainment counts")
	flags.DurationVar(&s.promise[regular], "promise", time.Minute, "promised to others")
	flags.DurationVar(&s.patience, "patience", 236*time.Second, "mean patience beyond the wait seen of who was served; 0: without end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	rec, err := load(*calls, *format)
	if err != nil {
		return err
	}
	if err := days(rec, *from, *to); err != nil {
		return err
	}
	s.oneByOne = *format != "incidents"
	if *agents != "" {
		data, err := open(*agents)
		if err != nil {
			return err
		}
		if err := rec.readAgents(bytes.NewReader(data)); err != nil {
			return fmt.Errorf("%s: %w", *agents, err)
		}
	} else {
		capacity := 1
		if !s.oneByOne {
			capacity = 0 // as many at once as the log shows
		}
		rec.presence(*gap, capacity)
	}
	source := "The example's own log"
	if *calls != "" {
		source = *calls
	}
	if source = fmt.Sprintf("%s: %d rows, %d calls, %d agents", source, rec.rows, len(rec.calls), len(rec.agents)); *asJSON {
		fmt.Fprintln(os.Stderr, source)
		rec.faults.print(os.Stderr, *rows)
	} else {
		fmt.Fprintf(out, "%s, %d rows dropped\n", source, rec.faults.dropped())
		rec.faults.print(out, *rows)
		fmt.Fprintln(out)
	}
	if len(rec.calls) == 0 || len(rec.agents) == 0 {
		return errors.New("the log has no calls that were served")
	}
	if *forecast {
		return forecasts(out, rec, s, *seeds)
	}
	results, was, err := compare(rec, strings.Split(*list, ","), s, *seeds)
	if err != nil {
		return err
	}
	if *html != "" {
		var faults strings.Builder
		rec.faults.print(&faults, false)
		var b bytes.Buffer
		if err := writeHTML(&b, results, source, *seeds, faults.String()); err != nil {
			return err
		}
		if err := os.WriteFile(*html, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if *asJSON {
		return printJSON(out, results)
	}
	printTable(out, results, was)
	printOrders(out, results)
	for _, r := range results {
		if r.left > 0 {
			fmt.Fprintf(out, "%s: %d calls found nobody there to the end\n", r.policy, r.left)
		}
	}
	return nil
}

// load reads a log.
func load(file, format string) (*record, error) {
	data := ownLog
	if file != "" {
		var err error
		if data, err = open(file); err != nil {
			return nil, err
		}
	}
	readers := map[string]func(io.Reader) (*record, error){"bank": readBank, "csv": readCSV, "incidents": readIncidents}
	read := readers[format]
	if read == nil {
		return nil, fmt.Errorf("unknown format %q", format)
	}
	rec, err := read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return rec, nil
}

// open reads a file, unpacked if it is gzip.
func open(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return data, err
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	data, err = io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return data, nil
}

func days(rec *record, from, to string) (err error) {
	var first, last time.Time
	if from != "" {
		if first, err = time.Parse(time.DateOnly, from); err != nil {
			return fmt.Errorf("-from: %w", err)
		}
	}
	if to != "" {
		if last, err = time.Parse(time.DateOnly, to); err != nil {
			return fmt.Errorf("-to: %w", err)
		}
		last = last.AddDate(0, 0, 1)
	}
	rec.between(first, last)
	return nil
}

// compare plays every policy on every draw. Apart from them it tells what was, with
// the same draws.
func compare(rec *record, names []string, s settings, seeds int) (results []*result, was *result, err error) {
	if seeds < 1 {
		return nil, nil, errors.New("-seeds: at least one")
	}
	was = &result{policy: "(the log)"}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if _, err := stackOf(name, s); err != nil {
			return nil, nil, err
		}
		r := &result{policy: name}
		for _, p := range policies {
			if p.name == name {
				r.explain = p.what
			}
		}
		results = append(results, r)
	}
	m := meter{began: time.Now(), total: seeds * len(results) * len(rec.calls)}
	defer m.end()
	done := 0
	for seed := range seeds {
		jobs := draw(rec.calls, s, uint64(seed+1))
		was.recall(rec, jobs, s)
		for _, r := range results {
			err := r.play(rec, jobs, s, func(n int) { m.show(fmt.Sprintf("seed %d of %d, %s", seed+1, seeds, r.policy), done+n) })
			if err != nil {
				return nil, nil, err
			}
			done += len(jobs)
		}
	}
	return results, was, nil
}
