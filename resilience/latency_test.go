package resilience

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestAQuantileIsAtMostAnEighthTooHigh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l latency
		samples := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, latencyDecay-1).Draw(t, "samples")
		for _, d := range samples {
			l.record(time.Duration(d))
		}
		slices.Sort(samples)
		for _, q := range []float64{0, 0.5, 0.95} {
			exact := samples[max(int(math.Ceil(q*float64(len(samples))))-1, 0)]
			got, n := l.quantile(q)
			if n != len(samples) || int64(got) < exact || float64(got) > float64(exact)*1.125+1<<latencyUnit {
				t.Fatalf("quantile %v of %d samples is %v, exactly %v", q, n, got, time.Duration(exact))
			}
		}
	})
}

func TestAQuantileIsTheNearestRank(t *testing.T) {
	var l latency
	for i := range 20 {
		l.record(time.Duration(i) << latencyUnit)
	}
	for q, want := range map[float64]int{0: 0, 0.05: 0, 0.06: 1, 0.5: 9, 0.75: 14} {
		if got, _ := l.quantile(q); got != latencyEdge(latencyBucket(time.Duration(want)<<latencyUnit)) {
			t.Errorf("the quantile %v is %v, want that of sample %d", q, got, want)
		}
	}
	var outlier latency
	for range 19 {
		outlier.record(time.Second)
	}
	outlier.record(time.Minute)
	if p95, _ := outlier.quantile(0.95); p95 > 1125*time.Millisecond {
		t.Errorf("one of twenty makes the 95th percentile %v", p95)
	}
}

func TestEveryDurationHasABucket(t *testing.T) {
	last := 0
	for d := time.Duration(1); d < math.MaxInt64/2; d += d/16 + 1 {
		i := latencyBucket(d)
		if i < last || i > last+1 {
			t.Fatalf("%v follows bucket %d in bucket %d", d, last, i)
		}
		if edge := latencyEdge(i); i < latencyBuckets-1 && (d >= edge || d < latencyEdge(i-1) && i > 0) {
			t.Fatalf("%v is outside its bucket %d, which ends at %v", d, i, edge)
		}
		last = i
	}
	if last != latencyBuckets-1 || latencyBucket(-1) != 0 {
		t.Fatalf("the last bucket reached is %d, a negative duration's %d", last, latencyBucket(-1))
	}
}

func TestOldLatenciesFade(t *testing.T) {
	var l latency
	for range 2000 {
		l.record(10 * time.Second)
	}
	for range 20_000 {
		l.record(time.Second)
	}
	if p95, _ := l.quantile(0.95); p95 > 1125*time.Millisecond {
		t.Fatalf("p95 is still %v", p95)
	}
	if _, n := l.quantile(0.95); n < latencyDecay/2 || n >= latencyDecay {
		t.Fatalf("%d samples are remembered", n)
	}
}

func TestLatenciesThatComeWhileOthersFadeStillFade(t *testing.T) {
	var l latency
	l.halving.Store(true) // as by a caller that does not get on
	for range 2 * latencyDecay {
		l.record(10 * time.Second)
	}
	if _, n := l.quantile(0.95); n != 2*latencyDecay {
		t.Fatalf("%d samples: two callers fade at once", n)
	}
	l.halving.Store(false)
	for range 20_000 {
		l.record(time.Second)
	}
	if p95, n := l.quantile(0.95); p95 > 1125*time.Millisecond || n >= latencyDecay {
		t.Fatalf("p95 is still %v, of %d samples", p95, n)
	}
}

func TestConcurrentLatenciesKeepTheirTotal(t *testing.T) {
	var l latency
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 5000 {
				l.record(time.Duration(i) * time.Millisecond)
			}
		})
	}
	wg.Wait()
	var sum int32
	for i := range l.counts {
		sum += l.counts[i].Load()
	}
	if total := l.total.Load(); sum != total || total < 1 {
		t.Fatalf("the buckets hold %d, the total says %d", sum, total)
	}
}

func TestOnlyTimedSuccessesAreSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(context.Context) (int, error) { elapse(time.Second); return 0, nil }
		g := newTestGuard(t, Policy{}, nil)
		_, _ = Run(t.Context(), g, slow)
		if d, n := g.P95(); d != 0 || n != 0 {
			t.Fatalf("%v of %d without any limit", d, n)
		}
		_, _ = RunCall(t.Context(), g, Call{Share: time.Minute}, slow)
		_, _ = RunCall(t.Context(), g, Call{Share: time.Millisecond}, fail)
		if d, n := g.P95(); d < time.Second || d > 1125*time.Millisecond || n != 1 {
			t.Fatalf("%v of %d, want about 1s of 1", d, n)
		}
	})
}
