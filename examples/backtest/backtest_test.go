package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written puts a log in a file and returns its name.
func written(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func played(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out))
	return out.String()
}

const bankHead = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n"

// bankRow is a made-up row in the bank's form.
func bankRow(priority, kind, exit, menu, queued, wait, outcome, began, service, server string) string {
	return strings.Join([]string{"L", "1", "0", priority, kind, "990201", "7:00:00", exit, menu, queued, "0:00:00", wait, outcome, began, "0:00:00", service, server}, "\t") + "\n"
}

func TestBankRows(t *testing.T) {
	rec, err := readBank(strings.NewReader(bankHead +
		bankRow("0", "NE", "8:00:10", "10", "0:00:00", "0", "AGENT", "8:00:10", "100", "ANNA") + // 2
		bankRow("2", "PS", "8:01:00", "10", "8:01:00", "30", "AGENT", "8:01:30", "200", "BEN") + // 3
		bankRow("0", "PS", "8:02:00", "10", "8:02:00", "45", "HANG", "0:00:00", "0", "NO_SERVER") + // 4
		bankRow("0", "PS", "8:03:00", "-3", "0:00:00", "0", "AGENT", "8:03:00", "60", "BEN") + // 5
		bankRow("0", "PS", "8:03:00", "3", "0:00:00", "0", "AGENT", "8:03:00", "10", "BEN") + // 6
		bankRow("0", "PS", "8:03:00", "3", "0:00:00", "0", "HANG", "0:00:00", "0", "NO_SERVER") + // 7
		bankRow("0", "PS", "8:03:00", "3", "0:00:00", "7", "PHANTOM", "8:03:00", "60", "BEN") + // 8
		bankRow("0", "IN", "8:04:00", "3", "0:00:00", "0", "AGENT", "8:04:00", "60", "NO_SERVER") + // 9
		bankRow("7", "PS", "8:04:00", "3", "0:00:00", "0", "AGENT", "8:04:00", "60", "BEN") + // 10
		bankRow("0", "PS", "8:61:00", "3", "0:00:00", "0", "AGENT", "8:04:00", "60", "BEN") + // 11
		bankRow("0", "PS", "8:04:00", "3", "0:00:00", "x", "AGENT", "8:04:00", "60", "BEN") + // 12
		bankRow("0", "PS", "8:04:00", "3", "0:00:00", "0", "LOST", "8:04:00", "60", "BEN") + // 13
		"too\tshort\n")) // 14
	require.NoError(t, err)
	assert.Equal(t, 13, rec.rows)
	day := time.Date(1999, 2, 1, 8, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return day.Add(time.Duration(s) * time.Second) }
	assert.Equal(t, []call{
		{line: 2, at: at(10), service: 100 * time.Second, share: .84, agent: "ANNA", began: at(10)},
		{line: 3, at: at(60), waited: 30 * time.Second, service: 200 * time.Second, share: 1, agent: "BEN", began: at(90)},
		{line: 4, at: at(120), waited: 45 * time.Second, gaveUp: true, service: -1, began: at(-8 * 3600)},
		{line: 9, at: at(240), service: 60 * time.Second, began: at(240)},
	}, rec.calls)
	what := map[int]string{}
	for _, f := range rec.faults {
		what[f.line] = f.problem
		assert.Equal(t, f.line == 9, f.kept)
	}
	assert.Equal(t, map[int]string{5: "have a negative time", 6: "were served in 10 s or less", 7: "hung up in the menu", 8: "are phantom calls",
		9: "were served by an agent without a name", 10: "have an unknown priority", 11: "have a bad time", 12: "have a bad time",
		13: "have an unknown outcome", 14: "have missing or too many columns"}, what)
	assert.Equal(t, 9, rec.faults.dropped())
}

