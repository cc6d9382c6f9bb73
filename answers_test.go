package ai_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
)

func TestACachedAnswerIsShownOnlyToTheSameQuestion(t *testing.T) {
	base := ai.Request{
		Prompt: "q", Instruction: "i", Model: "m", MaxTokens: 10, Temperature: new(0.0), Stop: []string{"x"}, Seed: new(int64(1)),
		History: []ai.Message{{Role: ai.RoleUser, Text: "t"}}, Images: []ai.Image{ai.ImageBytes(png)}, Tenant: "a",
		Documents: []ai.Document{ai.DocumentBytes([]byte("%PDF-1.7"))}, Schema: []byte("{}"), Effort: ai.EffortLow,
	}
	with := func(change func(*ai.ToolCall, *ai.ToolResult)) []ai.Message {
		call, result := ai.ToolCall{ID: "1", Name: "rate", Arguments: []byte("{}")}, ai.ToolResult{CallID: "1", Content: "c"}
		change(&call, &result)
		return []ai.Message{
			{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "2", Name: "rate"}, call}}, {Role: ai.RoleTool, ToolResults: []ai.ToolResult{result}},
		}
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
		"document":    func(r *ai.Request) { r.Documents = []ai.Document{ai.DocumentBytes([]byte("%PDF-1.6"))} },
		"name":        func(r *ai.Request) { r.Documents = []ai.Document{{Data: r.Documents[0].Data, Name: "10-K"}} },
		"schema":      func(r *ai.Request) { r.Schema = []byte(`{"type":"object"}`) },
		"effort":      func(r *ai.Request) { r.Effort = ai.EffortHigh },
		"call":        func(r *ai.Request) { r.History = with(func(*ai.ToolCall, *ai.ToolResult) {}) },
		"tool":        func(r *ai.Request) { r.History = with(func(c *ai.ToolCall, _ *ai.ToolResult) { c.Name = "x" }) },
		"arguments": func(r *ai.Request) {
			r.History = with(func(c *ai.ToolCall, _ *ai.ToolResult) { c.Arguments = []byte(`{"a":1}`) })
		},
		"state": func(r *ai.Request) {
			r.History = with(func(c *ai.ToolCall, _ *ai.ToolResult) { c.State = []byte("s") })
		},
		"result of": func(r *ai.Request) { r.History = with(func(_ *ai.ToolCall, t *ai.ToolResult) { t.CallID = "2" }) },
		"result":    func(r *ai.Request) { r.History = with(func(_ *ai.ToolCall, t *ai.ToolResult) { t.Content = "d" }) },
		"failure":   func(r *ai.Request) { r.History = with(func(_ *ai.ToolCall, t *ai.ToolResult) { t.Failed = true }) },
	}
	primary := answers("first")
	client := newClient(t, ai.WithProvider("primary", primary),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeTenant, Fresh: time.Hour}))
	mustAnalyze(t, client, &base)
	if resp := mustAnalyze(t, client, &base); resp.Source != ai.SourceCache {
		t.Fatalf("the same question was not answered from the cache: %+v", resp)
	}
	for name, f := range change { // each is asked once: no other's answer is its own
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
		{"a blocked answer", ai.Request{Prompt: "q"}, "content_filter", ai.ScopeShared},
		{"a tool call", ai.Request{Prompt: "q"}, "tool_calls", ai.ScopeShared},
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

// hungStore keeps its callers waiting until their context ends.
type hungStore struct {
	cache.Store
	get, set bool
}

func (s hungStore) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if s.get {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	return s.Store.Get(ctx, key)
}

func (s hungStore) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if s.set {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Store.Set(ctx, key, value, ttl)
}

func TestAHangingStoreHoldsNobodyUpForLong(t *testing.T) {
	for _, store := range []hungStore{{get: true}, {set: true}, {get: true, set: true}} {
		inBubble(t, func(t *testing.T) {
			store.Store = cache.NewMemory(cache.MemoryConfig{})
			client := newClient(t, ai.WithProvider("primary", answers("first")),
				ai.WithCache(store, ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour, Stale: time.Hour}))
			start := time.Now()
			resp := mustAnalyze(t, client, ai.Text("q"))
			if took := time.Since(start); resp.Text != "first" || took > 150*time.Millisecond {
				t.Errorf("%+v after %v", resp, took)
			}
		})
	}
}

func TestTheLongestAgesMakeAPolicy(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", answers("first")), withMemory(math.MaxInt64, time.Hour))
	mustAnalyze(t, client, ai.Text("q"))
	if resp := mustAnalyze(t, client, ai.Text("q")); resp.Source != ai.SourceCache {
		t.Errorf("got %+v", resp)
	}
}
