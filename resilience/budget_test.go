package resilience

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// patient never opens and hardly waits, so that only the budget ends its retries.
var patient = Policy{
	Breaker: BreakerConfig{Failures: maxFailures},
	Retry:   RetryPolicy{MaxAttempts: 1000, BaseDelay: time.Millisecond, ThrottleDelay: time.Millisecond, MaxDelay: time.Millisecond},
}

func TestARetryStormIsBoundedByTheBudget(t *testing.T) {
	for _, callers := range []int{1, 1000} {
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, patient, nil)
			var mu sync.Mutex
			calls := 0
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					_, err := Run(t.Context(), g, func(context.Context) (int, error) {
						mu.Lock()
						defer mu.Unlock()
						calls++
						return 0, errDown
					})
					if err != errDown {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if retries := calls - callers; retries != 500/14 {
				t.Fatalf("%d callers: %d retries, want %d", callers, retries, 500/14)
			}
		})
	}
}

func TestWhatARetryCosts(t *testing.T) {
	tests := []struct {
		name string
		v    Verdict
		errs []error
		want int
	}{
		{"a retry that fails", Verdict{Retry: true}, []error{errDown, errDown}, 500 - 14},
		{"a retry that succeeds is refunded", Verdict{Retry: true}, []error{errDown, nil}, 500},
		{"only the one that succeeds is refunded", Verdict{Retry: true}, []error{errDown, errDown, nil}, 500 - 14},
		{"a throttled retry", Verdict{Retry: true, Throttled: true}, []error{errDown, errDown}, 500 - 5},
		{"no retry", Verdict{}, []error{errDown}, 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: len(tt.errs)}}, always(tt.v))
				_, _ = Run(t.Context(), g, newScript(tt.errs...).call)
				if left := g.BudgetLeft(); left != tt.want {
					t.Fatalf("%d tokens left, want %d", left, tt.want)
				}
			})
		})
	}
}

func TestFirstTrySuccessesRefillTheBudgetToItsCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, patient, nil)
		_, _ = Run(t.Context(), g, fail)
		left := g.BudgetLeft()
		for n := range 600 {
			_, _ = Run(t.Context(), g, succeed)
			if want := min(left+n+1, 500); g.BudgetLeft() != want {
				t.Fatalf("%d tokens after %d successes, want %d", g.BudgetLeft(), n+1, want)
			}
		}
	})
}

func TestCreditsNeverExceedTheCapacity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient
		p.Budget = BudgetPolicy{Capacity: 14, SuccessCredit: 100}
		g := newTestGuard(t, p, nil)
		s := newScript(errDown)
		_, _ = Run(t.Context(), g, s.call)
		if len(s.at) != 2 || g.BudgetLeft() != 0 {
			t.Fatalf("%d calls, %d tokens left; 14 tokens pay for exactly one retry", len(s.at), g.BudgetLeft())
		}
		_, _ = Run(t.Context(), g, succeed)
		if left := g.BudgetLeft(); left != 14 {
			t.Fatalf("%d tokens left, want 14", left)
		}
	})
}

func TestAnEmptyBudgetMakesFailuresFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient
		p.Budget = BudgetPolicy{Capacity: 13}
		g := newTestGuard(t, p, nil)
		s := newScript(errDown)
		if _, err := Run(t.Context(), g, s.call); err != errDown || len(s.at) != 1 || g.BudgetLeft() != 13 {
			t.Fatalf("%d calls, error %v, %d tokens left", len(s.at), err, g.BudgetLeft())
		}
	})
}
