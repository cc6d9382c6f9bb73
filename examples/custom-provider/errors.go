package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience/httpguard"
)

// reasons are the service's words for what goes wrong. A reason that is not
// among them leaves the status to decide.
var reasons = map[string]ai.Code{
	"bad_question":   ai.CodeInvalidRequest,
	"question_long":  ai.CodeContextLength,
	"forbidden_talk": ai.CodeContentFiltered,
	"no_such_oracle": ai.CodeNotAvailable,
	"wrong_key":      ai.CodeAuthentication,
	"purse_empty":    ai.CodeQuotaExhausted,
	"slow_down":      ai.CodeRateLimited,
	"asleep":         ai.CodeUnavailable,
}

// statuses are what HTTP says where the service does not.
var statuses = map[int]ai.Code{
	http.StatusUnauthorized:          ai.CodeAuthentication,
	http.StatusPaymentRequired:       ai.CodeQuotaExhausted,
	http.StatusForbidden:             ai.CodeNotAvailable,
	http.StatusNotFound:              ai.CodeNotAvailable,
	http.StatusRequestTimeout:        ai.CodeTimeout,
	http.StatusConflict:              ai.CodeUnavailable,
	http.StatusRequestEntityTooLarge: ai.CodeTooLarge,
	http.StatusTooManyRequests:       ai.CodeRateLimited,
	http.StatusGatewayTimeout:        ai.CodeTimeout,
}

// fail is an error of the exchange. The detail is this program's own words: the
// service's may hold a prompt, and a library's error a key. An error without
// a Code that is known is a bad response.
func (x *exchange) fail(code ai.Code, detail string) *ai.Error {
	if code == "" {
		code = ai.CodeBadResponse
	}
	e := &ai.Error{Code: code, Provider: name, Model: x.model, Detail: detail}
	if x.Response != nil {
		e.Status = x.StatusCode
	}
	return e
}

// network says what a failure below HTTP means. The context is asked first: it
// knows whether the caller has gone.
func (x *exchange) network(ctx context.Context, err error) *ai.Error {
	late, ok := errors.AsType[net.Error](err)
	switch {
	case ctx.Err() == context.Canceled:
		return x.fail(ai.CodeCanceled, "")
	case ctx.Err() != nil, ok && late.Timeout():
		return x.fail(ai.CodeTimeout, "")
	case x.Response != nil:
		return x.fail(ai.CodeBadResponse, "the response broke off")
	}
	return x.fail(ai.CodeUnavailable, "")
}

// refusal reads why the service refused: its reason beats the status.
func (x *exchange) refusal() *ai.Error {
	body, _ := io.ReadAll(io.LimitReader(x.Body, 1<<16))
	var told reply
	_ = json.Unmarshal(body, &told) // what is no JSON gives no reason
	code := reasons[told.Reason]
	if code == "" {
		code = statuses[x.StatusCode]
	}
	switch {
	case code != "":
	case x.StatusCode >= 500:
		code = ai.CodeUnavailable
	case x.StatusCode >= 400:
		code = ai.CodeInvalidRequest
	}
	e := x.fail(code, "")
	e.RetryAfter, _ = httpguard.RetryAfter(x.Header, time.Now())
	return e
}
