package outage

import (
	"fmt"
	"testing"
	"time"

	"github.com/finbrain/ai/resilience"
)

// maxAmplification is how many attempts a guard's clients may make at most for
// each request, in the stall and overall.
const maxAmplification = 1.10

var loads = []float64{0.50, 0.70, 0.85}

func seeds() uint64 {
	if testing.Short() {
		return 10
	}
	return 100
}

// eachRun plays a stall of ten seconds at every load with so many seeds.
func eachRun(t *testing.T, s subject, seeds uint64, check func(*testing.T, Result)) {
	for _, load := range loads {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/load=%v/seed=%d", s.name, load, seed), func(t *testing.T) {
				t.Parallel()
				check(t, s.play(t, TenSeconds(load, seed)))
			})
		}
	}
}

// No breaker can do better than its first probe after the stall: one that opens
// a second after the beginning and stays open for 30 s probes 21 s after the
// end of a stall of ten. That is why a guard with a time limit asks sooner.
func TestAGuardedServiceRecoversWithinFifteenSecondsOfTheStall(t *testing.T) {
	t.Parallel()
	eachRun(t, guarded("default", resilience.Policy{}), seeds(), within(15*time.Second))
	eachRun(t, guarded("open for 30 s", openFor(30)), seeds()/5, within(22*time.Second))
}

// A breaker learns from the calls of its own process. What is right for one
// that makes several a second is slow for one that makes less than one.
func TestAFleetRecoversWithinFifteenSecondsOfTheStall(t *testing.T) {
	t.Parallel()
	eachRun(t, guarded("10 processes", resilience.Policy{}).times(10), seeds()/5, within(15*time.Second))
	eachRun(t, guarded("100 sparing processes", sparing(2, 3)).times(100), seeds()/5, within(15*time.Second))
}

func within(longest time.Duration) func(*testing.T, Result) {
	return func(t *testing.T, r Result) {
		if r.Recovery > longest || max(r.InStall, r.Overall) > maxAmplification {
			t.Errorf("%+v, want recovery within %v and amplification of at most %v", r, longest, maxAmplification)
		}
	}
}

func TestANaivelyRetriedServiceStaysDown(t *testing.T) {
	t.Parallel()
	eachRun(t, naive("backoff", Naive(3, 200*time.Millisecond)), seeds(), func(t *testing.T, r Result) {
		if r.Recovery != Never || r.InStall <= maxAmplification {
			t.Errorf("%+v: the control recovers, or does not amplify", r)
		}
	})
}
