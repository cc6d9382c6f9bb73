package resilience

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestReadersTakeNoLockUntilSomethingChanges(t *testing.T) {
	rated := BreakerConfig{FailureRate: 1, MinCalls: 10}
	for _, tt := range []struct {
		name  string
		cfg   BreakerConfig
		enter func(*testing.T, *Breaker)
		lasts time.Duration // what was seen
	}{
		{"closed", BreakerConfig{}, func(*testing.T, *Breaker) {}, 1000 * time.Hour},
		{"closed, with failures in the window", BreakerConfig{}, func(_ *testing.T, b *Breaker) { b.RecordFailure() }, time.Minute},
		{"open", BreakerConfig{}, tripNow, 30*time.Second - 1},
		{"open, with a rate", rated, tripNow, time.Second - 1},
		{"waiting for a probe", BreakerConfig{}, func(t *testing.T, b *Breaker) { halfOpen(t, b); mustAcquire(t, b) }, 30*time.Second - 1},
		{"forced open", BreakerConfig{}, func(_ *testing.T, b *Breaker) { b.ForceOpen() }, 1000 * time.Hour},
		{"disabled", BreakerConfig{}, func(_ *testing.T, b *Breaker) { b.Disable() }, 1000 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestBreaker(t, tt.cfg)
				tt.enter(t, b)
				shot := b.Snapshot()
				b.trips += 10 // seen only by those who look again
				elapse(tt.lasts)
				if now := b.Snapshot(); now.Trips != shot.Trips || now.RetryAfter != max(0, shot.RetryAfter-tt.lasts) {
					t.Fatalf("%+v after %v; it was %+v", now, tt.lasts, shot)
				}
				if elapse(1); tt.lasts < 1000*time.Hour && b.Snapshot().Trips != shot.Trips+10 {
					t.Fatal("it has not looked again in time")
				}
				b.trips += 10
				b.Trip(time.Now().Add(1000*time.Hour), "trip")
				if b.Mode() == Automatic && b.Snapshot().Trips < shot.Trips+20 {
					t.Fatal("it has not looked again after a change")
				}
			})
		})
	}
}

func tripNow(_ *testing.T, b *Breaker) { b.Trip(time.Now().Add(30*time.Second), "trip") }

func TestRefusalsAreSeenAsTheyAreCounted(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{})
	tripNow(t, b)
	for n := range uint64(3) {
		if s := b.Snapshot(); s.Refusals != n {
			t.Fatalf("%d refusals, want %d", s.Refusals, n)
		}
		_, _ = b.Acquire()
	}
}
