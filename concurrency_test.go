package ai_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func TestAThousandConcurrentCallsLoseAndDoubleNoCount(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var tolerant resilience.Policy
		tolerant.Retry.MaxAttempts = 1
		tolerant.Breaker.Failures = 10_000 // stays closed: every failure must be counted
		var next atomic.Int64
		primary := &provider{do: func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
			n := next.Add(1)
			select {
			case <-time.After(time.Duration(n%7) * time.Second):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			switch n % 4 {
			case 0:
				return nil, coded(ai.CodeUnavailable)
			case 1:
				return nil, coded(ai.CodeContextLength)
			default:
				return &ai.Response{Text: "first"}, nil
			}
		}}
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithPolicy("", 0, tolerant), ai.WithStatic(&ai.Response{Text: "static"}))
		var byPrimary, byStatic, unavailable, cancelled, seen atomic.Int64
		var group sync.WaitGroup
		for i := range 1000 {
			group.Go(func() {
				ctx := t.Context()
				if i%10 == 0 {
					limited, cancel := context.WithCancel(ctx)
					time.AfterFunc(500*time.Millisecond, cancel)
					ctx = limited
				}
				resp, err := client.Analyze(ctx, ai.Text("q"))
				switch {
				case err != nil && ai.CodeOf(err) == ai.CodeCanceled:
					cancelled.Add(1)
					seen.Add(1)
				case err != nil:
					t.Errorf("got %v", err)
				case resp.Fallback:
					byStatic.Add(1)
					seen.Add(1)
					if resp.Reason == ai.CodeUnavailable {
						unavailable.Add(1)
					}
				default:
					byPrimary.Add(1)
					seen.Add(1)
				}
			})
		}
		group.Wait()
		if seen.Load() != 1000 || primary.count() != 1000 {
			t.Errorf("%d answers for 1000 calls, %d attempts", seen.Load(), primary.count())
		}
		if byStatic.Load() == 0 || byPrimary.Load() == 0 || cancelled.Load() == 0 {
			t.Errorf("outcomes are not mixed: %d, %d, %d", byStatic.Load(), byPrimary.Load(), cancelled.Load())
		}
		if got := client.Health().Circuits[0].Failures; got != uint64(unavailable.Load()) {
			t.Errorf("the breaker counted %d failures, callers saw %d", got, unavailable.Load())
		}
	})
}

func TestOnlyOneOfAThousandWaitingCallsIsTheProbe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries())
		trip(t, client, primary)
		wait(30 * time.Second)
		before := primary.count()
		primary.set(func(context.Context, *ai.Request) (*ai.Response, error) {
			wait(5 * time.Second)
			return &ai.Response{Text: "first"}, nil
		})
		var group sync.WaitGroup
		var probes atomic.Int64
		for range 1000 {
			group.Go(func() {
				if resp := mustAnalyze(t, client, ai.Text("q")); !resp.Fallback {
					probes.Add(1)
				}
			})
		}
		group.Wait()
		if got := primary.count() - before; got != 1 || probes.Load() != 1 {
			t.Errorf("%d calls went through the half-open breaker", got)
		}
	})
}