func TestCorruptLogsAreReportedByLine(t *testing.T) {
	log := written(t, "at,service_s,agent,class\n"+
		"2023-10-09 09:00:00,300,an,vip\n"+
		"2023-10-09 09:01:00,300,an,\n"+ // at once
		"2023-10-09 09:0x:00,300,an,\n"+
		"2023-10-09 09:02:00,-5,an,\n"+
		"2023-10-09 09:02:00,NaN,an,\n"+
		"2023-10-09 09:02:00,60\n"+
		"2023-10-09 09:02:00,60,bo,golden\n"+
		"1066-10-14 09:02:00,60,bo,\n"+
		"2023-10-09 09:03:00,\xff\xfe,bo,\n"+
		"2023-10-09 09:03:00,60,b\xffo,\n"+
		"2023-10-09 09:04:00,60,bo,regular\n")
	out := played(t, "-calls", log, "-policy", "fcfs", "-rows")
	for _, want := range []string{"11 rows, 3 calls, 2 agents, 8 rows dropped", "line 3: have an agent who serves two calls at once (kept) (an, also line 2)",
		"line 4: have a bad time (at ", "line 5: have a bad time (service_s", "line 6: have a bad time", "line 7: have missing or too many columns (2, not 4)",
		`line 8: have an unknown class "golden"`, "line 9: have a bad time", "line 10: have a bad time", "line 11: have a bad name"} {
		assert.Contains(t, out, want)
	}
	assert.Contains(t, played(t, "-calls", log, "-policy", "fcfs"), "5 rows have a bad time: line 4, 5, 6, 9, 10\n")

	for name, args := range map[string][]string{
		"an empty log":         {"-calls", written(t, "")},
		"no such column":       {"-calls", written(t, "when,service_s\n")},
		"the bank's, empty":    {"-format", "bank", "-calls", written(t, "")},
		"the bank's, headless": {"-format", "bank", "-calls", written(t, bankRow("0", "NE", "8:00:10", "10", "0:00:00", "0", "AGENT", "8:00:10", "100", "ANNA"))},
		"no calls":             {"-calls", written(t, "at,service_s\n")},
		"nobody served":        {"-calls", written(t, "at,service_s\n2023-10-09,\n")},
		"no file":              {"-calls", written(t, "") + "no"},
		"broken gzip":          {"-calls", written(t, "\x1f\x8bnope")},
		"an unknown format":    {"-format", "xml"},
		"an unknown policy":    {"-policy", "best"},
		"a bad day":            {"-from", "monday"},
		"a bad last day":       {"-to", "2023-13-01"},
		"no seed":              {"-seeds", "0"},
		"a bad reserve":        {"-reserve", "-1"},
		"agents of no file":    {"-agents", "no such file"},
		"agents of no columns": {"-agents", written(t, "name\n")},
		"an unknown flag":      {"-quickly"},
	} {
		var out bytes.Buffer
		assert.Error(t, run(args, &out), name)
	}
}

func TestJSONHasItsFields(t *testing.T) {
	out := played(t, "-json", "-policy", "fcfs,push")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 6)
	for i, l := range lines {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(l), &fields))
		var names []string
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		assert.Equal(t, []string{"abandoned", "calls_per_s", "class", "occupancy", "offered", "policy", "wait_mean_s", "wait_p50_s", "wait_p95_s", "within_20s"}, names)
		assert.Equal(t, classNames[i%3], fields["class"])
		assert.Equal(t, []string{"fcfs", "push"}[i/3], fields["policy"])
	}
}

// waits are the mean waits by policy and class.
func waits(t *testing.T, args ...string) map[string]float64 {
	t.Helper()
	m := map[string]float64{}
	for l := range strings.Lines(played(t, append(args, "-json")...)) {
		var x line
		require.NoError(t, json.Unmarshal([]byte(l), &x))
		m[x.Policy+" "+x.Class] = x.WaitMean
	}
	return m
}

func TestOrdersOnTheOwnLog(t *testing.T) {
	m := waits(t, "-seeds", "5")
	assert.Len(t, m, 3*len(policies))
	assert.Less(t, m["fcfs all"], m["push all"])
	assert.Less(t, m["vip-reserve vip"], m["priority vip"])
	assert.Less(t, m["priority vip"], m["fcfs vip"])
	assert.Less(t, m["fcfs regular"], m["priority regular"])
	assert.Less(t, m["priority regular"], m["vip-reserve regular"])
	for _, between := range []string{"vip-headstart", "aging", "deadline"} {
		assert.Less(t, m["priority vip"], m[between+" vip"])
		assert.Less(t, m[between+" vip"], m["fcfs vip"])
	}
	assert.InDelta(t, m["fcfs all"], m["least-loaded all"], 1e-9, "who may take a call has none")
	again := waits(t, "-seeds", "5")
	assert.Equal(t, m, again, "the same seeds")
}

func TestTableAndOrders(t *testing.T) {
	out := played(t, "-policy", " fcfs, priority")
	assert.Contains(t, out, "(the log)      all")
	assert.Contains(t, out, "mean wait, vip:     priority < fcfs")
	assert.Contains(t, out, "mean wait, regular: fcfs < priority")
}

func TestDays(t *testing.T) {
	assert.Contains(t, played(t, "-from", "2023-10-09", "-to", "2023-10-09", "-policy", "fcfs"), "925 rows, 925 calls")
	var out bytes.Buffer
	assert.Error(t, run([]string{"-from", "2023-10-10"}, &out))
	assert.Contains(t, out.String(), "925 rows, 0 calls")
}

func TestAgentsFromAFile(t *testing.T) {
	calls := written(t, "at,service_s,team\n2023-10-09 09:00:00,60,\n2023-10-09 09:00:10,60,north\n2023-10-09 09:00:20,60,\n")
	agents := written(t, "id,from,to,capacity,teams\nan,2023-10-09 08:00,2023-10-09 12:00,1,\nbo,2023-10-09 08:00,2023-10-09 12:00,1,north east\n"+
		"bo,2023-10-09 13:00,2023-10-09 12:00,1,\nchen,2023-10-09 13:00,2023-10-09 14:00,-1,\n")
	out := played(t, "-calls", calls, "-agents", agents, "-policy", "fcfs", "-patience", "0")
	assert.Contains(t, out, "3 calls, 2 agents, 2 rows dropped")
	assert.Contains(t, out, "of the agents have a bad time: line 4")
	assert.Contains(t, out, "of the agents are no agent: line 5")
	m := waits(t, "-calls", calls, "-agents", agents, "-policy", "fcfs", "-patience", "0")
	assert.InDelta(t, 40.0/3, m["fcfs all"], 1e-3, "the last waits for the first")
}

