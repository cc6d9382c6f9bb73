package resilience

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// reopen waits until the breaker is half-open, fails its probe and returns how
// long it is open for that.
func reopen(t *testing.T, b *Breaker) time.Duration {
	t.Helper()
	elapse(b.RetryAfter())
	mustAcquire(t, b).Done(Failure)
	return b.RetryAfter()
}

func TestTheOpenTimeGrowsWithEachOpeningInARow(t *testing.T) {
	tests := map[string]struct {
		cfg  BreakerConfig
		want []int // seconds
	}{
		"off":           {BreakerConfig{}, []int{30, 30, 30}},
		"by one":        {BreakerConfig{OpenGrowth: 1}, []int{30, 30, 30}},
		"doubling":      {BreakerConfig{OpenGrowth: 2}, []int{30, 60, 120, 240, 480, 600, 600}},
		"with a bound":  {BreakerConfig{OpenGrowth: 3, OpenFor: 10 * time.Second, MaxOpenFor: 50 * time.Second}, []int{10, 30, 50, 50}},
		"exactly bound": {BreakerConfig{OpenGrowth: 2, MaxOpenFor: 60 * time.Second}, []int{30, 60, 60}},
		"out of bounds": {BreakerConfig{OpenGrowth: 1000, OpenFor: time.Hour}, []int{3600, 3600}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, tt.cfg)
				failTimes(b, 5)
				got := b.RetryAfter()
				for i, want := range tt.want {
					if got.Seconds() != float64(want) {
						t.Fatalf("opening %d lasts %v, want %d s", i+1, got, want)
					}
					got = reopen(t, b)
				}
			})
		})
	}
}

func TestARowOfOpeningsEndsWhenTheBreakerHasStayedClosedForLongerThanWindow(t *testing.T) {
	for closed, want := range map[time.Duration]time.Duration{
		0: 120 * time.Second, time.Minute: 120 * time.Second, time.Minute + 1: 30 * time.Second,
	} {
		t.Run(closed.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{OpenGrowth: 2})
				failTimes(b, 5)
				reopen(t, b)
				elapse(b.RetryAfter())
				mustAcquire(t, b).Done(Success)
				elapse(closed)
				failTimes(b, 5)
				if got := b.RetryAfter(); got != want {
					t.Fatalf("open for %v, want %v", got, want)
				}
			})
		})
	}
}

func TestTheFirstOpeningBeginsARowHoweverLateItComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{OpenGrowth: 2})
		elapse(time.Hour)
		failTimes(b, 5)
		if got := b.RetryAfter(); got != 30*time.Second {
			t.Fatalf("open for %v", got)
		}
		if got := reopen(t, b); got != time.Minute {
			t.Fatalf("open again for %v", got)
		}
	})
}

func TestATripIsNoOpeningOfTheRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{OpenGrowth: 2})
		b.Trip(time.Now().Add(time.Second), "trip")
		if got := reopen(t, b); got != 30*time.Second {
			t.Fatalf("open for %v", got)
		}
	})
}

func TestARowThatIsOverDoesNotComeBackThroughATrip(t *testing.T) {
	for closed, want := range map[time.Duration]time.Duration{time.Minute: 240 * time.Second, time.Minute + 1: 30 * time.Second} {
		t.Run(closed.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, BreakerConfig{OpenGrowth: 2})
				failTimes(b, 5)
				reopen(t, b)
				reopen(t, b)
				elapse(b.RetryAfter())
				mustAcquire(t, b).Done(Success)
				elapse(closed)
				b.Trip(time.Now().Add(time.Second), "maintenance")
				if got := reopen(t, b); got != want {
					t.Fatalf("open for %v, want %v", got, want)
				}
			})
		})
	}
}

func TestResetEndsTheRow(t *testing.T) {
	for _, end := range []func(*Breaker){(*Breaker).Reset, (*Breaker).MetricsOnly} {
		synctest.Test(t, func(t *testing.T) {
			b := newTestBreaker(t, BreakerConfig{OpenGrowth: 2})
			failTimes(b, 5)
			reopen(t, b)
			end(b)
			b.Reset()
			failTimes(b, 5)
			if got := b.RetryAfter(); got != 30*time.Second {
				t.Fatalf("open for %v", got)
			}
		})
	}
}

func TestJitterLengthensAnOpenTimeByAShareOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{OpenJitter: 0.5, OpenFor: 10 * time.Second})
		least, most := time.Hour, time.Duration(0)
		for range 500 {
			failTimes(b, 5)
			d := b.RetryAfter()
			least, most = min(least, d), max(most, d)
			b.Reset()
		}
		// Of 500 draws none within a tenth of an end happens once in 10^22 runs.
		if least < 10*time.Second || least > 10500*time.Millisecond || most > 15*time.Second || most < 14500*time.Millisecond {
			t.Fatalf("open for %v to %v, want 10 s to 15 s", least, most)
		}
	})
}

func TestJitterStaysInItsRangeOverGrowth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cfg := BreakerConfig{
			Failures:   1,
			OpenFor:    time.Duration(rapid.Int64Range(1, int64(forever/2)).Draw(rt, "open for")),
			OpenGrowth: rapid.Float64Range(1, maxGrowth).Draw(rt, "growth"),
			OpenJitter: rapid.Float64Range(0, 1).Draw(rt, "jitter"),
		}
		without := cfg
		without.OpenJitter = 0
		b, plain := newTestBreaker(t, cfg), newTestBreaker(t, without)
		for range 8 {
			b.row++
			plain.row++
			base, got := plain.openTime(), b.openTime()
			if base < cfg.OpenFor || base > max(plain.cfg.MaxOpenFor, cfg.OpenFor) {
				rt.Fatalf("row %d: open for %v", b.row, base)
			}
			if most := after(base, time.Duration(float64(base)*cfg.OpenJitter)); got < base || got > most {
				rt.Fatalf("row %d: open for %v, want %v to %v", b.row, got, base, most)
			}
		}
	})
}
