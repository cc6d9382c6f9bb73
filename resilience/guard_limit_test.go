package resilience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// occupy takes a guard's only place for that long.
func occupy(g *Guard, d time.Duration) {
	go func() {
		_, _ = Run(context.Background(), g, func(context.Context) (int, error) { elapse(d); return 0, nil })
	}()
	synctest.Wait()
}

func TestARunWaitsForItsPlaceAsLongAsItMay(t *testing.T) {
	limited := func(reason string) []Event {
		return []Event{{Kind: EventLimitRefused, Key: "m", Reason: reason, Limit: 1}}
	}
	tests := []struct {
		name     string
		call     Call
		deadline time.Duration // 0: none
		waited   time.Duration
		err      error // found in what the run returns
		refused  []Event
	}{
		{"its turn comes", Call{}, 0, 4 * second, nil, nil},
		{"within its share", Call{Share: 5 * second}, 0, 4 * second, nil, nil},
		{"its share is over first", Call{Share: 3 * second}, 0, 3 * second, ErrLimit, limited(ReasonQueueWait)},
		{"no share", Call{Share: -1}, 0, 0, context.DeadlineExceeded, nil},
		{"in a hurry", Call{Hurry: true}, 0, 0, ErrLimit, limited(ReasonLimit)},
		{"in a hurry with a share", Call{Hurry: true, Share: 5 * second}, 0, 0, ErrLimit, limited(ReasonLimit)},
		{"its deadline is over first", Call{}, 3 * second, 3 * second, context.DeadlineExceeded, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told recorder
				g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1, Queue: 1, MaxQueueWait: time.Minute}, OnEvent: told.add}, nil)
				occupy(g, 4*second)
				ctx := t.Context()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				start := time.Now()
				tt.call.Key = "m"
				_, err := RunCall(ctx, g, tt.call, succeed)
				if waited := time.Since(start); waited != tt.waited || !errors.Is(err, tt.err) {
					t.Fatalf("waited %v, error %v", waited, err)
				}
				if tt.refused != nil {
					wantEvents(t, &told, tt.refused...)
				}
				elapse(time.Minute)
				if n := g.Limiter().InFlight(); n != 0 {
					t.Fatalf("%d places are still taken", n)
				}
			})
		})
	}
}

func TestARunAtItsDeadlineDoesNotAskForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1}}, nil)
		occupy(g, second)
		if _, err := Run(expiring{t.Context(), time.Now()}, g, succeed); err != context.DeadlineExceeded {
			t.Fatalf("error %v", err)
		}
		elapse(second)
	})
}

func TestTheTimeInTheQueueIsPartOfTheShareAndNotOfTheLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1, Queue: 1, MaxQueueWait: time.Minute}, OnEvent: told.add}, nil)
		occupy(g, 4*second)
		_, _ = RunCall(t.Context(), g, Call{Share: 10 * second}, func(ctx context.Context) (int, error) {
			if at, _ := ctx.Deadline(); time.Until(at) != 6*second {
				t.Errorf("%v left", time.Until(at))
			}
			elapse(second)
			return 0, nil
		})
		if events := told.take(); events[1].Took != second {
			t.Errorf("%+v", events)
		}
	})
}

func TestAnAdaptiveLimitLearnsFromAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{
			Limit: LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1, Start: 1}},
			Retry: RetryPolicy{MaxWait: time.Hour},
		}, func(err error) Verdict {
			if err == errOther {
				return Verdict{}
			}
			return Verdict{Outcome: Failure, Retry: true, After: time.Hour}
		})
		run := func(say ...said) {
			defer func() { _ = recover() }()
			c := calls{say: say}
			_, _ = Run(t.Context(), g, c.fn)
		}
		run(said{}) // the first two are left out
		run(said{})
		run(said{after: second, err: errDown}, said{after: 2 * second})
		run(said{err: errOther})
		run(said{panics: "boom"})
		if w := g.limiter.adaptive.window; w.failures != 2 || w.successes != 1 || w.sum != float64(2*second) {
			t.Fatalf("it knows %+v", w)
		}
	})
}

func TestAChangedLimitIsToldToEveryListener(t *testing.T) {
	for _, own := range []bool{false, true} {
		var told recorder
		p := Policy{Limit: LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1, Start: 10}}, OnEvent: told.add}
		heard := 0
		if own {
			p.Limit.Adaptive.OnChange = func(from, to int) { heard += to - from }
		}
		g := newTestGuard(t, p, nil)
		for g.Limiter().Limit() == 10 {
			g.Limiter().Learn(time.Second, Failure)
			for range 10 {
				g.Limiter().TryAcquire()
			}
		}
		wantEvents(t, &told, Event{Kind: EventLimitChanged, OldLimit: 10, Limit: 9})
		if own != (heard == -1) {
			t.Fatalf("its own listener heard of %d", heard)
		}
	}
}

func TestAGuardWithoutALimitHasNoLimiter(t *testing.T) {
	if l := newTestGuard(t, Policy{}, nil).Limiter(); l != nil {
		t.Fatalf("limit %d", l.Limit())
	}
}
