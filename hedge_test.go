package ai_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// slowOnce takes a minute for the call of that number, a second for the others.
type slowOnce struct {
	number, calls atomic.Int64
	ignore        bool // its context
}

func (s *slowOnce) Analyze(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
	delay := time.Second
	if s.calls.Add(1) == s.number.Load() {
		delay = time.Minute
	}
	done := ctx.Done()
	if s.ignore {
		done = nil
	}
	select {
	case <-time.After(delay):
		return &ai.Response{Text: "answer", Model: "m", FinishReason: ai.FinishStop}, nil
	case <-done:
		return nil, ctx.Err()
	}
}

func hedging(t *testing.T, provider ai.Analyzer, policy resilience.HedgePolicy, options ...ai.Option) *ai.Client {
	t.Helper()
	options = append(options, silent,
		ai.WithProvider("primary", provider),
		ai.WithPolicy("primary", ai.KindText, resilience.Policy{Hedge: policy}))
	client, err := ai.New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestASlowAttemptIsHedgedAndBothAreInTheTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &slowOnce{}
		provider.number.Store(1)
		var failed atomic.Int64
		client := hedging(t, provider, resilience.HedgePolicy{MaxShare: 1, Delay: 2 * time.Second},
			ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
				if e, ok := e.(ai.AttemptEnded); ok && e.Code != "" && e.Code != ai.CodeCanceled {
					failed.Add(1)
				}
			})))
		start := time.Now()
		resp, err := client.Analyze(t.Context(), &ai.Request{Prompt: "?"})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 3*time.Second || resp.Fallback {
			t.Fatalf("answered after %v, fallback %v; want 3 s, false", took, resp.Fallback)
		}
		if len(resp.Trail) != 2 {
			t.Fatalf("the trail has %d entries: %v", len(resp.Trail), resp.Trail)
		}
		lost, won := resp.Trail[0], resp.Trail[1]
		if lost.Code != ai.CodeCanceled || lost.Duration != 3*time.Second || won.Code != "" || won.Start != 2*time.Second || won.Duration != time.Second {
			t.Fatalf("trail: %v", resp.Trail)
		}
		synctest.Wait()
		if n := failed.Load(); n != 0 {
			t.Fatalf("%d attempts are told of as failed", n)
		}
		if s := client.Breaker("primary", ai.KindText).Snapshot(); s.Failures != 0 {
			t.Fatalf("the attempt that lost counted: %+v", s)
		}
	})
}

// A call's state is used again for other calls: not while an attempt that lost
// still writes to it.
func TestAnAttemptThatLostAndGoesOnTouchesNoOtherCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &slowOnce{ignore: true}
		provider.number.Store(2)
		client := hedging(t, provider, resilience.HedgePolicy{MaxShare: 1, Delay: 500 * time.Millisecond})
		for range 5 {
			resp, err := client.Analyze(t.Context(), &ai.Request{Prompt: "?"})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(resp.Trail); n != 2 || resp.Trail[0].Code != "" || resp.Trail[1].Code != ai.CodeCanceled {
				t.Fatalf("trail: %v", resp.Trail)
			}
			if resp.Trail[1].Start != 500*time.Millisecond || resp.Trail[1].Duration != 500*time.Millisecond {
				t.Fatalf("trail: %v", resp.Trail)
			}
		}
		<-time.After(time.Minute)
	})
}
