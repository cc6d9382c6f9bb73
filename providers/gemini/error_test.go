package gemini_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

// refusal is an error body as the Gemini API writes it; details may be empty.
func refusal(status int, name, message, details string) string {
	return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":%q,"details":[%s]}}`, status, message, name, details)
}

func quota(ids ...string) string {
	var violations []string
	for _, id := range ids {
		violations = append(violations, fmt.Sprintf(`{"quotaMetric":"m","quotaId":%q}`, id))
	}
	return `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[` + strings.Join(violations, ",") + `]}`
}

func retryIn(delay string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":%q}`, delay)
}

func because(reason string) string {
	return fmt.Sprintf(`{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":%q,"domain":"googleapis.com"}`, reason)
}

func TestEveryRefusalHasItsCode(t *testing.T) {
	const perMinute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
	const perDay = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
	for _, c := range []struct {
		name, body string
		status     int
		code       ai.Code
		retryAfter time.Duration
	}{
		{"bad argument", refusal(400, "INVALID_ARGUMENT", "Invalid value at x", ""), 400, ai.CodeInvalidRequest, 0},
		{"other 4xx", `{}`, 422, ai.CodeInvalidRequest, 0},
		{"body too large", ``, 413, ai.CodeTooLarge, 0},
		{"payload too large", refusal(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes.", ""), 400, ai.CodeTooLarge, 0},
		{"prompt too long", refusal(400, "INVALID_ARGUMENT", "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).", ""), 400, ai.CodeContextLength, 0},
		{"model not found", refusal(404, "NOT_FOUND", "models/x is not found", ""), 404, ai.CodeNotAvailable, 0},
		{"forbidden", refusal(403, "PERMISSION_DENIED", "no", because("SERVICE_DISABLED")), 403, ai.CodeNotAvailable, 0},
		{"location", refusal(400, "FAILED_PRECONDITION", "User location is not supported for the API use.", ""), 400, ai.CodeNotAvailable, 0},
		{"a list of one", "[" + refusal(400, "INVALID_ARGUMENT", "x", because("API_KEY_INVALID")) + "]", 400, ai.CodeAuthentication, 0},
		{"key not found", refusal(400, "INVALID_ARGUMENT", "API Key not found. Please pass a valid API key.", ""), 400, ai.CodeAuthentication, 0},
		{"instruction not taken", refusal(400, "INVALID_ARGUMENT", "Developer instruction is not enabled for models/gemma-3-27b-it", ""), 400, ai.CodeUnsupported, 0},
		{"text too large", refusal(400, "INVALID_ARGUMENT", "Request contains text fields that are too large.", ""), 400, ai.CodeTooLarge, 0},
		{"files too large", refusal(400, "INVALID_ARGUMENT", "The request's total referenced files bytes are too large to be read", ""), 400, ai.CodeTooLarge, 0},
		{"too many pages", refusal(400, "INVALID_ARGUMENT", "The document contains 1001 pages which exceeds the supported page limit of 1000.", ""), 400, ai.CodeTooLarge, 0},
		{"no free tier", refusal(429, "RESOURCE_EXHAUSTED", "Gemini 2.5 Pro Preview doesn't have a free quota tier.", ""), 429, ai.CodeQuotaExhausted, 0},
		{"credit by status", refusal(402, "FAILED_PRECONDITION", "x", ""), 402, ai.CodeQuotaExhausted, 0},
		{"wait in the message only", refusal(429, "RESOURCE_EXHAUSTED", "Please retry in 17.156s.", ""), 429, ai.CodeRateLimited, 17156 * time.Millisecond},
		{"daily quota by its metric", refusal(429, "RESOURCE_EXHAUSTED", "x", `{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"service/requests_per_day"}]}`), 429, ai.CodeQuotaExhausted, 0},
		{"daily quota by its limit", refusal(429, "RESOURCE_EXHAUSTED", "x", `{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit":"GenerateRequestsPerDay"}}`), 429, ai.CodeQuotaExhausted, 0},
		{"unauthenticated", refusal(401, "UNAUTHENTICATED", "no", ""), 401, ai.CodeAuthentication, 0},
		{"bad key by reason", refusal(400, "INVALID_ARGUMENT", "x", because("API_KEY_INVALID")), 400, ai.CodeAuthentication, 0},
		{"bad key by phrase", refusal(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", ""), 400, ai.CodeAuthentication, 0},
		{"key not for this address", refusal(403, "PERMISSION_DENIED", "x", because("API_KEY_IP_ADDRESS_BLOCKED")), 403, ai.CodeAuthentication, 0},
		{"thinking level not taken", refusal(400, "INVALID_ARGUMENT", "Thinking level is not supported for this model.", ""), 400, ai.CodeUnsupported, 0},
		{"method not taken", refusal(404, "NOT_FOUND", "models/x is not found for API version v1beta, or is not supported for generateContent.", ""), 404, ai.CodeNotAvailable, 0},
		{"a code in words", `{"error":{"code":"429","status":"RESOURCE_EXHAUSTED","details":[` + quota(perDay) + `]}}`, 429, ai.CodeQuotaExhausted, 0},
		{"details of another shape", `{"error":{"code":429,"message":"Please retry in 3s.","details":{}}}`, 429, ai.CodeRateLimited, 3 * time.Second},
		{"a message only", `{"error":"Your prepayment credits are depleted."}`, 429, ai.CodeQuotaExhausted, 0},
		{"an error within the message", refusal(429, "RESOURCE_EXHAUSTED", refusal(429, "RESOURCE_EXHAUSTED", "x", quota(perDay)), ""), 429, ai.CodeQuotaExhausted, 0},
		{"details beside such a message", refusal(429, "RESOURCE_EXHAUSTED", `{"message":"x"}`, quota(perDay)), 429, ai.CodeQuotaExhausted, 0},
		{"leaked key", refusal(403, "PERMISSION_DENIED", "Your API key was reported as leaked.", ""), 403, ai.CodeAuthentication, 0},
		{"no key", refusal(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers", ""), 403, ai.CodeAuthentication, 0},
		{"payment required", ``, 402, ai.CodeQuotaExhausted, 0},
		{"billing disabled", refusal(403, "PERMISSION_DENIED", "x", because("BILLING_DISABLED")), 403, ai.CodeQuotaExhausted, 0},
		{"daily quota", refusal(429, "RESOURCE_EXHAUSTED", "x", quota(perMinute, perDay)), 429, ai.CodeQuotaExhausted, 0},
		{"daily quota, wait of seconds", refusal(429, "RESOURCE_EXHAUSTED", "x", quota(perDay)+","+retryIn("22s")), 429, ai.CodeQuotaExhausted, 0},
		{"daily quota, wait of hours", refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("21599.96s")+","+quota(perDay)), 429, ai.CodeQuotaExhausted, 21599960 * time.Millisecond},
		{"credit", refusal(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", ""), 429, ai.CodeQuotaExhausted, 0},
		{"minute quota", refusal(429, "RESOURCE_EXHAUSTED", "check your plan and billing details", quota(perMinute)+","+retryIn("34.07s")), 429, ai.CodeRateLimited, 34070 * time.Millisecond},
		{"rate limit, no details", refusal(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).", ""), 429, ai.CodeRateLimited, 0},
		{"rate limit by text", `slow down`, 429, ai.CodeRateLimited, 0},
		{"exhausted under another status", refusal(400, "RESOURCE_EXHAUSTED", "x", ""), 400, ai.CodeRateLimited, 0},
		{"request timeout", ``, 408, ai.CodeTimeout, 0},
		{"gateway timeout", refusal(504, "DEADLINE_EXCEEDED", "x", ""), 504, ai.CodeTimeout, 0},
		{"conflict", refusal(409, "ABORTED", "x", ""), 409, ai.CodeUnavailable, 0},
		{"cancelled upstream", refusal(499, "CANCELLED", "x", ""), 499, ai.CodeUnavailable, 0},
		{"internal", refusal(500, "INTERNAL", "The input token count is fine", ""), 500, ai.CodeUnavailable, 0},
		{"overloaded", refusal(503, "UNAVAILABLE", "The model is overloaded.", retryIn("5s")), 503, ai.CodeUnavailable, 5 * time.Second},
		{"overloaded, html", `<html>503</html>`, 503, ai.CodeUnavailable, 0},
		{"site overloaded", ``, 529, ai.CodeUnavailable, 0},
		{"status of the body disagrees", refusal(200, "OK", "x", ""), 503, ai.CodeUnavailable, 0},
		{"error without fields", `{"error":{}}`, 500, ai.CodeUnavailable, 0},
		{"malformed details", refusal(429, "RESOURCE_EXHAUSTED", "x", `{"@type":7},{"@type":"QuotaFailure","violations":[null,7,{"quotaId":{}}]},{"@type":"RetryInfo","retryDelay":{"seconds":1}}`), 429, ai.CodeRateLimited, 0},
		{"absurd wait", refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("1e300s")), 429, ai.CodeRateLimited, 0},
		{"negative wait", refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("-5s")), 429, ai.CodeRateLimited, 0},
		{"wait of a year", refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("8760h")), 429, ai.CodeRateLimited, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := provider(t, wiretest.Answering(c.status, c.body)).Analyze(t.Context(), ai.Text("x"))
			e := asError(t, err)
			if e.Code != c.code || e.RetryAfter != c.retryAfter || e.Status != c.status || e.Model != "gemini-3.8-flash" {
				t.Errorf("error = %#v\nwant %s, retry after %v", e, c.code, c.retryAfter)
			}
			if !errors.Is(err, c.code) {
				t.Errorf("errors.Is(%v, %s) is false", err, c.code)
			}
		})
	}
}

func TestTheWaitOfAHeaderCountsWhenTheBodyNamesNone(t *testing.T) {
	for _, body := range []string{refusal(429, "RESOURCE_EXHAUSTED", "x", ""), `<html>`} {
		_, err := provider(t, wiretest.Answering(429, body, "Retry-After", "7")).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.RetryAfter != 7*time.Second {
			t.Errorf("%s: retry after %v, want 7s", body, e.RetryAfter)
		}
	}
}

func TestABodyThatIsNoAnswerIsABadResponse(t *testing.T) {
	for name, body := range map[string]string{
		"empty": ``, "null": `null`, "object": `{}`, "html": `<html>hello</html>`, "array": `[]`, "text": `"x"`,
		"silent error": `{"error":{}}`, "null error": `{"error":null}`,
		"null candidates": `{"candidates":null}`, "no candidates": `{"candidates":[]}`,
		"candidates text": `{"candidates":"x"}`, "null candidate": `{"candidates":[null]}`, "candidate text": `{"candidates":["x"]}`,
		"null content": `{"candidates":[{"content":null,"finishReason":"STOP"}]}`,
		"null part":    `{"candidates":[{"content":{"parts":[null]},"finishReason":"STOP"}]}`,
		"parts text":   `{"candidates":[{"content":{"parts":"x"},"finishReason":"STOP"}]}`,
		"text number":  `{"candidates":[{"content":{"parts":[{"text":7}]},"finishReason":"STOP"}]}`,
		"usage text":   `{"candidates":[{"content":{"parts":[{"text":"x"}]}}],"usageMetadata":"x"}`,
		"cut short":    `{"candidates":[{"content":{"parts":[{"text":"half`,
		"feedback":     `{"promptFeedback":{"safetyRatings":[]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Text("x"))
			if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != 200 || e.Model == "" {
				t.Errorf("error = %#v, want bad_response", e)
			}
		})
	}
	t.Run("no content", func(t *testing.T) {
		_, err := provider(t, wiretest.Answering(204, "")).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != 204 {
			t.Errorf("error = %#v, want bad_response", e)
		}
	})
}

func TestABodyCutShortIsTheFailureOfItsStatus(t *testing.T) {
	for status, want := range map[int]ai.Code{200: ai.CodeBadResponse, 429: ai.CodeRateLimited, 503: ai.CodeUnavailable, 401: ai.CodeAuthentication} {
		for _, cut := range []error{io.ErrUnexpectedEOF, syscall.ECONNRESET} {
			w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
				half := io.MultiReader(strings.NewReader(`{"cand`), iotest.ErrReader(cut))
				return wiretest.Stream(status, half, "Retry-After", "3"), nil
			}}
			_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
			if e := asError(t, err); e.Code != want || e.Status != status || (status == 429 && e.RetryAfter != 3*time.Second) {
				t.Errorf("%d cut by %v: %#v, want %s", status, cut, e, want)
			}
		}
	}
}

func TestAnUnreachableServiceIsUnavailable(t *testing.T) {
	for name, cause := range map[string]error{
		"refused": &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
		"reset":   &net.OpError{Op: "read", Err: syscall.ECONNRESET},
		"eof":     io.EOF,
		"dns":     &net.DNSError{Err: "no such host", Name: "example.com", IsNotFound: true},
		"tls":     x509.UnknownAuthorityError{},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := provider(t, wiretest.Failing(cause)).Analyze(t.Context(), ai.Text("x"))
			if e := asError(t, err); e.Code != ai.CodeUnavailable || e.Status != 0 {
				t.Errorf("error = %#v, want unavailable", e)
			}
		})
	}
}

