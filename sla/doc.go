// Package sla keeps promises about tickets: what is promised to whom, when it is due
// in somebody's working hours, who is warned before, and what became of it.
//
// It has four parts, each usable without those after it:
//
//	Calendar  counts working time: Add, Sub, Between, Open, NextOpen, NextClose
//	Plan      says what is promised: policies, targets, tiers; Standard is a ready one
//	Tracker   the core: observes changes to tickets, lets time pass, tells events
//	Keeper    the shell: a Tracker with a lock, a clock and a callback
//
// # Calendars
//
// A calendar is a week of opening hours in a time zone, with the dates that differ:
//
//	hours, err := sla.ParseCalendar(`
//		name    support
//		zone    Europe/Berlin
//		mon-fri 09:00-12:00 13:00-18:00
//		sat     22:00-06:00                  # over midnight: to Sunday morning
//		holiday 2025-12-25 2025-12-26
//		special 2025-12-24 09:00-13:00       # in place of that day's hours
//		break   2025-07-01 15:00-16:00
//	`)
//	due, err := hours.Add(now, 4*time.Hour)
//
// An instant is open if the wall clock shows a time inside a window at it. From
// this one rule follows what happens when clocks change: an hour that is skipped
// is never open, one that is repeated is open twice, and a day that a zone leaves
// out (Samoa, 30 December 2011) has no hours. Windows are half-open. Four hours of
// work that end with closing are due at closing, not at the next opening.
//
// A calendar is compiled once, into stretches of time in which nothing but the week
// repeats, with the open time up to each. Counting is then two binary searches, for an
// hour as for a century, without allocation. Hours that are never open are refused when
// the calendar is made; time that a calendar does not have (one of dated hours only)
// is a [*SpanError].
//
// # Plans
//
// The first [Policy] that matches a ticket (by priority, channel, type, tier and tags)
// says all that is promised to it: at most one [Target] for each [Metric] or named
// stage. Special cases stand before general ones. [Plan.Validate] reports policies that
// overlap otherwise without saying so in Yields, and those that no ticket can reach.
//
// A target has a duration in working time, a calendar (its own, that of the ticket's
// channel or team, or none: day and night), the reasons of a hold that stop its clock,
// and tiers: instants before or after the due, each with an audience and an action.
// [Standard] is a plan to start from, and its source one to copy.
//
// # The tracker
//
// A [Tracker] is told what happens to tickets as [ticket.Change] and appends what
// became of promises as [Event] to a slice of the caller's:
//
//	events, err = tracker.Observe(change, events[:0])
//	next, ok := tracker.Next()             // when to come back, if ever
//	events = tracker.Advance(now, events)  // time has passed
//
// It has no clock, so that tests and replays need none. The same changes and times
// give the same events, byte for byte, whether somebody looked every second or not
// for a week: each deadline is stamped with its own instant (Due), and with the time
// at which it was noticed (At). After an outage there is nothing to do but Advance.
//
// Rules worth knowing:
//
//   - Targets are half-open: an answer at the due instant is late.
//   - A hold stops the clocks whose targets name its reason; the working time so far
//     is kept, so a hold over a weekend costs nothing.
//   - Resolving counts as an answer, too. A reopening takes that back, and the
//     resolution's clock goes on with the working time it had.
//   - The second message of a customer does not restart next response; an internal
//     note is no answer; a bot's answer counts only for a target with Bots.
//   - New attributes, or SetPlan, recompute from the creation, with the holds there
//     were. What was told is not told again: a tier is known by its [Tier.Label].
//   - A tier, a breach and a verdict come once in a cycle; [Event.Key] is the same on
//     every replay, so that a receiver can drop repeats.
//
// Due gives the nearest due time of a ticket, for routing. Attainment counts met and
// missed targets by policy, channel and team. Forget drops a ticket.
//
// # Restarts
//
// Snapshot writes all that a tracker knows, the same state as the same bytes; Restore
// goes on from there, under the same plan and the same zone data only
// ([*FingerprintError]). Who keeps tickets in tables of their own need no snapshots:
// [Load] computes everything from recorded times, and says nothing again that was due by
// the instant through which events are stored.
//
// # With a clock
//
// [Keeper] is a Tracker for programs: safe for concurrent use, with one pending timer
// and no goroutine. It is made of [Driver], which turns any deterministic core with Next
// and Advance into such a thing. Both work with clock.NewMock(), where Flush after
// Add makes a test exact without any sleep, and with clock.New() inside
// testing/synctest.
package sla
