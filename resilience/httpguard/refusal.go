package httpguard

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/finbrain/ai/resilience"
)

const (
	unknownWait = 30 * time.Second // BreakerConfig.OpenFor's default
	limitWait   = time.Second
)

// WriteRefusal answers a request with the refusal err, if err is one: if it
// matches [resilience.ErrOpen] or [resilience.ErrLimit]. Otherwise it writes
// nothing and returns false.
//
// The body is, with its fields in this order,
//
//	{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}
//
// where retry_after, which the Retry-After header repeats, is what is left of
// the refusal in whole seconds, rounded up, at least 1. If nobody knows (after
// ForceOpen) it is 30. While a probe is out the state is "half_open" and the
// time what is left of its lease. For a limit they are "closed" and 1.
//
// The Content-Length and the like of the answer that was not to be are removed,
// as [http.Error] does. A [Shed] around the handler takes the answer for the
// refusal that it is, not for a failure of the handler; it is found through the
// Unwrap methods of ResponseWriters, as [http.ResponseController] finds what it
// needs.
//
// status is that of the answer: a client or server error, such as 429 or 503; 0
// is 503. It panics if status is something else.
func WriteRefusal(w http.ResponseWriter, err error, status int) (written bool) {
	status = refusalStatus("status", status)
	switch {
	case errors.Is(err, resilience.ErrOpen):
		state, left := resilience.Open, unknownWait
		if refused, ok := errors.AsType[*resilience.OpenError](err); ok {
			state = refused.State
			if !refused.Until.IsZero() {
				left = refused.RetryAfter()
			}
		}
		refuse(w, status, state, left)
	case errors.Is(err, resilience.ErrLimit):
		refuse(w, status, resilience.Closed, limitWait)
	default:
		return false
	}
	return true
}

// refusal is the body of every refusal.
type refusal struct {
	Error        string           `json:"error"`
	RetryAfter   int64            `json:"retry_after"` // seconds
	CircuitState resilience.State `json:"circuit_state"`
}

func refuse(w http.ResponseWriter, status int, state resilience.State, left time.Duration) {
	seconds := int64((max(left, time.Second)-1)/time.Second) + 1
	body, err := json.Marshal(refusal{"temporarily unavailable", seconds, state})
	if err != nil {
		panic(err) // every field of every refusal can be encoded
	}
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	handOn(w)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// handOn tells every answer that w is part of that a refusal follows.
func handOn(w http.ResponseWriter) {
	for {
		if a, ok := w.(interface{ handOn() }); ok {
			a.handOn()
		}
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = outer.Unwrap()
	}
}

func refusalStatus(field string, status int) int {
	switch {
	case status == 0:
		return http.StatusServiceUnavailable
	case status < 400 || status > 599:
		panic(fmt.Sprintf("httpguard: %s is %d: must be between 400 and 599", field, status))
	}
	return status
}
