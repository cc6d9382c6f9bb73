package resilience

import (
	"math"
	"time"
)

// NoTimeout is the Policy.Timeout that limits no attempt.
const NoTimeout = time.Duration(math.MaxInt64)

// Policy configures a [Guard]. The zero value is the default.
type Policy struct {
	// Breaker configures the guard's breaker. With a Timeout its OpenFor is 10 s
	// by default: a probe then costs one attempt of known length, and whoever
	// must wait for the open time to pass recovers sooner (see docs/tuning.md).
	// Its ProbeLease must not be less than the Timeout. Its Classify is for calls
	// made with [Do] on [Guard.Breaker]; the guard's own runs use the guard's
	// verdict.
	Breaker BreakerConfig
	// Retry says how often and after what wait a run tries again.
	Retry RetryPolicy
	// Budget bounds the retries of all runs together.
	Budget BudgetPolicy
	// Timeout limits each attempt. Default [NoTimeout], unless an owner of guards
	// has a default of its own.
	Timeout time.Duration
	// Stream limits the waits for the pieces of an answer in [RunStream].
	Stream StreamPolicy
	// Hedge lets a second call run beside a slow one in [RunHedged]; off by
	// default.
	Hedge HedgePolicy
	// MinTrial is how long an attempt must have run before being cut by its
	// caller's deadline or share counts against what was called: hurried
	// callers must not open a healthy service. Once 20 successes are known,
	// twice their 95th percentile applies if that is less, and so does the
	// Timeout: a caller who waits that long is not hurried. Default 5 s.
	MinTrial time.Duration
	// Limit bounds how many runs are under way at once, waits between attempts
	// included, and how many more wait for a place; off by default. An adaptive
	// limit learns from attempts, not from runs with their waits.
	Limit LimitPolicy
	// OnEvent is told all that the guard does, once each. It is called outside
	// any lock, in the goroutine of the run that caused the event, which it
	// delays, and may call back into the guard and its breaker; it must be safe
	// for concurrent use. State changes and counted failures of the breaker
	// arrive one at a time and in order, the others as the runs make them.
	//
	// What the second call of [RunHedged] has to tell comes in a goroutine of its
	// own, and may come after the run has returned. A panic passes through to the
	// run's caller; the event's cause has taken effect by then.
	//
	// Nil: no event is made.
	OnEvent func(Event)
}

// RetryPolicy says how often and after what wait a run tries again. The wait
// before the n-th retry is uniformly random ("full jitter") between 0 and
// BaseDelay·2ⁿ⁻¹, at most MaxDelay. Attempts, jitter and the delays for throttled
// calls follow the standard retry mode of the AWS SDK for Go v2.
type RetryPolicy struct {
	// MaxAttempts is how many attempts a run makes at most, the first included;
	// default 3, 1 never retries.
	MaxAttempts int
	// BaseDelay bounds the wait before the first retry; default 200 ms.
	BaseDelay time.Duration
	// ThrottleDelay takes the place of BaseDelay after a throttled attempt, and
	// is how long a gate first closes if the service gave no hint; default 1 s.
	ThrottleDelay time.Duration
	// MaxDelay bounds every random wait and the doubling of gates without a
	// hint; default 20 s. It must not be less than the other two.
	MaxDelay time.Duration
	// MaxWait is the patience of a run: it does not wait longer than this for
	// one retry, nor in all for gates to open. Default 60 s.
	MaxWait time.Duration
}

// BudgetPolicy is a bucket of tokens that the runs of one guard share: retries
// take from it, successes put back, and when it is empty failures are final.
// Capacity and costs are those of the AWS SDK for Go v2's standard retry mode.
type BudgetPolicy struct {
	Capacity      int // default 500; not less than a cost, where a run may retry
	RetryCost     int // what a retry takes; given back if it succeeds or is not made; default 14
	ThrottledCost int // the same after a throttled attempt; default 5
	SuccessCredit int // what a success at the first attempt puts back; default 1
}

