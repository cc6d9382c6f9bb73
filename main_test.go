package ai_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
)

func TestMain(m *testing.M) {
	// A dependency of Gemini's library starts this goroutine when it is linked.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// provider is an Analyzer whose behaviour a test may change between calls.
type provider struct {
	mu    sync.Mutex
	do    func(ctx context.Context, req *ai.Request) (*ai.Response, error)
	calls []*ai.Request
}

func (p *provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	p.mu.Lock()
	p.calls = append(p.calls, req)
	do := p.do
	p.mu.Unlock()
	return do(ctx, req)
}

func (p *provider) set(do func(context.Context, *ai.Request) (*ai.Response, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.do = do
}

func (p *provider) answer(text string) { p.set(answering(text)) }
func (p *provider) fail(err error)     { p.set(failing(err)) }

func (p *provider) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.calls)
}

func answering(text string) func(context.Context, *ai.Request) (*ai.Response, error) {
	return func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		resp := &ai.Response{Text: text, Model: text + "-model", FinishReason: ai.FinishStop, RequestID: "id"}
		for range req.Inputs {
			resp.Embeddings = append(resp.Embeddings, []float32{1, 0})
		}
		return resp, nil
	}
}

func failing(err error) func(context.Context, *ai.Request) (*ai.Response, error) {
	return func(context.Context, *ai.Request) (*ai.Response, error) { return nil, err }
}

// hanging waits until its context ends.
func hanging(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func answers(text string) *provider { return &provider{do: answering(text)} }

func coded(code ai.Code) error { return &ai.Error{Code: code} }

// planning is a provider that is also a Planner.
type planning struct {
	*provider
	plan func(req *ai.Request) (ai.Plan, error)
}

func (p planning) Plan(req *ai.Request) (ai.Plan, error) { return p.plan(req) }

// newClient makes a silent client that is closed with the test.
func newClient(t *testing.T, options ...ai.Option) *ai.Client {
	t.Helper()
	client, err := ai.New(append([]ai.Option{ai.WithLogger(slog.New(slog.DiscardHandler))}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func withMemory(fresh, stale time.Duration) ai.Option {
	return ai.WithCache(cache.NewMemory(cache.MemoryConfig{}),
		ai.CachePolicy{Scope: ai.ScopeShared, Fresh: fresh, Stale: stale})
}

func mustAnalyze(t *testing.T, client ai.Analyzer, req *ai.Request) *ai.Response {
	t.Helper()
	resp, err := client.Analyze(t.Context(), req)
	if err != nil {
		t.Fatalf("Analyze: %v", err)
	}
	return resp
}

func mustFail(t *testing.T, client ai.Analyzer, req *ai.Request) *ai.Error {
	t.Helper()
	return mustFailWith(t, t.Context(), client, req)
}

func mustFailWith(t *testing.T, ctx context.Context, client ai.Analyzer, req *ai.Request) *ai.Error {
	t.Helper()
	resp, err := client.Analyze(ctx, req)
	e, ok := err.(*ai.Error)
	if !ok {
		t.Fatalf("Analyze returned %v, %v: want an *ai.Error", resp, err)
	}
	return e
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// wait lets virtual time pass.
func wait(d time.Duration) { <-time.After(d) }
