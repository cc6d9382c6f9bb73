package thresholds

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai/resilience"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newCaller(t *testing.T, cfg resilience.BreakerConfig, seed uint64) *Caller {
	t.Helper()
	c, err := NewCaller(cfg, seed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const day = 24 * time.Hour

// falseOpens is how often a day the breaker opens on the failures of a healthy
// service, and which share of the calls it then refuses, as far as that long
// can tell.
func falseOpens(t *testing.T, cfg resilience.BreakerConfig, healthy Traffic, d time.Duration) (perDay, refused float64) {
	t.Helper()
	const enough = 200
	synctest.Test(t, func(t *testing.T) {
		c := newCaller(t, cfg, 1)
		count, took := c.Run(healthy, d, func() bool { return c.Opened() == enough })
		perDay = float64(c.Opened()) * float64(day) / float64(took)
		refused = float64(count.Refused) / float64(count.Calls)
	})
	return perDay, refused
}

// timeToOpen is how long after a service without failures begins to fail the
// breaker opens: the median and the worst of several runs. Within the hour.
func timeToOpen(t *testing.T, cfg resilience.BreakerConfig, outage Traffic) (median, worst time.Duration) {
	t.Helper()
	const runs = 25
	all := make([]time.Duration, runs)
	for seed := range all {
		synctest.Test(t, func(t *testing.T) {
			c := newCaller(t, cfg, uint64(seed))
			c.Run(Traffic{Rate: outage.Rate}, 2*time.Minute, nil)
			_, all[seed] = c.Run(outage, time.Hour, func() bool { return c.Opened() > 0 })
		})
	}
	slices.Sort(all)
	return all[runs/2], all[runs-1]
}

// ordeal is what came of ten minutes in which a share of the calls failed.
type ordeal struct {
	Count
	openings int
	recovery time.Duration // after the end, until every call passed
}

func undergo(t *testing.T, cfg resilience.BreakerConfig, outage Traffic) (all ordeal) {
	t.Helper()
	const runs = 9
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			c := newCaller(t, cfg, seed)
			count, _ := c.Run(outage, 10*time.Minute, nil)
			all.Calls += count.Calls
			all.Failed += count.Failed
			all.Refused += count.Refused
			all.openings += c.Opened()
			ended := time.Now()
			for !c.Closed() {
				c.Run(Traffic{Rate: outage.Rate}, 100*time.Millisecond, nil)
			}
			all.recovery += time.Since(ended) / runs
		})
	}
	all.openings /= runs
	return all
}
