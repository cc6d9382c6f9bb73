package thresholds

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
)

func TestCallsComeAtTheirRateAndFailAtTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, resilience.BreakerConfig{Mode: resilience.Disabled}, 1)
		begun := time.Now()
		count, took := c.Run(Traffic{Rate: 10, Failing: 0.2}, time.Hour, nil)
		if took != time.Hour || time.Since(begun) != time.Hour {
			t.Errorf("ran for %v, took %v, want an hour", took, time.Since(begun))
		}
		// Five standard deviations of a Poisson distribution.
		if off := math.Abs(float64(count.Calls) - 36_000); off > 5*math.Sqrt(36_000) {
			t.Errorf("%d calls, want about 36,000", count.Calls)
		}
		if off := math.Abs(float64(count.Failed) - 7_200); off > 5*math.Sqrt(7_200) {
			t.Errorf("%d failed, want about 7,200", count.Failed)
		}
	})
}

func TestARunEndsWithTheFailureThatOpensTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, resilience.BreakerConfig{}, 1)
		begun := time.Now()
		count, took := c.Run(Traffic{Rate: 10, Failing: 1}, time.Hour, func() bool { return c.Opened() > 0 })
		if (count != Count{Calls: 5, Failed: 5}) || took != time.Since(begun) || c.Closed() {
			t.Errorf("%+v in %v, closed: %v, want five failures that open it", count, took, c.Closed())
		}
		count, _ = c.Run(Traffic{Rate: 10}, 20*time.Second, nil)
		if count.Refused != count.Calls || count.Calls < 100 {
			t.Errorf("%+v, want about 200 calls, all refused", count)
		}
		c.Run(Traffic{Rate: 10}, 20*time.Second, nil)
		if !c.Closed() {
			t.Error("not closed by the probe after 30 s")
		}
	})
}

// What docs/tuning.md builds on.
func TestFiveFailuresAreFewAtOneCallASecondAndNothingAtAHundred(t *testing.T) {
	busy := resilience.BreakerConfig{MinFailureRate: 0.1, OpenFor: 10 * time.Second}
	for _, tt := range []struct {
		name        string
		cfg         resilience.BreakerConfig
		healthy     Traffic
		least, most float64 // false opens a day
	}{
		{"the default at 1/s", afterFailures(5), Traffic{1, 0.001}, 0, 0},
		{"the default at 100/s", afterFailures(5), Traffic{100, 0.001}, 1000, 2000},
		{"10 % at 100/s", busy, Traffic{100, 0.01}, 0, 0},
	} {
		if perDay, _ := falseOpens(t, tt.cfg, tt.healthy, day/24); perDay < tt.least || perDay > tt.most {
			t.Errorf("%s: opens %.1f times a day, want between %v and %v", tt.name, perDay, tt.least, tt.most)
		}
	}
	if _, worst := timeToOpen(t, busy, Traffic{100, 1}); worst > 7*time.Second {
		t.Errorf("10 %% at 100/s: opens after %v, want a tenth of the window", worst)
	}
}
