package health

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/resilience/httpguard"
)

// WriteError answers a request with an error of an [ai.Analyzer]: an
// [*ai.Error], or an [ai.Code] alone. A refusal of a circuit, a gate or a limit,
// of a Client or of any other breaker, is answered with 503 and the body of
// [Gate]. Any other error gets the status of its Code and
//
//	{"error":"temporarily unavailable","retry_after":7,"code":"rate_limited"}
//
// where error says so if the Code is [ai.Code.Temporary] and is the Code in
// words otherwise; retry_after, in seconds, rounded up, and repeated by a
// Retry-After header, is there if somebody said how long to wait; and "field"
// names the part of the request that this module found wrong. Nothing else is
// told, and of an error without a known Code nothing at all: it is a 500 with
// {"error":"internal error"}.
//
//	400  invalid_request
//	413  too_large, context_length
//	422  max_tokens, content_filtered
//	499  canceled (whoever asked is gone)
//	501  unsupported
//	502  authentication, not_available, model_failed, bad_response
//	503  unavailable, rate_limited, quota_exhausted, circuit_open, overloaded_here,
//	     incompatible_space, and any call of a Client that is closed
//	504  timeout, deadline
//
// What a provider thinks of this service's key or rate is not its caller's to
// mend: hence no 401 and no 429. What the header says of the answer that was not
// to be is removed, as [http.Error] does.
func WriteError(w http.ResponseWriter, err error) {
	e, ok := errors.AsType[*ai.Error](err)
	if !ok {
		if httpguard.WriteRefusal(w, err, http.StatusServiceUnavailable) {
			return
		}
		e = &ai.Error{Code: ai.CodeOf(err)} // which may be all there is of it
	}
	switch {
	case e == nil:
		writeError(w, http.StatusInternalServerError, errorBody{Error: internal})
	case refused(e):
		httpguard.WriteRefusal(w, refusalOf(e), http.StatusServiceUnavailable)
	case e.Code == ai.CodeOverloadedHere:
		httpguard.WriteRefusal(w, resilience.ErrLimit, http.StatusServiceUnavailable)
	case errors.Is(e, ai.ErrClosed):
		writeError(w, http.StatusServiceUnavailable, errorBody{Error: unavailable})
	default:
		writeCoded(w, e)
	}
}

// unavailable is what a caller is told who may come again.
const unavailable = "temporarily unavailable"

const internal = "internal error"

// statusClientGone is what servers note for a client that did not wait; net/http
// has no name for it.
const statusClientGone = 499

func statusOf(c ai.Code) int {
	switch c {
	case ai.CodeInvalidRequest:
		return http.StatusBadRequest
	case ai.CodeTooLarge, ai.CodeContextLength:
		return http.StatusRequestEntityTooLarge
	case ai.CodeMaxTokens, ai.CodeContentFiltered:
		return http.StatusUnprocessableEntity
	case ai.CodeCanceled:
		return statusClientGone
	case ai.CodeUnsupported:
		return http.StatusNotImplemented
	case ai.CodeAuthentication, ai.CodeNotAvailable, ai.CodeModelFailed, ai.CodeBadResponse:
		return http.StatusBadGateway
	case ai.CodeUnavailable, ai.CodeRateLimited, ai.CodeQuotaExhausted, ai.CodeIncompatibleSpace:
		return http.StatusServiceUnavailable
	case ai.CodeTimeout, ai.CodeDeadline:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// refused tells whether e says that nobody was asked, or that whoever was asks
// to be left alone like the others.
func refused(e *ai.Error) bool {
	switch e.Code {
	case ai.CodeCircuitOpen:
		return true
	case ai.CodeRateLimited, ai.CodeQuotaExhausted:
		return errors.Is(e, ai.ErrOpen)
	}
	return false
}

// refusalOf is the refusal behind e, for as long as the first step that can be
// tried again needs. If e does not know, the refusal itself may.
func refusalOf(e *ai.Error) *resilience.OpenError {
	behind, ok := errors.AsType[*resilience.OpenError](e)
	switch {
	case !ok:
		return refusal(resilience.Open, e.RetryAfter)
	case e.RetryAfter > 0:
		return refusal(behind.State, e.RetryAfter)
	}
	return behind
}

type errorBody struct {
	Error      string  `json:"error"`
	RetryAfter int64   `json:"retry_after,omitzero"`
	Code       ai.Code `json:"code,omitempty"`
	Field      string  `json:"field,omitempty"`
}

func writeCoded(w http.ResponseWriter, e *ai.Error) {
	status := statusOf(e.Code)
	if status == http.StatusInternalServerError {
		writeError(w, status, errorBody{Error: internal})
		return
	}
	body := errorBody{Error: strings.ReplaceAll(string(e.Code), "_", " "), RetryAfter: seconds(e.RetryAfter), Code: e.Code}
	if e.Code.Temporary() {
		body.Error = unavailable
	}
	if e.Provider == "" { // else it is the words of somebody's adapter
		body.Field = e.Field
	}
	writeError(w, status, body)
}

func writeError(w http.ResponseWriter, status int, body errorBody) {
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "Etag", "Last-Modified", "Retry-After"} {
		h.Del(name)
	}
	if body.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(body.RetryAfter, 10))
	}
	write(w, status, body)
}
