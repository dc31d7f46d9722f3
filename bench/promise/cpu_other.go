//go:build !unix

package promise

import "time"

var began = time.Now()

// spent is the wall clock, for want of the processor time.
func spent() time.Duration { return time.Since(began) }
