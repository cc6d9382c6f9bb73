package httpguard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// An endpoint that fails is left alone until it has recovered, and never serves
// more than 100 requests at once.
func ExampleShed() {
	limiter, err := resilience.NewLimiter("reports", resilience.LimitPolicy{MaxConcurrent: 100})
	if err != nil {
		panic(err)
	}
	shed := httpguard.Shed{
		Breaker: mustBreaker("reports", resilience.BreakerConfig{Failures: 1}),
		Limiter: limiter,
	}
	report := func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no database", http.StatusInternalServerError)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /report", shed.Handler(http.HandlerFunc(report)))
	for range 2 {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/report", http.NoBody))
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 500 no database
	//
	// 503 {"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
}

// Jobs are not accepted while the service that would do them is failing.
func ExampleGate() {
	breaker := mustBreaker("ai", resilience.BreakerConfig{})
	enqueue := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }
	gate := httpguard.Gate{Breaker: breaker, Status: http.StatusTooManyRequests}
	jobs := gate.Handler(http.HandlerFunc(enqueue))
	post := func() {
		w := httptest.NewRecorder()
		jobs.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/jobs", http.NoBody))
		fmt.Printf("%d, retry after %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	post()
	breaker.Trip(time.Now().Add(30*time.Second), "maintenance")
	post()
	// Output:
	// 202, retry after ""
	// 429, retry after "30"
}

// A handler that calls a guarded service hands its refusal on.
func ExampleWriteRefusal() {
	breaker := mustBreaker("ai", resilience.BreakerConfig{})
	handler := func(w http.ResponseWriter, r *http.Request) {
		answer, err := resilience.Do(r.Context(), breaker, func(context.Context) (string, error) { return "done", nil })
		switch {
		case httpguard.WriteRefusal(w, err, http.StatusServiceUnavailable):
		case err != nil:
			http.Error(w, "no answer", http.StatusBadGateway)
		default:
			fmt.Fprintln(w, answer)
		}
	}
	ask := func() {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		fmt.Print(w.Code, " ", w.Body)
	}
	ask()
	breaker.ForceOpen()
	ask()
	// Output:
	// 200 done
	// 503 {"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
}
