package resilience

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestChangesOfTheLimitAreToldInOrderAndMayCallBack(t *testing.T) {
	var l *Limiter
	var told []int
	l = newTestLimiter(t, LimitPolicy{MaxConcurrent: 100, Adaptive: AdaptivePolicy{Min: 1, Start: 10, OnChange: func(from, to int) {
		if len(told) > 0 && told[len(told)-1] != from || l.Limit() != to {
			t.Errorf("from %d to %d after %v, and the limit is %d", from, to, told, l.Limit())
		}
		l.Learn(0, Neutral)
		told = append(told, to)
	}}})
	s := newServer(l, 30, steady(time.Second))
	s.run(3 * time.Minute)
	if len(told) < 20 || told[0] != 11 || !slices.Contains(told, 20) {
		t.Fatalf("told of %v", told)
	}
	l.TryAcquire()
	for l.TryAcquire() {
	}
	refused := wantRefused(t, l.Acquire(t.Context()), ReasonLimit)
	if refused.Limit != l.Limit() || refused.Limit == 10 {
		t.Fatalf("refused with %+v, and the limit is %d", *refused, l.Limit())
	}
}

func TestANeutralCallTellsTheLimitNothing(t *testing.T) {
	l := adaptiveLimiter(t, 1, 10, 100)
	for range 10 {
		mustPlace(t, l)
	}
	for range 1000 {
		l.Learn(time.Hour, Neutral)
	}
	if l.Limit() != 10 || l.adaptive.drain != 20 {
		t.Fatalf("the limit is %d: %+v", l.Limit(), l.adaptive)
	}
}

func TestAFixedLimitDoesNotLearn(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 10})
	for range 1000 {
		l.Learn(time.Hour, Failure)
	}
	if l.Limit() != 10 {
		t.Fatalf("the limit is %d", l.Limit())
	}
}

func TestALimitThatGrowsServesTheQueueAndOneThatShrinksLetsCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 100, Queue: 2, Adaptive: AdaptivePolicy{Min: 1, Start: 10}})
		for range 10 {
			mustPlace(t, l)
		}
		first, second := ask(l, 0), ask(l, 0)
		for l.Limit() == 10 {
			l.Learn(time.Second, Success)
		}
		synctest.Wait()
		if !first.placed() || second.ended() {
			t.Fatalf("first %v, second ended %v", first.err, second.ended())
		}
		wantPlaces(t, l, 11, 1)
		for l.Limit() > 9 {
			l.Learn(time.Second, Failure)
		}
		for n := 10; n >= 9; n-- {
			l.Release()
			synctest.Wait()
			wantPlaces(t, l, n, 1)
		}
		l.Release()
		synctest.Wait()
		if !second.placed() {
			t.Fatalf("second: %v", second.err)
		}
		wantPlaces(t, l, 9, 0)
		if err := l.Acquire(t.Context()); !errors.Is(err, ErrLimit) {
			t.Fatalf("error %v", err)
		}
	})
}
