package gemini

import (
	"context"
	"encoding/json"
	"errors"
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
		return refusalError(exchange, refusal)
	}
	e := new(ai.Error)
	e.Code, e.Cause = transport.NetworkError(ctx, err)
	answered := exchange.Status/100 == 2
	if answered && e.Code == ai.CodeUnavailable {
		e.Code = ai.CodeBadResponse
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

// refusalError reads why the service refused. A reason in the body beats the
// HTTP status, and that beats the status the body repeats.
func refusalError(exchange *transport.Exchange, refusal genai.APIError) *ai.Error {
	if strings.HasPrefix(refusal.Message, "[") { // a list of one, which genai hands on as it came
		var list []struct{ Error genai.APIError }
		if json.Unmarshal([]byte(refusal.Message), &list) == nil && len(list) > 0 {
			refusal = list[0].Error
		}
	}
	d := parseDetails(refusal.Details)
	if d.delay == 0 {
		d.delay = namedWait(refusal.Message)
	}
	e := &ai.Error{RetryAfter: d.delay}
	if e.RetryAfter == 0 {
		e.RetryAfter = transport.RetryAfter(exchange.Header, time.Now())
	}
	e.Code, e.Detail = reason(exchange.Status, refusal, d)
	if d.daily && e.RetryAfter < dailyPause {
		e.RetryAfter = 0
	}
	return e
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
