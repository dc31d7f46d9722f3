// Package router is the desk: it knows the agents and the waiting tickets, decides
// who gets what, keeps offers and presence, lets time pass, and says why.
//
// # Core and shell
//
// [Engine] is the core, a deterministic state machine. A [Command] goes in with its
// time; an [Outcome] and the [Event] values it caused come out, appended to a slice
// of the caller's. It has no goroutine, no lock, no clock and no randomness, and is
// not safe for concurrent use.
//
//	engine, err := router.NewEngine(cfg)
//	out, events, err := engine.Apply(cmd, events[:0])
//	next, ok := engine.Next()                // when time alone will change something
//	events = engine.Advance(now, events)     // let it
//
// [Router] is the shell: the same with a mutex, a clock, one method for each command,
// and delivery of events to Config.OnEvent. It is safe for concurrent use and starts
// no goroutine: one pending timer at most, none while nothing is due. Callbacks run
// one at a time, in the order of events, after the lock is released; they may call
// the Router. A call may return before the callback has had its events, which are in its
// [Result]; Flush waits. [Open] puts the shell around an engine that was restored or
// loaded.
//
// # Commands
//
// A command has a kind, a time, and the fields that its kind reads. Most are about one
// ticket and take a step of its life ([ticket.Life]); By says who takes it and is
// checked, Actor is only recorded. Those with an idempotency Key are done once: a
// repeat returns the first outcome, an error included, as long as the key is among the last
// Config.Keys.
//
// An error is typed: [*ticket.StepError] for a step that is not legal from the
// ticket's state, [*IDError] for what is unknown or exists already, [*RuleError] for
// what a rule forbids now, [*ticket.FieldError] for a value that cannot be, joined
// if there are several. A command that was refused has changed nothing, except that
// time has passed until it.
//
// # Deciding
//
// Tickets wait in lanes. Those of one lane ask for the same and never change places,
// so that a decision compares only the heads of lanes, and only the best agent of
// each profile. After every command the desk is settled: as long as any lane that a
// command has touched can be served, the most urgent head among them goes to its
// best agent. What is left waits by a named [Reason].
//
// Which agents may take a ticket: they serve its channel, team and level; every
// Qualifier of the stack agrees; they are online and not ramping up; they have room, in
// total and on the channel; they have not declined it; and it is not held for another.
// Team hours, channel hours, team limits and the reserve can hold back a ticket from all.
//
// [Engine.Explain] asks the same predicates in the order of the Reason constants and
// names the first that fails, for each agent; for a ticket that somebody has, it tells
// who was next and by which rule. [Engine.Preview] answers for a ticket not yet
// submitted.
//
// # Offers
//
// In mode Offers an agent is asked first. The offer holds capacity until it is
// accepted, declined, missed (Config.OfferFor) or taken back. Who has declined or missed
// is not asked again in this round. When everyone who qualifies and is online has been asked, the
// event AllDeclined says so, the ticket rests for Config.RoundPause, and RoundBegan
// asks all anew. Agents who miss Config.MissedAway offers in a row are set away. In mode
// Pull a ticket waits until somebody takes it.
//
// # Presence
//
// Agents are online, in wrap-up (back by themselves), away (they keep their work) or
// offline (their work returns to the lanes at the place its age gives it, at once or
// after Config.LeaveGrace). One who comes back is spared by Config.Ramp. Offers
// end with presence.
//
// # By hand
//
// Take, Assign, Transfer and Escalate obey the rules that decisions obey. With
// Override they do not, and their event says so. An agent may then have more in hand
// than the capacity: the event Overloaded reports it, and nothing is added until there
// is room.
//
// # Promises
//
// With Config.SLA an [sla.Tracker] hears of everything that happens to a ticket. Its
// answers are events of the desk (Warned to Recomputed, with Event.Promise), the
// nearest due time goes on the ticket, where policy.Deadline reads it, and what a
// tier asks for is done as a step of the desk's own. Such steps are in no journal:
// a replay derives them again.
//
// # Time
//
// Every command carries its time, and a time before the desk's own counts as the
// desk's. Before a command is done, everything that was due by then happens, one deadline after
// the other, the deadline's instant included: an offer that ends now can no longer be accepted.
// Event.At is when the desk saw it, Event.Due the deadline itself.
//
// A desk that was down applies Recover before anything else: offers are taken back,
// nobody is said to have missed one, promises are run through, and nothing is offered in
// the past. Without it, the silence of the outage counts, offer by offer.
//
// # Journals
//
// The same commands give the same events, so a journal of commands is enough to have
// the desk again. Both orders work. Journal first: write the command, apply it; what
// is refused is refused again in a replay. Or apply first: commit the command, with
// the time of its Outcome, and its events in one transaction, then release the
// events; if the transaction fails, restore. [Event.Key] lets a receiver drop repeats.
// A journal in another [Version] is a [*MismatchError]; commands that carry
// [Engine.Rules] are refused so by a desk with other policies, plans, hours or settings.
//
// # Load, or a snapshot
//
// [Load] needs no files of the desk's: it takes the rows of agents and tickets that a
// host has anyway, keeps ages, reports agents who have too much, and starts what can
// start. It forgets what rows do not tell: offers, ramps, turns, idempotency keys.
//
// [Engine.Snapshot] and [Restore] keep all of it. A snapshot is tied to the policy set, the
// plan and the hours it was made under, by fingerprints; another one is a
// [*MismatchError] that names the difference. Restore audits the state and
// refuses bytes that are none with a [*SnapshotError].
//
// # Privacy
//
// Tickets hold no text. Ended ones are forgotten by count and age (Config.Keep), and
// Erase forgets a customer on demand: ended tickets at once, open ones lose the customer,
// the tags and the place.
package router
