// Package sim drives a desk through time that it does not have to wait for: the
// arrivals, service times, patience and shifts come from a log or from seeded
// distributions, and the decisions from a real [router.Engine] with its real
// policies. There is no second implementation of routing here: the driver is the
// customers who call and hang up, and the agents who come, work and leave.
//
//	rep, err := sim.Run(sim.Config{
//		Desk:   router.Config{Policy: policy.Stack{policy.VIP{Reserve: 1}}},
//		Agents: agents,
//		Shifts: shifts,
//		Jobs:   sim.List(calls),
//		Over:   tally.Add,
//	})
//
// A run ends when the jobs have ended and every ticket that can be served has
// been. The same Config with the same jobs gives the same run on any machine.
package sim
