package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// locate completes an error with where it happened.
func locate(e *ai.Error, exchange *transport.Exchange, model string) *ai.Error {
	e.Provider, e.Model, e.Status = providerName, model, exchange.Status
	if e.RequestID == "" {
		e.RequestID = transport.RequestID(exchange.Header)
	}
	return e
}

// failure says what went wrong when genai returned err. The text of err goes
// no further: it holds what the service wrote, and addresses.
func failure(ctx context.Context, exchange *transport.Exchange, err error) *ai.Error {
	if ctx.Err() == nil && exchange.Status >= 400 {
		refusal, _ := errors.AsType[genai.APIError](err) // a value, never a pointer; none when the body is cut short
		return refusalError(exchange.Status, exchange.Header, refusal)
	}
	e := new(ai.Error)
	e.Code, e.Cause = transport.NetworkError(ctx, err)
	answered := exchange.Status/100 == 2
	if e.Code == ai.CodeUnavailable && (answered || errors.Is(err, errMisshapen)) {
		e.Code = ai.CodeBadResponse
	}
	if e.Cause == nil && errors.Is(err, errTooManyValues) {
		e.Cause = errTooManyValues
	}
	switch {
	case e.Cause != nil:
		e.Detail = e.Cause.Error()
	case answered:
		e.Detail = misshapen
	}
	return e
}

const misshapen = "the response is not of the documented shape"

var errMisshapen = errors.New(misshapen)

// refusalError reads why the service refused. A reason in the body beats the
// HTTP status, and that beats the status the body repeats.
func refusalError(status int, header http.Header, refusal genai.APIError) *ai.Error {
	if len(refusal.Details) == 0 { // genai hands on a body that it cannot read as it came
		if whole := readRefusal([]byte(refusal.Message)); !silent(whole) {
			refusal = whole
		}
	}
	d := parseDetails(refusal.Details)
	if d.delay == 0 {
		d.delay = namedWait(refusal.Message)
	}
	e := &ai.Error{RetryAfter: d.delay}
	if e.RetryAfter == 0 {
		e.RetryAfter = transport.RetryAfter(header, time.Now())
	}
	e.Code, e.Detail = reason(status, refusal, d)
	if d.daily && e.RetryAfter < dailyPause {
		e.RetryAfter = 0
	}
	return e
}

// fault is the error that a stream told of after it had begun, or the body of a
// success. The HTTP status
// was that of a success then: the one in the error counts.
func fault(exchange *transport.Exchange) *ai.Error {
	refusal := readRefusal(exchange.Fault)
	status := refusal.Code
	if status < 400 || status > 599 {
		status = statusOf(refusal.Status)
	}
	return refusalError(status, exchange.Header, refusal)
}

// readRefusal reads an error as far as it has the documented shape, in its
// object, in a list of one such, or by itself. What is of another type stays
// zero: gateways write codes as texts and errors as mere messages.
func readRefusal(body []byte) (refusal genai.APIError) {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil && len(list) > 0 {
		body = list[0]
	}
	var object struct{ Error json.RawMessage }
	if json.Unmarshal(body, &object) == nil && len(object.Error) > 0 {
		body = object.Error
	}
	if json.Unmarshal(body, &refusal.Message) != nil {
		_ = json.Unmarshal(body, &refusal)
	}
	return refusal
}

// silent reports whether a refusal says nothing at all.
func silent(refusal genai.APIError) bool {
	return refusal.Code == 0 && refusal.Message == "" && refusal.Status == "" && refusal.Details == nil
}

// statusOf is the HTTP status of a status of google.rpc (code.proto).
func statusOf(name string) int {
	switch name {
	case "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE":
		return http.StatusBadRequest
	case "UNAUTHENTICATED":
		return http.StatusUnauthorized
	case "PERMISSION_DENIED":
		return http.StatusForbidden
	case "NOT_FOUND":
		return http.StatusNotFound
	case "ABORTED", "ALREADY_EXISTS":
		return http.StatusConflict
	case "RESOURCE_EXHAUSTED":
		return http.StatusTooManyRequests
	case "DEADLINE_EXCEEDED":
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

// namedWait reads the wait that a message names: "Please retry in 17.156s."
func namedWait(message string) time.Duration {
	_, rest, _ := strings.Cut(message, "retry in ")
	value, _, _ := strings.Cut(rest, " ")
	d, err := time.ParseDuration(strings.TrimRight(value, ".,"))
	if err != nil {
		return 0
	}
	return transport.Clamp(d)
}

// dailyPause is the shortest wait that is believed when a daily quota is used
// up: the service has named 22 s for one that returns at midnight.
const dailyPause = 10 * time.Minute
