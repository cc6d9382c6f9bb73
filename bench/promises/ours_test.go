package promises

import (
	"context"
	"errors"

	"github.com/finbrain/ai/resilience"
)

type own struct{ *resilience.Breaker }

type underDo struct{ own }

type underProtect struct{ own }

type underAcquire struct{ own }

type underRecord struct{ own }

func newOurs(onChange func()) own {
	b, err := resilience.NewBreaker("ours", resilience.BreakerConfig{
		OnStateChange: func(resilience.StateChange) { onChange() },
	})
	if err != nil {
		panic(err)
	}
	return own{b}
}

func openDo(onChange func()) breaker      { return underDo{newOurs(onChange)} }
func openProtect(onChange func()) breaker { return underProtect{newOurs(onChange)} }
func openAcquire(onChange func()) breaker { return underAcquire{newOurs(onChange)} }
func openRecord(onChange func()) breaker  { return underRecord{newOurs(onChange)} }

func (b own) closed() bool { return b.Snapshot().State == resilience.Closed }

func valued(fn func(context.Context) error) func(context.Context) (struct{}, error) {
	return func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) }
}

func (b underDo) call(ctx context.Context, fn func(context.Context) error) {
	_, _ = resilience.Do(ctx, b.Breaker, valued(fn))
}

func (b underProtect) call(ctx context.Context, fn func(context.Context) error) {
	_, _ = resilience.Protect(b.Breaker, valued(fn))(ctx)
}

// call forgets the permit if fn panics, as code in two halves may.
func (b underAcquire) call(ctx context.Context, fn func(context.Context) error) {
	p, err := b.Acquire()
	if err != nil {
		return
	}
	p.Done(outcome(fn(ctx)))
}

func (b underAcquire) acquire() (fail func(), ok bool) {
	p, err := b.Acquire()
	return func() { p.Done(resilience.Failure) }, err == nil
}

func (b underRecord) call(ctx context.Context, fn func(context.Context) error) {
	if b.IsOpen() {
		return
	}
	switch outcome(fn(ctx)) {
	case resilience.Success:
		b.RecordSuccess()
	case resilience.Failure:
		b.RecordFailure()
	}
}

func outcome(err error) resilience.Outcome {
	switch {
	case err == nil:
		return resilience.Success
	case errors.Is(err, context.Canceled):
		return resilience.Neutral
	}
	return resilience.Failure
}
