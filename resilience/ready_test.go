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
