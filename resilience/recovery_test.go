package resilience

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// recovering returns a half-open breaker.
func recovering(t *testing.T, cfg BreakerConfig) *Breaker {
	t.Helper()
	b := newTestBreaker(t, cfg)
	b.Trip(time.Now().Add(time.Second), "trip")
	elapse(time.Second)
	wantState(t, b, HalfOpen)
	return b
}

func TestAllProbesMustSucceed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 3})
		var probes []*Permit
		for range 3 {
			probes = append(probes, mustAcquire(t, b))
		}
		if refused := mustRefuse(t, b); refused.State != HalfOpen || refused.Reason != ReasonProbing {
			t.Fatalf("refused with %+v", refused)
		}
		for _, p := range probes[:2] {
			if !p.Done(Success) {
				t.Fatal("a success did not count")
			}
			wantState(t, b, HalfOpen)
			mustRefuse(t, b) // a place passes one probe only
		}
		probes[2].Done(Success)
		wantState(t, b, Closed)
	})
}

func TestTheFirstProbeThatFailsOpensAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 3})
		first, second, third := mustAcquire(t, b), mustAcquire(t, b), mustAcquire(t, b)
		first.Done(Success)
		if !second.Done(Failure) || b.Snapshot().Reason != ReasonProbeFailed {
			t.Fatalf("%+v", b.Snapshot())
		}
		if third.Done(Success) {
			t.Fatal("a probe counted after another had failed")
		}
		elapse(30 * time.Second)
		for range 2 { // the success of before is forgotten
			mustAcquire(t, b).Done(Success)
			wantState(t, b, HalfOpen)
		}
		mustAcquire(t, b).Done(Success)
		wantState(t, b, Closed)
	})
}

func TestANeutralProbeMakesRoomForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 2})
		first, second := mustAcquire(t, b), mustAcquire(t, b)
		first.Done(Success)
		second.Done(Neutral)
		third := mustAcquire(t, b)
		mustRefuse(t, b)
		third.Done(Success)
		wantState(t, b, Closed)
	})
}

func TestEachProbeHasItsOwnLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 2, ProbeLease: 10 * time.Second})
		first := mustAcquire(t, b)
		elapse(4 * time.Second)
		second := mustAcquire(t, b)
		if left := mustRefuse(t, b).RetryAfter(); left != 6*time.Second {
			t.Fatalf("%v left, want what the first has", left)
		}
		elapse(6*time.Second - 1)
		mustRefuse(t, b)
		elapse(1)
		third := mustAcquire(t, b)
		if left := mustRefuse(t, b).RetryAfter(); left != 4*time.Second {
			t.Fatalf("%v left, want what the second has", left)
		}
		if first.Done(Success) || first.Done(Failure) {
			t.Fatal("it counted after its lease")
		}
		if !second.Done(Success) || !third.Done(Success) {
			t.Fatal("the others did not count")
		}
		wantState(t, b, Closed)
	})
}

func TestALeaseTellsWhenToAskAgainAlsoAfterAnotherProbeHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 2, ProbeLease: 10 * time.Second})
		first := mustAcquire(t, b)
		elapse(3 * time.Second)
		mustAcquire(t, b)
		first.Done(Success)
		if s := b.Snapshot(); s.RetryAfter != 10*time.Second || s.Reason != ReasonProbing {
			t.Fatalf("%+v", s)
		}
	})
}

func TestRecordsWithoutAPermitCountAsProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Probes: 2})
		b.RecordSuccess()
		wantState(t, b, HalfOpen)
		b.RecordSuccess()
		wantState(t, b, Closed)
	})
}

func TestAGrowingShareOfTheCallsPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		b := recovering(t, BreakerConfig{
			Readmit:       []float64{0.1, 0.5},
			OnStateChange: func(c StateChange) { told = append(told, c.Reason) },
		})
		era := b.Snapshot().Era
		mustAcquire(t, b).Done(Success)
		if s := b.Snapshot(); s.State != HalfOpen || s.Reason != ReasonReadmitting || s.RetryAfter != 10*time.Second || s.Era != era+1 {
			t.Fatalf("%+v", s)
		}
		passing := func(n int) (passed []int) {
			for i := range n {
				if p, err := b.Acquire(); err == nil {
					passed = append(passed, i)
					p.Done(Success)
				}
			}
			return passed
		}
		if got := passing(15); !slices.Equal(got, []int{0, 10}) {
			t.Fatalf("of a tenth passed %v", got)
		}
		if refused := mustRefuse(t, b); refused.State != HalfOpen || refused.Reason != ReasonReadmitting {
			t.Fatalf("refused with %+v", refused)
		}
		elapse(10*time.Second - 1)
		if s := b.Snapshot(); s.RetryAfter != 1 {
			t.Fatalf("%+v", s)
		}
		elapse(1)
		if got := passing(6); !slices.Equal(got, []int{0, 2, 4}) {
			t.Fatalf("of a half passed %v", got)
		}
		elapse(10*time.Second - 1)
		wantState(t, b, HalfOpen)
		elapse(1)
		wantState(t, b, Closed)
		if want := []string{"trip", ReasonOpenTimeOver, ReasonReadmitted}; !slices.Equal(told, want) {
			t.Fatalf("told of %v, want %v", told, want)
		}
		if got := passing(5); len(got) != 5 {
			t.Fatalf("closed, %v passed", got)
		}
	})
}

func TestTheStagesGoOnWhileNobodyLooks(t *testing.T) {
	for after, want := range map[time.Duration]Snapshot{
		6*time.Second - 1: {State: HalfOpen, RetryAfter: 1},
		7 * time.Second:   {State: HalfOpen, RetryAfter: 2 * time.Second},
		9 * time.Second:   {State: Closed},
		time.Hour:         {State: Closed},
	} {
		t.Run(after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := recovering(t, BreakerConfig{Readmit: []float64{0.1, 0.2, 0.3}, ReadmitFor: 3 * time.Second})
				mustAcquire(t, b).Done(Success)
				elapse(after)
				if s := b.Snapshot(); s.State != want.State || s.RetryAfter != want.RetryAfter {
					t.Fatalf("%+v", s)
				}
			})
		})
	}
}

func TestFailuresWhileReadmittingOpenAgainByTheSameRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Failures: 3, Readmit: []float64{0.5}})
		mustAcquire(t, b).Done(Success)
		failTimes(b, 2)
		wantState(t, b, HalfOpen)
		if !mustAcquire(t, b).Done(Failure) {
			t.Fatal("a failure did not count")
		}
		if s := b.Snapshot(); s.State != Open || s.Reason != ReasonFailures || s.Trips != 2 || s.RetryAfter != 30*time.Second {
			t.Fatalf("%+v", s)
		}
		elapse(30 * time.Second) // from the beginning: a probe, then the share
		mustAcquire(t, b).Done(Success)
		if s := b.Snapshot(); s.Reason != ReasonReadmitting || s.FailureCount != 0 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestACallThatEndsAfterReadmissionDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := recovering(t, BreakerConfig{Readmit: []float64{0.5}})
		mustAcquire(t, b).Done(Success)
		p := mustAcquire(t, b)
		elapse(10 * time.Second)
		if p.Done(Failure) || b.FailureCount() != 0 {
			t.Fatal("it counted in an era that is not its own")
		}
		wantState(t, b, Closed)
	})
}

func TestSlowCallsWhileReadmittingOpenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slowConfig
		cfg.MinCalls, cfg.Readmit = 1, []float64{0.5}
		b := recovering(t, cfg)
		mustAcquire(t, b).Done(Success)
		mustAcquire(t, b)
		elapse(2 * time.Second)
		wantState(t, b, Open)
		if s := b.Snapshot(); s.Reason != ReasonSlowRate {
			t.Fatalf("%+v", s)
		}
	})
}

func TestAShareIsExactOverAnyNumberOfCalls(t *testing.T) {
	for _, share := range []float64{0.01, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 0.99} {
		r, passed := recovery{}, 0
		for n := 1; n <= 1000; n++ {
			if r.readmits([]float64{share}) {
				passed++
			}
			if off := float64(passed) - share*float64(n); off < -1e-9 || off >= 1 {
				t.Fatalf("%d of %d passed, want %v of them", passed, n, share)
			}
		}
	}
}
