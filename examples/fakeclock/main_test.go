package main

func Example() {
	main()
	// Output:
	// 00:45 warned first-response
	// ten minutes left
	// 01:00 breached first-response
}