// Validate returns an error that names the first bad field, or nil.
func (p Policy) Validate() error {
	if err := p.breaker().Validate(); err != nil {
		return err
	}
	if err := firstError(
		notNegative("Policy.Timeout", p.Timeout),
		notNegative("RetryPolicy.MaxAttempts", p.Retry.MaxAttempts),
		notNegative("RetryPolicy.BaseDelay", p.Retry.BaseDelay),
		notNegative("RetryPolicy.ThrottleDelay", p.Retry.ThrottleDelay),
		notNegative("RetryPolicy.MaxDelay", p.Retry.MaxDelay),
		notNegative("RetryPolicy.MaxWait", p.Retry.MaxWait),
		notNegative("BudgetPolicy.Capacity", p.Budget.Capacity),
		notNegative("BudgetPolicy.RetryCost", p.Budget.RetryCost),
		notNegative("BudgetPolicy.ThrottledCost", p.Budget.ThrottledCost),
		notNegative("BudgetPolicy.SuccessCredit", p.Budget.SuccessCredit),
		notNegative("Policy.MinTrial", p.MinTrial),
		p.Limit.Validate(),
		p.Hedge.validate(),
		p.Stream.validate(),
	); err != nil {
		return err
	}
	return p.withDefaults().agrees()
}

// agrees is about fields that fit only together. It needs the defaults.
func (p Policy) agrees() error {
	r, b := p.Retry, p.Budget
	delay, cost := max(r.BaseDelay, r.ThrottleDelay), max(b.RetryCost, b.ThrottledCost)
	switch {
	case r.MaxDelay < delay:
		return invalid("RetryPolicy.MaxDelay is %v: must not be less than BaseDelay or ThrottleDelay (%v)", r.MaxDelay, delay)
	case b.Capacity < cost && r.MaxAttempts != 1:
		return invalid("BudgetPolicy.Capacity is %d: must not be less than RetryCost or ThrottledCost (%d); set RetryPolicy.MaxAttempts to 1 to never retry", b.Capacity, cost)
	case p.limited() && p.Breaker.ProbeLease < p.Timeout:
		return invalid("BreakerConfig.ProbeLease is %v: must not be less than Policy.Timeout (%v)", p.Breaker.ProbeLease, p.Timeout)
	case p.Hedge.Delay >= p.Timeout:
		return invalid("HedgePolicy.Delay is %v: must be less than Policy.Timeout (%v)", p.Hedge.Delay, p.Timeout)
	}
	return nil
}

// limited tells whether attempts have a time limit.
func (p *Policy) limited() bool { return p.Timeout > 0 && p.Timeout < NoTimeout }

const (
	// What a probe has, after its time limit, to return and tell.
	leaseGrace = time.Second
	// Longer, a service that stalls for 10 s at 50 to 85 % of its capacity is
	// not well again within 15 s: bench/outage.
	timedOpenFor = 10 * time.Second
)

// breaker is the breaker's configuration with what follows from the guard's.
func (p Policy) breaker() BreakerConfig {
	b := p.Breaker
	if p.limited() {
		setDefault(&b.ProbeLease, after(p.Timeout, leaseGrace))
		setDefault(&b.OpenFor, timedOpenFor)
	}
	return b
}

func (p Policy) withDefaults() Policy {
	p.Breaker = p.breaker().withDefaults()
	setDefault(&p.Timeout, NoTimeout)
	setDefault(&p.Retry.MaxAttempts, 3)
	setDefault(&p.Retry.BaseDelay, 200*time.Millisecond)
	setDefault(&p.Retry.ThrottleDelay, time.Second)
	setDefault(&p.Retry.MaxDelay, 20*time.Second)
	setDefault(&p.Retry.MaxWait, 60*time.Second)
	setDefault(&p.Budget.Capacity, 500)
	setDefault(&p.Budget.RetryCost, 14)
	setDefault(&p.Budget.ThrottledCost, 5)
	setDefault(&p.Budget.SuccessCredit, 1)
	setDefault(&p.MinTrial, 5*time.Second)
	p.Limit = p.Limit.withDefaults()
	p.Stream = p.Stream.withDefaults()
	return p
}
