//go:build unix

package ratio

import (
	"syscall"
	"time"
)

// Spent is the processor time of this process so far, its garbage collector's
// included. Other than the wall clock it does not count what neighbours take.
func Spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
