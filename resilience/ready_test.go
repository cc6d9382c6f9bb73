package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestReadyTellsWithoutTouching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		want := func(key string, ready bool, when string) {
			t.Helper()
			before := g.Breaker().Snapshot()
			if got := g.Ready(key); got != ready {
				t.Fatalf("%s: ready for %q is %v", when, key, got)
			}
			if now := g.Breaker().Snapshot(); now != before {
				t.Fatalf("%s: %+v became %+v", when, before, now)
			}
		}
		want("m", true, "new")
		_ = once(g, "m", throttle(time.Second))
		want("m", false, "gate closed")
		want("other", true, "another key's gate closed")
		elapse(time.Second)
		want("m", true, "gate waiting for its trial")
		trial := startTrial(g, "m")
		want("m", false, "trial out")
		trial <- nil
		synctest.Wait()

		failTimes(g.Breaker(), 5)
		want("m", false, "breaker open")
		elapse(30 * time.Second)
		want("m", true, "open time over")
		probe := mustAcquire(t, g.Breaker())
		want("m", false, "probe out")
		probe.Done(Success)
		want("m", true, "closed again")
		g.Breaker().ForceOpen()
		want("m", false, "forced open")
		if g.Name() != g.Breaker().Name() {
			t.Fatal("guard and breaker have two names")
		}
	})
}

func TestNoRunIsReadyThatTheLimitRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 2, Queue: 1}}, nil)
		want := func(ready bool, when string) {
			t.Helper()
			if got := g.Ready(""); got != ready {
				t.Errorf("%s: ready is %v", when, got)
			}
		}
		occupy(g, time.Second/2)
		want(true, "a place is free")
		occupy(g, time.Second/2)
		want(true, "the queue is empty")
		occupy(g, time.Second/2)
		want(false, "the queue is full")
		elapse(time.Second)
		want(true, "all over")

		g = newTestGuard(t, Policy{Limit: LimitPolicy{MaxConcurrent: 1}}, nil)
		want(true, "no queue, and a place is free")
		occupy(g, time.Second)
		want(false, "no queue and no place")
		elapse(time.Second)
	})
}

func TestABreakerThatReadmitsAShareIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Breaker: BreakerConfig{Readmit: []float64{0.1, 0.5}, ReadmitFor: time.Minute}}, nil)
		halfOpen(t, g.Breaker())
		_, _ = Run(t.Context(), g, succeed)
		for _, share := range []float64{0.1, 0.5} {
			_, _ = Run(t.Context(), g, succeed) // the first passes
			if _, err := Run(t.Context(), g, succeed); err == nil || g.Ready("") {
				t.Fatalf("share %v: error %v, ready %v", share, err, g.Ready(""))
			}
			elapse(time.Minute - 1)
			if g.Ready("") {
				t.Fatalf("share %v: ready before its time is over", share)
			}
			elapse(1)
			if !g.Ready("") {
				t.Fatalf("share %v: not ready, and the next call passes", share)
			}
		}
	})
}

func TestABreakerThatOnlyMeasuresIsReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Breaker: BreakerConfig{Mode: MetricsOnly, Readmit: []float64{0.1}}}, nil)
		failTimes(g.Breaker(), 5)
		elapse(30 * time.Second)
		for range 3 { // the probe and what would have been refused
			if !g.Ready("") {
				t.Fatalf("not ready: %+v", g.Breaker().Snapshot())
			}
			if _, err := Run(t.Context(), g, succeed); err != nil {
				t.Fatal(err)
			}
		}
	})
}
