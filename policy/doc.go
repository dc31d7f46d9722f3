// Package policy holds the rules by which a desk decides, as pure functions: which
// ticket goes next, which agents may take it, which of them is preferred, and what
// is held back. A policy has no state, reads no clock and never sees an index; the
// router asks it, remembers its integer answers, and keeps its trees by them.
//
// # Roles
//
// A [Policy] has a name and plays one or more roles, by having their methods:
//
//	Shaper     which attributes of a ticket matter (they go on the ticket.Demand)
//	Qualifier  whether an agent may take a demand at all
//	Fitter     how well an agent suits a demand (fixed until a profile changes)
//	Ranker     where an agent stands now: open tickets, idle time, turns taken
//	Orderer    how urgent a ticket is
//	Keeper     how many agents with room are kept free of a demand
//	Sticker    for which agent, and how long, a ticket is held back
//	Widener    how a demand widens while its ticket waits
//
// Answers are integers and the smaller comes first. There is no comparator: an
// answer that is a number can be kept in a tree, so that a policy of your own is
// indexed exactly like the built-in ones. Floating point decides nothing, since
// machines round it differently and a replay must decide the same everywhere.
//
// # Stacks
//
// A [Stack] composes policies. Every Qualifier must agree. Fitters and Rankers
// compare one after the other in the order of the stack; the longer idle agent,
// and at last the lower id, settle what is left, so that a tie never falls to
// chance. Orderers build one [Urgency]:
// each class narrows the ones before it.
//
//	policy.Stack{
//		policy.VIP{Reserve: 1}, // VIPs first, to senior agents; one agent kept free for them
//		policy.Priority{},      // then urgent, normal, low
//		policy.Skill{},         // only agents who can; the best match first
//		policy.Load{MaxOpen: 5},
//	}
//
// [Stack.Compile] names every fault of a composition at once. A stack that is to be
// named by commands and recognised by snapshots is put in a [Set].
//
// Policies are called by one goroutine at a time, under the router's lock; they
// must not call back into the router and must not keep or write to what they are
// given. They must not panic either: a panic reaches whoever gave the command, which
// may then be half done; the desk is to be made anew, from a snapshot or the host's
// rows.
package policy
