package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// overloaded ann 3 of 2
	// ann has 3 of 2
	// resolved t1 ann
	// resolved t2 ann
	// assigned t6 ann
	// presence-set ben online
	// assigned t5 ben
	// t4: all who qualify are busy
	// usher: "t1": agent "zoe" is unknown
	// usher: duplicate ticket "t3"
}
