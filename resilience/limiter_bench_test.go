package resilience

import (
	"context"
	"testing"
)

func benchLimiter(b *testing.B, p LimitPolicy) *Limiter {
	l, err := NewLimiter("bench", p)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func BenchmarkLimiterPlace(b *testing.B) {
	l := benchLimiter(b, LimitPolicy{MaxConcurrent: 100})
	ctx := context.Background()
	benchmark(b, func() {
		if l.Acquire(ctx) == nil {
			l.Release()
		}
	})
}

func BenchmarkLimiterRefusal(b *testing.B) {
	l := benchLimiter(b, LimitPolicy{MaxConcurrent: 1})
	l.TryAcquire()
	ctx := context.Background()
	benchmark(b, func() {
		if l.Acquire(ctx) == nil {
			b.Fatal("a place")
		}
	})
}
