package main

import "os"

func Example() {
	run(os.Stdout)
	// Output:
	// trousers would go to ben, not ann (skill)
	// trousers went to ben, not ann (skill)
	// shoes is to-assign: all who qualify are busy
	// - ann capacity
	// - ben unqualified skill
	// - cem unqualified skill
	// - dan away
	// level=INFO msg=waiting why.ticket=shoes why.status=to-assign why.reason="all who qualify are busy"
	// usher: ticket "shoes" (to-assign), agent "cem": a rule forbids it: unqualified (skill)
}
