package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// write puts a file of the given lines into a folder, gzipped if its name says so.
func write(t *testing.T, dir, name string, lines ...string) string {
	var b bytes.Buffer
	text := []byte(strings.Join(lines, "\n"))
	if strings.HasSuffix(name, ".gz") {
		z := gzip.NewWriter(&b)
		_, err := z.Write(text)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	} else {
		b.Write(text)
	}
	name = filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	return name
}

func measure(t *testing.T, args ...string) (r report) {
	var out, notes bytes.Buffer
	require.NoError(t, run(args, &out, &notes))
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one line")
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&r))
	require.Contains(t, notes.String(), "confidence   rows")
	require.Positive(t, r.P50)
	require.GreaterOrEqual(t, r.P99, r.P50)
	require.Positive(t, r.TrainMS)
	return r
}

var examples = []string{
	`{"id":"1","text":"where is my parcel","label":"order"}`,
	`{"id":"2","text":"the parcel did not come","label":"order"}`,
	``,
	`{"id":"3","text":"I forgot my password","label":"account"}`,
	`{"id":"4","text":"change the password please","label":"account"}`,
	`{"id":"5","text":"good morning","label":"oos"}`,
	`{"id":"6","text":"hello there","label":"oos"}`,
}

func TestClassification(t *testing.T) {
	dir := t.TempDir()
	dev := []string{
		`{"id":"7","text":"parcel, where?","label":"order"}`,
		`{"id":"8","text":"new password","label":"account"}`,
		`{"id":"9","text":"hello, good morning","label":"NO_NODES_DETECTED"}`,
	}
	plain := measure(t, "-train", write(t, dir, "train.jsonl", examples...), "-dev", write(t, dir, "dev.jsonl", dev...))
	require.Equal(t, "classify "+filepath.Base(dir), plain.Task)
	require.Equal(t, 2, plain.Rows)
	require.Equal(t, 1.0, plain.Hit1)
	require.NotNil(t, plain.OOSReject)
	require.Equal(t, 1.0, *plain.OOSReject)
	packed := measure(t, "-train", write(t, dir, "train.jsonl.gz", examples...), "-dev", write(t, dir, "dev.jsonl.gz", dev...))
	require.Equal(t, plain.ECE, packed.ECE)

	table := write(t, dir, "tickets.csv.gz", "Document,Topic_group",
		"where is my parcel,order", `"parcel, still not ""here""",order`, "forgot my password,account", "new password,account")
	csv := measure(t, "-train", table, "-dev", table)
	require.Equal(t, 4, csv.Rows)
	require.Equal(t, 1.0, csv.Hit1)
	require.Nil(t, csv.OOSReject)
}

func TestMatching(t *testing.T) {
	dir := t.TempDir()
	articles := write(t, dir, "articles.jsonl",
		`{"id":"late","title":"My parcel is late","body":"Wait two days.","variants":["courier ghosted me"]}`,
		`{"id":"pass","title":"Reset a password","body":"Use the link."}`)
	queries := write(t, dir, "queries.jsonl",
		`{"id":"1","text":"the courier ghosted us","article":"late"}`,
		`{"id":"2","text":"password reset","articles":["pass","late"]}`,
		`{"id":"3","text":"pizza"}`)
	warm := measure(t, "-articles", articles, "-queries", queries)
	require.Equal(t, "match "+filepath.Base(dir)+" warm", warm.Task)
	require.Equal(t, 2, warm.Rows)
	require.Equal(t, 1.0, warm.Hit1)
	require.NotNil(t, warm.OOSReject)
	cold := measure(t, "-articles", articles, "-queries", queries, "-cold")
	require.Equal(t, "match "+filepath.Base(dir)+" cold", cold.Task)
	require.Less(t, cold.Hit1, 1.0, "only the variant knows the courier")
}

func TestWrongInputIsNamed(t *testing.T) {
	dir := t.TempDir()
	good := write(t, dir, "good.jsonl", examples...)
	article := write(t, dir, "articles.jsonl", `{"id":"a","title":"t"}`)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"nowhere.jsonl", []string{"-train", filepath.Join(dir, "nowhere.jsonl"), "-dev", good}},
		{"broken.jsonl:2: ", []string{"-train", write(t, dir, "broken.jsonl", examples[0], `{"text":`), "-dev", good}},
		{"dev.jsonl:3: ", []string{"-train", good, "-dev", write(t, dir, "dev.jsonl", examples[0], "", `{"text":7}`)}},
		{`bare.jsonl:1: no "label"`, []string{"-train", write(t, dir, "bare.jsonl", `{"text":"t"}`), "-dev", good}},
		{"one.jsonl: kb: examples of at least two labels", []string{"-train", write(t, dir, "one.jsonl", examples[:2]...), "-dev", good}},
		{"empty.jsonl: no rows", []string{"-train", write(t, dir, "empty.jsonl"), "-dev", good}},
		{"wide.csv:3: wrong number of fields", []string{"-train", write(t, dir, "wide.csv", "text,label", "a,b", "a,b,c"), "-dev", good}},
		{"plain.gz: gzip: invalid header", []string{"-train", renamed(t, good, filepath.Join(dir, "plain.gz")), "-dev", good}},
		{`twice.jsonl:2: id "a" again, first at line 1`, []string{"-articles", write(t, dir, "twice.jsonl", `{"id":"a","title":"t"}`, `{"id":"a","title":"u"}`), "-queries", good}},
		{`lost.jsonl:1: article "b" is not in`, []string{"-articles", article, "-queries", write(t, dir, "lost.jsonl", `{"text":"t","article":"b"}`)}},
		{`void.jsonl: kb: article "v": Title "": no title`, []string{"-articles", write(t, dir, "void.jsonl", `{"id":"v"}`), "-queries", write(t, dir, "q.jsonl", `{"text":"t"}`)}},
	} {
		var out, notes bytes.Buffer
		require.ErrorContains(t, run(c.args, &out, &notes), c.want)
		require.Empty(t, out.String())
	}
	var out, notes bytes.Buffer
	require.ErrorIs(t, run([]string{"-train", good}, &out, &notes), errUsage)
	require.Contains(t, notes.String(), "-articles")
	require.ErrorIs(t, run([]string{"-frobnicate"}, &out, &notes), errUsage)
}

func renamed(t *testing.T, from, to string) string {
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o600))
	return to
}
