package resilience

import (
	"errors"
	"time"
)

// ErrOpen is matched, with [errors.Is], by every refusal of a breaker or a
// gate.
var ErrOpen = errors.New("resilience: circuit open")

// The reasons a breaker gives for its state in [OpenError], [StateChange] and
// [Snapshot]. [Breaker.Trip] and a [Verdict] may give their own.
const (
	ReasonFailures       = "failures"        // opened: too many failures within the window
	ReasonFailureRate    = "failure_rate"    // opened: too large a share of the calls failed
	ReasonSlowRate       = "slow_rate"       // opened: too large a share of the calls was slow
	ReasonProbeFailed    = "probe_failed"    // opened again: a probe failed
	ReasonProbeSlow      = "probe_slow"      // opened again: a probe was slow
	ReasonTripped        = "tripped"         // opened by Trip, or by a verdict's Block, with an empty reason
	ReasonProbing        = "probing"         // refused while half-open: the probes are still out
	ReasonReadmitting    = "readmitting"     // refused while half-open: only a share of the calls passes
	ReasonOpenTimeOver   = "open_time_over"  // became half-open
	ReasonProbeSucceeded = "probe_succeeded" // closed
	ReasonReadmitted     = "readmitted"      // closed: the last share has passed its time
	ReasonForced         = "forced"          // ForceOpen, ForceClosed, Disable or MetricsOnly
	ReasonReset          = "reset"           // Reset
)

// OpenError is the refusal of a call that was not made. One immutable value
// serves every refusal of the same opening, so refusing allocates nothing;
// callers must not modify it.
type OpenError struct {
	Name   string    // the breaker's name; for a gate the guard's name and, after a slash, the key
	State  State     // Open, or HalfOpen while only the calls that find out pass
	Until  time.Time // when to ask again; zero if nobody knows (ForceOpen)
	Reason string    // a Reason constant, or what Trip or the verdict gave
}

// Error names the breaker and the reason.
func (e *OpenError) Error() string {
	return "resilience: " + e.Name + " is " + e.State.String() + " (" + e.Reason + ")"
}

// Is reports whether target is [ErrOpen].
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

// RetryAfter returns what is left until Until, now; never negative.
func (e *OpenError) RetryAfter() time.Duration { return max(0, time.Until(e.Until)) }

// refusal is an OpenError with the instant until which it holds. A breaker's
// belongs to one word.
type refusal struct {
	OpenError
	word  word
	until time.Duration
}
