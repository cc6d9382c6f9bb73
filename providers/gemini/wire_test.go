package gemini_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

// One goroutine is excused: a dependency of genai starts it when the program
// starts, and nothing can end it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

const testKey = "AIza-canary-key"

// provider returns a Provider on the wire.
func provider(t testing.TB, w http.RoundTripper, change ...func(*gemini.Config)) *gemini.Provider {
	t.Helper()
	cfg := gemini.Config{APIKey: testKey, HTTPClient: &http.Client{Transport: w}}
	for _, f := range change {
		f(&cfg)
	}
	p, err := gemini.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asError returns err as the error of this adapter it must be.
func asError(t *testing.T, err error) *ai.Error {
	t.Helper()
	return wiretest.AsError(t, err, "gemini")
}

// answer is the body of an ordinary answer.
func answer(text string) string {
	quoted, _ := json.Marshal(text)
	return `{"candidates":[{"content":{"role":"model","parts":[{"text":` + string(quoted) + `}]},"finishReason":"STOP"}],
		"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3,"totalTokenCount":10},
		"modelVersion":"gemini-3.8-flash","responseId":"r-1"}`
}

// png is the beginning of a PNG file: enough to be recognised as one.
var png = []byte("\x89PNG\r\n\x1a\nrest")
