package main

func Example() {
	main()
	// Output:
	// due 12:00
	// 11:00 warned assignee notify
	// 11:30 warned supervisor raise-priority
	// 11:50 warned manager escalate
	// 12:00 breached
	// 12:30 warned manager transfer
}
