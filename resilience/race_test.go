package resilience

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAThousandGoroutinesLoseAndDoubleNoCount(t *testing.T) {
	const callers, each = 1000, 12 // outcomes in equal parts
	var reported atomic.Uint64
	b := newTestBreaker(t, BreakerConfig{
		Failures:  maxFailures, // never opens
		OnFailure: func(FailureEvent) { reported.Add(1) },
	})
	var counted [3]atomic.Uint64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for i := range each {
				p, err := b.Acquire()
				if err != nil {
					t.Error(err)
					return
				}
				o := Outcome(i % 3)
				var twice sync.WaitGroup
				for range 2 {
					twice.Go(func() {
						if p.Done(o) {
							counted[o].Add(1)
						}
					})
				}
				twice.Wait()
			}
		})
	}
	wg.Wait()
	const third = callers * each / 3
	if n, f, s := counted[Neutral].Load(), counted[Failure].Load(), counted[Success].Load(); n != 0 || f != third || s != third {
		t.Fatalf("counted %d neutral, %d failures, %d successes; want 0, %d, %d", n, f, s, third, third)
	}
	if s := b.Snapshot(); s.FailureCount != third || s.Failures != third || reported.Load() != third {
		t.Fatalf("window %d, total %d, reported %d; want %d", s.FailureCount, s.Failures, reported.Load(), third)
	}
}

func TestAThousandGoroutinesGetOneProbePerHalfOpenPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds, callers = 20, 1000
		var openings atomic.Int64
		b := newTestBreaker(t, BreakerConfig{Failures: 1, OnStateChange: func(c StateChange) {
			if c.To == Open {
				openings.Add(1)
			}
		}})
		b.RecordFailure()
		var refused, probes atomic.Int64
		for range rounds {
			elapse(30 * time.Second)
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					p, err := b.Acquire()
					switch {
					case err == nil:
						probes.Add(1)
						p.Done(Failure)
					case errors.Is(err, ErrOpen):
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		if probes.Load() != rounds || refused.Load() != rounds*(callers-1) || openings.Load() != rounds+1 {
			t.Fatalf("%d probes, %d refusals, %d openings", probes.Load(), refused.Load(), openings.Load())
		}
		s := b.Snapshot()
		if s.Failures != rounds+1 || s.Trips != rounds+1 || s.Refusals != rounds*(callers-1) {
			t.Fatalf("%+v", s)
		}
	})
}
