package ai_test

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func TestAStuckObserverDelaysNoCallAndWhatItMissesIsCounted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		calls, changes := 0, 0
		client := newClient(t, ai.WithProvider("primary", answers("first")),
			ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
				<-release
				if _, ok := e.(ai.StateChanged); ok {
					changes++
				} else {
					calls++
				}
			})))
		dropped := func(want uint64) {
			t.Helper()
			if got := client.Health().DroppedEvents; got != want {
				t.Errorf("%d events counted as dropped, want %d", got, want)
			}
		}
		start := time.Now()
		mustAnalyze(t, client, ai.Text("q"))
		synctest.Wait() // now it is told of the first of two events
		for range 383 {
			mustAnalyze(t, client, ai.Text("q"))
		}
		dropped(0)
		mustAnalyze(t, client, ai.Text("q")) // what waits of three quarters of the queue is full
		dropped(1)
		for range 500 {
			mustAnalyze(t, client, ai.Text("q"))
		}
		dropped(1001)
		for range 128 { // the last quarter is kept for these
			client.Breaker("primary", ai.KindText).ForceOpen()
			client.Breaker("primary", ai.KindText).Reset()
		}
		dropped(1001)
		client.Breaker("primary", ai.KindText).ForceOpen()
		dropped(1002)
		if took := time.Since(start); took != 0 {
			t.Errorf("the observer held the calls up for %v", took)
		}
		close(release)
		synctest.Wait()
		if calls != 1+768 || changes != 256 {
			t.Errorf("told of %d events of calls and %d changes", calls, changes)
		}
	})
}

func TestWhatOneObserverDoesTakesNothingFromTheOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var before, between, after atomic.Int32
		counts := func(n *atomic.Int32) ai.Option {
			return ai.WithObserver(ai.ObserverFunc(func(ai.Event) { n.Add(1) }))
		}
		client := newClient(t, ai.WithProvider("primary", answers("first")),
			counts(&before),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) { runtime.Goexit() })),
			counts(&between),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) { panic("observer") })),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) { runtime.Goexit() })),
			counts(&after))
		for range 3 { // two events each
			mustAnalyze(t, client, ai.Text("q"))
		}
		_ = client.Close()
		if before.Load() != 6 || between.Load() != 6 || after.Load() != 6 {
			t.Errorf("%d, %d and %d of 6 events were delivered", before.Load(), between.Load(), after.Load())
		}
	})
}

func TestAnObserverMayCallTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var client *ai.Client
		var h heard
		primary := answers("first")
		client = newClient(t, ai.WithProvider("primary", primary), noRetries(), ai.WithObserver(&h),
			ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
				if change, ok := e.(ai.StateChanged); ok && change.To == resilience.Open {
					client.Health()
					client.Breaker("primary", change.Kind).Reset() // which is an event, too
					mustAnalyze(t, client, ai.Text("q"))
				}
			})))
		primary.fail(coded(ai.CodeUnavailable))
		for range 4 {
			mustFail(t, client, ai.Text("q"))
		}
		h.since()
		client.Breaker("primary", ai.KindText).RecordFailure()
		primary.answer("first")
		h.want(t,
			"primary/text: closed to open: failures",
			"primary/text: open to closed: reset",
			"call 5: primary/text attempt ended: ",
			"call 5 ended: provider from primary after 1 attempts and 0s")
	})
}

func TestCloseWaitsUntilTheObserversHaveHeardEverything(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		heard := 0
		client := newClient(t, ai.WithProvider("primary", answers("first")),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) {
				wait(time.Second)
				heard++
			})))
		for range 2 { // two events each
			mustAnalyze(t, client, ai.Text("q"))
		}
		start := time.Now()
		if err := client.Close(); err != nil || heard != 4 || time.Since(start) != 4*time.Second {
			t.Errorf("%v, %d events heard after %v", err, heard, time.Since(start))
		}
	})
}

func TestCloseWaitsFiveSecondsForAStuckObserver(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		release := make(chan struct{})
		heard := 0
		client := newClient(t, ai.WithProvider("primary", answers("first")),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) { <-release; heard++ })))
		mustAnalyze(t, client, ai.Text("q"))
		start := time.Now()
		if err := client.Close(); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		close(release)
		synctest.Wait()
		if heard != 2 {
			t.Errorf("%d events heard once it went on", heard)
		}
	})
}

func TestTheEventsOfACallUnderWayAreHeardOfAfterClose(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var h heard
		client := newClient(t, ai.WithProvider("primary", &provider{do: hanging}), noRetries(), ai.WithObserver(&h))
		done := make(chan struct{})
		go func() {
			mustFail(t, client, ai.Text("q"))
			close(done)
		}()
		synctest.Wait()
		_ = client.Close()
		<-done
		if events := h.since(); !slices.Contains(events, "call 1: primary/text attempt ended: timeout") {
			t.Errorf("heard %q", events)
		}
	})
}
