package resilience

import (
	"math"
	"time"
)

// forever is the instant that never comes.
const forever = time.Duration(math.MaxInt64)

// clock tells monotonic time as the distance from its own base. A base per
// owner, not per package, keeps instants meaningful in a test's virtual time;
// they may be negative, so no instant means "none".
type clock struct{ base time.Time }

func newClock() clock { return clock{base: time.Now()} }

func (c *clock) now() time.Duration { return time.Since(c.base) }

// time is the calendar time of an instant; forever has none and gives the zero
// Time.
func (c *clock) time(at time.Duration) time.Time {
	if at == forever {
		return time.Time{}
	}
	return c.base.Add(at)
}

// after is at plus d, for d ≥ 0. What is too far away to count is the last
// instant before forever.
func after(at, d time.Duration) time.Duration {
	if d >= forever-max(at, 0) {
		return forever - 1
	}
	return at + d
}
