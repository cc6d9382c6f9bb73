package gemini_test

import (
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// Gateways answer 200 before they know; genai passes over what they say then.
func TestAnErrorInASuccessHasTheCodeThatItWouldHaveInAStream(t *testing.T) {
	for _, c := range []struct {
		body string
		code ai.Code
		wait time.Duration
	}{
		{refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("7s")), ai.CodeRateLimited, 7 * time.Second},
		{refusal(429, "RESOURCE_EXHAUSTED", "x", quota("PerDay")), ai.CodeQuotaExhausted, 0},
		{refusal(400, "INVALID_ARGUMENT", "x", because("API_KEY_INVALID")), ai.CodeAuthentication, 0},
		{`{"error":{"message":"late","status":"DEADLINE_EXCEEDED"}}`, ai.CodeTimeout, 0},
		{"{\n  \"candidates\": \"x\",\n  \"error\": {\"code\": 503, \"message\": \"" + strings.Repeat("x", 9000) + "\"}\n}", ai.CodeUnavailable, 0},
		{`{"error":"overloaded"}`, ai.CodeUnavailable, 0},
	} {
		both(t, strings.ReplaceAll(c.body, "\n", " "), ai.Text("x"), func(t *testing.T, _ *ai.Response, err error) {
			if e := asError(t, err); e.Code != c.code || e.RetryAfter != c.wait || e.Status != 200 {
				t.Errorf("%.60s: error = %#v, want %s", c.body, e, c.code)
			}
		})
		for _, req := range []*ai.Request{ai.Embedding("x"), ai.ImageGeneration("x"), {Prompt: "x", Tools: []ai.Tool{weather}}} {
			_, err := provider(t, wiretest.Answering(200, c.body)).Analyze(t.Context(), req)
			if e := asError(t, err); e.Code != c.code || e.RetryAfter != c.wait {
				t.Errorf("%v, %.60s: error = %#v, want %s", req.ResolvedKind(), c.body, e, c.code)
			}
		}
	}
}

func TestAnAnswerMaySpeakOfErrors(t *testing.T) {
	body := strings.Replace(answer(`{"error":{"code":503}}`), `"responseId"`, `"error":null,"responseId"`, 1)
	both(t, strings.ReplaceAll(body, "\n", " "), ai.Text("x"), func(t *testing.T, got *ai.Response, err error) {
		if err != nil || got.Text != `{"error":{"code":503}}` {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}
