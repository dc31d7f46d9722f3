package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usherdesk/usher/router"
	"github.com/usherdesk/usher/ticket"
)

func once(asJSON bool) string {
	var b bytes.Buffer
	if err := run(&b, asJSON); err != nil {
		return err.Error()
	}
	return b.String()
}

// The day takes the fake clock a second; it passes once for all tests.
var (
	printed = sync.OnceValue(func() string { return once(false) })
	encoded = sync.OnceValue(func() string { return once(true) })
)

// wish is a ticket line of the plan, read by the test on its own.
type wish struct {
	id, name, channel, priority string
	came                        string // local time
	vip                         bool
}

func wishes(t *testing.T) (out []wish) {
	line := regexp.MustCompile(`(?m)^(\d\d:\d\d) ticket (\S+) +(\S+) +\S+ +(\S+) (vip)?`)
	for i, m := range line.FindAllStringSubmatch(dayText, -1) {
		out = append(out, wish{id: fmt.Sprintf("GD20231009%03d", i+1), came: m[1], name: m[2], channel: m[3], priority: m[4], vip: m[5] != ""})
	}
	require.GreaterOrEqual(t, len(out), 40)
	return out
}

// asks are the questions of a channel whose answers are known.
func asks(t *testing.T, channel string) (texts []string) {
	line := regexp.MustCompile(`(?m)^\d\d:\d\d ask +\S+ +(\S+) .*\| (.*)$`)
	for _, m := range line.FindAllStringSubmatch(dayText, -1) {
		if m[1] == channel {
			texts = append(texts, m[2])
		}
	}
	return texts
}

// Whose question is answered takes no agent and becomes no ticket; the reader sees
// most of the rest as a person would.
func TestTheReader(t *testing.T) {
	out := printed()
	known := 0
	for _, channel := range []string{"phone", "web", "app", "social", "email"} {
		for _, text := range asks(t, channel) {
			require.Contains(t, out, channel+": “"+text+"” is answered by “")
			known++
		}
	}
	require.Equal(t, 4, known)
	require.Equal(t, known, strings.Count(out, "is answered by"))
	var tickets, types, skills int
	_, err := fmt.Sscanf(out[strings.Index(out, "\nOf ")+1:],
		"Of %d tickets the reader saw the type as a person would in %d, and the skill in %d.", &tickets, &types, &skills)
	require.NoError(t, err)
	require.Equal(t, len(wishes(t)), tickets)
	require.Greater(t, types, tickets*8/10)
	require.Greater(t, skills, tickets*8/10)
}

func events(t *testing.T) (out []router.Event) {
	lines := bufio.NewScanner(strings.NewReader(encoded()))
	for lines.Scan() {
		var e router.Event
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		out = append(out, e)
	}
	return out
}

func TestTheDayIsTheSameEveryTime(t *testing.T) {
	require.Equal(t, printed(), once(false))
}

func TestEventsAreDense(t *testing.T) {
	all := events(t)
	for i, e := range all {
		require.EqualValues(t, i+1, e.Seq)
		if i > 0 {
			require.False(t, e.At.Before(all[i-1].At), "event %d goes back in time", e.Seq)
		}
	}
}

// The table must be what its own events say, counted here by another way: from the
// last event of each ticket, and the times between pairs of events.
func TestTheTableCountsTheEvents(t *testing.T) {
	all := events(t)
	type sums struct {
		waiting, inProgress, done, answered, kept, missed int
		response                                          time.Duration
	}
	want := map[string]*sums{}
	for _, w := range wishes(t) {
		s := want[w.channel]
		if s == nil {
			s = &sums{}
			want[w.channel] = s
		}
		var last router.Event
		var came, answered time.Time
		for _, e := range all {
			if e.Ticket != w.id {
				continue
			}
			last = e
			if e.Kind == router.Submitted {
				came = e.At
			}
			if e.Kind == router.Answered && answered.IsZero() {
				answered = e.At
			}
		}
		// Closing hours only prolong a promise, and none of these came near it.
		limit := map[string]time.Duration{"urgent": 2 * time.Hour, "normal": 4 * time.Hour, "low": 24 * time.Hour}[w.priority]
		if w.priority == "urgent" {
			require.Less(t, answered.Sub(came), time.Hour)
			s.kept++ // begun in time
		}
		switch last.Status {
		case ticket.Done:
			s.done++
			if last.At.Sub(came) < limit {
				s.kept++
			} else {
				s.missed++
			}
		case ticket.InProgress, ticket.OnHold:
			s.inProgress++
		default:
			s.waiting++
		}
		if !answered.IsZero() {
			s.answered++
			s.response += answered.Sub(came)
		}
	}
	out := printed()
	require.Len(t, want, 5)
	for channel, s := range want {
		require.NotZero(t, s.done, channel)
		mean := (s.response / time.Duration(s.answered)).Round(time.Second)
		row := regexp.MustCompile(fmt.Sprintf(`(?m)^ *%s +%d +%d +%d +%s +%d +%d +%d *$`,
			channel, s.waiting, s.inProgress, s.done, mean, s.kept, s.missed, len(asks(t, channel))))
		require.Regexp(t, row, out)
	}
}

