package resilience

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailuresWithinAnyWindowOpenTheBreaker(t *testing.T) {
	tests := []struct {
		name string
		at   []time.Duration
		want State
	}{
		{"five at once", []time.Duration{0, 0, 0, 0, 0}, Open},
		{"four", []time.Duration{0, 0, 0, 0}, Closed},
		{"four at 59 s and one at 61 s", []time.Duration{59e9, 59e9, 59e9, 59e9, 61e9}, Open},
		{"59.1 s apart", []time.Duration{0, 0, 0, 0, 59100e6}, Open},
		{"across two minutes", []time.Duration{0, 55e9, 58e9, 70e9, 90e9, 114e9}, Open},
		{"exactly a window apart", []time.Duration{0, 15e9, 30e9, 45e9, 60e9}, Open},
		{"a nanosecond more than a window apart", []time.Duration{0, 15e9, 30e9, 45e9, 60e9 + 1}, Closed},
		{"one every 16 s for ever", []time.Duration{0, 16e9, 32e9, 48e9, 64e9, 80e9, 96e9, 112e9}, Closed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{})
				start := time.Now()
				for _, at := range tt.at {
					elapse(at - time.Since(start))
					p := mustAcquire(t, b)
					if !p.Done(Failure) {
						t.Fatal("a failure did not count")
					}
				}
				wantState(t, b, tt.want)
			})
		})
	}
}

func TestSuccessesDoNotForgiveFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		for range 5 {
			if !mustAcquire(t, b).Done(Success) {
				t.Fatal("a success did not count")
			}
			b.RecordSuccess()
			b.RecordFailure()
		}
		wantState(t, b, Open)
	})
}

func TestTheOpenTimeEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		failTimes(b, 5)
		if got := b.RetryAfter(); got != 30*time.Second {
			t.Fatalf("RetryAfter is %v, want 30s", got)
		}
		elapse(30*time.Second - 1)
		refused := mustRefuse(t, b)
		if refused.State != Open || refused.Reason != ReasonFailures || refused.RetryAfter() != 1 {
			t.Fatalf("refused with %+v and %v left", refused, refused.RetryAfter())
		}
		if !b.IsOpen() || b.IsHalfOpen() {
			t.Fatal("not open 1 ns before its time is over")
		}
		elapse(1)
		if b.IsOpen() || !b.IsHalfOpen() {
			t.Fatal("not half-open when its time is over")
		}
		if refused.RetryAfter() != 0 {
			t.Fatal("RetryAfter of a passed refusal is not 0")
		}
		if !mustAcquire(t, b).Done(Success) {
			t.Fatal("the probe's success did not count")
		}
		wantState(t, b, Closed)
		if n := b.FailureCount(); n != 0 {
			t.Fatalf("%d failures survived closing", n)
		}
	})
}

func TestAFailedProbeOpensForAnotherFullTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		halfOpen(t, b)
		p := mustAcquire(t, b)
		elapse(7 * time.Second)
		if !p.Done(Failure) {
			t.Fatal("the probe's failure did not count")
		}
		refused := mustRefuse(t, b)
		if refused.RetryAfter() != 30*time.Second || refused.Reason != ReasonProbeFailed {
			t.Fatalf("refused with %+v and %v left", refused, refused.RetryAfter())
		}
	})
}

func TestHalfOpenLetsOneOfManyThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		failTimes(b, 5)
		elapse(30 * time.Second)
		var passed atomic.Int32
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := b.Acquire(); err == nil {
					passed.Add(1)
				} else if refused, ok := errors.AsType[*OpenError](err); !ok || refused.State != HalfOpen {
					t.Errorf("refused with %v", err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 1 {
			t.Fatalf("%d of 64 passed, want 1", passed.Load())
		}
	})
}

func TestASuccessBegunBeforeTheBreakerOpenedDoesNotCloseIt(t *testing.T) {
	testLateResult(t, Success)
}

