package router_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/router"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts print into testdata")

// Each file in testdata is a script: blocks of lines, each block followed by ----
// and what it prints. After every command the desk is saved, restored and saved
// again, which must give the same bytes, and which audits the whole state.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			got := runScript(t, string(text))
			if *rewrite {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			require.Equal(t, string(text), got)
		})
	}
}

// The rows of the feature table that scripts show, by name.
var rows = strings.Fields("T1 T2 T3 T4 T5 T6 T9 T10 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R15 R20 R21 R22 R23 " +
	"D1 D2 D7 D8 F3 F5 F6 F7")

func TestScriptsCoverEveryRow(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?m)^# ([TRDF]\d+(?:, [TRDF]\d+)*): `).FindAllStringSubmatch(string(text), -1) {
			for row := range strings.SplitSeq(m[1], ", ") {
				shown[row] = true
			}
		}
	}
	for _, row := range rows {
		require.True(t, shown[row], "no script shows %s", row)
	}
}

// script is a desk that is driven by lines of text.
type script struct {
	t    *testing.T
	cfg  router.Config // as the script has it by now
	made router.Config // that of the desk
	desk *router.Engine
	now  time.Time
	done []router.Command // since the desk was made, for replay
	out  strings.Builder
	log  strings.Builder // every event and outcome since the desk was made
}

func runScript(t *testing.T, text string) string {
	s := &script{t: t}
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n\n") {
		input, _, runs := strings.Cut(block, "\n----")
		out.WriteString(input + "\n")
		if runs {
			s.out.Reset()
			for line := range strings.Lines(input) {
				if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
					s.line(line)
				}
			}
			out.WriteString("----\n" + s.out.String())
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// line is one line of a script: a setting, a question, or a command after its time
// ("09:00:00" on Monday, or "+30s" after the line before).
func (s *script) line(line string) {
	words := strings.Fields(line)
	if set := settings[words[0]]; set != nil {
		set(s, words[1:])
		return
	}
	if d, err := time.ParseDuration(strings.TrimPrefix(words[0], "+")); err == nil {
		s.now = s.now.Add(d)
	} else {
		at, err := time.Parse("15:04:05", words[0])
		require.NoError(s.t, err, line)
		s.now = time.Date(2023, 10, 9, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	}
	s.engine()
	if ask := questions[words[1]]; ask != nil {
		ask(s, words[2:])
	} else {
		s.apply(s.command(words[1:]))
	}
	s.check()
}

// engine is the desk, made from the settings when it is first used.
func (s *script) engine() *router.Engine {
	if s.desk == nil {
		var err error
		s.desk, err = router.NewEngine(s.cfg)
		require.NoError(s.t, err)
		s.made, s.done = s.cfg, nil
		s.log.Reset()
	}
	return s.desk
}

func (s *script) apply(c router.Command) {
	s.done = append(s.done, c)
	out, events, err := s.desk.Apply(c, nil)
	report := transcript(out, events, err)
	s.log.WriteString(report)
	s.out.WriteString(report)
}

func transcript(out router.Outcome, events []router.Event, err error) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString(sentence(e) + "\n")
	}
	switch {
	case err != nil:
		fmt.Fprintf(&b, "error: %v\n", err)
	case out.Repeat:
		fmt.Fprintf(&b, "repeat: %s %s %s\n", out.Ticket, out.Status, out.Agent)
	case out.Reason != "":
		fmt.Fprintf(&b, "waits: %s\n", out.Reason)
	}
	return b.String()
}

// check saves, restores and saves again.
func (s *script) check() {
	before, err := s.desk.Snapshot()
	require.NoError(s.t, err)
	restored, err := router.Restore(s.made, before)
	require.NoError(s.t, err, "%s", before)
	after, err := restored.Snapshot()
	require.NoError(s.t, err)
	require.Equal(s.t, string(before), string(after))
}
