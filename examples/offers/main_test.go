package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// 09:00:00 tea submitted
	// 09:00:00 tea offered ann
	// 09:00:05 tea declined ann on the phone
	// 09:00:05 tea offered ben
	// 09:00:25 tea missed ben
	// 09:00:25 tea all-declined
	// tea: rests until the next round
	// 09:01:25 tea round-began
	// 09:01:25 tea offered ann
	// usher: ticket "tea" (offered), agent "ben": not offered to this agent
	// 09:01:25 tea accepted ann
	// ann has it
}
