package health_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// elapse lets virtual time go by.
func elapse(d time.Duration) { <-time.After(d) }

// analyze is how a provider answers.
type analyze func(context.Context, *ai.Request) (*ai.Response, error)

// provider is an Analyzer whose behaviour a test may change between calls.
type provider struct{ do atomic.Pointer[analyze] }

func working() *provider {
	p := &provider{}
	p.set(answering)
	return p
}

func (p *provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	return (*p.do.Load())(ctx, req)
}

func (p *provider) set(do analyze) { p.do.Store(&do) }

func (p *provider) fail(err *ai.Error) {
	p.set(func(context.Context, *ai.Request) (*ai.Response, error) { return nil, err })
}

func answering(_ context.Context, req *ai.Request) (*ai.Response, error) {
	resp := &ai.Response{Text: "answer", FinishReason: ai.FinishStop}
	for range req.Inputs {
		resp.Embeddings = append(resp.Embeddings, []float32{1, 0})
	}
	return resp, nil
}

func down() *ai.Error { return &ai.Error{Code: ai.CodeUnavailable} }

// once lets every call have one attempt.
var once = ai.WithPolicy("", 0, resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}})

// newClient makes a client that is silent unless a logger is among options, and
// closed with the test.
func newClient(tb testing.TB, options ...ai.Option) *ai.Client {
	tb.Helper()
	client, err := ai.New(append([]ai.Option{ai.WithLogger(slog.New(slog.DiscardHandler)), once}, options...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

func newEndpoints(tb testing.TB, client *ai.Client, config health.Config) *health.Endpoints {
	tb.Helper()
	e, err := health.New(client, config)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// get asks a handler.
func get(tb testing.TB, h http.HandlerFunc) *httptest.ResponseRecorder {
	tb.Helper()
	return ask(tb, h, http.MethodGet)
}

func ask(tb testing.TB, h http.HandlerFunc, method string) *httptest.ResponseRecorder {
	tb.Helper()
	w := httptest.NewRecorder()
	h(w, httptest.NewRequestWithContext(tb.Context(), method, "/", http.NoBody))
	return w
}

// want checks an answer to the letter, and the headers that every one has.
func want(t *testing.T, got *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if got.Code != status || got.Body.String() != body {
		t.Errorf("got  %d %s\nwant %d %s", got.Code, got.Body, status, body)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store"} {
		if values := got.Header().Values(name); len(values) != 1 || values[0] != value {
			t.Errorf("%s is %q, want %q", name, values, value)
		}
	}
}

// trip opens the breaker of a route for text, by force of failures.
func trip(client *ai.Client, route string) {
	for range 5 {
		client.Breaker(route, ai.KindText).RecordFailure()
	}
}
