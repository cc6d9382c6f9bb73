package resilience

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// The longest wait of a run that has another answer ready.
	hurriedWait = 250 * time.Millisecond
	// The shortest of one that a gate refused: shorter, it would spin while the
	// call that goes first is out.
	leastWait = time.Millisecond
)

// errFailed stands for an attempt's error inside backoff, which would unwrap a
// PermanentError in the real one and lose what surrounds it.
var errFailed = errors.New("resilience: attempt failed")

// again goes on with a run whose first attempt failed with first and is worth a
// retry. backoff always begins with an attempt: the first one is replayed to it.
func again[T any](ctx context.Context, g *Guard, c Call, r run, fn, twin func(context.Context) (T, error), first failure, v T) (T, error) {
	t := newRetrier(g, c, r, first)
	replayed := false
	err := backoff.Retry(func() error {
		if !replayed {
			replayed = true
			return errFailed
		}
		if err := ctx.Err(); err != nil { // the wait and the context ended together
			t.failed(failure{err: err, refused: true})
			return backoff.Permanent(errFailed)
		}
		var next failure
		answer, ok := attempt(ctx, g, &c, &t.run, fn, twin, &next)
		if ok {
			v = answer
			t.succeeded()
			return nil
		}
		if !next.refused {
			v = answer
		}
		t.failed(next)
		return errFailed
	}, backoff.WithContext(t, ctx))
	if err == nil {
		return v, nil
	}
	g.budget.put(t.paid) // for an attempt that was not made
	return v, interrupted(ctx, t.err)
}

// retrier decides whether and when one run tries again. It is the BackOff that
// has backoff wait.
type retrier struct {
	guard *Guard
	call  Call
	run   run

	plain, throttled *backoff.ExponentialBackOff

	patience time.Duration // what is left of it for gates
	paid     int           // budget tokens taken for an attempt that is still to be made
	last     failure       // decides what happens next
	err      error         // what the run returns: fn's last error, if fn was called
}

func newRetrier(g *Guard, c Call, begun run, first failure) *retrier {
	r := &retrier{
		guard: g, call: c, run: begun,
		plain:     jittered(g.policy.Retry.BaseDelay, g.policy.Retry.MaxDelay),
		throttled: jittered(g.policy.Retry.ThrottleDelay, g.policy.Retry.MaxDelay),
	}
	r.patience = r.longest()
	r.failed(first)
	return r
}

// jittered draws waits between 0 and base, then twice that, up to most: full
// jitter, as half the interval plus or minus all of it.
func jittered(base, most time.Duration) *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(max(base/2, 1)), // 0 would never grow
		backoff.WithMaxInterval(most/2),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(1),
		backoff.WithMaxElapsedTime(0),
	)
}

func (r *retrier) succeeded() {
	refund := r.paid
	if r.run.attempts == 1 { // gates refused what came before
		refund = r.guard.budget.policy.SuccessCredit
	}
	r.guard.budget.put(refund)
}

func (r *retrier) failed(f failure) {
	r.last = f
	if !f.refused {
		r.paid = 0 // and spent
	}
	if !f.refused || r.run.attempts == 0 {
		r.err = f.err
	}
}

// Reset does nothing: a retrier serves one run.
func (r *retrier) Reset() {}

// NextBackOff returns the wait before the next attempt, paid for, or Stop.
func (r *retrier) NextBackOff() time.Duration {
	if !r.allowed() {
		return backoff.Stop
	}
	wait := r.wait()
	switch {
	case r.last.refused && wait > r.patience,
		after(r.guard.clock.now(), wait) >= r.run.end(),
		r.guard.breaker.refusesIn(wait):
		return backoff.Stop
	}
	cost := r.guard.budget.cost(&r.last)
	if !r.guard.budget.take(cost) {
		r.tell(EventBudgetEmpty, 0, cost)
		return backoff.Stop
	}
	r.paid += cost
	if r.last.refused {
		r.patience -= wait
	}
	r.tell(EventRetry, wait, cost)
	return wait
}

// tell is about the attempt to come.
func (r *retrier) tell(kind EventKind, wait time.Duration, cost int) {
	r.guard.events.send(Event{
		Kind: kind, Call: r.call.ID, Key: r.call.Key, Attempt: r.run.attempts + 1, Wait: wait, Cost: cost,
	})
}

// allowed tells whether a retry is open to the run at all.
func (r *retrier) allowed() bool {
	v := &r.last.verdict
	switch {
	case !v.Retry, r.call.Patience < 0, r.run.attempts >= r.guard.policy.Retry.MaxAttempts:
		return false
	case v.Once && r.run.attempts > 1, r.call.Hurry && (r.run.attempts > 1 || v.TimedOut):
		return false
	}
	return v.After <= r.longest()
}

// longest is what the run waits at most for one retry.
func (r *retrier) longest() time.Duration {
	longest := r.guard.policy.Retry.MaxWait
	if r.call.Patience > 0 {
		longest = min(longest, r.call.Patience)
	}
	if r.call.Hurry {
		longest = min(longest, hurriedWait)
	}
	return longest
}

func (r *retrier) wait() time.Duration {
	v := &r.last.verdict
	draw := r.plain
	if v.Throttled {
		draw = r.throttled
	}
	wait := max(min(draw.NextBackOff(), r.longest()), v.After)
	if r.last.refused {
		wait = max(wait, leastWait)
	}
	return wait
}

// refusedByGate is worth waiting for, unless the run is hurried. A closed gate
// names the time; where the call that goes first is still out, it is a guess.
func refusedByGate(refused *OpenError, hurry bool) failure {
	f := failure{err: refused, refused: true, verdict: Verdict{Retry: !hurry, Throttled: true}}
	if refused.State == Open {
		f.verdict.After = refused.RetryAfter()
	}
	return f
}
