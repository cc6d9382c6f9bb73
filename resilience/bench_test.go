package resilience

import (
	"context"
	"testing"
	"time"
)

var answer = func(context.Context) (int, error) { return 1, nil }

// benchmark measures one operation on one goroutine and on all processors.
func benchmark(b *testing.B, op func()) {
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			op()
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				op()
			}
		})
	})
}

func benchBreaker(b *testing.B, cfg BreakerConfig) *Breaker {
	breaker, err := NewBreaker("bench", cfg)
	if err != nil {
		b.Fatal(err)
	}
	return breaker
}

func benchGuard(b *testing.B, p Policy) *Guard {
	g, err := NewGuard("bench", p, nil)
	if err != nil {
		b.Fatal(err)
	}
	return g
}

func BenchmarkPermitSuccess(b *testing.B) {
	breaker := benchBreaker(b, BreakerConfig{})
	benchmark(b, func() {
		p, err := breaker.Acquire()
		if err == nil {
			p.Done(Success)
		}
	})
}

func BenchmarkPermitFailure(b *testing.B) {
	// A window in which failures never add up.
	breaker := benchBreaker(b, BreakerConfig{Window: 1})
	benchmark(b, func() {
		p, err := breaker.Acquire()
		if err == nil {
			p.Done(Failure)
		}
	})
}

func BenchmarkPermitRefused(b *testing.B) {
	breaker := benchBreaker(b, BreakerConfig{})
	breaker.Trip(time.Now().Add(time.Hour), "benchmark")
	benchmark(b, func() {
		if _, err := breaker.Acquire(); err == nil {
			b.Error("not refused")
		}
	})
}

func BenchmarkDo(b *testing.B) {
	breaker := benchBreaker(b, BreakerConfig{})
	ctx := b.Context()
	benchmark(b, func() { _, _ = Do(ctx, breaker, answer) })
}

func BenchmarkRun(b *testing.B) {
	ctx := b.Context()
	for _, bb := range []struct {
		name   string
		policy Policy
		call   Call
	}{
		{"plain", Policy{}, Call{}},
		{"limited", Policy{Limit: LimitPolicy{MaxConcurrent: 1000}}, Call{}},
		{"share", Policy{}, Call{Share: time.Minute}},
		{"timeout", Policy{Timeout: time.Minute}, Call{}},
		{"events", Policy{OnEvent: func(Event) {}}, Call{}},
		{"all", Policy{Limit: LimitPolicy{MaxConcurrent: 1000}, Timeout: time.Minute, OnEvent: func(Event) {}}, Call{}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			g := benchGuard(b, bb.policy)
			benchmark(b, func() { _, _ = RunCall(ctx, g, bb.call, answer) })
		})
	}
}

func BenchmarkRunHedged(b *testing.B) {
	g := benchGuard(b, Policy{Hedge: HedgePolicy{MaxShare: 0.05, Delay: time.Minute}})
	ctx := b.Context()
	benchmark(b, func() { _, _ = RunHedged(ctx, g, Call{}, answer) })
}

// BenchmarkRunWaiting is what a time limit costs those who wait on it.
func BenchmarkRunWaiting(b *testing.B) {
	g := benchGuard(b, Policy{Timeout: time.Minute})
	ctx := b.Context()
	benchmark(b, func() {
		_, _ = Run(ctx, g, func(ctx context.Context) (int, error) { ctx.Done(); return 1, nil })
	})
}

func BenchmarkRunRefused(b *testing.B) {
	g := benchGuard(b, Policy{})
	g.Breaker().Trip(time.Now().Add(time.Hour), "benchmark")
	ctx := b.Context()
	benchmark(b, func() { _, _ = Run(ctx, g, answer) })
}

// BenchmarkFloor is what the operations above cannot go below here.
func BenchmarkFloor(b *testing.B) {
	ctx := b.Context()
	base := time.Now()
	b.Run("call", func(b *testing.B) { benchmark(b, func() { _, _ = answer(ctx) }) })
	b.Run("time.Since", func(b *testing.B) { benchmark(b, func() { _ = time.Since(base) }) })
	b.Run("context.WithTimeout", func(b *testing.B) {
		benchmark(b, func() {
			_, cancel := context.WithTimeout(ctx, time.Minute)
			cancel()
		})
	})
}
