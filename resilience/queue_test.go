package resilience

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// waiting is a call that asked for a place in a goroutine of its own.
type waiting struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error // known once done is closed
}

// ask has a call ask for a place, up to where it waits or has its answer.
func ask(l *Limiter, deadline time.Duration) *waiting {
	ctx, cancel := context.WithCancel(context.Background())
	if deadline > 0 {
		ctx, cancel = context.WithTimeout(context.Background(), deadline)
	}
	w := &waiting{cancel: cancel, done: make(chan struct{})}
	go func() {
		w.err = l.Acquire(ctx)
		close(w.done)
		cancel()
	}()
	synctest.Wait()
	return w
}

func (w *waiting) ended() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func (w *waiting) placed() bool { return w.ended() && w.err == nil }

func TestPlacesAreGivenFirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 3})
		mustPlace(t, l)
		line := []*waiting{ask(l, 0), ask(l, 0), ask(l, 0)}
		wantPlaces(t, l, 1, 3)
		full := wantRefused(t, l.Acquire(t.Context()), ReasonQueueFull)
		if full.Queue != 3 || full.Error() != "resilience: pdf already has 1 calls under way (queue_full)" {
			t.Fatalf("refused with %+v: %v", *full, full)
		}
		for i, next := range line {
			if l.TryAcquire() || next.ended() {
				t.Fatalf("a place before number %d in line was served", i)
			}
			l.Release()
			synctest.Wait()
			if !next.placed() {
				t.Fatalf("number %d in line got no place: %v", i, next.err)
			}
			wantPlaces(t, l, 1, 2-i)
		}
		l.Release()
		wantPlaces(t, l, 0, 0)
	})
}

func TestNobodyWaitsLongerThanMaxQueueWait(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{
		0:                time.Second,
		time.Microsecond: time.Microsecond,
		3 * time.Second:  3 * time.Second,
		24 * time.Hour:   24 * time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 1, MaxQueueWait: set})
			mustPlace(t, l)
			start := time.Now()
			wantRefused(t, l.Acquire(t.Context()), ReasonQueueWait)
			if waited := time.Since(start); waited != want {
				t.Fatalf("waited %v, want %v", waited, want)
			}
			wantPlaces(t, l, 1, 0)
		})
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 2})
		mustPlace(t, l)
		start := time.Now()
		late, cancelled := ask(l, 300*time.Millisecond), ask(l, 0)
		cancelled.cancel()
		synctest.Wait()
		if !errors.Is(cancelled.err, context.Canceled) || !errors.Is(cancelled.err, ErrLimit) {
			t.Fatalf("cancelled: %v", cancelled.err)
		}
		if cancelled.err.Error() != "resilience: context canceled while waiting for a place of pdf" {
			t.Fatalf("it says %q", cancelled.err)
		}
		wantPlaces(t, l, 1, 1)
		<-late.done
		if waited := time.Since(start); !errors.Is(late.err, context.DeadlineExceeded) || waited != 300*time.Millisecond {
			t.Fatalf("after %v: %v", waited, late.err)
		}
		wantPlaces(t, l, 1, 0)
	})
}

func TestAPlaceHandedToACallThatJustEndedGoesOnToTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 2})
		mustPlace(t, l)
		first, second := ask(l, 0), ask(l, 0)
		first.cancel()
		l.Release() // it is still in line, or no longer: nobody can tell
		synctest.Wait()
		if !errors.Is(first.err, context.Canceled) || !second.placed() {
			t.Fatalf("first %v, second %v", first.err, second.err)
		}
		wantPlaces(t, l, 1, 0)
	})
}

// Two places, held 400 ms each: with n ahead a turn comes after (n+1)·200 ms.
func TestACallWhoseTurnWouldComeTooLateIsRefusedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		deadline time.Duration
		want     bool
	}{
		{"its deadline passes before", 599 * time.Millisecond, false},
		{"its deadline passes with it", 600 * time.Millisecond, true},
		{"its deadline leaves it time", 700 * time.Millisecond, true},
		{"it has no deadline", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := steadyLimiter(t, 2, 400*time.Millisecond)
				ask(l, 0)
				ask(l, 0)
				third := ask(l, c.deadline)
				defer func() { // let them all go
					elapse(time.Second)
				}()
				if third.ended() == c.want {
					t.Fatalf("waits: %v, want %v (%v)", !third.ended(), c.want, third.err)
				}
				if !c.want {
					wantRefused(t, third.err, ReasonQueueSlow)
				}
			})
		})
	}
}

func TestMaxQueueWaitBoundsWhatCanBeExpected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := steadyLimiter(t, 1, 400*time.Millisecond) // of the default second
		ask(l, 0)
		ask(l, 0)
		third := ask(l, time.Minute)
		wantRefused(t, third.err, ReasonQueueSlow)
		elapse(time.Second)
	})
}

func TestTheFirstInLineMayAlwaysWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := steadyLimiter(t, 1, 900*time.Millisecond)
		first := ask(l, 10*time.Millisecond)
		if first.ended() {
			t.Fatalf("refused: %v", first.err)
		}
		elapse(5 * time.Millisecond)
		l.Release()
		synctest.Wait()
		if !first.placed() {
			t.Fatalf("not placed: %v", first.err)
		}
	})
}

// steadyLimiter is a limiter whose places are all taken and have been held for
// that long each.
func steadyLimiter(t *testing.T, limit int, held time.Duration) *Limiter {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: limit, Queue: 8})
	for range limit {
		mustPlace(t, l)
	}
	for range limit {
		w := ask(l, 0)
		elapse(held / time.Duration(limit))
		l.Release()
		synctest.Wait()
		if !w.placed() {
			t.Fatal("not placed")
		}
	}
	return l
}

func TestACallerMayWaitLessThanMaxQueueWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 1})
		mustPlace(t, l)
		for most, want := range map[time.Duration]struct {
			reason string
			waited time.Duration
		}{
			-1:                     {ReasonLimit, 0},
			0:                      {ReasonLimit, 0},
			1:                      {ReasonQueueWait, 1},
			500 * time.Millisecond: {ReasonQueueWait, 500 * time.Millisecond},
			time.Minute:            {ReasonQueueWait, time.Second},
		} {
			start := time.Now()
			wantRefused(t, l.acquire(t.Context(), most), want.reason)
			if waited := time.Since(start); waited != want.waited {
				t.Errorf("of %v it waited %v, want %v", most, waited, want.waited)
			}
		}
	})
}

func TestAPlaceGivenBackWhenTheLastWaiterHasLeftIsNotLost(t *testing.T) {
	l := newTestLimiter(t, LimitPolicy{MaxConcurrent: 1, Queue: 1})
	mustPlace(t, l)
	if l.handOver() { // Release saw somebody wait who has left since
		t.Fatal("handed over to nobody")
	}
	wantPlaces(t, l, 1, 0)
	l.Release()
	wantPlaces(t, l, 0, 0)
}

func TestAQuietHourIsNoHoldingTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := steadyLimiter(t, 1, 100*time.Millisecond)
		elapse(time.Hour)
		first, second := ask(l, 0), ask(l, 0)
		if first.ended() || second.ended() {
			t.Fatalf("first ended: %v, second ended: %v", first.ended(), second.ended())
		}
		elapse(time.Second)
	})
}
