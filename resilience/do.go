package resilience

import (
	"context"
	"errors"
)

// Do calls fn under the breaker b and returns what fn returned. It returns an
// [*OpenError] if the breaker refuses and ctx.Err() if ctx is already done; fn
// is then not called.
//
// BreakerConfig.Classify judges the error. Unless it says otherwise a deadline
// of the caller's that passes is a failure, however soon: where callers are in
// a hurry, [Run] spares the service that blame (Policy.MinTrial). If fn panics
// or ends its goroutine, that passes through with its stack and counts as a
// failure; of a probe it only frees the place.
func Do[T any](ctx context.Context, b *Breaker, fn func(context.Context) (T, error)) (v T, err error) {
	if err := ctx.Err(); err != nil {
		return v, err
	}
	g, refused := b.admit()
	if refused != nil {
		return v, refused
	}
	judged := false
	defer func() {
		if !judged {
			b.abandon(g)
		}
	}()
	v, err = fn(ctx)
	if err == nil && g.word.closed() { // as settle would find
		judged = true
		return v, nil
	}
	verdict := b.verdict(ctx, err)
	judged = true
	b.settleGuarded(g, verdict)
	return v, err
}

// Protect returns fn under the breaker b, as [Do] runs it.
func Protect[T any](b *Breaker, fn func(context.Context) (T, error)) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) { return Do(ctx, b, fn) }
}

func (b *Breaker) verdict(ctx context.Context, err error) Verdict {
	switch {
	case err == nil:
		return Verdict{Outcome: Success}
	case cancelled(ctx):
		return Verdict{}
	}
	return b.cfg.Classify(err)
}

// cancelled tells whether ctx was cancelled, rather than that its deadline
// passed.
func cancelled(ctx context.Context) bool {
	err := ctx.Err()
	return err != nil && !errors.Is(err, context.DeadlineExceeded)
}
