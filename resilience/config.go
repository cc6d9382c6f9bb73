package resilience

import (
	"reflect"
	"slices"
	"time"
)

const (
	// A breaker remembers that many instants.
	maxFailures = 1 << 20
	// A larger factor reaches any bound at once.
	maxGrowth = 1000
	// However short the open time: a probe that was let through is to be heard.
	leastLease = 30 * time.Second
)

// BreakerConfig configures a [Breaker]. The zero value is the default: 5
// failures within any 60 s open it for 30 s, then one probe decides. Everything
// else is off unless set.
type BreakerConfig struct {
	// Failures within Window that open the breaker; default 5, at most 1<<20.
	// With a FailureRate 0 means that the rate alone decides; otherwise either
	// of the two opens the breaker.
	Failures int
	// Window is the span of the exact sliding window: failures exactly Window
	// apart still count together. Rates are kept in steps of a 60th of it: a
	// call counts for Window and up to one step longer. Default 60 s.
	Window time.Duration
	// MinFailureRate is a second condition beside Failures: that many failures
	// open the breaker only if they are at least this share, up to 1, of the
	// calls that ended within Window. Five failures in 60 s are little at 100
	// calls/s. Default 0: the count alone decides.
	MinFailureRate float64

	// FailureRate opens the breaker when at least this share, up to 1, of the
	// calls that ended within Window failed. It needs MinCalls. Default 0: off.
	//
	// All rates are judged whenever a call has ended, whatever its outcome: as
	// earlier successes leave the window one more success may open the breaker.
	FailureRate float64
	// SlowRate does the same for calls that took SlowAfter or longer, whatever
	// came of them. Calls made with a permit, [Do] or [Run] count as slow as
	// soon as they are, still in flight. A probe that is slow has failed. It
	// needs MinCalls and SlowAfter. Default 0: off.
	SlowRate float64
	// SlowAfter is how long a call may take before it is slow; at most
	// ProbeLease, for a probe is heard no longer.
	SlowAfter time.Duration
	// MinCalls is how many calls must lie within Window before FailureRate and
	// SlowRate are judged; for FailureRate calls that have ended. No default fits
	// both 1 call/s and 1,000: it must be set with them.
	MinCalls int

	// OpenFor is how long the breaker stays open before a probe. Default: 30 s;
	// under a [Guard] with a Timeout, 10 s.
	OpenFor time.Duration
	// OpenGrowth multiplies the open time with each opening in a row, up to
	// MaxOpenFor. The row ends when the breaker has stayed closed for longer than
	// Window. At least 1, which is the default: the open time does not grow.
	OpenGrowth float64
	// MaxOpenFor bounds the growth; default 10 min, or OpenFor if that is longer.
	MaxOpenFor time.Duration
	// OpenJitter lengthens each open time by a random share of it between 0 and
	// this, up to 1, so that many processes do not probe at once. Default 0.
	OpenJitter float64

	// Probes is how many calls pass a half-open breaker. When all of them have
	// succeeded it has recovered; the first that fails opens it again. Default 1.
	Probes int
	// ProbeLease is how long a probe may hold its place. A result that comes
	// later is ignored, so it must exceed the longest call worth waiting for.
	// Default: OpenFor, at least 30 s; under a [Guard] with a Timeout, a second
	// more than that Timeout.
	ProbeLease time.Duration
	// Readmit lets a growing share of the calls pass once the probes have
	// succeeded, such as {0.1, 0.5}: the shares, each between 0 and 1 and more
	// than the one before, that pass for ReadmitFor each before the breaker
	// closes. It stays half-open meanwhile, and the rules above open it again.
	// Default none: it closes at once.
	Readmit []float64
	// ReadmitFor is how long each share of Readmit lasts; default 10 s.
	ReadmitFor time.Duration

	// Mode is the mode that the breaker begins in; default Automatic.
	Mode Mode
	// Classify tells what an error says about the health of what was called.
	// Used by [Do] and [Protect] for errors that are not nil; a [Guard] and
	// httpguard.Transport have classifiers of their own. nil is always a
	// Success, and any error is Neutral once the caller's own context is
	// cancelled. A deadline of the caller's that passes is an error as any
	// other. Of the Verdict Outcome is used, and Block with Reason, which open
	// the breaker for that long as [Breaker.Trip] does. Default:
	// context.Canceled is Neutral, the others are a Failure. It must be safe for
	// concurrent use.
	Classify func(error) Verdict
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
	if err := firstError(
		inRange("BreakerConfig.Failures", c.Failures, maxFailures),
		notNegative("BreakerConfig.Window", c.Window),
		share("BreakerConfig.MinFailureRate", c.MinFailureRate),
		share("BreakerConfig.FailureRate", c.FailureRate),
		share("BreakerConfig.SlowRate", c.SlowRate),
		notNegative("BreakerConfig.SlowAfter", c.SlowAfter),
		notNegative("BreakerConfig.MinCalls", c.MinCalls),
		notNegative("BreakerConfig.OpenFor", c.OpenFor),
		notNegative("BreakerConfig.MaxOpenFor", c.MaxOpenFor),
		share("BreakerConfig.OpenJitter", c.OpenJitter),
		inRange("BreakerConfig.Probes", c.Probes, maxFailures),
		notNegative("BreakerConfig.ProbeLease", c.ProbeLease),
		notNegative("BreakerConfig.ReadmitFor", c.ReadmitFor),
	); err != nil {
		return err
	}
	last := 0.0
	for i, s := range c.Readmit {
		if !(s > last && s < 1) {
			return invalid("BreakerConfig.Readmit[%d] is %v: must be more than the share before it and less than 1", i, s)
		}
		last = s
	}
	rated := c.FailureRate > 0 || c.SlowRate > 0
	full := c.withDefaults()
	switch {
	case rated && c.MinCalls == 0:
		return invalid("BreakerConfig.MinCalls is 0: FailureRate and SlowRate need it")
	case !rated && c.MinCalls > 0:
		return invalid("BreakerConfig.MinCalls is %d: FailureRate and SlowRate are both 0", c.MinCalls)
	case c.SlowRate > 0 && c.SlowAfter == 0:
		return invalid("BreakerConfig.SlowAfter is 0: SlowRate needs it")
	case c.SlowRate == 0 && c.SlowAfter > 0:
		return invalid("BreakerConfig.SlowRate is 0: SlowAfter has no rate to count for")
	case c.SlowAfter > full.ProbeLease:
		return invalid("BreakerConfig.SlowAfter is %v: must not be more than ProbeLease (%v)", c.SlowAfter, full.ProbeLease)
	case c.MinFailureRate > 0 && c.FailureRate > 0 && c.Failures == 0:
		return invalid("BreakerConfig.Failures is 0: MinFailureRate is a condition beside it")
	case c.OpenGrowth != 0 && !(c.OpenGrowth >= 1 && c.OpenGrowth <= maxGrowth):
		return invalid("BreakerConfig.OpenGrowth is %v: must be between 1 and %d", c.OpenGrowth, maxGrowth)
	case c.OpenGrowth <= 1 && c.MaxOpenFor > 0:
		return invalid("BreakerConfig.MaxOpenFor is %v: OpenGrowth is not set", c.MaxOpenFor)
	case c.MaxOpenFor > 0 && c.MaxOpenFor < full.OpenFor:
		return invalid("BreakerConfig.MaxOpenFor is %v: must not be less than OpenFor (%v)", c.MaxOpenFor, full.OpenFor)
	case len(c.Readmit) == 0 && c.ReadmitFor > 0:
		return invalid("BreakerConfig.ReadmitFor is %v: Readmit is empty", c.ReadmitFor)
	case c.Mode > MetricsOnly:
		return invalid("BreakerConfig.Mode is %d: no such mode", c.Mode)
	}
	return nil
}

