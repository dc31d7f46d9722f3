package main

import "log"

func Example() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// I forgot my password and cannot log in
	//   answered by reset-password-en
	// 退款幾天可以到賬？
	//   answered by refund-time-zh
	// this is outrageous, you sent the wrong item twice
	//   to an agent: type complaint, skill order
	// 支付的时候提示错误
	//   to an agent: type after-sales, skill technical
	// what do you think of the weather
	//   to an agent: type inquiry, skill order
	// my parcel seems to be lost in space
	//   no answer
	// my parcel seems to be lost in space
	//   answered by track-order-en
}
