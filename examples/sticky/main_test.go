package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// 09:00  first goes to ann
	// 09:00  patient waits: held for another agent, until 09:02
	// 09:02  patient goes to ben
	// 09:03  first goes to ann
	// 09:03  first goes to ben
}
