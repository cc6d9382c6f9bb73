package httpguard

import (
	"net/http"

	"github.com/finbrain/ai/resilience"
)

// Gate refuses requests while a breaker is open, so that nothing is accepted,
// queued for instance, that could not be done. It only looks: it takes no
// permit and judges no answer, which the calls that do the work do. While the
// breaker is half-open requests pass.
type Gate struct {
	// Breaker is looked at; required.
	Breaker *resilience.Breaker
	// Status of refusals, a client or server error; default 503.
	Status int
}

// Handler returns next behind the gate. Refusals are written as [WriteRefusal]
// does. It panics if a field is bad, as [http.Handle] does.
func (g Gate) Handler(next http.Handler) http.Handler {
	status := refusalStatus("Gate.Status", g.Status)
	if g.Breaker == nil {
		panic("httpguard: Gate.Breaker is nil")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.Breaker.IsOpen() {
			if s := g.Breaker.Snapshot(); s.State == resilience.Open { // still
				left := s.RetryAfter
				if s.Until.IsZero() {
					left = unknownWait
				}
				refuse(w, status, s.State, left)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
