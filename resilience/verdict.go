package resilience

import (
	"context"
	"errors"
	"time"
)

// Verdict is what an error means to a [Guard]. The zero Verdict lets the error
// be final and counts nothing.
type Verdict struct {
	// Outcome is what the error tells the breaker.
	Outcome Outcome
	// Retry: another attempt may succeed.
	Retry bool
	// Once limits Retry: no further attempt if the run has already made a retry.
	Once bool
	// TimedOut: the attempt took its time to fail. A run in a hurry does not
	// spend that time again.
	TimedOut bool
	// Throttled: the service asked for fewer calls. The gate of the call's key
	// closes for After (without it for RetryPolicy.ThrottleDelay, doubling with
	// each consecutive time up to MaxDelay), then one call goes first. Retries
	// cost less and wait longer.
	Throttled bool
	// After is the service's hint: no retry before that much time. 0: none given.
	After time.Duration
	// Block closes the gate of the call's key for that long, because its quota
	// is gone. With [Do], [Protect] and [Permit.Judge], which know no keys, it
	// opens the breaker. 0: neither.
	Block time.Duration
	// Reason is a constant of the caller's for Throttled and Block: it becomes
	// OpenError.Reason of the calls that the gate refuses. It must carry no
	// text of the error.
	Reason string
}

func defaultVerdict(err error) Verdict {
	if errors.Is(err, context.Canceled) {
		return Verdict{}
	}
	return Verdict{Outcome: Failure, Retry: true}
}
