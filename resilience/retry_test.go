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

func TestWaitsAreFullyJitteredAndGrow(t *testing.T) {
	tests := []struct {
		name  string
		v     Verdict
		bound []time.Duration // of the first, second … wait
	}{
		{"plain", Verdict{Retry: true}, []time.Duration{200e6, 400e6, 800e6, 1600e6, 3200e6, 6400e6, 12800e6, 20e9, 20e9}},
		{"throttled", Verdict{Retry: true, Throttled: true, After: 1}, []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 20e9, 20e9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := len(tt.bound)
				longest, shortest := make([]time.Duration, n), make([]time.Duration, n)
				for i := range shortest {
					shortest[i] = forever
				}
				halves := make([]int, n) // waits in the longer half of their range
				for range 200 {
					g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: n + 1}}, always(tt.v))
					s := newScript(errDown)
					_, _ = Run(t.Context(), g, s.call)
					for i := range n {
						wait := s.at[i+1] - s.at[i]
						longest[i], shortest[i] = max(longest[i], wait), min(shortest[i], wait)
						if wait > tt.bound[i]/2 {
							halves[i]++
						}
					}
				}
				for i, bound := range tt.bound {
					// 200 draws all miss a tenth of the range once in 10⁹ runs.
					if longest[i] > bound+1 || longest[i] < bound*9/10 || shortest[i] > bound/10 {
						t.Errorf("wait %d was between %v and %v, want from 0 to %v", i+1, shortest[i], longest[i], bound)
					}
					if halves[i] < 50 || halves[i] > 150 { // seven standard deviations
						t.Errorf("wait %d was in the longer half of its range %d times of 200", i+1, halves[i])
					}
				}
			})
		})
	}
}

func TestTheHintIsAFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, always(Verdict{Retry: true, Throttled: true, After: 34 * time.Second}))
		s := newScript(errDown, nil)
		if _, err := Run(t.Context(), g, s.call); err != nil || s.at[1] != 34*time.Second {
			t.Fatalf("called at %v, error %v", s.at, err)
		}
	})
}

func TestNoWaitBeyondPatienceDeadlineOrShare(t *testing.T) {
	tests := []struct {
		name     string
		deadline time.Duration
		call     Call
		after    time.Duration
		calls    int
	}{
		{"within patience", time.Hour, Call{}, 60 * time.Second, 2},
		{"beyond patience", time.Hour, Call{}, 60*time.Second + 1, 1},
		{"within the deadline", 31 * time.Second, Call{}, 30 * time.Second, 2},
		{"as long as the deadline", 30 * time.Second, Call{}, 30 * time.Second, 1},
		{"within the share", time.Hour, Call{Share: 31 * time.Second}, 30 * time.Second, 2},
		{"as long as the share", time.Hour, Call{Share: 30 * time.Second}, 30 * time.Second, 1},
		{"hurried, at the most", time.Hour, Call{Hurry: true}, 250 * time.Millisecond, 2},
		{"hurried, beyond", time.Hour, Call{Hurry: true}, 250*time.Millisecond + 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.deadline)
				defer cancel()
				g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: 2}}, always(Verdict{Retry: true, After: tt.after}))
				s := newScript(errDown)
				_, err := RunCall(ctx, g, tt.call, s.call)
				if err != errDown || len(s.at) != tt.calls {
					t.Fatalf("called at %v, error %v; want %d calls and the last error", s.at, err, tt.calls)
				}
				if took := time.Since(s.start); tt.calls == 1 && took != 0 {
					t.Fatalf("waited %v in vain", took)
				}
			})
		})
	}
}

func TestAHurriedRunRetriesOnceAfterAShortWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var longest time.Duration
		for range 100 {
			g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: 9, BaseDelay: time.Second}}, nil)
			s := newScript(errDown)
			_, err := RunCall(t.Context(), g, Call{Hurry: true}, s.call)
			if err != errDown || len(s.at) != 2 {
				t.Fatalf("%d calls, error %v", len(s.at), err)
			}
			longest = max(longest, s.at[1])
		}
		if longest != 250*time.Millisecond {
			t.Fatalf("the longest wait was %v, want it cut to 250ms", longest)
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
