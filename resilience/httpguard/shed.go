package httpguard

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Shed refuses requests while its limiter has no place or its breaker no
// permit, and tells both what became of those it served. One of the two is
// required.
//
// An answer in 5xx except 501 is a failure, and so is none at all by the
// deadline of the request's context. The others in 4xx and 501 are about the
// request and neutral, and so is every request whose client is gone, and a
// refusal handed on with [WriteRefusal]. The rest are successes. A panic of the
// handler passes through and counts as a failure; of a probe it only frees the
// place.
//
// The permit is given back when the handler returns, which of a probe should be
// within its lease (BreakerConfig.ProbeLease); only of an event stream
// (text/event-stream), which may never end, does a probe succeed with the first
// bytes.
//
// The handler's ResponseWriter works with [http.ResponseController]; it is an
// [http.Flusher] and an [http.Hijacker] if the server's is, and an
// [io.ReaderFrom].
type Shed struct {
	// Breaker is judged by the answers. nil: none.
	Breaker *resilience.Breaker
	// Limiter bounds the requests served at once. One that is adaptive learns
	// how long they take, and shrinks with failures. nil: none.
	Limiter *resilience.Limiter
	// Status of refusals, a client or server error; default 503.
	Status int
}

// Handler returns next behind the limiter and the breaker, in this order.
// Refusals are written as [WriteRefusal] does. It panics if a field is bad, as
// [http.Handle] does.
func (s Shed) Handler(next http.Handler) http.Handler {
	status := refusalStatus("Shed.Status", s.Status)
	if s.Breaker == nil && s.Limiter == nil {
		panic("httpguard: Shed.Breaker and Shed.Limiter are nil")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Limiter != nil {
			if s.Limiter.Acquire(r.Context()) != nil {
				refuse(w, status, resilience.Closed, limitWait)
				return
			}
			defer s.Limiter.Release()
		}
		s.serve(w, r, next, status)
	})
}

func (s Shed) serve(w http.ResponseWriter, r *http.Request, next http.Handler, status int) {
	a := &answer{ResponseWriter: w}
	if s.Breaker != nil {
		var err error
		if a.permit, err = s.Breaker.Acquire(); err != nil {
			WriteRefusal(w, err, status)
			return
		}
	}
	ctx, begun, returned := r.Context(), time.Now(), false
	defer func() {
		o := a.outcome()
		switch {
		case clientGone(ctx):
			o = resilience.Neutral
		case !returned:
			o = resilience.Failure
			a.permit.Abandon()
		case a.status == 0 && ctx.Err() != nil: // out of time, with nothing said
			o = resilience.Failure
		}
		a.permit.Done(o)
		if s.Limiter != nil {
			s.Limiter.Learn(time.Since(begun), o)
		}
	}()
	next.ServeHTTP(a.writer(), r)
	returned = true
}

// clientGone tells whether a request's context was cancelled, rather than that
// a deadline passed, which is the server's own.
func clientGone(ctx context.Context) bool {
	err := ctx.Err()
	return err != nil && !errors.Is(err, context.DeadlineExceeded)
}
