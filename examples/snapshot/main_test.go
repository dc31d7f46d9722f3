package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// saved again, the same bytes: true
	// 09:00:10 resolved a ann
	// 09:00:10 offered c ann
	// 09:00:20 missed b ben
	// 09:00:20 offered d ben
	// 09:00:30 missed c ann
	// 09:00:30 offered b ann
	// 09:00:40 missed d ben
	// 09:00:40 offered c ben
	// 09:00:50 missed b ann
	// 09:00:50 all-declined b
	// 09:00:50 offered d ann
	// 09:01:00 missed c ben
	// 09:01:00 all-declined c
	// the restored desk did the same: true
	// refused, because of another policy default
	// 10:00:00 withdrawn b ben
	// 10:00:00 recovered
	// 10:00:00 offered b ben
	// d is to-assign
}
