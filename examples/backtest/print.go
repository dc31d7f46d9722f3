package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"
)

// printTable prints the policies side by side, class by class.
func printTable(w io.Writer, results []*result, was *result) {
	fmt.Fprintf(w, "%-14s %-8s %8s %9s %8s %8s %8s %8s %8s %9s %10s\n", "policy", "class", "offered", "abandoned",
		"wait s", "median", "95 %", "in 20 s", "promise", "occupancy", "calls/s")
	for class, name := range classNames {
		f := was.mean(class)
		fmt.Fprintf(w, "%-14s %-8s %8.0f %9.0f %8.1f %8.1f %8.1f %7.1f%% %7.1f%% %8.1f%%\n", was.policy, name, f.offered, f.abandoned,
			f.mean, f.p50, f.p95, 100*f.within20, 100*f.promised, 100*f.occupancy)
		for _, r := range results {
			f := r.mean(class)
			fmt.Fprintf(w, "%-14s %-8s %8.0f %9.0f %8.1f %8.1f %8.1f %7.1f%% %7.1f%% %8.1f%% %10.0f\n", r.policy, name, f.offered, f.abandoned,
				f.mean, f.p50, f.p95, 100*f.within20, 100*f.promised, 100*f.occupancy, r.speed())
		}
		fmt.Fprintln(w)
	}
}

// printOrders tells, for each class, which policy has the shorter mean wait, and in
// how many of the seeds.
func printOrders(w io.Writer, results []*result) {
	if len(results) < 2 {
		return
	}
	for class, name := range classNames {
		sorted := slices.Clone(results)
		slices.SortStableFunc(sorted, func(a, b *result) int { return cmp.Compare(a.mean(class).mean, b.mean(class).mean) })
		fmt.Fprintf(w, "mean wait, %-8s %s", name+":", sorted[0].policy)
		for i, r := range sorted[1:] {
			held := 0
			for k := range r.bySeed {
				if sorted[i].bySeed[k][class].mean < r.bySeed[k][class].mean {
					held++
				}
			}
			fmt.Fprintf(w, " < %s", r.policy)
			if held < len(r.bySeed) {
				fmt.Fprintf(w, " (%d of %d seeds)", held, len(r.bySeed))
			}
		}
		fmt.Fprintln(w)
	}
}

// line is what -json prints for a policy and class.
type line struct {
	Policy    string  `json:"policy"`
	Class     string  `json:"class"`
	Offered   float64 `json:"offered"`
	Abandoned float64 `json:"abandoned"`
	WaitMean  float64 `json:"wait_mean_s"`
	WaitP50   float64 `json:"wait_p50_s"`
	WaitP95   float64 `json:"wait_p95_s"`
	Within20  float64 `json:"within_20s"`
	Occupancy float64 `json:"occupancy"`
	Speed     float64 `json:"calls_per_s"`
}

func printJSON(w io.Writer, results []*result) error {
	out := json.NewEncoder(w)
	for _, r := range results {
		for class, name := range classNames {
			f := r.mean(class)
			err := out.Encode(line{r.policy, name, round(f.offered), round(f.abandoned), round(f.mean), round(f.p50), round(f.p95),
				round(f.within20), round(f.occupancy), math.Round(r.speed())})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// meter is the progress line of a long run, on standard error.
type meter struct {
	began, last time.Time
	total       int
	shown       bool
}

const patient = 2 * time.Second // until a progress line is called for

func (m *meter) show(what string, done int) {
	now := time.Now()
	if now.Sub(m.began) < patient || now.Sub(m.last) < time.Second/4 {
		return
	}
	m.last, m.shown = now, true
	fmt.Fprintf(os.Stderr, "\r%3d %%  %-40s", 100*done/max(m.total, 1), what)
}

func (m *meter) end() {
	if m.shown {
		fmt.Fprintf(os.Stderr, "\r%60s\r", "")
	}
}
