package health

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// Gate returns a middleware for an endpoint that enqueues jobs for which a
// provider will be asked. While none could be, because no route of the kind has
// a circuit that lets calls through, it answers 429 with
//
//	{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
//
// where retry_after, which the Retry-After header repeats, is the time left
// until the first of the routes can be asked again, in whole seconds, rounded
// up; 30 if nobody knows. Neither the cache nor a static answer opens the gate:
// a job waits for a better one.
//
// It takes no permit: whatever passes may still find the circuit open. It
// panics if client is nil or no provider serves the kind, as [http.Handle] does.
func Gate(client *ai.Client, kind ai.Kind) func(http.Handler) http.Handler {
	return gate("Gate", client, kind, http.StatusTooManyRequests, func(h ai.KindHealth) bool { return h.Available })
}

// GateDirect is [Gate] for an endpoint that asks the client while its caller
// waits. It answers 503, and only while nothing at all may answer: where there
// is a cache or a static answer the request passes, and the Client finds out.
// While there is only a rate limit to pass, for which the Client would wait, the
// caller is told to come again instead of being kept waiting.
func GateDirect(client *ai.Client, kind ai.Kind) func(http.Handler) http.Handler {
	return gate("GateDirect", client, kind, http.StatusServiceUnavailable, ai.KindHealth.Answerable)
}

// GateBreaker is [Gate] for jobs that depend on one breaker alone: it answers
// 429 while that is open. For another status, such as the 503 of a direct call,
// see [httpguard.Gate]. It panics if b is nil.
func GateBreaker(b *resilience.Breaker) func(http.Handler) http.Handler {
	if b == nil {
		panic("health: GateBreaker: the breaker is nil")
	}
	return httpguard.Gate{Breaker: b, Status: http.StatusTooManyRequests}.Handler
}

func gate(name string, client *ai.Client, kind ai.Kind, status int, passes func(ai.KindHealth) bool) func(http.Handler) http.Handler {
	switch {
	case client == nil:
		panic("health: " + name + ": the client is nil")
	case !slices.ContainsFunc(client.Health().Kinds, func(h ai.KindHealth) bool { return h.Kind == kind }):
		panic(fmt.Sprintf("health: %s: no provider serves the kind %q", name, kind))
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := client.KindHealth(kind)
			if passes(h) {
				next.ServeHTTP(w, r)
				return
			}
			httpguard.WriteRefusal(w, refusal(resilience.Open, h.RetryAfter), status)
		})
	}
}

// refusal is one that holds for that long, or nobody knows how long if that is
// 0.
func refusal(state resilience.State, left time.Duration) *resilience.OpenError {
	e := &resilience.OpenError{State: state}
	if left > 0 {
		e.Until = time.Now().Add(left)
	}
	return e
}
