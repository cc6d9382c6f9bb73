package peers

import (
	"context"
	"math"

	eapache "github.com/eapache/go-resiliency/breaker"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/finbrain/ai/resilience"
	"github.com/sony/gobreaker/v2"
)

func newOurs(cfg resilience.BreakerConfig) *resilience.Breaker {
	cfg.OpenFor = openFor
	b, err := resilience.NewBreaker("ours", cfg)
	must(err == nil)
	return b
}

// unopened has a window in which failures never add up.
var unopened = resilience.BreakerConfig{Window: 1}

func newGobreaker(failures uint32, buckets bool) *gobreaker.CircuitBreaker[int] {
	s := gobreaker.Settings{
		Interval:    window,
		Timeout:     openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.TotalFailures >= failures },
	}
	if buckets {
		s.BucketPeriod = window / 10
	}
	return gobreaker.NewCircuitBreaker[int](s)
}

func newFailsafe(failures uint) circuitbreaker.CircuitBreaker[int] {
	return circuitbreaker.NewBuilder[int]().
		WithFailureThresholdPeriod(failures, window).
		WithSuccessThreshold(1).
		WithDelay(openFor).
		Build()
}

func successes() []cell {
	const what = "breaker, success"
	return []cell{
		{what, oursAcquire, func() func(int) {
			b := newOurs(resilience.BreakerConfig{})
			return func(n int) {
				for range n {
					p, err := b.Acquire()
					must(err == nil)
					p.Done(resilience.Success)
				}
			}
		}},
		{what, oursDo, func() func(int) { return do(newOurs(resilience.BreakerConfig{}), answer, nil) }},
		{what, gobreakerFixed, func() func(int) { return execute(newGobreaker(failures, false), plainAnswer, nil) }},
		{what, gobreakerBuckets, func() func(int) { return execute(newGobreaker(failures, true), plainAnswer, nil) }},
		{what, failsafePermits, func() func(int) {
			b := newFailsafe(failures)
			return func(n int) {
				for range n {
					must(b.TryAcquirePermit())
					b.RecordSuccess()
				}
			}
		}},
		{what, failsafeExecutor, func() func(int) { return get(failsafe.With(newFailsafe(failures)), plainAnswer, nil) }},
		{what, eapacheRun, func() func(int) { return run(eapache.New(failures, 1, openFor), bareAnswer, nil) }},
	}
}

func failed() []cell {
	const what = "breaker, failure"
	return []cell{
		{what, oursAcquire, func() func(int) {
			b := newOurs(unopened)
			return func(n int) {
				for range n {
					p, err := b.Acquire()
					must(err == nil)
					p.Done(resilience.Failure)
				}
			}
		}},
		{what, oursDo, func() func(int) { return do(newOurs(unopened), failure, errDown) }},
		{what, gobreakerFixed, func() func(int) { return execute(newGobreaker(math.MaxUint32, false), plainFailure, errDown) }},
		{what, gobreakerBuckets, func() func(int) { return execute(newGobreaker(math.MaxUint32, true), plainFailure, errDown) }},
		{what, failsafePermits, func() func(int) {
			b := newFailsafe(math.MaxUint32)
			return func(n int) {
				for range n {
					must(b.TryAcquirePermit())
					b.RecordFailure()
				}
			}
		}},
		{what, failsafeExecutor, func() func(int) { return get(failsafe.With(newFailsafe(math.MaxUint32)), plainFailure, errDown) }},
		{what, eapacheRun, func() func(int) { return run(eapache.New(math.MaxInt, 1, openFor), bareFailure, errDown) }},
	}
}

func refusals() []cell {
	const what = "breaker, refusal"
	return []cell{
		{what, oursAcquire, func() func(int) {
			b := openedOurs()
			return func(n int) {
				for range n {
					_, err := b.Acquire()
					must(err != nil)
				}
			}
		}},
		{what, oursDo, func() func(int) {
			b := openedOurs()
			_, refusal := b.Acquire()
			return do(b, answer, refusal)
		}},
		{what, gobreakerFixed, func() func(int) { return execute(openedGobreaker(false), plainAnswer, gobreaker.ErrOpenState) }},
		{what, gobreakerBuckets, func() func(int) { return execute(openedGobreaker(true), plainAnswer, gobreaker.ErrOpenState) }},
		{what, failsafePermits, func() func(int) {
			b := openedFailsafe()
			return func(n int) {
				for range n {
					must(!b.TryAcquirePermit())
				}
			}
		}},
		{what, failsafeExecutor, func() func(int) { return get(failsafe.With(openedFailsafe()), plainAnswer, circuitbreaker.ErrOpen) }},
		{what, eapacheRun, func() func(int) {
			b := eapache.New(failures, 1, openFor)
			run(b, bareFailure, errDown)(failures)
			return run(b, bareAnswer, eapache.ErrBreakerOpen)
		}},
	}
}

func openedOurs() *resilience.Breaker {
	b := newOurs(resilience.BreakerConfig{})
	do(b, failure, errDown)(failures)
	return b
}

func openedGobreaker(buckets bool) *gobreaker.CircuitBreaker[int] {
	b := newGobreaker(failures, buckets)
	execute(b, plainFailure, errDown)(failures)
	return b
}

func openedFailsafe() circuitbreaker.CircuitBreaker[int] {
	b := newFailsafe(failures)
	get(failsafe.With(b), plainFailure, errDown)(failures)
	return b
}

// The functions below make calls under a breaker, all of which end with want.

func do(b *resilience.Breaker, fn func(context.Context) (int, error), want error) func(int) {
	return func(n int) {
		ctx := context.Background()
		for range n {
			_, err := resilience.Do(ctx, b, fn)
			must(err == want)
		}
	}
}

func execute(b *gobreaker.CircuitBreaker[int], fn func() (int, error), want error) func(int) {
	return func(n int) {
		for range n {
			_, err := b.Execute(fn)
			must(err == want)
		}
	}
}

func get(e failsafe.Executor[int], fn func() (int, error), want error) func(int) {
	return func(n int) {
		for range n {
			_, err := e.Get(fn)
			must(err == want)
		}
	}
}

func run(b *eapache.Breaker, fn func() error, want error) func(int) {
	return func(n int) {
		for range n {
			must(b.Run(fn) == want)
		}
	}
}
