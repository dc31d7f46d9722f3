package main

func Example() {
	main()
	// Output:
	// Fri 15:00 submitted due Mon 11:00
	// Fri 16:00 held      due Mon 11:00
	// Fri 16:30 held      not due
	//            paused
	// Mon 11:00 resumed   due Mon 13:30
	//            resumed
	// Mon 12:00 resolved  not due
	//            met
	// Wed 10:00 reopened  due Wed 11:30
	//            resumed
}