func (c BreakerConfig) withDefaults() BreakerConfig {
	if c.FailureRate == 0 {
		setDefault(&c.Failures, 5)
	}
	setDefault(&c.Window, 60*time.Second)
	setDefault(&c.OpenFor, 30*time.Second)
	setDefault(&c.OpenGrowth, 1)
	if c.OpenGrowth > 1 {
		setDefault(&c.MaxOpenFor, max(10*time.Minute, c.OpenFor))
	}
	setDefault(&c.Probes, 1)
	setDefault(&c.ProbeLease, max(c.OpenFor, leastLease))
	if len(c.Readmit) > 0 {
		setDefault(&c.ReadmitFor, 10*time.Second)
		c.Readmit = slices.Clone(c.Readmit)
	}
	if c.Classify == nil {
		c.Classify = defaultVerdict
	}
	return c
}

// counted tells whether every call must be counted, not failures alone.
func (c *BreakerConfig) counted() bool {
	return c.MinFailureRate > 0 || c.FailureRate > 0 || c.SlowRate > 0
}

// defaultConfig is what breakers that are not configured share.
var defaultConfig = new(BreakerConfig{}.withDefaults())

// inForce returns c with its defaults, which breakers may share.
func (c BreakerConfig) inForce() (*BreakerConfig, error) {
	if reflect.ValueOf(c).IsZero() {
		return defaultConfig, nil
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return new(c.withDefaults()), nil
}
