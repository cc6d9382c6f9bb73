package resilience

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestEveryTransitionIsReportedOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []StateChange
		b := newTestBreaker(t, BreakerConfig{OnStateChange: func(c StateChange) { got = append(got, c) }})
		failTimes(b, 5)
		elapse(30 * time.Second)
		mustAcquire(t, b).Done(Failure)
		elapse(30 * time.Second)
		mustAcquire(t, b).Done(Success)
		b.Trip(time.Now().Add(time.Minute), "maintenance")
		b.Trip(time.Now().Add(time.Hour), "longer")
		b.ForceOpen()
		b.Reset()
		b.ForceClosed()
		b.ForceOpen()

		at := func(d time.Duration) time.Time { return start.Add(d) }
		change := func(from, to State, at time.Time, failures int, reason string) StateChange {
			return StateChange{Name: "storage", From: from, To: to, At: at, FailureCount: failures, Window: time.Minute, Reason: reason}
		}
		opening := func(c StateChange, d time.Duration) StateChange {
			c.OpenFor, c.Until = d, c.At.Add(d)
			return c
		}
		const half, full = 30 * time.Second, time.Minute
		want := []StateChange{
			opening(change(Closed, Open, at(0), 5, ReasonFailures), half),
			change(Open, HalfOpen, at(half), 5, ReasonOpenTimeOver),
			opening(change(HalfOpen, Open, at(half), 5, ReasonProbeFailed), half),
			change(Open, HalfOpen, at(full), 5, ReasonOpenTimeOver),
			change(HalfOpen, Closed, at(full), 0, ReasonProbeSucceeded),
			opening(change(Closed, Open, at(full), 0, "maintenance"), full),
			change(Open, Closed, at(full), 0, ReasonReset),
			change(Closed, Open, at(full), 0, ReasonForced),
		}
		want[len(want)-1].Mode = ForcedOpen
		if !slices.Equal(got, want) {
			t.Fatalf("got\n%+v\nwant\n%+v", got, want)
		}
	})
}

func TestReadingAloneEndsTheOpenTimeWithItsEvent(t *testing.T) {
	reads := map[string]func(*Breaker){
		"State":         func(b *Breaker) { b.State() },
		"IsOpen":        func(b *Breaker) { b.IsOpen() },
		"IsHalfOpen":    func(b *Breaker) { b.IsHalfOpen() },
		"FailureCount":  func(b *Breaker) { b.FailureCount() },
		"RetryAfter":    func(b *Breaker) { b.RetryAfter() },
		"Snapshot":      func(b *Breaker) { b.Snapshot() },
		"Acquire":       func(b *Breaker) { _, _ = b.Acquire() },
		"RecordFailure": func(b *Breaker) { b.RecordFailure() },
	}
	for name, read := range reads {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var last []State
				b := newTestBreaker(t, BreakerConfig{OnStateChange: func(c StateChange) { last = append(last, c.To) }})
				failTimes(b, 5)
				elapse(30 * time.Second)
				read(b)
				if len(last) < 2 || last[1] != HalfOpen {
					t.Fatalf("events %v, want the second to be half_open", last)
				}
			})
		})
	}
}

func TestACallbackMayCallBackIntoTheBreaker(t *testing.T) {
	var b *Breaker
	var seen []State
	b = newTestBreaker(t, BreakerConfig{OnStateChange: func(c StateChange) {
		seen = append(seen, c.To, b.State())
		if c.To == Open && len(seen) == 2 {
			b.Reset()
			b.ForceOpen()
		}
	}})
	failTimes(b, 5)
	// The transitions made inside the callback are reported after it returns.
	if want := []State{Open, Open, Closed, Open, Open, Open}; !slices.Equal(seen, want) {
		t.Fatalf("saw %v, want %v", seen, want)
	}
}

func TestAPanickingCallbackLosesNoEvent(t *testing.T) {
	var b *Breaker
	var seen []State
	b = newTestBreaker(t, BreakerConfig{OnStateChange: func(c StateChange) {
		seen = append(seen, c.To)
		if len(seen) == 1 {
			b.Reset()
			b.ForceOpen()
			panic("callback")
		}
	}})
	func() {
		defer func() {
			if r := recover(); r != "callback" {
				t.Errorf("recovered %v", r)
			}
		}()
		failTimes(b, 5)
	}()
	if want := []State{Open, Closed, Open}; !slices.Equal(seen, want) {
		t.Fatalf("saw %v, want %v", seen, want)
	}
}

func TestACallbackThatPanicsDoesNotCountTheCallTwice(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{OnFailure: func(FailureEvent) { panic("callback") }})
	func() {
		defer func() { _ = recover() }()
		_, _ = Do(t.Context(), b, fail)
	}()
	if n := b.FailureCount(); n != 1 {
		t.Fatalf("%d failures, want 1", n)
	}
}

func TestACallbackThatPanicsDoesNotKeepTheProbesPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{OnStateChange: func(c StateChange) {
			if c.To == HalfOpen {
				panic("callback")
			}
		}})
		failTimes(b, 5)
		elapse(30 * time.Second)
		func() {
			defer func() {
				if r := recover(); r != "callback" {
					t.Errorf("recovered %v", r)
				}
			}()
			_, _ = Do(t.Context(), b, func(context.Context) (int, error) { t.Error("called"); return 0, nil })
		}()
		if _, err := Do(t.Context(), b, succeed); err != nil {
			t.Fatalf("the next call: %v", err)
		}
		wantState(t, b, Closed)
	})
}

func TestEveryCountedFailureIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []FailureEvent
		b := newTestBreaker(t, BreakerConfig{OnFailure: func(e FailureEvent) { got = append(got, e) }})
		for range 5 {
			mustAcquire(t, b).Done(Neutral)
			mustAcquire(t, b).Done(Failure)
		}
		b.RecordFailure() // open: ignored
		elapse(30 * time.Second)
		mustAcquire(t, b).Done(Failure)
		if len(got) != 6 {
			t.Fatalf("%d failures reported, want 6", len(got))
		}
		for i, e := range got[:5] {
			if e.FailureCount != i+1 || e.State != Closed || e.Name != "storage" {
				t.Fatalf("failure %d: %+v", i+1, e)
			}
		}
		if e := got[5]; e.State != HalfOpen || !e.At.Equal(time.Now()) {
			t.Fatalf("the probe's failure: %+v", e)
		}
	})
}

func TestConcurrentTransitionsAreReportedAsAnUnbrokenChain(t *testing.T) {
	var got []StateChange // written by one callback at a time
	b := newTestBreaker(t, BreakerConfig{Failures: 2, OnStateChange: func(c StateChange) { got = append(got, c) }})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 50 {
				switch i % 4 {
				case 0:
					b.Reset()
				case 1:
					b.ForceOpen()
				default:
					b.RecordFailure()
				}
			}
		})
	}
	wg.Wait()
	from := Closed
	for i, c := range got {
		if c.From != from {
			t.Fatalf("event %d goes from %v, but the one before it went to %v", i, c.From, from)
		}
		from = c.To
	}
	if from != b.State() {
		t.Fatalf("the last event says %v, the breaker %v", from, b.State())
	}
}
