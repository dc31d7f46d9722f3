package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// 09:00  router: dana: ring not open (skill)
	// 09:00  router: reserve: unqualified (skill)
	// 09:00  firewall: dana: unqualified (team)
	// 09:00  firewall: reserve: ring not open (team)
	// 09:01  router: ring 1 opens
	// 09:01  firewall: ring 1 opens
	// 09:01  router goes to dana
	// 09:03  firewall: ring 2 opens
	// 09:03  firewall goes to reserve
}