// Facts of the day that follow from its rules, whatever the exact course.
func TestFactsOfTheDay(t *testing.T) {
	zone := time.FixedZone("China", 8*60*60)
	at := func(e router.Event) string { return e.At.In(zone).Format("15:04") }
	plan := map[string]wish{}
	byName := map[string]string{}
	for _, w := range wishes(t) {
		plan[w.id], byName[w.name] = w, w.id
	}
	opens := map[string]string{"phone": "08:00", "web": "09:00", "social": "09:00"}
	closes := map[string]string{"phone": "22:00", "web": "18:00", "social": "18:00"}
	level := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m) agent +(\S+) +level=(\d)`).FindAllStringSubmatch(dayText, -1) {
		level[m[1]] = int(m[2][0] - '0')
	}
	load := map[string]int{} // units in each agent's hands
	units := func(id string) int {
		if plan[id].channel == "phone" {
			return 3
		}
		return 1
	}
	got := map[string][]string{} // by ticket: the agents who were given it or asked
	solved := map[string]string{}
	for _, e := range events(t) {
		w := plan[e.Ticket]
		switch e.Kind {
		case router.Submitted:
			require.Equal(t, w.came, at(e), "%s came", e.Ticket)
		case router.Offered, router.Assigned:
			got[e.Ticket] = append(got[e.Ticket], e.Agent)
			load[e.Agent] += units(e.Ticket)
			require.LessOrEqual(t, load[e.Agent], capacity, "%s at %s", e.Agent, at(e))
			require.Equal(t, w.channel == "web" || w.channel == "app", e.Kind == router.Offered)
			if from, ok := opens[w.channel]; ok {
				require.GreaterOrEqual(t, at(e), from, "%s started before %s opened", e.Ticket, w.channel)
				require.Less(t, at(e), closes[w.channel], "%s started after %s closed", e.Ticket, w.channel)
			}
			if w.vip {
				require.Equal(t, 2, level[e.Agent], "VIP %s went to %s", e.Ticket, e.Agent)
			}
			if e.Agent == "wang" {
				require.False(t, "12:00" <= at(e) && at(e) < "12:30", "%s went to Wang during his break", e.Ticket)
			}
		case router.Resolved:
			load[e.Agent] -= units(e.Ticket)
			solved[e.Ticket] = at(e) + " " + e.Agent
		case router.Declined, router.Transferred:
			load[e.From] -= units(e.Ticket)
		}
	}

	require.Equal(t, "15:45 wang", solved[byName["broken"]], "the urgent complaint of 14:20")
	shoes := got[byName["shoes"]]
	require.Len(t, shoes, 2)
	require.Equal(t, "wang", shoes[0], "declined")
	require.NotEqual(t, "wang", shoes[1], "asked twice")
	scooter := got[byName["scooter"]]
	require.Equal(t, 1, level[scooter[0]])
	require.Equal(t, 2, level[scooter[len(scooter)-1]], "passed on to an expert")
	require.Empty(t, got[byName["evening"]], "came after closing")
	require.NotContains(t, solved, byName["export"], "still worked on")
}

// Warnings reach the agent, then the supervisor, each once and at its time; then one
// promise is missed.
func TestPromises(t *testing.T) {
	zone := time.FixedZone("China", 8*60*60)
	names := map[string]string{}
	for _, w := range wishes(t) {
		names[w.id] = w.name
	}
	var told []string
	for _, e := range events(t) {
		if e.Kind == router.Warned || e.Kind == router.Breached {
			require.Equal(t, e.At, e.Due)
			told = append(told, fmt.Sprint(e.At.In(zone).Format("15:04 "), names[e.Ticket], " ", e.Kind, " ", e.Promise.Tier.Audience))
		}
	}
	require.Equal(t, []string{
		"15:20 broken warned assignee",                                                             // half of 14:20 to 16:20
		"16:05 heater warned assignee", "16:35 heater warned supervisor", "17:05 heater breached ", // 15:05 to 17:05
		"18:00 export warned assignee", // two of four hours, when the channel closes
	}, told)
}

// In the rush the VIP is served before those who have waited longer.
func TestTheRush(t *testing.T) {
	ids := map[string]string{}
	for _, w := range wishes(t) {
		ids[w.name] = w.id
	}
	started := map[string]time.Time{}
	for _, e := range events(t) {
		if e.Kind == router.Assigned {
			started[e.Ticket] = e.At
		}
	}
	for _, name := range []string{"rain6", "rain8", "rain9"} { // all came before the VIP
		require.True(t, started[ids["rainvip"]].Before(started[ids[name]]), name)
	}
	require.True(t, started[ids["rain6"]].Before(started[ids["rain8"]]))
	require.True(t, started[ids["rain8"]].Before(started[ids["rain9"]]))
	out := printed()
	require.Contains(t, out, "Why did "+ids["rain6"]+" wait at 10:18? "+string(router.ReasonReserve))
	require.Regexp(t, `Zhang +kept free`, out)
	require.Regexp(t, `Wang +unqualified \(channel\)`, out)
}

func TestPlansThatMakeNoSense(t *testing.T) {
	for _, line := range []string{"25:00 away wang", "09:00", "09:00 dance wang", "09:00 decline wang"} {
		_, err := readPlan(line, time.Now())
		require.ErrorContains(t, err, "line 1", line)
	}
}
