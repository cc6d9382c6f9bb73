package resilience

import (
	"errors"
	"fmt"
)

// ErrLimit is matched, with [errors.Is], by the refusal of a call for which a
// limiter has no place, and by the error of one whose context ended while it
// waited for a place.
var ErrLimit = errors.New("resilience: too many concurrent calls")

// The reasons a limiter gives for a refusal in [LimitError].
const (
	ReasonLimit     = "limit"      // refused at once: every place is taken and the call may not wait
	ReasonQueueFull = "queue_full" // refused at once: as many wait as may wait
	ReasonQueueSlow = "queue_slow" // refused at once: its turn would come too late
	ReasonQueueWait = "queue_wait" // refused after waiting as long as it may
)

// LimitError is the refusal of a call because as many as may be under way are
// under way. One immutable value serves every refusal for the same reason, as
// long as the limit does not change; callers must not modify it.
type LimitError struct {
	Name   string // the limiter's name
	Limit  int    // how many calls may be under way
	Queue  int    // how many more may wait
	Reason string // a Reason constant
}

// Error names the limiter, its limit and, where calls may wait, the reason.
func (e *LimitError) Error() string {
	s := fmt.Sprintf("resilience: %s already has %d calls under way", e.Name, e.Limit)
	if e.Queue > 0 {
		s += " (" + e.Reason + ")"
	}
	return s
}

// Is reports whether target is [ErrLimit].
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// waitEnded is the error of a call whose context ended while it waited.
type waitEnded struct {
	name  string
	ended error
}

func (e *waitEnded) Error() string {
	return "resilience: " + e.ended.Error() + " while waiting for a place of " + e.name
}

func (e *waitEnded) Unwrap() []error { return []error{e.ended, ErrLimit} }

// refusals are what a limiter refuses with, one value for each reason.
type refusals struct{ limit, queueFull, queueSlow, queueWait LimitError }

func (l *Limiter) newRefusals(limit int) *refusals {
	because := func(reason string) LimitError {
		return LimitError{Name: l.name, Limit: limit, Queue: l.policy.Queue, Reason: reason}
	}
	return &refusals{
		limit:     because(ReasonLimit),
		queueFull: because(ReasonQueueFull),
		queueSlow: because(ReasonQueueSlow),
		queueWait: because(ReasonQueueWait),
	}
}
