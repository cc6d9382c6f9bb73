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

// eachRun plays a stall of ten seconds at every load with every seed.
func eachRun(t *testing.T, s subject, check func(*testing.T, Result)) {
	for _, load := range loads {
		for seed := range seeds() {
			t.Run(fmt.Sprintf("%s/load=%v/seed=%d", s.name, load, seed), func(t *testing.T) {
				t.Parallel()
				check(t, s.play(t, TenSeconds(load, seed)))
			})
		}
	}
}

func (r Result) keeps(within time.Duration) bool {
	return r.Recovery <= within && max(r.InStall, r.Overall) <= maxAmplification
}

// No breaker can do better than its first probe after the stall: one that opens
// a second after the beginning and stays open for 30 s probes 21 s after the
// end of a stall of ten. That is why a guard with a time limit asks sooner.
func TestAGuardedServiceRecoversWithinFifteenSecondsOfTheStall(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		guard  subject
		within time.Duration
	}{
		{guarded("default", resilience.Policy{}), 15 * time.Second},
		{guarded("open for 30 s", openFor(30)), 22 * time.Second},
	} {
		eachRun(t, tt.guard, func(t *testing.T, r Result) {
			if !r.keeps(tt.within) {
				t.Errorf("%+v, want recovery within %v and amplification of at most %v", r, tt.within, maxAmplification)
			}
		})
	}
}

func TestANaivelyRetriedServiceStaysDown(t *testing.T) {
	t.Parallel()
	eachRun(t, naive("backoff", Naive(3, 200*time.Millisecond)), func(t *testing.T, r Result) {
		if r.Recovery != Never || r.InStall <= maxAmplification {
			t.Errorf("%+v: the control recovers, or does not amplify", r)
		}
	})
}
