package health_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

func wantError(t *testing.T, err error, status int, retryAfter, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	health.WriteError(w, err)
	want(t, w, status, body)
	if got := w.Header().Get("Retry-After"); got != retryAfter {
		t.Errorf("%v: Retry-After is %q, want %q", err, got, retryAfter)
	}
}

func TestEveryCodeHasItsStatus(t *testing.T) {
	const temporarily = "temporarily unavailable"
	for _, test := range []struct {
		code   ai.Code
		status int
		text   string
	}{
		{ai.CodeInvalidRequest, 400, "invalid request"},
		{ai.CodeTooLarge, 413, "too large"},
		{ai.CodeContextLength, 413, "context length"},
		{ai.CodeMaxTokens, 422, "max tokens"},
		{ai.CodeContentFiltered, 422, "content filtered"},
		{ai.CodeModelFailed, 502, "model failed"},
		{ai.CodeNotAvailable, 502, "not available"},
		{ai.CodeAuthentication, 502, "authentication"},
		{ai.CodeQuotaExhausted, 503, temporarily},
		{ai.CodeRateLimited, 503, temporarily},
		{ai.CodeTimeout, 504, temporarily},
		{ai.CodeUnavailable, 503, temporarily},
		{ai.CodeBadResponse, 502, temporarily},
		{ai.CodeIncompatibleSpace, 503, "incompatible space"},
		{ai.CodeCanceled, 499, "canceled"},
		{ai.CodeDeadline, 504, temporarily},
		{ai.CodeUnsupported, 501, "unsupported"},
	} {
		body := fmt.Sprintf(`{"error":%q,"code":%q}`, test.text, test.code)
		wantError(t, &ai.Error{Code: test.code}, test.status, "", body)
		wantError(t, fmt.Errorf("analysing: %w", &ai.Error{Code: test.code}), test.status, "", body)
		body = fmt.Sprintf(`{"error":%q,"retry_after":8,"code":%q}`, test.text, test.code)
		wantError(t, &ai.Error{Code: test.code, RetryAfter: 7*time.Second + 1}, test.status, "8", body)
	}
}

func TestARefusalIsAnsweredAsByTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := func(state string, seconds int) string {
			return fmt.Sprintf(`{"error":"temporarily unavailable","retry_after":%d,"circuit_state":%q}`, seconds, state)
		}
		open := func(left time.Duration) *resilience.OpenError {
			return &resilience.OpenError{State: resilience.Open, Until: time.Now().Add(left)}
		}
		for name, test := range map[string]struct {
			err     error
			seconds int
			state   string
		}{
			"of a circuit":                  {&ai.Error{Code: ai.CodeCircuitOpen, RetryAfter: 20*time.Second + 1, Cause: open(time.Minute)}, 21, "open"},
			"that does not say how long":    {&ai.Error{Code: ai.CodeCircuitOpen, Cause: open(time.Minute)}, 60, "open"},
			"that is just over":             {&ai.Error{Code: ai.CodeCircuitOpen, Cause: open(0)}, 1, "open"},
			"that is known to nobody":       {&ai.Error{Code: ai.CodeCircuitOpen, Cause: &resilience.OpenError{State: resilience.Open}}, 30, "open"},
			"of somebody else's circuit":    {&ai.Error{Code: ai.CodeCircuitOpen, RetryAfter: 9 * time.Second}, 9, "open"},
			"of a half-open circuit":        {&ai.Error{Code: ai.CodeCircuitOpen, RetryAfter: time.Second, Cause: &resilience.OpenError{State: resilience.HalfOpen}}, 1, "half_open"},
			"of a gate":                     {&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 7 * time.Second, Cause: open(7 * time.Second)}, 7, "open"},
			"of a used-up quota":            {&ai.Error{Code: ai.CodeQuotaExhausted, RetryAfter: 600 * time.Second, Cause: open(600 * time.Second)}, 600, "open"},
			"of a limit":                    {&ai.Error{Code: ai.CodeOverloadedHere}, 1, "closed"},
			"of a breaker that is not ours": {fmt.Errorf("storing: %w", open(12*time.Second)), 12, "open"},
			"of a limit that is not ours":   {&resilience.LimitError{}, 1, "closed"},
		} {
			t.Log(name)
			wantError(t, test.err, 503, fmt.Sprint(test.seconds), refusal(test.state, test.seconds))
		}
		// A circuit behind a failure of another kind does not hide that.
		wantError(t, &ai.Error{Code: ai.CodeTimeout, Cause: open(time.Minute)}, 504, "", `{"error":"temporarily unavailable","code":"timeout"}`)
	})
}

