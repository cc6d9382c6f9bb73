package peers

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	failsafefallback "github.com/failsafe-go/failsafe-go/fallback"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	"github.com/finbrain/ai/fallback"
	"github.com/finbrain/ai/resilience"
	"github.com/sony/gobreaker/v2"
)

const (
	attempts  = 3
	baseDelay = 200 * time.Millisecond
	maxDelay  = 20 * time.Second
	timeLimit = time.Minute
	places    = 1000
	resort    = -1 // the answer of a fallback
)

// What is measured, outermost layer first.
const (
	withRetries   = "retry, breaker"
	withEvents    = "limit, retry, breaker, latency, events"
	withTimeLimit = "fallback, retry, breaker, time limit"
	cancellable   = withTimeLimit + ", cancellable"
	refused       = withTimeLimit + ", refused"
)

func retried() []cell {
	const what = withRetries
	return []cell{
		{what, oursRun, func() func(int) { return runs(newGuard(resilience.Policy{}), answer, 1) }},
		{what, failsafeExecutor, func() func(int) {
			return gets(failsafe.With(newRetry(), newFailsafe(failures)), 1)
		}},
		{what, byHand, func() func(int) {
			b := newGobreaker(failures, false)
			return func(n int) {
				ctx := context.Background()
				for range n {
					v, err := tries(ctx, b, answer)
					must(v == 1 && err == nil)
				}
			}
		}},
	}
}

func watched() []cell {
	const what = withEvents
	return []cell{
		{what, oursRun, func() func(int) {
			return runs(newGuard(resilience.Policy{
				Limit:   resilience.LimitPolicy{MaxConcurrent: places},
				OnEvent: func(resilience.Event) {},
			}), answer, 1)
		}},
		{what, failsafeExecutor, func() func(int) {
			return gets(failsafe.With(bulkhead.New[int](places), newRetry(), newFailsafe(failures)).
				OnDone(func(e failsafe.ExecutionDoneEvent[int]) { _ = e.ElapsedTime() }), 1)
		}},
	}
}

func limited() []cell {
	return guarded(withTimeLimit, answer, func(e failsafe.Executor[int]) func(int) { return gets(e, 1) })
}

func waiting() []cell {
	return guarded(cancellable, patient, func(e failsafe.Executor[int]) func(int) {
		call := func(x failsafe.Execution[int]) (int, error) { return patient(x.Context()) }
		return func(n int) {
			for range n {
				v, err := e.GetWithExecution(call)
				must(v == 1 && err == nil)
			}
		}
	})
}

func guarded(what string, fn func(context.Context) (int, error), gets func(failsafe.Executor[int]) func(int)) []cell {
	policy := resilience.Policy{Timeout: timeLimit}
	return []cell{
		{what, oursRun, func() func(int) { return runs(newGuard(policy), fn, 1) }},
		{what, oursChain, func() func(int) { return chained(newGuard(policy), fn, 1) }},
		{what, failsafeExecutor, func() func(int) { return gets(newComposition(newFailsafe(failures))) }},
		{what, byHand, func() func(int) { return tried(newGobreaker(failures, false), fn, 1) }},
	}
}

func resorts() []cell {
	const what = refused
	opened := func() *resilience.Guard {
		g := newGuard(resilience.Policy{Timeout: timeLimit})
		g.Breaker().Trip(time.Now().Add(openFor), "benchmark")
		return g
	}
	return []cell{
		{what, oursRun, func() func(int) { return runs(opened(), answer, resort) }},
		{what, oursChain, func() func(int) { return chained(opened(), answer, resort) }},
		{what, failsafeExecutor, func() func(int) { return gets(newComposition(openedFailsafe()), resort) }},
		{what, byHand, func() func(int) { return tried(openedGobreaker(false), answer, resort) }},
	}
}

func newGuard(p resilience.Policy) *resilience.Guard {
	g, err := resilience.NewGuard("ours", p, nil)
	must(err == nil)
	return g
}

// newRetry does not try again what the breaker refuses.
func newRetry() retrypolicy.RetryPolicy[int] {
	return retrypolicy.NewBuilder[int]().
		WithMaxAttempts(attempts).
		WithBackoff(baseDelay, maxDelay).
		AbortOnErrors(circuitbreaker.ErrOpen).
		Build()
}

func newComposition(b circuitbreaker.CircuitBreaker[int]) failsafe.Executor[int] {
	return failsafe.With(failsafefallback.NewWithResult(resort), newRetry(), b, timeout.New[int](timeLimit))
}

// The functions below make calls, all of which are answered with want.

func runs(g *resilience.Guard, fn func(context.Context) (int, error), want int) func(int) {
	return func(n int) {
		ctx := context.Background()
		for range n {
			v, err := resilience.Run(ctx, g, fn)
			if err != nil {
				v = resort
			}
			must(v == want)
		}
	}
}

func chained(g *resilience.Guard, fn func(context.Context) (int, error), want int) func(int) {
	type step = fallback.Step[struct{}, int]
	steps := []step{
		{Timed: true, Do: func(ctx context.Context, _ struct{}, turn fallback.Turn) (int, error) {
			return resilience.RunCall(ctx, g, resilience.Call{Share: turn.Share, Hurry: turn.Hurry}, fn)
		}},
		{Do: func(context.Context, struct{}, fallback.Turn) (int, error) { return resort, nil }},
	}
	return func(n int) {
		ctx := context.Background()
		for range n {
			r := fallback.Chain[struct{}, int]{}.Run(ctx, struct{}{}, time.Time{}, steps)
			must(r.Value == want)
		}
	}
}

func gets(e failsafe.Executor[int], want int) func(int) {
	return func(n int) {
		for range n {
			v, err := e.Get(plainAnswer)
			must(v == want && err == nil)
		}
	}
}

func tried(b *gobreaker.CircuitBreaker[int], fn func(context.Context) (int, error), want int) func(int) {
	limited := func(ctx context.Context) (int, error) {
		ctx, cancel := context.WithTimeout(ctx, timeLimit)
		defer cancel()
		return fn(ctx)
	}
	return func(n int) {
		ctx := context.Background()
		for range n {
			v, err := tries(ctx, b, limited)
			if err != nil {
				v = resort
			}
			must(v == want)
		}
	}
}

// tries is what there is to write without a library that composes.
func tries(ctx context.Context, b *gobreaker.CircuitBreaker[int], fn func(context.Context) (int, error)) (int, error) {
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(baseDelay), backoff.WithMaxInterval(maxDelay))
	return backoff.RetryWithData(func() (int, error) {
		v, err := b.Execute(func() (int, error) { return fn(ctx) })
		if err == gobreaker.ErrOpenState || err == gobreaker.ErrTooManyRequests {
			return v, backoff.Permanent(err)
		}
		return v, err
	}, backoff.WithContext(backoff.WithMaxRetries(wait, attempts-1), ctx))
}
