package ai_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
)

func TestACachedAnswerIsShownOnlyToTheSameQuestion(t *testing.T) {
	base := ai.Request{
		Prompt: "q", Instruction: "i", Model: "m", MaxTokens: 10, Temperature: new(0.0), Stop: []string{"x"}, Seed: new(int64(1)),
		History: []ai.Message{{Role: ai.RoleUser, Text: "t"}}, Images: []ai.Image{ai.ImageBytes(png)}, Tenant: "a",
	}
	change := map[string]func(*ai.Request){
		"tenant":      func(r *ai.Request) { r.Tenant = "b" },
		"prompt":      func(r *ai.Request) { r.Prompt = "p" },
		"instruction": func(r *ai.Request) { r.Instruction = "" },
		"model":       func(r *ai.Request) { r.Model = "" },
		"max tokens":  func(r *ai.Request) { r.MaxTokens = 11 },
		"temperature": func(r *ai.Request) { r.Temperature = nil },
		"stop":        func(r *ai.Request) { r.Stop = nil },
		"seed":        func(r *ai.Request) { r.Seed = new(int64(2)) },
		"history":     func(r *ai.Request) { r.History = []ai.Message{{Role: ai.RoleAssistant, Text: "t"}} },
		"image bytes": func(r *ai.Request) { r.Images = []ai.Image{ai.ImageBytes(append(png, 1))} },
		"image":       func(r *ai.Request) { r.Images = append(r.Images, r.Images[0]) },
	}
	primary := answers("first")
	client := newClient(t, ai.WithProvider("primary", primary),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeTenant, Fresh: time.Hour}))
	mustAnalyze(t, client, &base)
	if resp := mustAnalyze(t, client, &base); resp.Source != ai.SourceCache {
		t.Fatalf("the same question was not answered from the cache: %+v", resp)
	}
	for name, f := range change {
		req := base
		f(&req)
		if resp := mustAnalyze(t, client, &req); resp.Source != ai.SourceProvider {
			t.Errorf("another %s was answered from the cache", name)
		}
	}
	embedding := ai.Request{Inputs: []string{"a", "b"}, Tenant: "a"}
	mustAnalyze(t, client, &embedding)
	for _, req := range []ai.Request{
		{Inputs: []string{"ab"}, Tenant: "a"}, {Inputs: []string{"b", "a"}, Tenant: "a"}, {Inputs: []string{"a", "b"}, Dimensions: 2, Tenant: "a"},
	} {
		if resp := mustAnalyze(t, client, &req); resp.Source != ai.SourceProvider {
			t.Errorf("%v was answered from the cache", req.Inputs)
		}
	}
	if resp := mustAnalyze(t, client, &embedding); resp.Source != ai.SourceCache || len(resp.Embeddings) != 2 {
		t.Errorf("got %+v", resp)
	}
}

func TestWhatMustNotBeCachedIsNot(t *testing.T) {
	tests := []struct {
		name   string
		req    ai.Request
		finish ai.FinishReason
		scope  ai.CacheScope
	}{
		{"a truncated answer", ai.Request{Prompt: "q"}, ai.FinishLength, ai.ScopeShared},
		{"no tenant under ScopeTenant", ai.Request{Prompt: "q"}, ai.FinishStop, ai.ScopeTenant},
		{"an image by URL", ai.Request{Prompt: "q", Images: []ai.Image{ai.ImageURL("https://example.com/a.png")}}, ai.FinishStop, ai.ScopeShared},
		{"NoStore", ai.Request{Prompt: "q", Cache: ai.CacheControl{NoStore: true}}, ai.FinishStop, ai.ScopeShared},
		{"Off", ai.Request{Prompt: "q", Cache: ai.CacheControl{Off: true}}, ai.FinishStop, ai.ScopeShared},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			primary := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
				return &ai.Response{Text: "x", FinishReason: test.finish}, nil
			}}
			memory := cache.NewMemory(cache.MemoryConfig{})
			client := newClient(t, ai.WithProvider("primary", primary), ai.WithCache(memory, ai.CachePolicy{Scope: test.scope, Fresh: time.Hour, Stale: time.Hour}))
			mustAnalyze(t, client, &test.req)
			if memory.Len() != 0 {
				t.Error("it was stored")
			}
			if resp := mustAnalyze(t, client, &test.req); resp.Source != ai.SourceProvider {
				t.Errorf("got %+v", resp)
			}
		})
	}
}

func TestRefreshPassesOverAFreshEntryButKeepsItAsASubstitute(t *testing.T) {
	primary := answers("old")
	client := newClient(t, ai.WithProvider("primary", primary), noRetries(), withMemory(time.Hour, time.Hour))
	mustAnalyze(t, client, ai.Text("q"))
	refresh := &ai.Request{Prompt: "q", Cache: ai.CacheControl{Refresh: true}}
	primary.answer("new")
	if resp := mustAnalyze(t, client, refresh); resp.Text != "new" {
		t.Errorf("got %+v", resp)
	}
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Text != "new" || resp.Source != ai.SourceCache {
		t.Errorf("got %+v: want the refreshed entry", resp)
	}
	primary.fail(coded(ai.CodeUnavailable))
	if resp := mustAnalyze(t, client, refresh); resp.Text != "new" || !resp.Fallback || resp.Source != ai.SourceCache {
		t.Errorf("got %+v", resp)
	}
}

func TestASubstitutesAnswerIsNeverStoredUnderThePrimarysKey(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary, secondary := answers("first"), answers("second")
		primary.fail(coded(ai.CodeNotAvailable))
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", secondary), withMemory(time.Hour, time.Hour))
		mustAnalyze(t, client, ai.Text("q"))
		resp := mustAnalyze(t, client, ai.Text("q"))
		if resp.Source != ai.SourceCache || resp.Provider != "secondary" || !resp.Fallback || resp.Reason != ai.CodeNotAvailable || secondary.count() != 1 {
			t.Errorf("got %+v: want the secondary's own entry, marked", resp)
		}
		primary.answer("first")
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Text != "first" || resp.Fallback || resp.Source != ai.SourceProvider {
			t.Errorf("got %+v: want the primary itself", resp)
		}
	})
}

func TestTheSharedCachedObjectIsNeverChanged(t *testing.T) {
	shared := &ai.Response{Embeddings: [][]float32{{1, 2}}}
	client := newClient(t, ai.WithProvider("primary", &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) { return shared, nil }}), withMemory(time.Hour, 0))
	for range 3 {
		resp := mustAnalyze(t, client, ai.Embedding("a"))
		if resp.Source == ai.SourceCache {
			if resp.Embeddings[0][0] != 1 {
				t.Fatal("one caller's change reached another")
			}
			resp.Embeddings[0][0] = 9
		}
	}
	if shared.Provider != "" || shared.Trail != nil || shared.Source != "" {
		t.Errorf("the provider's object was changed: %+v", shared)
	}
}

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

func TestAFailingStoreNeverFailsACall(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", answers("first")),
		ai.WithCache(brokenStore{}, ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour, Stale: time.Hour}))
	for range 2 {
		if resp := mustAnalyze(t, client, ai.Text("q")); resp.Text != "first" {
			t.Errorf("got %+v", resp)
		}
	}
}

// brokenStore returns rubbish or errors.
type brokenStore struct{}

func (brokenStore) Get(context.Context, string) ([]byte, bool, error) {
	return []byte("rubbish"), true, nil
}
func (brokenStore) Set(context.Context, string, []byte, time.Duration) error { return cache.ErrClosed }
func (brokenStore) Delete(context.Context, string) error                     { return cache.ErrClosed }
func (brokenStore) Close() error                                             { return nil }
