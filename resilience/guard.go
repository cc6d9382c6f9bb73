package resilience

import "time"

// Guard is a breaker with a retry budget, a limit, a time limit for attempts
// and gates for single keys. Make one with [NewGuard] for each thing that fails
// as a whole, and call through it with [Run]. It is safe for concurrent use, has
// no goroutine and needs no closing.
type Guard struct {
	name     string
	policy   Policy // defaults filled in
	classify func(error) Verdict
	clock    clock
	events   stream
	breaker  *Breaker
	timed    bool     // every attempt needs the clock
	limiter  *Limiter // nil: no limit
	budget   budget
	gates    gates
	latency  latency // of successes
	hedger   hedger
}

// NewGuard returns a guard, or an error that names what is wrong with its
// arguments. The name is that of its breaker too. classify tells what an error
// that is not nil means; it must be safe for concurrent use, and is not asked
// about an attempt that its caller cancelled or had no time for. Without it,
// context.Canceled is final and Neutral, every other error a Failure worth a
// retry.
func NewGuard(name string, p Policy, classify func(error) Verdict) (*Guard, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p = p.withDefaults()
	if classify == nil {
		classify = defaultVerdict
	}
	g := &Guard{name: name, policy: p, classify: classify, clock: newClock()}
	g.events = stream{to: p.OnEvent, guard: name, clock: &g.clock}
	var err error
	if g.breaker, err = NewBreaker(name, g.events.tap(p.Breaker)); err != nil {
		return nil, err
	}
	g.hedger.set(p.Hedge)
	g.timed = p.limited() || g.events.watched() || g.hedger.on() || p.Limit.Adaptive.Min > 0
	g.budget.fill(p.Budget)
	g.gates.name, g.gates.clock = name, &g.clock
	g.gates.retry, g.gates.lease = p.Retry, p.Breaker.ProbeLease
	if p.Limit.MaxConcurrent > 0 {
		if g.limiter, err = NewLimiter(name, g.events.tapLimit(p.Limit)); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// Name returns the name given to [NewGuard].
func (g *Guard) Name() string { return g.name }

// Policy returns the policy in force, with its defaults filled in.
func (g *Guard) Policy() Policy { return g.policy }

// Breaker returns the guard's breaker, to be watched or steered.
func (g *Guard) Breaker() *Breaker { return g.breaker }

// Limiter returns the guard's limiter, to be watched; nil without a Policy.Limit.
func (g *Guard) Limiter() *Limiter { return g.limiter }

// BudgetLeft returns the tokens in the retry budget, at most
// BudgetPolicy.Capacity.
func (g *Guard) BudgetLeft() int { return int(g.budget.tokens.Load()) }

// Gates returns the gates that are not open, ordered by key.
func (g *Guard) Gates() []GateSnapshot { return g.gates.snapshot() }

// P95 returns the 95th percentile of the recent successful attempts, at most
// 12.5 % (and 65.5 µs) too high, and how many successes it rests on. Only
// attempts under a time limit, a share or a deadline are timed, and all where
// the policy has a hedge, an adaptive limit or OnEvent.
func (g *Guard) P95() (d time.Duration, successes int) { return g.latency.quantile(0.95) }

// minTrial is Policy.MinTrial in the light of what is known.
func (g *Guard) minTrial() time.Duration {
	least := min(g.policy.MinTrial, g.policy.Timeout)
	if p95, successes := g.P95(); successes >= 20 {
		least = min(least, 2*p95)
	}
	return least
}
