package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestInMetricsOnlyNothingIsRefusedAndNothingSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{Mode: MetricsOnly})
		failTimes(b, 5)
		mustAcquire(t, b)
		s := b.Snapshot()
		if s.State != Closed || b.State() != Closed || b.IsOpen() || s.Reason != "" || !s.Until.IsZero() || b.RetryAfter() != 0 {
			t.Fatalf("it looks as if it refused: %+v", s)
		}
		if s.Mode != MetricsOnly || s.Shadow != Open || s.Trips != 1 || s.Refusals != 1 {
			t.Fatalf("it does not tell what it would have done: %+v", s)
		}
		elapse(30 * time.Second)
		probe := mustAcquire(t, b)
		if mustAcquire(t, b).Done(Success) {
			t.Fatal("a call that would have been refused counted")
		}
		if !probe.Done(Success) || b.Snapshot().Shadow != Closed {
			t.Fatalf("the probe did not close it: %+v", b.Snapshot())
		}
	})
}

func TestForceOpenEndsMetricsOnly(t *testing.T) {
	var changes []StateChange
	b := newTestBreaker(t, BreakerConfig{Mode: MetricsOnly, OnStateChange: func(c StateChange) { changes = append(changes, c) }})
	failTimes(b, 5)
	b.ForceOpen()
	mustRefuse(t, b)
	want := []struct {
		to   State
		mode Mode
	}{{Open, MetricsOnly}, {Closed, MetricsOnly}, {Open, ForcedOpen}}
	if len(changes) != len(want) {
		t.Fatalf("changes: %+v", changes)
	}
	for i, c := range changes {
		if c.To != want[i].to || c.Mode != want[i].mode {
			t.Fatalf("change %d: %+v, want %v in %v", i, c, want[i].to, want[i].mode)
		}
	}
}
