package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// 09:04 queue-long  channel phone: 3 waiting
	// 09:05 overflowed call-6 channel phone to channel email
	// call-5 is number 3: about 12m0s, probably between 4m0s and 21m0s
	// 09:15 queue-short  channel phone: 2 waiting
	// channel  waiting in progress done today     response     handle overdue   share
	// email          0           1          0        20m0s         0s       1      0%
	// phone          0           2          3        4m20s      13m0s       3    100%
	// all            0           3          3        8m15s      13m0s       4    133%
	// 0 of 3 kept free for VIPs: stable true
	// 1 of 3 kept free for VIPs: stable true
	// 2 of 3 kept free for VIPs: stable false
}
