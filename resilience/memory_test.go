package resilience

import (
	"context"
	"runtime"
	"testing"
	"time"
)

func TestABreakerTakesAtMost320Bytes(t *testing.T) {
	kept := make([]*Breaker, 1000)
	goroutines := runtime.NumGoroutine()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = newTestBreaker(t, BreakerConfig{})
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / uint64(len(kept)); each > 320 {
		t.Fatalf("%d bytes each", each)
	} else {
		t.Logf("%d bytes each", each)
	}
	if now := runtime.NumGoroutine(); now > goroutines {
		t.Fatalf("%d goroutines for %d breakers", now-goroutines, len(kept))
	}
	runtime.KeepAlive(kept)
}

func TestWhatAllocatesNothing(t *testing.T) {
	ctx := t.Context()
	answer := func(context.Context) (int, error) { return 1, nil }
	failing := func(context.Context) (int, error) { return 0, errDown }
	success := func(b *Breaker) { permit(t, b, Success) }
	failure := func(b *Breaker) { permit(t, b, Failure) }
	refusal := func(b *Breaker) {
		if _, err := b.Acquire(); err == nil {
			t.Error("not refused")
		}
	}
	var (
		brief    = BreakerConfig{Window: 1} // failures never add up
		rated    = BreakerConfig{FailureRate: 1, MinCalls: 1 << 30}
		tripped  = func(b *Breaker) { b.Trip(time.Now().Add(time.Hour), "trip") }
		probing  = func(b *Breaker) { tripped(b); b.refusal.Load().until = 0; _, _ = b.Acquire() }
		asItIs   = func(*Breaker) {}
		readOnly = func(b *Breaker) { b.State(); b.Snapshot(); b.RetryAfter(); b.FailureCount() }
	)
	for _, tt := range []struct {
		name  string
		cfg   BreakerConfig
		enter func(*Breaker)
		do    func(*Breaker)
	}{
		{"success", BreakerConfig{}, asItIs, success},
		{"success under Do", BreakerConfig{}, asItIs, func(b *Breaker) { _, _ = Do(ctx, b, answer) }},
		{"success without a permit", BreakerConfig{}, asItIs, (*Breaker).RecordSuccess},
		{"failure", brief, asItIs, failure},
		{"failure under Do", brief, asItIs, func(b *Breaker) { _, _ = Do(ctx, b, failing) }},
		{"failure without a permit", brief, asItIs, (*Breaker).RecordFailure},
		{"success, rated", rated, asItIs, success},
		{"failure, rated", rated, asItIs, failure},
		{"success under Do, rated", rated, asItIs, func(b *Breaker) { _, _ = Do(ctx, b, answer) }},
		{"success, forced closed", BreakerConfig{Mode: ForcedClosed}, asItIs, success},
		{"failure, forced closed", BreakerConfig{Mode: ForcedClosed}, asItIs, failure},
		{"success, disabled", BreakerConfig{Mode: Disabled}, asItIs, success},
		{"failure, disabled", BreakerConfig{Mode: Disabled}, asItIs, failure},
		{"success, metrics only", BreakerConfig{Mode: MetricsOnly}, asItIs, success},
		{"success, metrics only and open", BreakerConfig{Mode: MetricsOnly}, tripped, func(b *Breaker) {
			p, _ := b.Acquire()
			p.Done(Success)
		}},
		{"refusal, open", BreakerConfig{}, tripped, refusal},
		{"refusal under Do", BreakerConfig{}, tripped, func(b *Breaker) { _, _ = Do(ctx, b, answer) }},
		{"refusal, forced open", BreakerConfig{Mode: ForcedOpen}, asItIs, refusal},
		{"refusal, probing", BreakerConfig{ProbeLease: time.Hour}, probing, refusal},
		{"reading, closed", BreakerConfig{}, asItIs, readOnly},
		{"reading, open", BreakerConfig{}, tripped, readOnly},
		{"reading, rated", rated, asItIs, readOnly},
	} {
		b := newTestBreaker(t, tt.cfg)
		tt.enter(b)
		if allocs := testing.AllocsPerRun(100, func() { tt.do(b) }); allocs != 0 {
			t.Errorf("%s: %v allocations", tt.name, allocs)
		}
	}
}

func permit(t *testing.T, b *Breaker, o Outcome) {
	p, err := b.Acquire()
	if err != nil {
		t.Error(err)
		return
	}
	p.Done(o)
}
