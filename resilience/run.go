package resilience

import (
	"context"
	"errors"
	"time"
)

// Call says what is special about one run. The zero Call is a plain one.
type Call struct {
	// Key names the gate that the call passes: what is rate limited or out of
	// quota on its own, such as a model.
	Key string
	// Share is the longest the whole run may take, waits included, counted from
	// its start. 0: only the context bounds it. Negative: there is no time left.
	Share time.Duration
	// Hurry: another answer is ready elsewhere. At most one retry, after at
	// most 250 ms, none after an attempt that timed out, and no waiting for
	// gates.
	Hurry bool
	// Patience is the longest the run waits for one retry, and in all for gates,
	// where that is less than RetryPolicy.MaxWait. 0: MaxWait.
	Patience time.Duration
}

// Run is [RunCall] with a plain call.
func Run[T any](ctx context.Context, g *Guard, fn func(context.Context) (T, error)) (T, error) {
	return RunCall(ctx, g, Call{}, fn)
}

// RunCall calls fn under the guard g, again if it fails and the policy allows,
// and returns what the last call of fn returned. fn must honour its context,
// which ends with the attempt's time limit.
//
// When attempts were made the error is fn's last one. If ctx ended meanwhile,
// both that error and ctx.Err() are found in it by [errors.Is] and [errors.As].
// When no attempt was made the error is an [*OpenError] of the breaker or of the
// key's gate, a [*LimitError], or the error of a context that had already ended
// (context.DeadlineExceeded too if there was no share).
//
// A panic in fn passes through with its stack: a failure for a closed breaker,
// nothing for a probe.
func RunCall[T any](ctx context.Context, g *Guard, c Call, fn func(context.Context) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	if g.places != nil {
		if !g.places.TryAcquire(1) {
			return zero, g.full
		}
		defer g.places.Release(1)
	}
	lim := g.limits(ctx, &c)
	var f failure
	v, ok := attempt(ctx, g, &c, &lim, fn, &f)
	if ok {
		g.budget.put(g.budget.policy.SuccessCredit)
		return v, nil
	}
	if f.verdict.Retry {
		return again(ctx, g, c, lim, fn, f, v)
	}
	return v, interrupted(ctx, f.err)
}

// failure is why an attempt gave no answer.
type failure struct {
	err     error
	verdict Verdict
	refused bool // fn was not called
}

// limits are the instants that bound a run, and whether any limit needs the clock.
type limits struct {
	end   time.Duration // of the caller's deadline or the share, whichever is first
	share time.Duration
	timed bool
	now   time.Duration // when they were worked out, until the first attempt has used it
	fresh bool
}

// take reads the clock, unless that was done just before.
func (lim *limits) take(c *clock) time.Duration {
	if lim.fresh {
		lim.fresh = false
		return lim.now
	}
	return c.now()
}

func (g *Guard) limits(ctx context.Context, c *Call) limits {
	lim := limits{end: forever, share: forever, timed: g.policy.Timeout > 0}
	deadline, ok := ctx.Deadline()
	if !ok && c.Share == 0 {
		return lim
	}
	now := g.clock.now()
	lim.timed, lim.now, lim.fresh = true, now, true
	if c.Share != 0 {
		lim.share = after(now, c.Share)
		lim.end = lim.share
	}
	if ok {
		lim.end = min(lim.end, after(now, time.Until(deadline)))
	}
	return lim
}

// attempt calls fn once, if breaker and gate let it.
func attempt[T any](ctx context.Context, g *Guard, c *Call, lim *limits, fn func(context.Context) (T, error), f *failure) (v T, ok bool) {
	var start time.Duration
	if lim.timed {
		if start = lim.take(&g.clock); start >= lim.end {
			*f = failure{err: context.DeadlineExceeded, refused: true}
			return v, false
		}
	}
	w, refused := g.breaker.admit()
	if refused != nil {
		*f = failure{err: refused, refused: true}
		return v, false
	}
	p, refused := g.gates.enter(c.Key)
	if refused != nil {
		g.breaker.settle(w, Neutral)
		*f = refusedByGate(refused, c.Hurry)
		return v, false
	}
	judged := false
	defer func() {
		if !judged {
			g.breaker.abandon(w)
			g.gates.release(c.Key, p)
		}
	}()
	attemptCtx := ctx
	if limit := g.attemptLimit(lim, start); limit < forever {
		var cancel context.CancelFunc
		attemptCtx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	v, err := fn(attemptCtx)
	if err == nil {
		judged = true
		if lim.timed {
			g.latency.record(g.clock.now() - start)
		}
		if p != 0 {
			g.gates.open(c.Key, p)
		}
		g.breaker.settle(w, Success)
		return v, true
	}
	*f = failure{err: err}
	told := g.judge(ctx, lim, start, f)
	judged = true
	if told {
		f.verdict.After = max(f.verdict.After, g.gates.settle(c.Key, p, &f.verdict))
	} else {
		g.gates.release(c.Key, p)
	}
	g.breaker.settle(w, f.verdict.Outcome)
	return v, false
}

// attemptLimit is what the attempt's own context must add to the caller's:
// forever if that is nothing.
func (g *Guard) attemptLimit(lim *limits, start time.Duration) time.Duration {
	limit := forever
	if g.policy.Timeout > 0 {
		limit = g.policy.Timeout
	}
	if lim.share < forever {
		limit = min(limit, lim.share-start)
	}
	return limit
}

// judge fills in the verdict on a failed attempt. It asks first who ended it,
// the caller before anybody else, and reports whether the service was heard.
func (g *Guard) judge(ctx context.Context, lim *limits, start time.Duration, f *failure) (told bool) {
	if cancelled(ctx) {
		return false
	}
	if lim.timed {
		now := g.clock.now()
		if now >= lim.end || ctx.Err() != nil {
			if now-start >= g.minTrial() {
				f.verdict.Outcome = Failure
			}
			return false
		}
		f.verdict = g.classify(f.err)
		f.verdict.TimedOut = f.verdict.TimedOut || g.policy.Timeout > 0 && now-start >= g.policy.Timeout
		return true
	}
	f.verdict = g.classify(f.err)
	return true
}

// interruption is a failure during which, or after which, the caller's context ended.
type interruption struct{ ended, last error }

func (e *interruption) Error() string {
	return "resilience: " + e.ended.Error() + " after a failed or refused attempt"
}

func (e *interruption) Unwrap() []error { return []error{e.ended, e.last} }

// interrupted adds the end of ctx to err, if it has ended and err does not say so.
func interrupted(ctx context.Context, err error) error {
	ended := ctx.Err()
	if ended == nil || errors.Is(err, ended) {
		return err
	}
	return &interruption{ended: ended, last: err}
}
