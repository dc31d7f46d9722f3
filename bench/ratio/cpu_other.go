//go:build !unix

package ratio

import "time"

var began = time.Now()

// Spent is the wall clock, for want of the processor time.
func Spent() time.Duration { return time.Since(began) }
