package httpguard_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// wrapped is what middleware makes of a ResponseWriter.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestARefusalHandedOnIsNoFailureOfTheHandler(t *testing.T) {
	closed := newBreaker(t)
	inner := newBreaker(t)
	inner.ForceOpen()
	taken := newLimiter(t, resilience.LimitPolicy{MaxConcurrent: 1})
	taken.TryAcquire()
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		_, err := inner.Acquire()
		httpguard.WriteRefusal(w, err, 503)
	}
	for name, c := range map[string]struct {
		handler http.Handler
		want    string
	}{
		"WriteRefusal":                {http.HandlerFunc(refuse), "neutral"},
		"a Gate":                      {httpguard.Gate{Breaker: inner}.Handler(http.NotFoundHandler()), "neutral"},
		"a Shed without a permit":     {httpguard.Shed{Breaker: inner}.Handler(http.NotFoundHandler()), "neutral"},
		"a Shed without a place":      {httpguard.Shed{Limiter: taken}.Handler(http.NotFoundHandler()), "neutral"},
		"through another Shed":        {httpguard.Shed{Breaker: closed}.Handler(http.HandlerFunc(refuse)), "neutral"},
		"through middleware":          {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { refuse(wrapped{w}, r) }), "neutral"},
		"through what hides the Shed": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { refuse(plain{w}, r) }), "failure"},
		"after an answer": {http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			refuse(w, r)
		}), "success"},
		"no refusal": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			httpguard.WriteRefusal(w, errDown, 503)
			w.WriteHeader(503)
		}), "failure"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				flushed := 0
				w := plain{httptest.NewRecorder()}
				for _, server := range []http.ResponseWriter{w, flushing{w, &flushed}, hijacking{w}, full{flushing{w, &flushed}, hijacking{w}}} {
					b := halfOpen(t)
					h := httpguard.Shed{Breaker: b}.Handler(c.handler)
					h.ServeHTTP(server, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
					wantTold(t, b, c.want)
				}
			})
		})
	}
	wantState(t, closed, resilience.Closed)
}
