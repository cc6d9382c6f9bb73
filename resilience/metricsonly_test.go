package resilience

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestMetricsOnlyTellsWhatWouldHaveBeenAndRefusesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []State
		b := newTestBreaker(t, BreakerConfig{
			Failures: 2, Mode: MetricsOnly,
			OnStateChange: func(c StateChange) {
				if c.Mode != MetricsOnly {
					t.Errorf("told of the mode %v", c.Mode)
				}
				told = append(told, c.To)
			},
		})
		failTimes(b, 2)
		pass := mustAcquire(t, b)
		if b.IsOpen() || b.RetryAfter() != 0 || b.Mode() != MetricsOnly {
			t.Fatal("it shows what must not be acted on")
		}
		want := Snapshot{
			Name: "storage", Mode: MetricsOnly, Shadow: Open, FailureCount: 2, LastFailure: time.Now(), OpenedAt: time.Now(),
			Era: 1, Failures: 2, Refusals: 1, Trips: 1,
		}
		if s := b.Snapshot(); s != want {
			t.Fatalf("got  %+v\nwant %+v", s, want)
		}
		elapse(30 * time.Second)
		probe, other := mustAcquire(t, b), mustAcquire(t, b)
		if b.IsHalfOpen() {
			t.Fatal("it shows what must not be acted on")
		}
		if pass.Done(Success) || other.Done(Success) {
			t.Fatal("the result of a call that would have been refused counted")
		}
		if !probe.Done(Success) {
			t.Fatal("the result of what would have been a probe did not count")
		}
		if want := []State{Open, HalfOpen, Closed}; !slices.Equal(told, want) {
			t.Fatalf("told of %v, want %v", told, want)
		}
	})
}

// Whatever ends MetricsOnly ends what it made of the state, too.
func TestWhatMetricsOnlyMadeOfTheStateEndsWithIt(t *testing.T) {
	ends := map[string]struct {
		end    func(*Breaker)
		mode   Mode
		state  State
		reason string
		events int
	}{
		"Reset":       {(*Breaker).Reset, Automatic, Closed, ReasonReset, 1},
		"ForceClosed": {(*Breaker).ForceClosed, ForcedClosed, Closed, ReasonForced, 1},
		"Disable":     {(*Breaker).Disable, Disabled, Closed, ReasonForced, 1},
		"ForceOpen":   {(*Breaker).ForceOpen, ForcedOpen, Open, ReasonForced, 2},
		"MetricsOnly": {(*Breaker).MetricsOnly, MetricsOnly, Closed, ReasonForced, 1},
	}
	for name, tt := range ends {
		t.Run(name, func(t *testing.T) {
			var told []StateChange
			b := newTestBreaker(t, BreakerConfig{Mode: MetricsOnly, OnStateChange: func(c StateChange) { told = append(told, c) }})
			failTimes(b, 5)
			told = nil
			tt.end(b)
			if s := b.Snapshot(); s.Mode != tt.mode || s.State != tt.state || s.Shadow != tt.state || s.FailureCount != 0 {
				t.Fatalf("%+v", s)
			}
			if len(told) != tt.events || told[0].From != Open || told[0].To != Closed || told[0].Reason != tt.reason {
				t.Fatalf("told of %+v", told)
			}
		})
	}
}

func TestMetricsOnlyBeginsClosedWithAnEmptyWindow(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	before := mustAcquire(t, b)
	failTimes(b, 4)
	b.MetricsOnly()
	failTimes(b, 4)
	if before.Done(Failure) {
		t.Fatal("a result from before counted")
	}
	if s := b.Snapshot(); s.Shadow != Closed || s.FailureCount != 4 || s.Failures != 8 {
		t.Fatalf("%+v", s)
	}
	b.Reset()
	failTimes(b, 5)
	b.MetricsOnly()
	wantState(t, b, Closed)
	mustAcquire(t, b)
	if s := b.Snapshot(); s.Shadow != Closed || s.Refusals != 0 || s.Reason != "" || !s.Until.IsZero() {
		t.Fatalf("entered while open: %+v", s)
	}
}

func TestATripInMetricsOnlyRefusesNothing(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{Mode: MetricsOnly})
	b.Trip(time.Now().Add(time.Hour), "maintenance")
	mustAcquire(t, b)
	if s := b.Snapshot(); s.State != Closed || s.Shadow != Open || s.Trips != 1 || s.Refusals != 1 {
		t.Fatalf("%+v", s)
	}
	if b.refusesIn(0) {
		t.Fatal("it says that it refuses")
	}
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
