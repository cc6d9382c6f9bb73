package resilience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

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

func TestARandomWaitIsCutToPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{
			Breaker: BreakerConfig{Failures: 1000},
			Retry:   RetryPolicy{BaseDelay: 10 * time.Second, MaxWait: time.Second},
		}, nil)
		for range 20 {
			s := newScript(errDown, nil)
			if _, err := Run(t.Context(), g, s.call); err != nil || s.at[1] > time.Second {
				t.Fatalf("called at %v, error %v", s.at, err)
			}
		}
	})
}

func TestARunWithoutPatienceWaitsForNothing(t *testing.T) {
	for name, v := range map[string]Verdict{
		"no hint":   {Retry: true},
		"a hint":    {Retry: true, After: time.Second},
		"throttled": {Retry: true, Throttled: true, After: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{}, always(v))
				s := newScript(errDown, nil)
				impatient := Call{Patience: -1}
				if _, err := RunCall(t.Context(), g, impatient, s.call); err != errDown || len(s.at) != 1 {
					t.Fatalf("%d calls, error %v, want no retry", len(s.at), err)
				}
				_, err := RunCall(t.Context(), g, impatient, s.call)
				if errors.Is(err, ErrOpen) != v.Throttled {
					t.Fatalf("the next run: %v", err)
				}
				if took := time.Since(s.start); took != 0 {
					t.Fatalf("waited %v", took)
				}
			})
		})
	}
}

func TestARunBehindATrialLooksAgainEveryMillisecondAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{
			Retry:   RetryPolicy{BaseDelay: 1, ThrottleDelay: 1, MaxDelay: 1},
			OnEvent: told.add,
		}, gateVerdict)
		_ = once(g, "", throttle(time.Second))
		elapse(time.Second)
		trial := startTrial(g, "")
		time.AfterFunc(20*time.Millisecond+1, func() { trial <- nil })
		told.take()
		start := time.Now()
		_, err := Run(t.Context(), g, succeed)
		waits := 0
		for _, e := range told.take() {
			if e.Kind == EventRetry {
				waits++
			}
		}
		if took := time.Since(start); err != nil || waits != 21 || took != 21*time.Millisecond {
			t.Fatalf("%d waits in %v, error %v", waits, took, err)
		}
		s := newScript(errDown, nil)
		if _, err := Run(t.Context(), g, s.call); err != nil || s.at[1] >= time.Millisecond {
			t.Fatalf("a retry for its own failure: called at %v, error %v", s.at, err)
		}
	})
}

func TestTheShortestDelayStillGrows(t *testing.T) {
	draw := jittered(1, time.Second)
	var longest time.Duration
	for range 100 {
		longest = max(longest, draw.NextBackOff())
	}
	if longest < 100*time.Millisecond {
		t.Fatalf("the longest of 100 waits was %v", longest)
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

// unnoticed has ended once its time has come, but nobody is woken by it: as if
// the wait for a retry, which ends at the same moment, had been seen first.
type unnoticed struct {
	context.Context
	end time.Time
}

func (c unnoticed) Err() error {
	if time.Now().Before(c.end) {
		return nil
	}
	return context.Canceled
}

func TestACancelAtTheMomentOfARetryStopsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := errors.New("limited")
		g, err := NewGuard("g", Policy{}, func(error) Verdict { return Verdict{Retry: true, After: 30 * time.Second} })
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		ctx := unnoticed{context.Background(), time.Now().Add(30 * time.Second)}
		_, err = Run(ctx, g, func(context.Context) (int, error) {
			calls++
			return 0, limited
		})
		if calls != 1 || !errors.Is(err, context.Canceled) || !errors.Is(err, limited) {
			t.Errorf("%d calls, %v", calls, err)
		}
		if left := g.BudgetLeft(); left != g.Policy().Budget.Capacity {
			t.Errorf("the retry that was not made cost %d tokens", g.Policy().Budget.Capacity-left)
		}
	})
}