func TestABodyWithoutEndIsABadResponse(t *testing.T) {
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		resp := wiretest.Response(200, answer("x"))
		resp.ContentLength = 1 << 40
		return resp, nil
	}}
	_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("error = %v, want bad_response", err)
	}
}

func TestAnErrorNamesTheExchangeForTheServicesSupport(t *testing.T) {
	for body, want := range map[string]string{
		refusal(500, "INTERNAL", "x", ""):                                 "from-header",
		`{"candidates":[{"finishReason":"SAFETY"}],"responseId":"r-1"}`:   "r-1",
		`{"candidates":[{"finishReason":"SAFETY"}],"responseId":"a b\n"}`: "from-header",
	} {
		status := 200
		if strings.Contains(body, "INTERNAL") {
			status = 500
		}
		_, err := provider(t, wiretest.Answering(status, body, "X-Request-Id", "from-header")).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.RequestID != want {
			t.Errorf("%s: request id %q, want %q", body, e.RequestID, want)
		}
	}
}

func TestATransportThatPanicsIsABadResponse(t *testing.T) {
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) { panic("in the library") }}
	_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("error = %v, want bad_response", err)
	}
}

func TestTheCallersCancelIsNoFailureOfTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("the user left")) })
		_, err := provider(t, wiretest.Hanging()).Analyze(ctx, ai.Text("x"))
		e := asError(t, err)
		if e.Code != ai.CodeCanceled || !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "left") {
			t.Errorf("error = %#v, want canceled", e)
		}
	})
}

