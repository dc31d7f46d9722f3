package main

func Example() {
	main()
	// Output:
	// over lunch             Wed 16 Apr 11:30 + 1h0m0s = Wed 16 Apr 13:30 CEST
	// to closing             Wed 16 Apr 17:00 + 1h0m0s = Wed 16 Apr 18:00 CEST
	// over a holiday         Thu 17 Apr 17:00 + 2h0m0s = Sat 19 Apr 23:00 CEST
	// when the clock changes Sat 29 Mar 22:00 + 6h0m0s = Sun 30 Mar 05:00 CEST
	// open on Good Friday: false - next Sat 22:00
	// working time in 2025: 2488h0m0s
}
