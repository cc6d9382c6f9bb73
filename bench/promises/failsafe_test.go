package promises

import (
	"context"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

type policyOf struct {
	circuitbreaker.CircuitBreaker[struct{}]
}

type executor struct {
	policyOf
	failsafe.Executor[struct{}]
}

func newFailsafe(onChange func()) policyOf {
	return policyOf{circuitbreaker.NewBuilder[struct{}]().
		WithFailureThresholdPeriod(failures, window).
		WithSuccessThreshold(1).
		WithDelay(openFor).
		OnStateChanged(func(circuitbreaker.StateChangedEvent) { onChange() }).
		Build()}
}

func openFailsafe(onChange func()) breaker {
	b := newFailsafe(onChange)
	return executor{b, failsafe.With(b.CircuitBreaker)}
}

func openFailsafePermits(onChange func()) breaker { return newFailsafe(onChange) }

func (b policyOf) closed() bool { return b.IsClosed() }

func (b executor) call(ctx context.Context, fn func(context.Context) error) {
	_ = b.WithContext(ctx).Run(func() error { return fn(ctx) })
}

func (b policyOf) call(ctx context.Context, fn func(context.Context) error) {
	if b.TryAcquirePermit() {
		b.RecordError(fn(ctx))
	}
}

func (b policyOf) acquire() (fail func(), ok bool) {
	return b.RecordFailure, b.TryAcquirePermit()
}
