package resilience

import (
	"fmt"
	"time"
)

// The largest LimitPolicy.MaxConcurrent and LimitPolicy.Queue.
const (
	maxConcurrent = 1 << 20
	maxQueue      = 1 << 16
)

// LimitPolicy configures a [Limiter]. The zero value sets no limit.
type LimitPolicy struct {
	// MaxConcurrent is how many calls may be under way at once, at most 1<<20.
	// 0: no limit.
	MaxConcurrent int
	// Queue is how many more may wait for a place, first come, first served; at
	// most 65536. 0: what finds no place is refused at once.
	Queue int
	// MaxQueueWait is the longest that a call may wait for its place. Default
	// 1 s, which rides out a burst: what lasts longer is overload, and there
	// waiting only makes every call late.
	MaxQueueWait time.Duration
}

// Validate returns an error that names the first bad field, or nil. A queue
// needs a limit.
func (p LimitPolicy) Validate() error {
	if err := firstError(
		inRange("LimitPolicy.MaxConcurrent", p.MaxConcurrent, maxConcurrent),
		inRange("LimitPolicy.Queue", p.Queue, maxQueue),
		notNegative("LimitPolicy.MaxQueueWait", p.MaxQueueWait),
	); err != nil {
		return err
	}
	if p.MaxConcurrent == 0 && p.Queue > 0 {
		return fmt.Errorf("resilience: LimitPolicy.Queue is %d: needs a MaxConcurrent", p.Queue)
	}
	return nil
}

func (p LimitPolicy) withDefaults() LimitPolicy {
	setDefault(&p.MaxQueueWait, time.Second)
	return p
}