func TestAFailureBegunBeforeTheBreakerOpenedDoesNotReopenIt(t *testing.T) {
	testLateResult(t, Failure)
}

// testLateResult tells the outcome of calls begun while closed in every later phase.
func testLateResult(t *testing.T, o Outcome) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		var early []*Permit
		for range 4 {
			early = append(early, mustAcquire(t, b))
		}
		tell := func(i int, phase string) {
			before := b.Snapshot()
			if early[i].Done(o) {
				t.Fatalf("%v of an earlier era counted while %s", o, phase)
			}
			if after := b.Snapshot(); after != before {
				t.Fatalf("%v of an earlier era while %s: %+v became %+v", o, phase, before, after)
			}
		}
		failTimes(b, 5)
		tell(0, "open")
		elapse(30 * time.Second)
		wantState(t, b, HalfOpen)
		tell(1, "half-open")
		probe := mustAcquire(t, b)
		tell(2, "probing")
		probe.Done(Success)
		tell(3, "closed again")
	})
}

func TestFailuresOfAnOldEraDoNotTripTheNewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		var old []*Permit
		for range 10 {
			old = append(old, mustAcquire(t, b))
		}
		halfOpen(t, b)
		mustAcquire(t, b).Done(Success)
		for _, p := range old {
			p.Done(Failure)
		}
		wantState(t, b, Closed)
		failTimes(b, 4)
		wantState(t, b, Closed)
		failTimes(b, 1)
		wantState(t, b, Open)
	})
}

func TestOnePermitReportedFiveTimesCountsOnce(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	p := mustAcquire(t, b)
	counted := 0
	for range 5 {
		if p.Done(Failure) {
			counted++
		}
	}
	if counted != 1 || b.FailureCount() != 1 {
		t.Fatalf("counted %d times, failure count %d, want 1 and 1", counted, b.FailureCount())
	}
	if p := mustAcquire(t, b); p.Done(Neutral) || p.Done(Failure) {
		t.Fatal("the first outcome, Neutral, did not decide")
	}
	if new(Permit).Done(Failure) {
		t.Fatal("the zero Permit counted")
	}
}

func TestAResultThatWaitedForTheLockWhileItsEraEndedDoesNotCount(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	w, _ := b.admit()
	b.ForceClosed()
	if b.settleGuarded(w, Verdict{Outcome: Failure}) || b.FailureCount() != 0 {
		t.Fatal("it counted in an era that is not its own")
	}
}

func TestRecordsWithoutAPermitDecideWhileHalfOpenAndAreIgnoredWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		failTimes(b, 5)
		open := b.Snapshot()
		b.RecordSuccess()
		b.RecordFailure()
		if now := b.Snapshot(); now != open {
			t.Fatalf("open: %+v became %+v", open, now)
		}
		elapse(30 * time.Second)
		b.RecordFailure()
		wantState(t, b, Open)
		elapse(30 * time.Second)
		probe := mustAcquire(t, b)
		b.RecordSuccess()
		wantState(t, b, Closed)
		if probe.Done(Failure) {
			t.Fatal("a probe counted after a record had decided")
		}
	})
}

func TestRefusalsShareOneImmutableError(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	failTimes(b, 5)
	first := mustRefuse(t, b)
	if second := mustRefuse(t, b); first != second {
		t.Fatal("two refusals of one opening are two values")
	}
	if !errors.Is(first, ErrOpen) || errors.Is(first, ErrLimit) {
		t.Fatal("a refusal must be ErrOpen and nothing else")
	}
	if got := first.Error(); got != "resilience: storage is open (failures)" {
		t.Fatalf("it says %q", got)
	}
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := b.Acquire(); err == nil {
			t.Fatal("not refused")
		}
	})
	if allocs != 0 {
		t.Fatalf("a refusal allocates %v times", allocs)
	}
	if n := b.Snapshot().Refusals; n != 103 { // AllocsPerRun warms up once
		t.Fatalf("%d refusals counted, want 103", n)
	}
}
