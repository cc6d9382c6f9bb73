package resilience

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// script answers the n-th call with the n-th error, the last one for ever, and
// keeps when it was called.
type script struct {
	errs  []error
	start time.Time
	at    []time.Duration
}

func newScript(errs ...error) *script { return &script{errs: errs, start: time.Now()} }

func (s *script) call(context.Context) (string, error) {
	err := s.errs[min(len(s.at), len(s.errs)-1)]
	s.at = append(s.at, time.Since(s.start))
	if err != nil {
		return "", err
	}
	return "answer", nil
}

func always(v Verdict) func(error) Verdict { return func(error) Verdict { return v } }

func TestARunRetriesUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		s := newScript(errDown, errDown, nil)
		answer, err := Run(t.Context(), g, s.call)
		if answer != "answer" || err != nil || len(s.at) != 3 {
			t.Fatalf("%q, %v after %d calls", answer, err, len(s.at))
		}
	})
}

func TestTheLastErrorIsReturnedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		last := fmt.Errorf("outer: %w", backoff.Permanent(errors.New("inner")))
		s := newScript(errDown, last, last)
		if _, err := Run(t.Context(), g, s.call); err != last || len(s.at) != 3 {
			t.Fatalf("error %v after %d calls", err, len(s.at))
		}
	})
}

func TestOneAttemptMeansNoRetry(t *testing.T) {
	g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: 1}}, nil)
	s := newScript(errDown)
	if _, err := Run(t.Context(), g, s.call); err != errDown || len(s.at) != 1 {
		t.Fatalf("error %v after %d calls", err, len(s.at))
	}
}

func TestAnErrorThatIsFinalIsNotRetried(t *testing.T) {
	for name, tt := range map[string]struct {
		classify func(error) Verdict
		err      error
	}{
		"by the zero verdict":                           {always(Verdict{}), errDown},
		"by default, a cancel that is not the caller's": {nil, context.Canceled},
	} {
		g := newTestGuard(t, Policy{}, tt.classify)
		s := newScript(tt.err)
		if _, err := Run(t.Context(), g, s.call); err != tt.err || len(s.at) != 1 || g.Breaker().FailureCount() != 0 {
			t.Errorf("%s: error %v after %d calls", name, err, len(s.at))
		}
	}
}

func TestAVerdictOfOnceAllowsOneRetryInTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		errGarbled := errors.New("garbled")
		g := newTestGuard(t, Policy{Breaker: BreakerConfig{Failures: 100}}, func(err error) Verdict {
			return Verdict{Outcome: Failure, Retry: true, Once: err == errGarbled}
		})
		for _, tt := range []struct {
			errs  []error
			calls int
		}{
			{[]error{errGarbled}, 2},
			{[]error{errDown, errGarbled}, 2},
			{[]error{errGarbled, errDown}, 3},
		} {
			s := newScript(tt.errs...)
			if _, _ = Run(t.Context(), g, s.call); len(s.at) != tt.calls {
				t.Errorf("%v: %d calls, want %d", tt.errs, len(s.at), tt.calls)
			}
		}
	})
}

func TestACancelWhileWaitingEndsTheRunAndKeepsTheError(t *testing.T) {
	for _, want := range []error{context.Canceled, context.DeadlineExceeded} {
		t.Run(want.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := endingContext(t.Context(), want)
				g := newTestGuard(t, Policy{Retry: RetryPolicy{BaseDelay: time.Second}}, always(Verdict{Retry: true, After: 10 * time.Second}))
				s := newScript(errDown)
				time.AfterFunc(time.Second, end)
				_, err := Run(ctx, g, s.call)
				if !errors.Is(err, want) || !errors.Is(err, errDown) {
					t.Fatalf("error %v, want both %v and the last error", err, want)
				}
				if took := time.Since(s.start); took != time.Second {
					t.Fatalf("it returned after %v, want 1s", took)
				}
				elapse(time.Minute)
				if len(s.at) != 1 {
					t.Fatalf("%d calls, want none after the cancel", len(s.at))
				}
				if text := err.Error(); text != "resilience: "+want.Error()+" after a failed or refused attempt" {
					t.Fatalf("it says %q", text)
				}
			})
		})
	}
}

// endingContext ends with err when end is called, without announcing a deadline.
func endingContext(parent context.Context, err error) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancel(parent)
	return unannounced{ctx, err}, cancel
}

type unannounced struct {
	context.Context
	err error
}

func (c unannounced) Err() error {
	if c.Context.Err() == nil {
		return nil
	}
	return c.err
}

func TestARunWhoseBreakerOpensReturnsTheLastErrorAtOnce(t *testing.T) {
	tests := map[string]func(*testing.T, *Guard){
		"by its probe":         func(t *testing.T, g *Guard) { halfOpen(t, g.Breaker()) },
		"by its first attempt": func(_ *testing.T, g *Guard) { failTimes(g.Breaker(), 4) },
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{}, nil)
				prepare(t, g)
				s := newScript(errDown)
				if _, err := Run(t.Context(), g, s.call); err != errDown || errors.Is(err, ErrOpen) {
					t.Fatalf("error %v, want the last one", err)
				}
				if !slices.Equal(s.at, []time.Duration{0}) || time.Since(s.start) != 0 {
					t.Fatalf("called at %v, returned after %v", s.at, time.Since(s.start))
				}
				wantState(t, g.Breaker(), Open)
			})
		})
	}
}

func TestABreakerThatOpensDuringTheWaitCostsNoBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, always(Verdict{Retry: true, After: time.Second}))
		time.AfterFunc(time.Second/2, g.Breaker().ForceOpen)
		calls := 0
		v, err := Run(t.Context(), g, func(context.Context) (string, error) { calls++; return "half", errDown })
		if v != "half" || err != errDown || calls != 1 {
			t.Fatalf("%q, error %v after %d calls, want what the one call returned", v, err, calls)
		}
		if left := g.BudgetLeft(); left != 500 {
			t.Fatalf("%d tokens left, want 500", left)
		}
	})
}