func TestIncidents(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte("number,opened_at,sys_updated_at,priority,assignment_group,assigned_to,resolved_at\n" +
		"1,9/10/2023 09:00,9/10/2023 09:05,3,56,?,9/10/2023 11:00\n" +
		"1,9/10/2023 09:00,9/10/2023 10:00,3,56,7,9/10/2023 11:00\n" +
		"2,9/10/2023 09:30,9/10/2023 10:30,1,57,7,9/10/2023 12:00\n" +
		"3,9/10/2023 09:30,9/10/2023 10:30,1,57,7,?\n" +
		"4,9/10/2023 09:30,9/10/2023 10:30,1,57,?,9/10/2023 12:00\n" +
		"5,9/10/2023 09:30,9/10/2023 10:30,1,57,7,9/10/2023 08:00\n" +
		"6,soon,9/10/2023 10:30,1,57,7,9/10/2023 08:00\n"))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	rec, err := load(written(t, b.String()), "incidents")
	require.NoError(t, err)
	rec.presence(time.Hour, 0)
	require.Len(t, rec.calls, 2)
	assert.Equal(t, [2]time.Duration{time.Hour, time.Hour}, [2]time.Duration{rec.calls[0].waited, rec.calls[0].service})
	assert.Equal(t, [2]float64{0, 1}, [2]float64{rec.calls[0].share, rec.calls[1].share})
	require.Len(t, rec.agents, 1)
	assert.Equal(t, 2, rec.agents[0].Capacity, "half an hour of both")
	assert.Equal(t, []string{"56", "57"}, rec.agents[0].Teams)
	assert.Equal(t, 4, rec.faults.dropped())
	assert.Contains(t, played(t, "-format", "incidents", "-calls", written(t, b.String()), "-policy", "fcfs,push"), "7 rows, 2 calls, 1 agents")
}

func TestThePageNeedsNothingElse(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.html")
	played(t, "-html", name)
	page, err := os.ReadFile(name)
	require.NoError(t, err)
	text := string(page)
	for _, outside := range []string{"http:", "https:", "src=", "@import", "<script", "url("} {
		assert.NotContains(t, text, outside)
	}
	assert.Equal(t, 4, strings.Count(text, "<svg"))
	assert.Equal(t, 2*len(policies), strings.Count(text, "<polyline"))
	assert.Contains(t, text, "vip-reserve")
	assert.NotContains(t, text, "ZgotmplZ")
}

func TestTheForecastIsMeasured(t *testing.T) {
	out := played(t, "-forecast", "-seeds", "3")
	var calls int
	var off float64
	at := strings.Index(out, "expected wait")
	_, err := fmt.Sscanf(out[at:], "expected wait, told on arrival to who then waited and was served (%d calls, fcfs):\n queue length with abandonment off by %f", &calls, &off)
	require.NoError(t, err)
	assert.Greater(t, calls, 300)
	assert.Less(t, off, 60.0)
	assert.Contains(t, out, "wait of the head of the line")
}

// BenchmarkBacktest is the whole path of a call: submitted, waiting, assigned,
// resolved or given up, counted by the desk and by the example.
func BenchmarkBacktest(b *testing.B) {
	rec, err := load("", "csv")
	require.NoError(b, err)
	rec.presence(10*time.Minute, 1)
	s := settings{reserve: 1, headStart: 90 * time.Second, promise: [2]time.Duration{20 * time.Second, time.Minute}, patience: 236 * time.Second, oneByOne: true}
	jobs := draw(rec.calls, s, 1)
	for _, p := range policies {
		b.Run(p.name, func(b *testing.B) {
			r := &result{policy: p.name}
			for b.Loop() {
				require.NoError(b, r.play(rec, jobs, s, func(int) {}))
			}
			b.ReportMetric(r.speed(), "calls/s")
		})
	}
}

// Whatever a log holds, it is read or refused, and what is read can be played.
func FuzzLogs(f *testing.F) {
	f.Add("csv", string(ownLog[:400]))
	f.Add("csv", "at,service_s,waited_s,agent\n2023-10-09,9,1,a\n2023-10-09,9,1e9,a\n\"2023-10-09,9")
	f.Add("bank", bankHead+bankRow("2", "PS", "8:01:00", "10", "8:01:00", "30", "AGENT", "8:01:30", "200", "BEN"))
	f.Add("incidents", "number,opened_at,sys_updated_at,priority,assignment_group,assigned_to,resolved_at\n1,9/10/2023 09:00,9/10/2023 10:00,3,56,7,9/10/2023 11:00\n")
	f.Fuzz(func(t *testing.T, format, text string) {
		name := written(t, text)
		var out bytes.Buffer
		if err := run([]string{"-calls", name, "-format", format, "-policy", "vip-reserve,push"}, &out); err == nil {
			assert.Contains(t, out.String(), "vip-reserve")
		}
	})
}
