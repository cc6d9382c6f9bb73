package openai_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "sk-canary-key"

// provider returns a Provider on the wire, which speaks chat completions unless
// a change says otherwise.
func provider(t testing.TB, w http.RoundTripper, change ...func(*openai.Config)) *openai.Provider {
	t.Helper()
	cfg := openai.Config{APIKey: testKey, API: "chat", HTTPClient: &http.Client{Transport: w}}
	for _, f := range change {
		f(&cfg)
	}
	p, err := openai.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asError returns err as the error of this adapter it must be.
func asError(t *testing.T, err error) *ai.Error {
	t.Helper()
	return wiretest.AsError(t, err, "openai")
}

// quote writes a text as JSON.
func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

// answer is the body of an ordinary answer.
func answer(text string) string {
	return `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-5.5-2026-04-01",
		"choices":[{"index":0,"message":{"role":"assistant","content":` + quote(text) + `,"refusal":null},"finish_reason":"stop"}],
		"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,
			"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`
}

// choice is the body of an answer with one choice, given as the fields of its
// message and its finish reason in JSON.
func choice(message, finish string) string {
	return `{"model":"gpt-5.5","choices":[{"index":0,"message":{"role":"assistant"` + message + `},"finish_reason":` + finish + `}]}`
}

// refused is the body of a refusal.
func refused(message, kind, code string) string {
	return `{"error":{"message":` + quote(message) + `,"type":` + quote(kind) + `,"param":null,"code":` + code + `}}`
}

// png is the beginning of a PNG file: enough to be recognised as one.
var png = []byte("\x89PNG\r\n\x1a\nrest")
