package ai_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// leaves are the ways out of a loop over a stream; those that end the goroutine
// run in one of their own.
var leaves = map[string]func(client *ai.Client, ctx context.Context){
	"break": func(client *ai.Client, ctx context.Context) {
		for range client.Stream(ctx, ai.Text("q")) {
			break
		}
	},
	"return": func(client *ai.Client, ctx context.Context) {
		for range client.Stream(ctx, ai.Text("q")) {
			return
		}
	},
	"panic": func(client *ai.Client, ctx context.Context) {
		defer func() {
			if p := recover(); p != "the caller's own" {
				panic(p)
			}
		}()
		for range client.Stream(ctx, ai.Text("q")) {
			panic("the caller's own")
		}
	},
	"Goexit": func(client *ai.Client, ctx context.Context) {
		for range client.Stream(ctx, ai.Text("q")) {
			runtime.Goexit()
		}
	},
	"cancel and break": func(client *ai.Client, ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for range client.Stream(ctx, ai.Text("q")) {
			cancel()
			break
		}
	},
	"cancel": func(client *ai.Client, ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for _, err := range client.Stream(ctx, ai.Text("q")) {
			if cancel(); err != nil && ai.CodeOf(err) != ai.CodeCanceled {
				panic(err)
			}
		}
	},
}

func TestLeavingTheLoopFreesEverythingAndBlamesNobody(t *testing.T) {
	for name, leave := range leaves {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var h heard
				var used context.Context
				primary := script(func(ctx context.Context, _ yield) bool { used = ctx; return true }, says("a"), pauses(time.Second), says("b"), stops)
				second := script(says("B"), stops)
				client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("second", second), ai.WithObserver(&h),
					ai.WithPolicy("", 0, resilience.Policy{Limit: resilience.LimitPolicy{MaxConcurrent: 1}}))
				for range 6 {
					start := time.Now()
					done := make(chan struct{})
					go func() {
						defer close(done)
						leave(client, t.Context())
					}()
					<-done
					if time.Since(start) != 0 || primary.ended.Load() != primary.asked.Load() || used.Err() == nil {
						t.Fatal("something is left")
					}
				}
				guard := client.Guards()[0]
				if s := guard.Breaker().Snapshot(); s.State != resilience.Closed || s.Failures != 0 || guard.Limiter().InFlight() != 0 {
					t.Errorf("%+v, %d under way", s, guard.Limiter().InFlight())
				}
				if primary.asked.Load() != 6 || second.asked.Load() != 0 {
					t.Errorf("asked %d and %d times", primary.asked.Load(), second.asked.Load())
				}
				synctest.Wait()
				events := h.since()
				if len(events) != 12 || events[0] != "call 1: primary/text attempt ended: canceled" || (name != "panic" && name != "Goexit" &&
					events[1] != "call 1 ended: canceled from  after 1 attempts and 0s") {
					t.Errorf("heard %q", events)
				}
			})
		})
	}
}

func TestAStreamThatIsLeftAfterItsEndHasEnded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var h heard
		finish := gives(ai.Delta{FinishReason: ai.FinishStop})
		client := newClient(t, ai.WithProvider("primary", script(says("a"), finish, stops)), ai.WithObserver(&h), withMemory(time.Hour, 0))
		for d := range client.Stream(t.Context(), ai.Text("q")) {
			if d.FinishReason != "" {
				break
			}
		}
		h.want(t, "call 1: cache of primary: miss, 0s old", "call 1: primary/text attempt ended: ", "call 1 ended: provider from primary after 1 attempts and 0s")
		for range client.Stream(t.Context(), ai.Text("q")) {
			break
		}
		h.want(t, "call 2: cache of primary: miss, 0s old", "call 2: primary/text attempt ended: canceled", "call 2 ended: canceled from  after 1 attempts and 0s")
		play(client.Stream(t.Context(), ai.Text("q"))).wantAnswer(t, "a")
		for range client.Stream(t.Context(), ai.Text("q")) {
			break // the answer in one piece
		}
		if events := h.since(); events[len(events)-1] != "call 4 ended: cache from primary after 0 attempts and 0s" {
			t.Errorf("heard %q", events)
		}
	})
}

func TestAFailingCallbackEndsTheStreamAsItEndsAnalyze(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", script(says("a"), stops)), ai.WithPolicy("", 0, resilience.Policy{
			Breaker: resilience.BreakerConfig{OnStateChange: func(c resilience.StateChange) {
				if c.To == resilience.Closed {
					panic("the callback's")
				}
			}},
		}))
		breaker := client.Breaker("primary", ai.KindText)
		for range 5 {
			breaker.RecordFailure()
		}
		wait(30 * time.Second)
		defer func() {
			if p := recover(); p != "the callback's" || breaker.State() != resilience.Closed {
				t.Errorf("recovered %v, the breaker is %v", p, breaker.State())
			}
		}()
		play(client.Stream(t.Context(), ai.Text("q")))
	})
}
