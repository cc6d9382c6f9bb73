package resilience

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Half of at least four calls that take 2 s or longer open the breaker.
var slowConfig = BreakerConfig{SlowRate: 0.5, SlowAfter: 2 * time.Second, MinCalls: 4}

func TestACallIsSlowWhenItTakesSlowAfterOrLonger(t *testing.T) {
	for took, want := range map[time.Duration]float64{2*time.Second - 1: 0, 2 * time.Second: 1, time.Hour: 1} {
		t.Run(took.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, slowConfig)
				p := mustAcquire(t, b)
				elapse(took)
				if !p.Done(Success) {
					t.Fatal("a slow success did not count")
				}
				if s := b.Snapshot(); s.Calls != 1 || s.SlowRate != want || s.FailureRate != 0 {
					t.Fatalf("%+v", s)
				}
			})
		})
	}
}

func TestCallsInFlightCountOnceTheyAreSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		cfg := slowConfig
		cfg.OnStateChange = func(c StateChange) { told = append(told, c.Reason) }
		b := newTestBreaker(t, cfg)
		finish(t, b, 2, 0)
		first := mustAcquire(t, b)
		elapse(time.Second)
		second := mustAcquire(t, b)
		elapse(time.Second - 1)
		if s := b.Snapshot(); s.Calls != 2 || s.SlowRate != 0 {
			t.Fatalf("1 ns before the first is slow: %+v", s)
		}
		elapse(1)
		if s := b.Snapshot(); s.Calls != 3 || s.SlowRate != 1.0/3 {
			t.Fatalf("the first is slow: %+v", s)
		}
		elapse(time.Second - 1)
		wantState(t, b, Closed)
		elapse(1)
		wantState(t, b, Open) // asking is enough
		if refused := mustRefuse(t, b); refused.Reason != ReasonSlowRate || len(told) != 1 || told[0] != ReasonSlowRate {
			t.Fatalf("refused with %+v, told of %v", refused, told)
		}
		if first.Done(Success) || second.Done(Failure) {
			t.Fatal("the calls counted again")
		}
	})
}

func TestEveryUseOfTheBreakerFindsTheSlowCalls(t *testing.T) {
	uses := map[string]func(b *Breaker, p *Permit){
		"Acquire":       func(b *Breaker, _ *Permit) { _, _ = b.Acquire() },
		"Done":          func(_ *Breaker, p *Permit) { p.Done(Success) },
		"Done, neutral": func(_ *Breaker, p *Permit) { p.Done(Neutral) },
		"RecordSuccess": func(b *Breaker, _ *Permit) { b.RecordSuccess() },
		"RecordFailure": func(b *Breaker, _ *Permit) { b.RecordFailure() },
		"State":         func(b *Breaker, _ *Permit) { b.State() },
		"Snapshot":      func(b *Breaker, _ *Permit) { b.Snapshot() },
		"Trip":          func(b *Breaker, _ *Permit) { b.Trip(time.Now().Add(1), "trip") },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told []string
				cfg := slowConfig
				cfg.MinCalls = 1
				cfg.OnStateChange = func(c StateChange) { told = append(told, c.Reason) }
				b := newTestBreaker(t, cfg)
				mustAcquire(t, b)
				elapse(time.Second)
				p := mustAcquire(t, b)
				elapse(time.Second)
				use(b, p)
				if len(told) == 0 || told[0] != ReasonSlowRate {
					t.Fatalf("told of %v", told)
				}
			})
		})
	}
}

func TestASlowCallCountsOnceAndItsFailureBesides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slowConfig
		cfg.MinCalls = 100
		b := newTestBreaker(t, cfg)
		p := mustAcquire(t, b)
		elapse(2 * time.Second)
		b.Snapshot()
		elapse(30 * time.Second)
		p.Done(Failure)
		if s := b.Snapshot(); s.Calls != 1 || s.SlowRate != 1 || s.FailureRate != 1 || s.FailureCount != 1 {
			t.Fatalf("within the window: %+v", s)
		}
		elapse(time.Hour)
		p = mustAcquire(t, b)
		elapse(2 * time.Second)
		b.Snapshot()
		elapse(61 * time.Second)
		if s := b.Snapshot(); s.Calls != 0 {
			t.Fatalf("it has left the window: %+v", s)
		}
		p.Done(Failure)
		if s := b.Snapshot(); s.Calls != 1 || s.SlowRate != 1 || s.FailureRate != 1 {
			t.Fatalf("it ended after it had left the window: %+v", s)
		}
	})
}

