package resilience

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The largest BreakerConfig.Failures: a breaker remembers that many instants.
const maxFailures = 1 << 20

// BreakerConfig configures a [Breaker]. The zero value is the default.
type BreakerConfig struct {
	// Failures within Window that open the breaker; default 5, at most 1<<20.
	Failures int
	// Window is the span of the exact sliding window: failures exactly Window
	// apart still count together. Default 60 s.
	Window time.Duration
	// OpenFor is how long the breaker stays open before a probe; default 30 s.
	OpenFor time.Duration
	// ProbeLease is how long a probe may hold its place. A result that comes
	// later is ignored, so it must exceed the longest call worth waiting for.
	// Default: OpenFor; under a [Guard] with a Timeout, a second more than that.
	ProbeLease time.Duration
	// Classify tells what an error says about the health of what was called.
	// Used by [Do] and [Protect] for errors that are not nil; nil is always a
	// Success, and any error is Neutral once the caller's own context is
	// cancelled. Default: context.Canceled is Neutral, the others are a
	// Failure. It must be safe for concurrent use.
	Classify func(error) Outcome
	// OnStateChange is called once per transition, in order, outside any lock;
	// it may call back into the breaker. It runs in the goroutine of one of the
	// callers and delays it. A panic passes through to that caller.
	OnStateChange func(StateChange)
	// OnFailure is called once per counted failure, under the same rules and
	// in one order with OnStateChange.
	OnFailure func(FailureEvent)
}

// Validate returns an error that names the first bad field, or nil.
func (c BreakerConfig) Validate() error {
	return firstError(
		inRange("BreakerConfig.Failures", c.Failures, maxFailures),
		notNegative("BreakerConfig.Window", c.Window),
		notNegative("BreakerConfig.OpenFor", c.OpenFor),
		notNegative("BreakerConfig.ProbeLease", c.ProbeLease),
	)
}

func (c BreakerConfig) withDefaults() BreakerConfig {
	setDefault(&c.Failures, 5)
	setDefault(&c.Window, 60*time.Second)
	setDefault(&c.OpenFor, 30*time.Second)
	setDefault(&c.ProbeLease, c.OpenFor)
	if c.Classify == nil {
		c.Classify = defaultOutcome
	}
	return c
}

var errNoName = errors.New("resilience: name is empty")

func defaultOutcome(err error) Outcome {
	if errors.Is(err, context.Canceled) {
		return Neutral
	}
	return Failure
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func notNegative[T int | time.Duration](field string, value T) error {
	if value < 0 {
		return fmt.Errorf("resilience: %s is %v: must not be negative", field, value)
	}
	return nil
}

func inRange(field string, value, most int) error {
	if value < 0 || value > most {
		return fmt.Errorf("resilience: %s is %d: must be between 0 and %d", field, value, most)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
