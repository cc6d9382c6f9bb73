//go:build unix

package peers

import (
	"syscall"
	"time"
)

// processorTime is what this process has used of the processors so far.
func processorTime() time.Duration {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
