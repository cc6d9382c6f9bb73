package promises

import (
	"context"

	"github.com/cenk/backoff"
	circuit "github.com/rubyist/circuitbreaker"
)

// called has no time limit for calls: with one they run in a goroutine of their
// own, and a panic ends the program.
type called struct{ *circuit.Breaker }

func openRubyist(func()) breaker {
	return called{circuit.NewBreakerWithOptions(&circuit.Options{
		BackOff:       backoff.NewConstantBackOff(openFor),
		ShouldTrip:    circuit.ThresholdTripFunc(failures),
		WindowTime:    window,
		WindowBuckets: 10,
	})}
}

func (b called) closed() bool { return !b.Tripped() }

func (b called) call(ctx context.Context, fn func(context.Context) error) {
	_ = b.CallContext(ctx, func() error { return fn(ctx) }, 0)
}
