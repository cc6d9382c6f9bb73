package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestJudgeTellsTheOutcomeAndThenTheBlock(t *testing.T) {
	for name, tt := range map[string]struct {
		verdict Verdict
		counted bool
		want    State // of a closed breaker
		probed  State // of a half-open one
		left    time.Duration
	}{
		"success":           {Verdict{Outcome: Success}, true, Closed, Closed, 0},
		"failure":           {Verdict{Outcome: Failure}, true, Closed, Open, 30 * time.Second},
		"neutral":           {Verdict{}, false, Closed, HalfOpen, 0},
		"success and block": {Verdict{Outcome: Success, Block: time.Hour}, true, Open, Open, time.Hour},
		"failure and block": {Verdict{Outcome: Failure, Block: time.Hour}, true, Open, Open, time.Hour},
		"neutral and block": {Verdict{Block: time.Hour}, false, Open, Open, time.Hour},
		"a block of 1 ns":   {Verdict{Block: 1}, false, Open, Open, 1},
		"no block":          {Verdict{Outcome: Success, Block: -1}, true, Closed, Closed, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{})
				if counted := mustAcquire(t, b).Judge(tt.verdict); counted != tt.counted {
					t.Errorf("closed: counted is %t", counted)
				}
				wantState(t, b, tt.want)
				b.Reset()
				halfOpen(t, b)
				if counted := mustAcquire(t, b).Judge(tt.verdict); counted != tt.counted {
					t.Errorf("half-open: counted is %t", counted)
				}
				if s := b.Snapshot(); s.State != tt.probed || s.RetryAfter != tt.left {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestABlockOfAnEarlierEraIsNotHeard(t *testing.T) {
	block := Verdict{Outcome: Failure, Block: time.Hour}
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		late := mustAcquire(t, b)
		halfOpen(t, b)
		lost := mustAcquire(t, b)
		elapse(30 * time.Second)
		probe := mustAcquire(t, b)
		if late.Judge(block) || lost.Judge(block) {
			t.Error("an outcome counted")
		}
		wantState(t, b, HalfOpen)
		if !probe.Judge(Verdict{Outcome: Success}) || probe.Judge(block) {
			t.Error("the first verdict decides")
		}
		wantState(t, b, Closed)
		if new(Permit).Judge(block) {
			t.Error("the zero Permit counted")
		}
	})
}

func TestOnlyAProbeIsAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{SlowRate: 1, SlowAfter: time.Second, MinCalls: 10, Readmit: []float64{0.5}})
		closed := mustAcquire(t, b)
		halfOpen(t, b)
		probe := mustAcquire(t, b)
		if closed.Probe() || !probe.Probe() || new(Permit).Probe() {
			t.Errorf("closed: %t; half-open: %t", closed.Probe(), probe.Probe())
		}
		if probe.Done(Success); !probe.Probe() {
			t.Error("it is none any more once it is done")
		}
		readmitted := mustAcquire(t, b)
		if b.State() != HalfOpen || readmitted.Probe() {
			t.Errorf("readmitted: %t", readmitted.Probe())
		}
		readmitted.Done(Success)
		b.Reset()
		b.MetricsOnly()
		failTimes(b, 5)
		elapse(30 * time.Second)
		if !mustAcquire(t, b).Probe() {
			t.Error("a dry run has no probes")
		}
	})
}

func TestAnOutcomeThatIsNoneOfTheThreeIsNeutral(t *testing.T) {
	const other = Failure + 1
	for name, cfg := range map[string]BreakerConfig{
		"counted": {Failures: 1},
		"rated":   {Failures: 1, FailureRate: 1, MinCalls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg.Classify = func(error) Verdict { return Verdict{Outcome: other} }
				b := newTestBreaker(t, cfg)
				tell := func(want State) {
					t.Helper()
					if mustAcquire(t, b).Done(other) || mustAcquire(t, b).Judge(Verdict{Outcome: other}) {
						t.Error("it counted")
					}
					_, _ = Do(t.Context(), b, fail)
					if s := b.Snapshot(); s.State != want || s.Calls != 0 {
						t.Fatalf("%+v", s)
					}
				}
				tell(Closed)
				b.Trip(time.Now().Add(time.Second), "maintenance")
				elapse(time.Second)
				tell(HalfOpen)
			})
		})
	}
}
