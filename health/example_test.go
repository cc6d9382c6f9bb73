package health_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

// remote stands for a provider over the network.
var remote = ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
	return &ai.Response{Text: "Net debt fell."}, nil
})

func mustClient(options ...ai.Option) *ai.Client {
	client, err := ai.New(append(options, ai.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		panic(err)
	}
	return client
}

// call prints what a handler answers to a request.
func call(h http.Handler, method, path string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody))
	fmt.Println(method, path, w.Code)
	fmt.Println(w.Body)
}

func ExampleEndpoints() {
	client := mustClient(
		ai.WithProvider("openai", remote, ai.OnlyKinds(ai.KindText)),
		ai.WithProvider("gemini", remote, ai.OnlyKinds(ai.KindText)))
	defer client.Close()
	services := &resilience.Registry{} // those that the application calls through
	services.Breaker("database")

	endpoints, err := health.New(client, health.Config{Services: services})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	endpoints.Register(mux)

	client.Breaker("openai", ai.KindText).ForceOpen() // one provider alone is no reason to leave service
	call(mux, "GET", "/readyz")
	endpoints.Drain() // told to stop
	call(mux, "GET", "/readyz")
	call(mux, "GET", "/jobs/status")
	// Output:
	// GET /readyz 200
	// {"ready":true,"status":"degraded","draining":false,"kinds":[{"kind":"text","available":true,"cache":false,"static":false}],"circuits":{"database":"closed","gemini/text":"closed","openai/text":"open"}}
	// GET /readyz 503
	// {"ready":false,"status":"degraded","draining":true,"kinds":[{"kind":"text","available":true,"cache":false,"static":false}],"circuits":{"database":"closed","gemini/text":"closed","openai/text":"open"}}
	// GET /jobs/status 200
	// {"circuit_breaker_open":false,"circuits":{"database":"closed","gemini/text":"closed","openai/text":"open"}}
}

func ExampleGate() {
	client := mustClient(ai.WithProvider("openai", remote))
	defer client.Close()
	enqueue := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	})
	mux := http.NewServeMux()
	mux.Handle("POST /jobs", health.Gate(client, ai.KindText)(enqueue))

	call(mux, "POST", "/jobs")
	client.Breaker("openai", ai.KindText).ForceOpen()
	call(mux, "POST", "/jobs")
	// Output:
	// POST /jobs 202
	//
	// POST /jobs 429
	// {"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
}

func ExampleGateBreaker() {
	storage, err := resilience.NewBreaker("file_storage", resilience.BreakerConfig{})
	if err != nil {
		panic(err)
	}
	upload := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	})
	storage.ForceOpen()
	call(health.GateBreaker(storage)(upload), "POST", "/uploads")
	// Output:
	// POST /uploads 429
	// {"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
}

func ExampleWriteError() {
	client := mustClient(ai.WithProvider("openai", remote))
	defer client.Close()
	analyze := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := client.Analyze(r.Context(), &ai.Request{Prompt: r.FormValue("q")})
		if err != nil {
			health.WriteError(w, err)
			return
		}
		fmt.Fprint(w, resp.Text)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /analysis", health.GateDirect(client, ai.KindText)(analyze))

	call(mux, "GET", "/analysis?q=debt")
	call(mux, "GET", "/analysis")
	client.Breaker("openai", ai.KindText).ForceOpen()
	call(mux, "GET", "/analysis?q=debt")
	// Output:
	// GET /analysis?q=debt 200
	// Net debt fell.
	// GET /analysis 400
	// {"error":"invalid request","code":"invalid_request","field":"Prompt"}
	// GET /analysis?q=debt 503
	// {"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
}
