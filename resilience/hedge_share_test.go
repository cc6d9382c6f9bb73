package resilience

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// hedgeOnce makes one call that would be hedged and reports whether it was.
func hedgeOnce(g *Guard) bool {
	before := time.Now()
	_, _ = RunHedged(context.Background(), g, Call{}, func(ctx context.Context) (int, error) {
		if !time.Now().Equal(before) {
			return 0, nil // the second call
		}
		return 0, sleepUntilDone(ctx, time.Hour)
	})
	return time.Since(before) < time.Hour
}

func sleepUntilDone(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestNoMoreThanItsShareOfTheCallsIsHedged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		share := rapid.Float64Range(0.01, 1).Draw(rt, "share")
		slow := rapid.SliceOfN(rapid.Bool(), 1, 200).Draw(rt, "slow")
		synctest.Test(t, func(t *testing.T) {
			g := newTestGuard(t, Policy{Hedge: HedgePolicy{MaxShare: share, Delay: time.Second}}, nil)
			hedges, credit := 0, 0.0
			for i, isSlow := range slow {
				credit = min(credit+share, hedgeBurst)
				if !isSlow {
					_, _ = RunHedged(t.Context(), g, Call{}, succeed)
					continue
				}
				hedged := hedgeOnce(g)
				if hedged {
					hedges++
				}
				// Rounding may deny a hedge that the model just allows, never grant one.
				if hedged && credit < 1 || !hedged && credit > 1+1e-6 {
					rt.Fatalf("call %d of a share of %v, credit %v: hedged %v", i, share, credit, hedged)
				}
				if hedged {
					credit--
				}
				if float64(hedges) > share*float64(i+1) {
					rt.Fatalf("%d hedges in %d calls, share %v", hedges, i+1, share)
				}
			}
		})
	})
}

func TestAQuietHourBuysTenHedges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: HedgePolicy{MaxShare: 0.125, Delay: time.Second}}, nil)
		for range 10_000 {
			_, _ = RunHedged(t.Context(), g, Call{}, succeed)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		hedges := 0
		for range 100 {
			wg.Go(func() {
				if hedgeOnce(g) {
					mu.Lock()
					defer mu.Unlock()
					hedges++
				}
			})
		}
		wg.Wait()
		if hedges != 10 {
			t.Fatalf("%d hedges", hedges)
		}
	})
}

func TestNoCallOfABreakerThatReadmitsAShareIsHedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled, Breaker: BreakerConfig{Readmit: []float64{0.5}, ReadmitFor: time.Hour}}, nil)
		halfOpen(t, g.Breaker())
		_, _ = Run(t.Context(), g, succeed)
		c := calls{say: []said{{after: 2 * second}, {}}}
		if _, err := RunHedged(t.Context(), g, Call{}, c.fn); err != nil || c.count() != 1 {
			t.Fatalf("%d calls, error %v", c.count(), err)
		}
	})
}

func TestTheObservedDelayNeedsTwentySuccesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{
			Hedge:   HedgePolicy{MaxShare: 1},
			Retry:   RetryPolicy{MaxAttempts: 1},
			Breaker: BreakerConfig{Failures: maxFailures},
		}, nil)
		take := func(n int, d time.Duration) {
			for range n {
				_, _ = RunHedged(t.Context(), g, Call{}, func(ctx context.Context) (int, error) { return 0, sleepUntilDone(ctx, d) })
			}
		}
		delay := func() time.Duration {
			c := calls{say: []said{{after: time.Hour, err: errDown}, {err: errDown}}} // which teaches nothing
			start := time.Now()
			_, _ = RunHedged(t.Context(), g, Call{}, c.fn)
			_, began := c.seen()
			return began[len(began)-1].Sub(start)
		}
		take(19, time.Second)
		if got := delay(); got != 0 {
			t.Fatalf("hedged after %v, knowing 19 successes", got)
		}
		take(1, time.Second)
		want, _ := g.P95()
		if got := delay(); got != want {
			t.Fatalf("hedged after %v, want %v", got, want)
		}
		take(15, 4*time.Second)
		if got := delay(); got != want {
			t.Fatalf("hedged after %v, want still %v", got, want)
		}
		take(1, 4*time.Second)
		slower, _ := g.P95()
		if got := delay(); got != slower || slower <= want {
			t.Fatalf("hedged after %v, want %v", got, slower)
		}
	})
}
