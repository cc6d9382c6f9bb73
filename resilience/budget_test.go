package resilience

import (
	"context"
	"errors"
	"math"
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
	for _, credit := range []int{15, math.MaxInt} {
		synctest.Test(t, func(t *testing.T) {
			p := patient
			p.Budget = BudgetPolicy{Capacity: 15, SuccessCredit: credit}
			g := newTestGuard(t, p, nil)
			s := newScript(errDown)
			_, _ = Run(t.Context(), g, s.call)
			if len(s.at) != 2 || g.BudgetLeft() != 1 {
				t.Fatalf("%d calls, %d tokens left; 15 tokens pay for exactly one retry", len(s.at), g.BudgetLeft())
			}
			_, _ = Run(t.Context(), g, succeed)
			if left := g.BudgetLeft(); left != 15 {
				t.Fatalf("%d tokens left after a credit of %d, want 15", left, credit)
			}
		})
	}
}

func TestARetryThatIsNotMadeCostsNothing(t *testing.T) {
	ends := map[string]func(*Guard, context.CancelFunc){
		"the caller cancels": func(_ *Guard, cancel context.CancelFunc) { cancel() },
		"the breaker opens":  func(g *Guard, _ context.CancelFunc) { g.Breaker().ForceOpen() },
		"the gate closes, then the caller cancels": func(g *Guard, cancel context.CancelFunc) {
			g.gates.close("", 0, &Verdict{Block: 50 * time.Second})
			time.AfterFunc(30*time.Second, cancel)
		},
		"the gate closes for too long": func(g *Guard, _ context.CancelFunc) {
			g.gates.close("", 0, &Verdict{Block: time.Hour})
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				g := newTestGuard(t, Policy{}, always(Verdict{Retry: true, After: 10 * time.Second}))
				s := newScript(errDown)
				time.AfterFunc(time.Second, func() { end(g, cancel) })
				_, err := Run(ctx, g, s.call)
				if left := g.BudgetLeft(); left != 500 || len(s.at) != 1 || !errors.Is(err, errDown) {
					t.Fatalf("%d tokens left after %d calls, error %v", left, len(s.at), err)
				}
			})
		})
	}
}

func TestARetryThatAGateDelaysIsPaidForOnce(t *testing.T) {
	for _, tt := range []struct {
		then error
		want int
	}{{errDown, 500 - 14}, {nil, 500}} {
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, Policy{Retry: RetryPolicy{MaxAttempts: 2}}, always(Verdict{Retry: true, After: 10 * time.Second}))
			time.AfterFunc(time.Second, func() { g.gates.close("", 0, &Verdict{Block: 20 * time.Second}) })
			s := newScript(errDown, tt.then)
			_, err := Run(t.Context(), g, s.call)
			if left := g.BudgetLeft(); left != tt.want || len(s.at) != 2 || err != tt.then || s.at[1] != 21*time.Second {
				t.Fatalf("%d tokens left, called at %v, error %v; want %d", left, s.at, err, tt.want)
			}
		})
	}
}

func TestAnEmptyBudgetMakesFailuresFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := patient
		p.Budget = BudgetPolicy{Capacity: 14}
		g := newTestGuard(t, p, nil)
		g.budget.take(1)
		s := newScript(errDown)
		if _, err := Run(t.Context(), g, s.call); err != errDown || len(s.at) != 1 || g.BudgetLeft() != 13 {
			t.Fatalf("%d calls, error %v, %d tokens left", len(s.at), err, g.BudgetLeft())
		}
	})
}
