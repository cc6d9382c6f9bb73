package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestALaterTripDeadlineOnlyEverLengthens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		start := time.Now()
		in := func(d time.Duration) time.Time { return start.Add(d) }
		b.Trip(in(0), "past")
		wantState(t, b, Closed)
		b.Trip(in(time.Minute), "maintenance")
		b.Trip(in(time.Second), "shorter")
		b.Trip(in(time.Minute), "no longer")
		if s := b.Snapshot(); !s.Until.Equal(in(time.Minute)) || s.Reason != "maintenance" {
			t.Fatalf("after a shorter deadline: %+v", s)
		}
		b.Trip(in(2*time.Minute).Round(0), "longer") // without a monotonic reading
		if s := b.Snapshot(); !s.Until.Equal(in(2*time.Minute)) || s.Reason != "longer" || s.Trips != 1 {
			t.Fatalf("after a longer deadline: %+v", s)
		}
		elapse(2*time.Minute - 1)
		wantState(t, b, Open)
		elapse(1)
		probe := mustAcquire(t, b)
		b.Trip(in(3*time.Minute), "again")
		if probe.Done(Success) {
			t.Fatal("a probe closed a breaker that was tripped after it began")
		}
		if left := mustRefuse(t, b).RetryAfter(); left != time.Minute {
			t.Fatalf("%v left, want 1m", left)
		}
	})
}

func TestTheSameDeadlineAgainChangesNothing(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	until := time.Now().Add(time.Hour)
	for range 100 { // each at another moment
		b.Trip(until, "maintenance")
	}
	if s := b.Snapshot(); s.Era != 1 || !s.Until.Equal(until) {
		t.Fatalf("era %d; until %v, %v later than said", s.Era, s.Until, s.Until.Sub(until))
	}
}

func TestATripWithoutAReasonHasTheConstant(t *testing.T) {
	blocked := func(error) Verdict { return Verdict{Block: time.Hour} }
	for name, trip := range map[string]func(*Breaker){
		"Trip":  func(b *Breaker) { b.Trip(time.Now().Add(time.Hour), "") },
		"Do":    func(b *Breaker) { _, _ = Do(t.Context(), b, fail) },
		"Judge": func(b *Breaker) { mustAcquire(t, b).Judge(blocked(nil)) },
	} {
		var told string
		b := newTestBreaker(t, BreakerConfig{Classify: blocked, OnStateChange: func(c StateChange) { told = c.Reason }})
		trip(b)
		if refused := mustRefuse(t, b); refused.Reason != ReasonTripped || told != ReasonTripped {
			t.Errorf("%s: refused because of %q, told of %q", name, refused.Reason, told)
		}
	}
}

func TestATripForEverStillEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		b.Trip(time.Now().AddDate(1000, 0, 0), "retired")
		if s := b.Snapshot(); s.Mode != Automatic || s.State != Open || s.Until.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

func TestForcingWinsOverResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		before := mustAcquire(t, b)

		b.ForceOpen()
		if s := b.Snapshot(); s.Mode != ForcedOpen || s.State != Open || !s.Until.IsZero() || s.RetryAfter != 0 {
			t.Fatalf("forced open: %+v", s)
		}
		elapse(time.Hour)
		b.Trip(time.Now().Add(time.Minute), "ignored")
		b.RecordSuccess()
		if refused := mustRefuse(t, b); refused.Reason != ReasonForced || refused.RetryAfter() != 0 {
			t.Fatalf("refused with %+v", refused)
		}
		if before.Done(Success) {
			t.Fatal("a result from before counted")
		}

		b.ForceClosed()
		for range 10 {
			if !mustAcquire(t, b).Done(Failure) {
				t.Fatal("forced closed: a failure did not count")
			}
		}
		b.Trip(time.Now().Add(time.Minute), "ignored")
		if s := b.Snapshot(); s.Mode != ForcedClosed || s.State != Closed || s.FailureCount != 5 || s.Failures != 10 {
			t.Fatalf("forced closed: %+v", s)
		}

		b.Disable()
		b.RecordFailure()
		if mustAcquire(t, b).Done(Failure) || mustAcquire(t, b).Done(Success) {
			t.Fatal("disabled: a result counted")
		}
		if s := b.Snapshot(); s.Mode != Disabled || s.State != Closed || s.FailureCount != 0 || s.Failures != 10 {
			t.Fatalf("disabled: %+v", s)
		}

		b.Reset()
		failTimes(b, 4)
		if s := b.Snapshot(); s.Mode != Automatic || s.State != Closed || s.FailureCount != 4 {
			t.Fatalf("reset: %+v", s)
		}
		failTimes(b, 1)
		b.Reset()
		wantState(t, b, Closed)
		mustAcquire(t, b)
	})
}

func TestTheSnapshotShowsWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{})
		if s := b.Snapshot(); s != (Snapshot{Name: "storage"}) {
			t.Fatalf("new: %+v", s)
		}
		if !b.LastFailure().IsZero() || b.Name() != "storage" || b.Mode() != Automatic {
			t.Fatal("a new breaker looks used")
		}
		start := time.Now()
		for range 5 {
			elapse(time.Second)
			b.RecordFailure()
		}
		elapse(10 * time.Second)
		mustRefuse(t, b)
		want := Snapshot{
			Name: "storage", State: Open, Shadow: Open, Reason: ReasonFailures,
			FailureCount: 5, LastFailure: start.Add(5 * time.Second), OpenedAt: start.Add(5 * time.Second),
			Until: start.Add(35 * time.Second), RetryAfter: 20 * time.Second,
			Era: 1, Failures: 5, Refusals: 1, Trips: 1,
		}
		if s := b.Snapshot(); s != want {
			t.Fatalf("got  %+v\nwant %+v", s, want)
		}
		elapse(47 * time.Second) // 62 s after the start: the failure at 1 s has left the window
		if n := b.FailureCount(); n != 4 {
			t.Fatalf("failure count %d, want 4", n)
		}
		if last := b.LastFailure(); !last.Equal(want.LastFailure) {
			t.Fatalf("last failure %v", last)
		}
	})
}

func TestNamesOfStates(t *testing.T) {
	for got, want := range map[interface{ String() string }]string{
		Closed: "closed", Open: "open", HalfOpen: "half_open", State(9): "unknown",
		Automatic: "automatic", ForcedOpen: "forced_open", ForcedClosed: "forced_closed", Disabled: "disabled", Mode(9): "unknown",
		Neutral: "neutral", Success: "success", Failure: "failure", Outcome(9): "unknown",
	} {
		if got.String() != want {
			t.Errorf("%T is called %q, want %q", got, got, want)
		}
	}
	if text, err := HalfOpen.MarshalText(); string(text) != "half_open" || err != nil {
		t.Errorf("MarshalText: %q, %v", text, err)
	}
	if text, err := Disabled.MarshalText(); string(text) != "disabled" || err != nil {
		t.Errorf("MarshalText: %q, %v", text, err)
	}
}

func TestALaterCallIsRefusedUntilTheOpenTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{ProbeLease: 4 * time.Second})
		refuses := func(phase string, after time.Duration, want bool) {
			t.Helper()
			if got := b.refusesIn(after); got != want {
				t.Fatalf("%s: refuses a call in %v: %v", phase, after, got)
			}
		}
		refuses("closed", 0, false)
		b.Trip(time.Now().Add(10*time.Second), "trip")
		refuses("open", 0, true)
		refuses("open", 10*time.Second-1, true)
		refuses("open", 10*time.Second, false)
		refuses("open", forever, false)
		elapse(10 * time.Second)
		refuses("open time over", 0, false)
		mustAcquire(t, b)
		refuses("probing", 4*time.Second-1, true)
		refuses("probing", 4*time.Second, false)
		b.ForceOpen()
		refuses("forced open", time.Hour, true)
		b.MetricsOnly()
		b.Trip(time.Now().Add(10*time.Second), "trip")
		refuses("metrics only", 0, false)
	})
}
