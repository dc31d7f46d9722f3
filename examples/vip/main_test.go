package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// regular-1 goes to junior
	// regular-2 waits, kept free: junior (capacity) senior (kept free)
	// vip-1 goes to senior
	// vip-2 waits, all who qualify are busy: junior (capacity) senior (capacity)
	// vip-2 goes to junior
	// regular-2 waits, kept free: junior (capacity) senior (kept free)
	// regular-2 goes to junior
}
