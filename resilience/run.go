package resilience

import (
	"context"
	"errors"
	"time"
)

// Call says what is special about one run. The zero Call is a plain one.
type Call struct {
	// ID is a number of the caller's, which the run's events carry.
	ID uint64
	// Key names the gate that the call passes: what is rate limited or out of
	// quota on its own, such as a model.
	Key string
	// Share is the longest the whole run may take, waits included, counted from
	// its start. 0: only the context bounds it. Negative: there is no time left.
	Share time.Duration
	// Hurry: another answer is ready elsewhere. At most one retry, after at
	// most 250 ms, none after an attempt that timed out, and no waiting for
	// gates or for a place within the limit.
	Hurry bool
	// Patience is the longest the run waits for one retry, and in all for gates,
	// where that is less than RetryPolicy.MaxWait. 0: MaxWait. Negative: it waits
	// for neither, so that it makes one attempt at most.
	Patience time.Duration
}

// Run is [RunCall] with a plain call.
func Run[T any](ctx context.Context, g *Guard, fn func(context.Context) (T, error)) (T, error) {
	return RunCall(ctx, g, Call{}, fn)
}

// RunCall calls fn under the guard g, again if it fails and the policy allows,
// and returns what the last call of fn returned. fn must honour its context,
// which ends with the attempt's time limit and when fn returns: what needs it
// longer, such as a body still to be read, must be read within fn.
//
// When attempts were made the error is fn's last one. If ctx ended meanwhile,
// both that error and ctx.Err() are found in it by [errors.Is] and [errors.As].
// When no attempt was made the error is an [*OpenError] of the breaker or of the
// key's gate, a [*LimitError], or the error of a context that had already ended
// (context.DeadlineExceeded too if there was no share) or that ended while the
// run waited for its place; [ErrLimit] is then found in it as well.
//
// A panic in fn passes through with its stack: a failure for a closed breaker,
// nothing for a probe.
func RunCall[T any](ctx context.Context, g *Guard, c Call, fn func(context.Context) (T, error)) (T, error) {
	return guarded(ctx, g, c, false, fn, nil)
}

// RunHedged is [RunCall] whose attempts Policy.Hedge may make two calls of fn,
// which then run at the same time. That fn is fit for it is the caller's promise
// ([HedgePolicy] says what it takes): no policy alone makes two calls of one.
func RunHedged[T any](ctx context.Context, g *Guard, c Call, fn func(context.Context) (T, error)) (T, error) {
	return guarded(ctx, g, c, false, nil, fn)
}

// guarded takes fn, or twin, through the layers of g. A twin may be called
// twice at once. They are two arguments because what is handed to another
// goroutine lives on the heap: for fn the compiler sees that it is not.
func guarded[T any](ctx context.Context, g *Guard, c Call, streams bool, fn, twin func(context.Context) (T, error)) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	var r run
	r.begin(ctx, g, c.Share, streams)
	if g.limiter != nil {
		if err := g.place(ctx, &c, &r); err != nil {
			return zero, err
		}
		defer g.limiter.Release()
	}
	var f failure
	v, ok := attempt(ctx, g, &c, &r, fn, twin, &f)
	if ok {
		g.budget.put(g.budget.policy.SuccessCredit)
		return v, nil
	}
	if f.verdict.Retry {
		return again(ctx, g, c, r, fn, twin, f, v)
	}
	return v, interrupted(ctx, f.err)
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
