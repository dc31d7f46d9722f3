// Package usher decides who handles each ticket of a help desk, keeps the promises
// made about it, and suggests answers that are already known. It runs inside the
// host's process: no server, no goroutine that was not asked for, no input or
// output of its own.
//
// This page is the tour. The code lives in five packages, each usable without
// those after it in this list:
//
//	ticket   the words: a ticket, its life cycle, its id, what it asks of an agent
//	policy   the rules: who may, who had better, who goes first, who is held back
//	sla      the promises: calendars, plans, warnings, breaches
//	router   the desk: agents, waiting tickets, offers, time, explanations
//	kb       the answers: which article fits a question, which label a text
//
// # The contract
//
// After every command, no waiting ticket has an agent who may take it, except by a
// rule that has a name, and Explain names it: for every waiting ticket and every
// agent there is one reason. The most urgent ticket goes first. Capacity is never
// exceeded by a decision, offers included; only a person's override, a lowered
// capacity or the host's own rows can do that, and then it is reported and nothing
// is added.
//
// Nothing is left to chance. The same commands give the same events and the same
// snapshot, byte for byte, on any machine: integers decide, every order is total,
// and there is no clock, no randomness and no map order in the core. Events are
// numbered without a gap, their times never decrease, and each has a key that a
// replay gives again.
//
// Any input gives a typed error or a legal state. A command that is refused leaves
// the desk as it was, but for the time that has passed.
//
// # The main loop
//
// A host tells the desk what happens and acts on what it answers:
//
//	desk, err := router.New(router.Config{
//		Policy:  policy.Stack{policy.VIP{Reserve: 1}, policy.Priority{}, policy.Skill{}, policy.Load{MaxOpen: 5}},
//		SLA:     plan,
//		OnEvent: func(e router.Event) { … },
//	})
//	desk.SetAgent(router.Agent{ID: "li", Skills: skills, Capacity: 5})
//	res, err := desk.Submit(ticket.Ticket{ID: "GD20231001001", Channel: ticket.Phone})
//	// res.Status: in progress or offered, with res.Agent; or waiting, for res.Reason
//	desk.Reply("GD20231001001")
//	desk.Resolve("GD20231001001")
//	why, err := desk.Explain("GD20231001002")
//
// All that happens comes as a [router.Event], in order: in the result of the call
// that caused it, and to OnEvent. What time alone brings (an offer that runs out, a
// warning, opening hours) comes to OnEvent when it is due; a [router.Router] keeps
// one timer for that.
//
// A ticket carries no free text. What a decision needs of the customer's words, its
// type and skills, the host puts on it before, for instance by asking kb:
//
//	text ─► kb.Match ─► an answer, and no ticket at all
//	   └──► kb.Classify ─► ticket.Ticket ─► Submit ─► assigned, offered or waiting
//
// # Rules
//
// A [policy.Stack] says how the desk decides, the most important rule first. The
// order of tickets comes from Priority, VIP, Aging or Deadline; who may take one
// from Skill, Rings and the ticket's channel, team and level; who of those is
// preferred from Skill, Load, LongestIdle, RoundRobin and LeastFlexible; who is
// waited for from Sticky; who is kept free from VIP. A policy of one's own plays the same
// roles, usually in under thirty lines, and is indexed and explained like the rest.
//
// Worth knowing before the first surprise:
//
//   - Skills on tickets mean something only with policy.Skill in the stack, and a
//     preferred agent only with policy.Sticky.
//   - VIP.Reserve counts the agents who qualify for a demand. A demand that only one
//     agent can meet never starts for a regular customer under a reserve of one.
//   - A ticket that names no level goes to any line of support; LeastFlexible after
//     Skill, or levels on tickets, keep experts for what needs them.
//
// # Promises
//
// An [sla.Plan] says what is promised to whom, in whose working hours, and who is
// warned before. With a plan in router.Config every ticket is tracked: warnings,
// breaches and fulfilled targets are events, a warning may raise, escalate or
// transfer the ticket, and the nearest due time is what policy.Deadline goes by.
// sla.Standard is a plan to start from. A host with a desk of its own uses
// [sla.Keeper] alone.
//
// # Time, tests, restarts
//
// Time is an argument of the core ([router.Engine], [sla.Tracker]) and a clock of
// the shells ([router.Router], [sla.Keeper]), where clock.NewMock() lets a test pass a
// whole day in a moment. Time never runs backwards: an older
// time counts as the desk's own.
//
// Three ways survive a restart, for three kinds of host: router.Load makes a desk
// from the host's own rows; Snapshot and router.Restore keep everything, under the same
// rules only; and a journal of [router.Command] values replays to the same state.
// After an outage, the command Recover says that nobody could have answered.
//
// # Where to go on
//
// Package router documents the desk, with the notes on journals, offers and
// reasons; the folder examples has one small program a feature. Start with
//
//	go run ./examples/quickstart
package usher
