package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai/resilience"
)

// service is something the application depends on, and its three responses.
// The breaker may be used from everywhere at once; what the responses keep for
// later is for one goroutine, here as simple as can be.
type service struct {
	breaker *resilience.Breaker
	// full is all of the work, and limited its smallest useful piece. Both call
	// the service.
	full, limited func(context.Context) (string, error)
	// instead is what is done without the service.
	instead  func() string
	switches *switches
}

// do responds in the way that suits the state. Asking for the state decides
// only how much is tried: whether a call is made, the breaker decides.
func (s *service) do(ctx context.Context) (string, error) {
	work := s.full
	if s.breaker.IsHalfOpen() {
		work = s.limited
	}
	said, err := resilience.Do(ctx, s.breaker, work)
	if errors.Is(err, resilience.ErrOpen) {
		return s.instead(), nil
	}
	return said, err
}

// errRejected is behind every error that is our own fault: the service is well
// and would reject the same thing again.
var errRejected = errors.New("rejected")

// judge keeps what we did wrong from opening the breaker of a healthy
// service.
func judge(err error) resilience.Verdict {
	if errors.Is(err, errRejected) || errors.Is(err, context.Canceled) {
		return resilience.Verdict{}
	}
	return resilience.Verdict{Outcome: resilience.Failure}
}

// switches make a fake service fail, and count what reaches it.
type switches struct {
	down  atomic.Bool
	calls atomic.Int64
}

// failing counts a call and tells whether it is to fail.
func (s *switches) failing() bool {
	s.calls.Add(1)
	return s.down.Load()
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
