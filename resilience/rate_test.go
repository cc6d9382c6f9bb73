package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestACallCountsForItsWindowAndUpToAStepLonger(t *testing.T) {
	for _, window := range []time.Duration{1, 2, 59, 60, 61, 119, 120, time.Second, 60 * time.Second, 61*time.Second + 1, forever} {
		t.Run(window.String(), func(t *testing.T) {
			step := (window-1)/60 + 1
			for _, into := range []time.Duration{0, step / 2, step - 1} { // the first step
				c := newTally(window, -7)
				at := into - 7
				c.add(at, counts{calls: 1, failures: 1, slow: 1})
				if got := c.within(after(at, window)); got != (counts{1, 1, 1}) {
					t.Fatalf("%v into a step: %+v are left after the window", into, got)
				}
				if window < forever/2 { // 60 steps are up to 59 ns longer than the window
					if got := c.within(at + 61*step); got != (counts{}) {
						t.Fatalf("%v into a step: %+v are left a step after the window", into, got)
					}
				}
			}
		})
	}
}

func TestAFailureIsAmongThoseOfItsEvent(t *testing.T) {
	phases := map[string]func(t *testing.T, b *Breaker){
		"closed":        func(*testing.T, *Breaker) {},
		"forced closed": func(_ *testing.T, b *Breaker) { b.ForceClosed() },
		"half-open": func(t *testing.T, b *Breaker) {
			b.Trip(time.Now().Add(time.Second), "trip")
			elapse(time.Second)
			wantState(t, b, HalfOpen)
		},
		"metrics only": func(_ *testing.T, b *Breaker) { b.MetricsOnly() },
	}
	for name, enter := range phases {
		for how, cfg := range map[string]BreakerConfig{
			"counted": {},
			"rated":   {FailureRate: 0.5, MinCalls: 10},
			"both":    {Failures: 5, FailureRate: 0.5, MinCalls: 10},
			"slow":    {SlowRate: 0.5, SlowAfter: time.Second, MinCalls: 10},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var told []int
					cfg.OnFailure = func(e FailureEvent) { told = append(told, e.FailureCount) }
					b := newTestBreaker(t, cfg)
					enter(t, b)
					mustAcquire(t, b).Done(Failure)
					if len(told) != 1 || told[0] != 1 || b.FailureCount() != 1 {
						t.Fatalf("told %d, counts %d", told, b.FailureCount())
					}
				})
			})
		}
	}
}
