package resilience

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestAContextThatIsDoneStartsNothing(t *testing.T) {
	g := newTestGuard(t, Policy{}, nil)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	for ctx, want := range map[context.Context]error{cancelled: context.Canceled, late: context.DeadlineExceeded} {
		_, err := Run(ctx, g, func(context.Context) (int, error) { t.Error("called"); return 0, nil })
		if err != want {
			t.Errorf("error %v, want %v", err, want)
		}
	}
	_, err := RunCall(t.Context(), g, Call{Share: -1}, func(context.Context) (int, error) { t.Error("called"); return 0, nil })
	if err != context.DeadlineExceeded {
		t.Errorf("no share left: error %v", err)
	}
}

func TestAnOpenBreakerRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{}, nil)
		failTimes(g.Breaker(), 5)
		start := time.Now()
		_, err := Run(t.Context(), g, func(context.Context) (int, error) { t.Error("called"); return 0, nil })
		if refused, ok := errors.AsType[*OpenError](err); !ok || refused.Name != "openai/text" {
			t.Fatalf("error %v", err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Fatalf("waited %v", waited)
		}
	})
}

func TestAFullGuardRefusesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 2}}, nil)
		hold := make(chan struct{})
		for range 2 {
			go func() {
				_, _ = Run(t.Context(), g, func(context.Context) (int, error) { <-hold; return 0, nil })
			}()
		}
		synctest.Wait()
		_, err := Run(t.Context(), g, succeed)
		if full, ok := errors.AsType[*LimitError](err); !ok || full.Limit != 2 || !errors.Is(err, ErrLimit) || errors.Is(err, ErrOpen) {
			t.Fatalf("error %v", err)
		}
		if err.Error() != "resilience: openai/text already has 2 calls under way" {
			t.Fatalf("it says %q", err)
		}
		close(hold)
		synctest.Wait()
		if _, err := Run(t.Context(), g, succeed); err != nil {
			t.Fatalf("after both returned: %v", err)
		}
	})
}

func TestARunThatEndsWithoutReturningReleasesEverything(t *testing.T) {
	throttled := errors.New("429")
	endings := map[string]func(context.Context) (int, error){
		"panic":  func(context.Context) (int, error) { panic("boom") },
		"Goexit": func(context.Context) (int, error) { runtime.Goexit(); return 0, nil },
	}
	for name, end := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1}, Retry: RetryPolicy{MaxAttempts: 1}}, func(err error) Verdict {
					return Verdict{Throttled: errors.Is(err, throttled), After: time.Second}
				})
				run := func(fn func(context.Context) (int, error)) error {
					var err error
					done := make(chan struct{})
					go func() {
						defer close(done)
						defer func() { _ = recover() }()
						_, err = RunCall(t.Context(), g, Call{Key: "m", Hurry: true}, fn)
					}()
					<-done
					return err
				}
				answer := func(context.Context) (int, error) { return 1, nil }

				_ = run(end)
				if n := g.Breaker().FailureCount(); n != 1 {
					t.Fatalf("%d failures counted, want 1", n)
				}
				if err := run(func(context.Context) (int, error) { return 0, throttled }); err != throttled {
					t.Fatal(err)
				}
				elapse(time.Second)
				halfOpen(t, g.Breaker())
				_ = run(end) // as the breaker's probe and the gate's trial
				if s := g.Breaker().Snapshot(); s.State != HalfOpen || s.RetryAfter != 0 {
					t.Fatalf("the probe still holds its place: %+v", s)
				}
				if gates := g.Gates(); len(gates) != 1 || gates[0].State != HalfOpen {
					t.Fatalf("gates %+v", gates)
				}
				if err := run(answer); err != nil {
					t.Fatalf("the next call: %v", err)
				}
			})
		})
	}
}

func TestAFirstAttemptThatSucceedsAllocatesLittle(t *testing.T) {
	for name, tt := range map[string]struct {
		policy Policy
		most   float64
	}{
		"plain":             {Policy{Limit: LimitPolicy{MaxConcurrent: 10}}, 0},
		"with a time limit": {Policy{Timeout: time.Minute}, 1},
		"with the longest":  {Policy{Timeout: math.MaxInt64}, 1},
	} {
		g := newTestGuard(t, tt.policy, nil)
		ctx := t.Context()
		allocs := testing.AllocsPerRun(100, func() {
			if _, err := RunCall(ctx, g, Call{Key: "gpt-5", Hurry: true}, succeed); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > tt.most {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func TestTheLongestTimeLimitLimitsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Timeout: math.MaxInt64}, nil)
		_, err := Run(t.Context(), g, func(ctx context.Context) (int, error) {
			if ctx.Err() != nil {
				t.Error(ctx.Err())
			}
			select {
			case <-ctx.Done():
				t.Error(ctx.Err())
			case <-time.After(100 * 365 * 24 * time.Hour):
			}
			return 0, ctx.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
