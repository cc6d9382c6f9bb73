package ai_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
)

func TestConcurrentIdenticalMissesMakeOneUpstreamCall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := &provider{do: func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
			wait(time.Second)
			return &ai.Response{Text: req.Prompt, Embeddings: nil}, ctx.Err()
		}}
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Hour, 0))
		var answered, cancelled atomic.Int32
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%10 == 0 { // the one that started the call may be among them
					time.AfterFunc(500*time.Millisecond, cancel)
				}
				resp, err := client.Analyze(ctx, ai.Text("q"))
				switch {
				case err == nil && resp.Text == "q":
					answered.Add(1)
				case ai.CodeOf(err) == ai.CodeCanceled:
					cancelled.Add(1)
				default:
					t.Errorf("got %+v, %v", resp, err)
				}
			})
		}
		group.Wait()
		if primary.count() != 1 || answered.Load() != 90 || cancelled.Load() != 10 {
			t.Errorf("%d upstream calls, %d answered, %d cancelled; want 1, 90, 10", primary.count(), answered.Load(), cancelled.Load())
		}
	})
}

func TestACoalescedCallIsCancelledOnceNobodyWaitsForIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended := make(chan struct{})
		primary := &provider{do: func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
			defer close(ended)
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Hour, 0))
		ctx, cancel := context.WithCancel(t.Context())
		for range 2 {
			go func() { _, _ = client.Analyze(ctx, ai.Text("q")) }()
		}
		synctest.Wait()
		cancel()
		<-ended
		if n := client.Breaker("primary", ai.KindText).FailureCount(); n != 0 || primary.count() != 1 {
			t.Errorf("%d failures, %d calls", n, primary.count())
		}
	})
}

func TestARequestIsTheCallersAgainOnceAnalyzeHasReturned(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		seen := make(chan string, 1)
		primary := &provider{do: func(_ context.Context, req *ai.Request) (*ai.Response, error) {
			wait(time.Second)
			seen <- fmt.Sprint(req.Prompt, req.Stop[0], req.Images[0].Data[0])
			return &ai.Response{Text: "x"}, nil
		}}
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Hour, 0))
		ask := func(ctx context.Context) *ai.Request {
			req := &ai.Request{Prompt: "q", Stop: []string{"s"}, Images: []ai.Image{ai.ImageBytes(append([]byte(nil), png...))}}
			_, _ = client.Analyze(ctx, req)
			return req
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		time.AfterFunc(100*time.Millisecond, cancel)
		go ask(context.WithoutCancel(ctx))
		req := ask(ctx)
		req.Prompt, req.Stop[0], req.Images[0].Data[0] = "changed", "changed", 0
		if got := <-seen; got != "qs137" {
			t.Errorf("the provider saw %q", got)
		}
		synctest.Wait()
	})
}

// slow answers after d.
func slow(d time.Duration, resp *ai.Response, err error) *provider {
	return &provider{do: func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
		select {
		case <-time.After(d):
			return resp, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
}

func TestACallerWithTimeIsNotGivenWhatOneInAHurrySettledFor(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := slow(time.Second, &ai.Response{Text: "first"}, nil)
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Hour, 0), ai.WithStatic(&ai.Response{Text: "static"}))
		hurried, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		go func() { _, _ = client.Analyze(hurried, ai.Text("q")) }()
		synctest.Wait()
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Fallback {
			t.Errorf("got %+v", resp)
		}
	})
}

func TestCallersWhoseSubstitutesDifferMakeSeparateCalls(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := mapping("primary", map[string]string{"fast": "gpt"})
		primary.set(slow(time.Second, nil, coded(ai.CodeNotAvailable)).do)
		secondary := mapping("secondary", map[string]string{"fast": "flash"})
		secondary.set(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
			return &ai.Response{Text: "asked for " + req.Model}, nil
		})
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary), withMemory(time.Hour, 0))
		go func() { _, _ = client.Analyze(t.Context(), &ai.Request{Prompt: "q", Model: "gpt"}) }()
		synctest.Wait()
		if resp := mustAnalyze(t, client, &ai.Request{Prompt: "q", Model: "fast"}); resp.Text != "asked for fast" {
			t.Errorf("got %+v", resp)
		}
		synctest.Wait()
	})
}

func TestACacheTakesNothingFromTheErrorOfADeadline(t *testing.T) {
	for _, cached := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			var calls atomic.Int32
			primary := &provider{do: func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
				if calls.Add(1) == 1 {
					return nil, &ai.Error{Code: ai.CodeUnavailable, Status: 503}
				}
				return hanging(ctx, req)
			}}
			options := []ai.Option{ai.WithProvider("primary", primary)}
			if cached {
				options = append(options, withMemory(time.Hour, 0))
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := mustFailWith(t, ctx, newClient(t, options...), ai.Text("q"))
			if err.Code != ai.CodeDeadline || err.Provider != "primary" || err.Status != 0 || len(err.Trail) != 2 {
				t.Errorf("cached %v: got %v, trail %v", cached, err, err.Trail)
			}
		})
	}
}

// gatedStore holds the first Get back once it has looked.
type gatedStore struct {
	cache.Store
	met  atomic.Bool
	hold chan struct{}
}

func (s *gatedStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, ok, err := s.Store.Get(ctx, key)
	if !s.met.Swap(true) {
		<-s.hold
	}
	return value, ok, err
}

func TestAMissThatIsLateFindsTheAnswerMadeMeanwhile(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		store := &gatedStore{Store: cache.NewMemory(cache.MemoryConfig{}), hold: make(chan struct{})}
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithCache(store, ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour}))
		var late *ai.Response
		var group sync.WaitGroup
		group.Go(func() { late, _ = client.Analyze(t.Context(), ai.Text("q")) })
		synctest.Wait()
		mustAnalyze(t, client, ai.Text("q"))
		close(store.hold)
		group.Wait()
		if late == nil || late.Text != "first" || primary.count() != 1 {
			t.Errorf("got %+v after %d calls upstream", late, primary.count())
		}
	})
}

func TestCoalescedCallersShareNoError(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("primary", slow(time.Second, nil, coded(ai.CodeNotAvailable))), withMemory(time.Hour, 0))
		errs := make([]*ai.Error, 2)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() {
				_, err := client.Analyze(t.Context(), ai.Text("q"))
				errors.As(err, &errs[i])
			})
		}
		group.Wait()
		if errs[0] == nil || errs[0] == errs[1] || &errs[0].Trail[0] == &errs[1].Trail[0] {
			t.Errorf("got %p and %p", errs[0], errs[1])
		}
	})
}

func TestAHangEndsInFewCallsHoweverManyWait(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := &provider{do: hanging}
		client := newClient(t, ai.WithProvider("primary", primary), noRetries(), withMemory(time.Hour, 0))
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				mustFailWith(t, ctx, client, ai.Text("q"))
			})
			wait(100 * time.Microsecond)
		}
		group.Wait()
		if primary.count() > 2 {
			t.Errorf("%d calls upstream", primary.count())
		}
	})
}
