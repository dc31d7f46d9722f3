package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// password goes to pupil, not to master: trainees
	// outage goes to master
	// printer goes to pupil
	// migration waits
	// - master capacity
	// - pupil unqualified trainees
}
