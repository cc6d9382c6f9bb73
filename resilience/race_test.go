package resilience

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// crowd runs do in 10,000 goroutines. The race detector bears 8,128 at a time.
func crowd(do func(i int)) {
	const all, together = 10_000, 5000
	for begin := 0; begin < all; begin += together {
		var wg sync.WaitGroup
		for i := range together {
			wg.Go(func() { do(begin + i) })
		}
		wg.Wait()
	}
}

func TestTenThousandGoroutinesLoseAndDoubleNoCount(t *testing.T) {
	for name, cfg := range map[string]BreakerConfig{
		"failures alone": {Failures: maxFailures}, // never opens
		"every call":     {Failures: maxFailures, FailureRate: 1, MinCalls: maxFailures},
	} {
		t.Run(name, func(t *testing.T) {
			var reported atomic.Uint64
			cfg.OnFailure = func(FailureEvent) { reported.Add(1) }
			b := newTestBreaker(t, cfg)
			var counted [3]atomic.Uint64
			crowd(func(i int) {
				o := Outcome(i % 3)
				p, err := b.Acquire()
				if err != nil {
					t.Error(err)
					return
				}
				for range 2 {
					if p.Done(o) {
						counted[o].Add(1)
					}
				}
			})
			n, s, f := counted[Neutral].Load(), counted[Success].Load(), counted[Failure].Load()
			if n != 0 || s != 3333 || f != 3333 {
				t.Fatalf("counted %d neutral, %d successes, %d failures", n, s, f)
			}
			if s := b.Snapshot(); s.FailureCount != 3333 || s.Failures != 3333 || reported.Load() != 3333 {
				t.Fatalf("window %d, total %d, reported %d", s.FailureCount, s.Failures, reported.Load())
			}
			if s := b.Snapshot(); b.calls != nil && (s.Calls != 6666 || s.FailureRate != 0.5) {
				t.Fatalf("%d calls, %v of them failed", s.Calls, s.FailureRate)
			}
		})
	}
}

func TestTwoDonesOfOnePermitAtOnceCountOnce(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{Failures: maxFailures})
	var counted atomic.Int32
	for range 500 {
		p := mustAcquire(t, b)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if p.Done(Failure) {
					counted.Add(1)
				}
			})
		}
		wg.Wait()
	}
	if counted.Load() != 500 || b.FailureCount() != 500 {
		t.Fatalf("%d counted, %d in the window, want 500", counted.Load(), b.FailureCount())
	}
}

func TestOfTenThousandGoroutinesTheProbesPassAndNoOther(t *testing.T) {
	const rounds = 2
	for _, probes := range []int{1, 4} {
		t.Run(fmt.Sprint(probes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var openings int
				b := newTestBreaker(t, BreakerConfig{Failures: 1, Probes: probes, OnStateChange: func(c StateChange) {
					if c.To == Open {
						openings++
					}
				}})
				b.RecordFailure()
				for round := range rounds {
					elapse(30 * time.Second)
					passed := make(chan *Permit, 10_000)
					var refused atomic.Int64
					crowd(func(int) {
						p, err := b.Acquire()
						if err == nil {
							passed <- &p
							return
						}
						if open, ok := errors.AsType[*OpenError](err); ok && open.State == HalfOpen && open.Reason == ReasonProbing {
							refused.Add(1)
						}
					})
					if len(passed) != probes || refused.Load() != int64(10_000-probes) {
						t.Fatalf("round %d: %d passed and %d were refused for it", round, len(passed), refused.Load())
					}
					for i := range probes {
						if counted := (<-passed).Done(Failure); counted != (i == 0) {
							t.Fatalf("round %d: probe %d counted: %v", round, i, counted)
						}
					}
				}
				if s := b.Snapshot(); openings != rounds+1 || s.Failures != rounds+1 || s.Trips != rounds+1 ||
					s.Refusals != uint64(rounds*(10_000-probes)) {
					t.Fatalf("%d openings reported, %+v", openings, s)
				}
			})
		})
	}
}

// Whatever ten thousand goroutines do at once, the events are one unbroken chain
// and the totals are what the callers saw.
func TestForcedTransitionsAmongTenThousandGoroutinesAddUp(t *testing.T) {
	configs := map[string]BreakerConfig{
		"failures": {Failures: 3},
		"probes":   {Failures: 3, Probes: 3, Readmit: []float64{0.5}},
		"rates":    {FailureRate: 0.3, SlowRate: 0.5, SlowAfter: time.Second, MinCalls: 5},
		"dry":      {Failures: 3, Mode: MetricsOnly},
	}
	for name, cfg := range configs {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { addUp(t, cfg) })
		})
	}
}

func addUp(t *testing.T, cfg BreakerConfig) {
	const rounds = 2
	var changes []StateChange // of one callback at a time
	var reported, seen, refused atomic.Uint64
	cfg.OnStateChange = func(c StateChange) { changes = append(changes, c) }
	cfg.OnFailure = func(FailureEvent) { reported.Add(1) }
	b := newTestBreaker(t, cfg)
	for range rounds {
		crowd(func(i int) {
			if i%500 < 5 {
				force(b, Mode(i%500))
				return
			}
			if i%500 < 9 {
				b.Trip(time.Now().Add(time.Second), "trip")
				return
			}
			p, err := b.Acquire()
			if err != nil || p.grant.word == noWord { // which would have been one
				refused.Add(1)
				return
			}
			if o := Outcome(i % 3); p.Done(o) && o == Failure {
				seen.Add(1)
			}
		})
		force(b, Automatic)
		failTimes(b, 30)
		elapse(30 * time.Second)
		wantState(t, b, HalfOpen)
	}
	s := b.Snapshot()
	recorded := rounds * max(cfg.Failures, cfg.MinCalls)
	if s.Failures != reported.Load() || s.Failures != seen.Load()+uint64(recorded) || s.Refusals != refused.Load() {
		t.Fatalf("%d failures reported and %d seen, %d refusals seen, %+v", reported.Load(), seen.Load(), refused.Load(), s)
	}
	from, openings := Closed, uint64(0)
	for i, c := range changes {
		if c.From != from || c.To == c.From {
			t.Fatalf("event %d goes from %v to %v, but the one before it went to %v", i, c.From, c.To, from)
		}
		if from = c.To; from == Open {
			openings++
		}
	}
	if from != HalfOpen || openings != s.Trips || s.Era < uint64(len(changes)) {
		t.Fatalf("the last of %d events says %v, %d openings, %+v", len(changes), from, openings, s)
	}
}