func TestACallUnderWayHasNotFailedNorSucceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{FailureRate: 0.5, SlowRate: 1, SlowAfter: time.Second, MinCalls: 3})
		var slow []*Permit
		for range 4 {
			slow = append(slow, mustAcquire(t, b))
		}
		finish(t, b, 1, 0)
		elapse(time.Second)
		want := Snapshot{Name: "storage", Calls: 5, SlowRate: 4.0 / 5}
		if s := b.Snapshot(); s != want {
			t.Fatalf("got  %+v\nwant %+v", s, want)
		}
		slow[0].Done(Failure) // half of two calls, which are too few
		if s := b.Snapshot(); s.Calls != 5 || s.FailureRate != 1.0/2 || s.State != Closed {
			t.Fatalf("%+v", s)
		}
		slow[1].Done(Failure)
		if s := b.Snapshot(); s.Reason != ReasonFailureRate || s.FailureRate != 2.0/3 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestASlowCallCountsForAWindowAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slowConfig
		cfg.MinCalls = 100
		b := newTestBreaker(t, cfg)
		p := mustAcquire(t, b)
		elapse(2 * time.Second)
		b.Snapshot()
		elapse(50 * time.Second)
		p.Done(Failure)
		elapse(60 * time.Second)
		if s := b.Snapshot(); s.Calls != 1 || s.SlowRate != 1 || s.FailureRate != 1 {
			t.Fatalf("%+v", s)
		}
		elapse(2 * time.Second)
		if s := b.Snapshot(); s.Calls != 0 {
			t.Fatalf("it has left the window: %+v", s)
		}
	})
}

func TestFailuresThatAreSlowOpenAsTheOthersDo(t *testing.T) {
	opens := func(cfg BreakerConfig) (after time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			b, begun := newTestBreaker(t, cfg), time.Now()
			for i := 0; b.State() == Closed && time.Since(begun) < time.Minute; i++ { // 10 calls/s
				p := mustAcquire(t, b)
				if i%10 < 3 {
					p.Done(Success)
				} else {
					time.AfterFunc(8950*time.Millisecond, func() { p.Done(Failure) })
				}
				elapse(100 * time.Millisecond)
			}
			after = time.Since(begun)
			elapse(10 * time.Second)
		})
		return after
	}
	cfg := BreakerConfig{FailureRate: 0.5, MinCalls: 20, Window: 10 * time.Second}
	want := opens(cfg)
	cfg.SlowRate, cfg.SlowAfter = 0.9, time.Second
	if got := opens(cfg); got != want || want > 20*time.Second {
		t.Fatalf("opened after %v, without a SlowRate after %v", got, want)
	}
}

func TestANeutralCallThatWasSlowStaysCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, slowConfig)
		p := mustAcquire(t, b)
		elapse(2 * time.Second)
		if p.Done(Neutral) {
			t.Fatal("its outcome counted")
		}
		if s := b.Snapshot(); s.Calls != 1 || s.SlowRate != 1 {
			t.Fatalf("%+v", s)
		}
		quick := mustAcquire(t, b)
		quick.Done(Neutral)
		elapse(time.Hour)
		if s := b.Snapshot(); s.Calls != 0 {
			t.Fatalf("a call that had ended became slow: %+v", s)
		}
	})
}

func TestASlowProbeHasFailed(t *testing.T) {
	for took, want := range map[time.Duration]State{2*time.Second - 1: Closed, 2 * time.Second: Open} {
		t.Run(took.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, slowConfig)
				failTimes(b, 5)
				elapse(30 * time.Second)
				answer, err := Do(t.Context(), b, func(ctx context.Context) (string, error) {
					elapse(took)
					return succeed(ctx)
				})
				if answer != "answer" || err != nil {
					t.Fatalf("%q, %v", answer, err)
				}
				wantState(t, b, want)
				if s := b.Snapshot(); s.Failures != 5 || want == Open && s.Reason != ReasonProbeSlow {
					t.Fatalf("%+v", s)
				}
			})
		})
	}
}

func TestAProbeThatIsSlowAndFailedHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, slowConfig)
		failTimes(b, 5)
		elapse(30 * time.Second)
		p := mustAcquire(t, b)
		elapse(2 * time.Second)
		if !p.Done(Failure) || b.Snapshot().Reason != ReasonProbeFailed {
			t.Fatalf("%+v", b.Snapshot())
		}
	})
}

func TestCallsWithoutAPermitAreNeverSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slowConfig
		cfg.SlowAfter = 1
		b := newTestBreaker(t, cfg)
		elapse(time.Hour)
		for range 10 {
			b.RecordSuccess()
		}
		if s := b.Snapshot(); s.Calls != 10 || s.SlowRate != 0 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestCallsOfAnEarlierEraDoNotBecomeSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, slowConfig)
		mustAcquire(t, b)
		b.Reset()
		elapse(time.Hour)
		if s := b.Snapshot(); s.Calls != 0 || s.SlowRate != 0 {
			t.Fatalf("%+v", s)
		}
	})
}