func TestACancelBeatsWhatTheServiceWasSaying(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
		cancel()
		return wiretest.Response(503, ""), nil
	}}
	_, err := provider(t, w).Analyze(ctx, ai.Text("x"))
	if e := asError(t, err); e.Code != ai.CodeCanceled {
		t.Errorf("error = %#v, want canceled", e)
	}
}

func TestTheTimeLimitOfACallIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		_, err := provider(t, wiretest.Hanging()).Analyze(ctx, ai.Text("x"))
		e := asError(t, err)
		if e.Code != ai.CodeTimeout || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("error = %#v after %v, want timeout after 5s", e, time.Since(start))
		}
	})
}

func TestTheTimeLimitOfTheHTTPClientIsATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := provider(t, wiretest.Hanging(), func(c *gemini.Config) { c.HTTPClient.Timeout = time.Second }).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeTimeout {
			t.Errorf("error = %#v, want timeout", e)
		}
	})
}

func TestACallCancelledBeforeItBeganSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
		w := wiretest.Answering(200, answer("x"))
		_, err := provider(t, w).Analyze(ctx, req)
		if e := asError(t, err); e.Code != ai.CodeCanceled || len(w.Requests()) != 0 {
			t.Errorf("error = %v after %d requests, want canceled after none", err, len(w.Requests()))
		}
	}
}
