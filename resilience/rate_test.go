package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestACallCountsForItsWindowAndUpToAStepLonger(t *testing.T) {
	for _, window := range []time.Duration{1, 2, 59, 60, 61, 119, 120, time.Second, 60 * time.Second, 61*time.Second + 1, forever} {
		t.Run(window.String(), func(t *testing.T) {
			step := (window-1)/60 + 1
			for _, into := range []time.Duration{0, step / 2, step - 1} { // the first step
				c := newTally(window, -7)
				at := into - 7
				c.add(at, counts{calls: 1, ended: 1, failures: 1, slow: 1})
				if got := c.within(after(at, window)); got != (counts{1, 1, 1, 1}) {
					t.Fatalf("%v into a step: %+v are left after the window", into, got)
				}
				if window < forever/2 { // 60 steps are up to 59 ns longer than the window
					if got := c.within(at + 61*step); got != (counts{}) {
						t.Fatalf("%v into a step: %+v are left a step after the window", into, got)
					}
				}
			}
		})
	}
}

// finish makes n calls with a permit each, of which the last ones fail.
func finish(t *testing.T, b *Breaker, n, failed int) {
	t.Helper()
	for i := range n {
		o := Success
		if i >= n-failed {
			o = Failure
		}
		if !mustAcquire(t, b).Done(o) {
			t.Fatalf("call %d of %d did not count", i+1, n)
		}
	}
}

func TestAShareOfFailuresOpensTheBreaker(t *testing.T) {
	rated := BreakerConfig{FailureRate: 0.5, MinCalls: 10}
	tests := []struct {
		name          string
		cfg           BreakerConfig
		calls, failed int
		want          string // the reason, or none
	}{
		{"exactly the share", rated, 10, 5, ReasonFailureRate},
		{"less", rated, 11, 5, ""},
		{"too few calls", rated, 9, 9, ""},
		{"all of the least number", rated, 10, 10, ReasonFailureRate},
		{"no count beside it", rated, 1000, 499, ""},
		{"a count beside it", BreakerConfig{FailureRate: 0.5, MinCalls: 10, Failures: 3}, 9, 3, ReasonFailures},
		{"the count first if both", BreakerConfig{FailureRate: 0.5, MinCalls: 2, Failures: 1}, 2, 1, ReasonFailures},
		{"a count with its share", BreakerConfig{MinFailureRate: 0.5}, 10, 5, ReasonFailures},
		{"a count without its share", BreakerConfig{MinFailureRate: 0.5}, 11, 5, ""},
		{"a share without its count", BreakerConfig{MinFailureRate: 0.5}, 4, 4, ""},
		{
			"a count without its share, beside a rate",
			BreakerConfig{MinFailureRate: 0.5, Failures: 5, FailureRate: 0.4, MinCalls: 100}, 20, 8, "",
		},
		{
			"all of the calls",
			BreakerConfig{FailureRate: 1, MinCalls: 3}, 3, 3, ReasonFailureRate,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTestBreaker(t, tt.cfg)
			finish(t, b, tt.calls, tt.failed)
			if s := b.Snapshot(); s.Reason != tt.want || (s.State == Open) != (tt.want != "") {
				t.Fatalf("%+v, want the reason %q", s, tt.want)
			}
		})
	}
}

func TestARateIsOfTheCallsWithinTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{FailureRate: 0.5, MinCalls: 4})
		finish(t, b, 100, 0)
		elapse(59 * time.Second)
		finish(t, b, 2, 2)
		want := Snapshot{
			Name: "storage", FailureCount: 2, Calls: 102, FailureRate: 2.0 / 102,
			LastFailure: time.Now(), Failures: 2,
		}
		if s := b.Snapshot(); s != want {
			t.Fatalf("got  %+v\nwant %+v", s, want)
		}
		elapse(2*time.Second - 1) // a nanosecond before the 61st step is over
		if s := b.Snapshot(); s.Calls != 102 {
			t.Fatalf("%d calls within the window, want 102", s.Calls)
		}
		elapse(1)
		if s := b.Snapshot(); s.Calls != 2 || s.FailureRate != 1 {
			t.Fatalf("%d calls within the window, %v of them failed", s.Calls, s.FailureRate)
		}
		finish(t, b, 1, 0)
		wantState(t, b, Closed) // three calls are too few
		finish(t, b, 1, 0)
		wantState(t, b, Open) // half of four, though the last one succeeded
	})
}

func TestRecordsWithoutAPermitCountInRates(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{FailureRate: 0.5, MinCalls: 4})
	b.RecordSuccess()
	b.RecordSuccess()
	b.RecordFailure()
	if s := b.Snapshot(); s.Calls != 3 || s.State != Closed {
		t.Fatalf("%+v", s)
	}
	b.RecordFailure()
	wantState(t, b, Open)
}

func TestNeutralCallsAreNoCallsOfARate(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{FailureRate: 0.5, MinCalls: 1})
	if mustAcquire(t, b).Done(Neutral) {
		t.Fatal("it counted")
	}
	if s := b.Snapshot(); s.Calls != 0 || s.FailureRate != 0 || s.SlowRate != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestClosingEmptiesTheWindowOfTheRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{FailureRate: 0.5, MinCalls: 4})
		finish(t, b, 4, 4)
		elapse(30 * time.Second)
		finish(t, b, 1, 0)
		wantState(t, b, Closed)
		if s := b.Snapshot(); s.Calls != 0 || s.FailureRate != 0 || s.FailureCount != 0 || s.Failures != 4 {
			t.Fatalf("%+v", s)
		}
		finish(t, b, 3, 3)
		wantState(t, b, Closed)
	})
}

func TestAFailureIsAmongThoseOfItsEvent(t *testing.T) {
	phases := map[string]func(t *testing.T, b *Breaker){
		"closed":        func(*testing.T, *Breaker) {},
		"forced closed": func(_ *testing.T, b *Breaker) { b.ForceClosed() },
		"half-open": func(t *testing.T, b *Breaker) {
			b.Trip(time.Now().Add(time.Second), "trip")
			elapse(time.Second)
			wantState(t, b, HalfOpen)
		},
		"metrics only": func(_ *testing.T, b *Breaker) { b.MetricsOnly() },
	}
	for name, enter := range phases {
		for how, cfg := range map[string]BreakerConfig{
			"counted": {},
			"rated":   {FailureRate: 0.5, MinCalls: 10},
			"both":    {Failures: 5, FailureRate: 0.5, MinCalls: 10},
			"slow":    {SlowRate: 0.5, SlowAfter: time.Second, MinCalls: 10},
		} {
			t.Run(name+", "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var told []int
					cfg.OnFailure = func(e FailureEvent) { told = append(told, e.FailureCount) }
					b := newTestBreaker(t, cfg)
					enter(t, b)
					mustAcquire(t, b).Done(Failure)
					if len(told) != 1 || told[0] != 1 || b.FailureCount() != 1 {
						t.Fatalf("told %d, counts %d", told, b.FailureCount())
					}
				})
			})
		}
	}
}
