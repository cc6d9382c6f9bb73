package resilience

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func newTestLimiter(t *testing.T, p LimitPolicy) *Limiter {
	t.Helper()
	l, err := NewLimiter("pdf", p)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustPlace(t *testing.T, l *Limiter) {
	t.Helper()
	if err := l.Acquire(t.Context()); err != nil {
		t.Fatalf("Acquire: %v, want a place", err)
	}
}

func wantRefused(t *testing.T, err error, reason string) *LimitError {
	t.Helper()
	refused, ok := errors.AsType[*LimitError](err)
	if !ok || refused.Reason != reason {
		t.Fatalf("error %v, want a refusal because of %s", err, reason)
	}
	return refused
}

func wantPlaces(t *testing.T, l *Limiter, inFlight, queued int) {
	t.Helper()
	if l.InFlight() != inFlight || l.Queued() != queued {
		t.Fatalf("%d under way and %d waiting, want %d and %d", l.InFlight(), l.Queued(), inFlight, queued)
	}
}

func TestNoMoreThanTheLimitAreUnderWay(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 2})
	if l.Name() != "pdf" || l.Limit() != 2 {
		t.Fatalf("%s of %d", l.Name(), l.Limit())
	}
	mustPlace(t, l)
	if !l.TryAcquire() {
		t.Fatal("the second place was not free")
	}
	wantPlaces(t, l, 2, 0)
	if l.TryAcquire() {
		t.Fatal("a third place")
	}
	first := wantRefused(t, l.Acquire(t.Context()), ReasonLimit)
	if *first != (LimitError{Name: "pdf", Limit: 2, Reason: "limit"}) || first.Error() != "resilience: pdf already has 2 calls under way" {
		t.Fatalf("refused with %+v: %v", *first, first)
	}
	if !errors.Is(first, ErrLimit) || errors.Is(first, ErrOpen) {
		t.Fatal("it does not match what it should")
	}
	if again := wantRefused(t, l.Acquire(t.Context()), ReasonLimit); again != first {
		t.Fatal("a refusal of its own for each call")
	}
	l.Release()
	wantPlaces(t, l, 1, 0)
	mustPlace(t, l)
}

func TestTheZeroPolicySetsNoLimit(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{})
	for range 10_000 {
		mustPlace(t, l)
	}
	if l.Limit() != 0 {
		t.Fatalf("limit %d", l.Limit())
	}
	wantPlaces(t, l, 10_000, 0)
	for range 10_000 {
		l.Release()
	}
	wantPlaces(t, l, 0, 0)
}

func TestTheLargestLimitHolds(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1 << 20})
	for range 1 << 20 {
		if !l.TryAcquire() {
			t.Fatalf("refused with %d under way", l.InFlight())
		}
	}
	wantPlaces(t, l, 1<<20, 0)
	if l.TryAcquire() {
		t.Fatal("one more than the limit")
	}
}

func TestAReleaseTooManyPanics(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1})
	mustPlace(t, l)
	l.Release()
	defer func() {
		if recover() != "resilience: Limiter.Release without Acquire" {
			t.Fatal("it did not say so")
		}
		wantPlaces(t, l, 0, 0)
	}()
	l.Release()
}

func TestACallWhoseContextHasEndedGetsNoPlace(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Acquire(ctx); err != context.Canceled {
		t.Fatalf("error %v", err)
	}
	wantPlaces(t, l, 0, 0)
}

func TestRefusingAndAcquiringAllocateNothing(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1})
	allocated := testing.AllocsPerRun(100, func() {
		mustPlace(t, l)
		_ = l.Acquire(t.Context())
		l.Release()
	})
	if allocated != 0 {
		t.Fatalf("%v allocations", allocated)
	}
}

func TestUnderContentionNoPlaceIsLostNorGivenTwice(t *testing.T) {
	const limit, callers, rounds = 3, 16, 300
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: limit, Queue: 6, MaxQueueWait: time.Hour})
	var underWay, most atomic.Int64
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for n := range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				if (i+n)%3 == 0 {
					go cancel()
				}
				if err := l.Acquire(ctx); err == nil {
					now := underWay.Add(1)
					for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
					}
					underWay.Add(-1)
					l.Release()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if most.Load() > limit {
		t.Fatalf("%d were under way at once", most.Load())
	}
	wantPlaces(t, l, 0, 0)
}
