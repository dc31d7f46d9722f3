package main

import (
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

// page is what the HTML report shows. It needs nothing from the net.
type page struct {
	Title, Source string
	Seeds         int
	Bars          []bars
	Days          []chart
	Rows          []row
	Legend        []mark
	Faults        string
}

type mark struct{ Name, What, Color string }

type bars struct {
	Title  string
	Height float64
	Bars   []bar
}

type bar struct {
	Name, Color, Text string
	Y, Width, TextX   float64
}

type chart struct {
	Title string
	Lines []polyline
	YTick []tick
	XTick []tick
}

type polyline struct{ Points, Color string }

type tick struct {
	At   float64
	Text string
}

type row struct {
	Policy, Class string
	Cells         []string
}

var colors = []string{"#1b6ca8", "#d1495b", "#2e933c", "#edae49", "#6a4c93", "#00798c", "#8d6346", "#444444"}

// The charts' frame, in the units of their view boxes.
const (
	left, right, top, bottom = 50.0, 780.0, 15.0, 230.0
	barFrom, barTo, barStep  = 120.0, 640.0, 26.0
)

func writeHTML(w io.Writer, results []*result, source string, seeds int, faults string) error {
	p := page{Title: "What each routing policy would have done", Source: source, Seeds: seeds, Faults: faults}
	for i, r := range results {
		p.Legend = append(p.Legend, mark{r.policy, r.explain, colors[i%len(colors)]})
		for class, name := range classNames {
			f := r.mean(class)
			p.Rows = append(p.Rows, row{r.policy, name, []string{
				fmt.Sprintf("%.0f", f.offered), fmt.Sprintf("%.0f", f.abandoned), fmt.Sprintf("%.1f", f.mean), fmt.Sprintf("%.1f", f.p50),
				fmt.Sprintf("%.1f", f.p95), fmt.Sprintf("%.1f %%", 100*f.within20), fmt.Sprintf("%.1f %%", 100*f.promised),
				fmt.Sprintf("%.1f %%", 100*f.occupancy)}})
		}
	}
	for class, name := range []string{"VIP customers", "regular customers"} {
		p.Bars = append(p.Bars, barsOf("Mean wait of "+name+", seconds", results, func(r *result) float64 { return r.mean(class + 1).mean }))
		p.Days = append(p.Days, dayOf("Wait of "+name+" over the day, mean seconds by half hour", results, class))
	}
	return report.Execute(w, p)
}

func barsOf(title string, results []*result, value func(*result) float64) bars {
	b, most := bars{Title: title, Height: barStep * float64(len(results))}, 0.0
	for _, r := range results {
		most = max(most, value(r))
	}
	for i, r := range results {
		width := (barTo - barFrom) * value(r) / max(most, 1e-9)
		b.Bars = append(b.Bars, bar{r.policy, colors[i%len(colors)], fmt.Sprintf("%.1f", value(r)), float64(i)*barStep + 4, width, barFrom + width + 6})
	}
	return b
}

func dayOf(title string, results []*result, class int) chart {
	c := chart{Title: title}
	first, last, most := slots, 0, 1.0
	for _, r := range results {
		for i, part := range r.day[class] {
			if part.n > 0 {
				first, last = min(first, i), max(last, i)
				most = max(most, part.wait/part.n)
			}
		}
	}
	if first >= last {
		return c
	}
	x := func(i int) float64 { return left + (right-left)*float64(i-first)/float64(last-first) }
	y := func(v float64) float64 { return bottom - (bottom-top)*v/most }
	for i, r := range results {
		var b strings.Builder
		for k := first; k <= last; k++ {
			if part := r.day[class][k]; part.n > 0 {
				fmt.Fprintf(&b, "%.1f,%.1f ", x(k), y(part.wait/part.n))
			}
		}
		c.Lines = append(c.Lines, polyline{b.String(), colors[i%len(colors)]})
	}
	step := math.Pow(10, math.Floor(math.Log10(most)))
	if most/step < 3 {
		step /= 2
	}
	for v := 0.0; v <= most; v += step {
		c.YTick = append(c.YTick, tick{y(v), fmt.Sprintf("%g", v)})
	}
	for k := first; k <= last; k++ {
		if k%4 == 0 {
			c.XTick = append(c.XTick, tick{x(k), fmt.Sprintf("%d:00", k*24/slots)})
		}
	}
	return c
}

var report = template.Must(template.New("report").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:860px;margin:2em auto;padding:0 1em}
h2{font-size:1.05em;margin:2em 0 .3em} svg{width:100%;height:auto} text{font:12px system-ui,sans-serif;fill:#444}
table{border-collapse:collapse;width:100%;font-size:13px} td,th{padding:3px 6px;text-align:right;border-bottom:1px solid #ddd}
td:first-child,td:nth-child(2),th:first-child,th:nth-child(2){text-align:left}
.key{display:inline-block;width:.8em;height:.8em;margin-right:.4em} ul{list-style:none;padding:0} pre{font-size:12px;overflow:auto}
</style>
<h1>{{.Title}}</h1>
<p>{{.Source}}. The same customers and the same agents under every policy; what the log does not tell was drawn {{.Seeds}} time(s), and the figures are means.</p>
<ul>{{range .Legend}}<li><span class="key" style="background:{{.Color}}"></span><b>{{.Name}}</b>: {{.What}}</li>{{end}}</ul>
{{range .Bars}}<h2>{{.Title}}</h2>
<svg viewBox="0 0 800 {{.Height}}">{{range .Bars}}<text x="0" y="{{.Y}}" dy="14">{{.Name}}</text><rect x="120" y="{{.Y}}" width="{{.Width}}" height="18" fill="{{.Color}}"/><text x="{{.TextX}}" y="{{.Y}}" dy="14">{{.Text}}</text>{{end}}</svg>
{{end}}{{range .Days}}<h2>{{.Title}}</h2>
<svg viewBox="0 0 800 260">{{range .YTick}}<line x1="50" x2="780" y1="{{.At}}" y2="{{.At}}" stroke="#e4e4e4"/><text x="44" y="{{.At}}" dy="4" text-anchor="end">{{.Text}}</text>{{end}}{{range .XTick}}<text x="{{.At}}" y="248" text-anchor="middle">{{.Text}}</text>{{end}}{{range .Lines}}<polyline fill="none" stroke="{{.Color}}" stroke-width="2" points="{{.Points}}"/>{{end}}</svg>
{{end}}<h2>All figures</h2>
<table><tr><th>policy<th>class<th>offered<th>gave up<th>mean wait, s<th>median<th>95 %<th>within 20 s<th>within promise<th>occupancy</tr>
{{range .Rows}}<tr><td>{{.Policy}}<td>{{.Class}}{{range .Cells}}<td>{{.}}{{end}}</tr>
{{end}}</table>
{{if .Faults}}<h2>Rows of the log that were not used, or not as they stand</h2><pre>{{.Faults}}</pre>{{end}}
</html>
`))