func TestARefusalOfAClientTellsWhenTheFirstRouteCanBeAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working()), ai.WithProvider("gemini", working()))
		trip(client, "gemini")
		elapse(10500 * time.Millisecond)
		trip(client, "openai")
		_, err := client.Analyze(t.Context(), ai.Text("q"))
		wantError(t, err, 503, "20", `{"error":"temporarily unavailable","retry_after":20,"circuit_state":"open"}`)
		_ = client.Close()
		_, err = client.Analyze(t.Context(), ai.Text("q"))
		wantError(t, err, 503, "", `{"error":"temporarily unavailable"}`)
	})
}

func TestOnlyWhatThisModuleFoundWrongIsNamed(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()))
	_, err := client.Analyze(t.Context(), &ai.Request{})
	wantError(t, err, 400, "", `{"error":"invalid request","code":"invalid_request","field":"Prompt"}`)
	wantError(t, &ai.Error{Code: ai.CodeTooLarge, Provider: "openai", Field: "theirs", Detail: "theirs"}, 413, "", `{"error":"too large","code":"too_large"}`)
}

func TestOfAnUnknownErrorNothingIsTold(t *testing.T) {
	const internal = `{"error":"internal error"}`
	wantError(t, errors.New("canary"), 500, "", internal)
	wantError(t, context.Canceled, 500, "", internal)
	wantError(t, &ai.Error{}, 500, "", internal)
	wantError(t, &ai.Error{Code: "canary", Field: "canary", RetryAfter: time.Second}, 500, "", internal)
	wantError(t, (*ai.Error)(nil), 500, "", internal)
	wantError(t, nil, 500, "", internal)
}

func TestACodeAloneIsAnErrorToo(t *testing.T) {
	wantError(t, ai.CodeTimeout, 504, "", `{"error":"temporarily unavailable","code":"timeout"}`)
	wantError(t, fmt.Errorf("analysing: %w", ai.CodeTooLarge), 413, "", `{"error":"too large","code":"too_large"}`)
	wantError(t, ai.CodeCircuitOpen, 503, "30", `{"error":"temporarily unavailable","retry_after":30,"circuit_state":"open"}`)
	wantError(t, ai.Code("theirs"), 500, "", `{"error":"internal error"}`)
}

func TestNoWaitIsNegativeHoweverLongItIs(t *testing.T) {
	wantError(t, &ai.Error{Code: ai.CodeTimeout, RetryAfter: math.MaxInt64}, 504, "9223372037",
		`{"error":"temporarily unavailable","retry_after":9223372037,"code":"timeout"}`)
	wantError(t, &ai.Error{Code: ai.CodeTimeout, RetryAfter: -time.Minute}, 504, "", `{"error":"temporarily unavailable","code":"timeout"}`)
}

func TestAnErrorKeepsNothingOfTheAnswerThatWasNotToBe(t *testing.T) {
	for name, err := range map[string]error{"error": down(), "refusal": ai.CodeCircuitOpen, "unknown": errors.New("theirs")} {
		w := httptest.NewRecorder()
		for _, header := range []string{"Content-Encoding", "Etag", "Last-Modified", "Content-Length", "Retry-After"} {
			w.Header().Set(header, "theirs")
		}
		w.Header().Set("X-Request-Id", "kept")
		health.WriteError(w, err)
		for header, values := range w.Header() {
			if slices.Contains(values, "theirs") {
				t.Errorf("%s: %s is still there", name, header)
			}
		}
		if w.Header().Get("X-Request-Id") != "kept" {
			t.Errorf("%s: took away what it does not know", name)
		}
	}
}
