package gemini_test

import (
	"encoding/json"
	"iter"
	"net/http"
	"strings"
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

// sse is a stream of events with these data.
func sse(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\r\n\r\n")
	}
	return b.String()
}

// saying is an event with a piece of text, and a reason to end unless it is
// empty.
func saying(text, finish string) string {
	quoted, _ := json.Marshal(text)
	return `{"candidates":[{"content":{"role":"model","parts":[{"text":` + string(quoted) + `}]},"finishReason":"` + finish + `"}],` +
		`"modelVersion":"gemini-3.8-flash","responseId":"r-1"}`
}

// streaming answers every request with an event stream.
func streaming(body string) *wiretest.Wire {
	return wiretest.Answering(200, body, "Content-Type", "text/event-stream")
}

// deltas reads a stream to its end.
func deltas(t *testing.T, stream iter.Seq2[*ai.Delta, error]) (list []*ai.Delta, err error) {
	t.Helper()
	for d, e := range stream {
		if err != nil || len(list) > 0 && list[len(list)-1].Response != nil {
			t.Fatalf("after the end came %+v, %v", d, e)
		}
		if e != nil {
			if d != nil {
				t.Errorf("an error beside %+v", d)
			}
			err = e
			continue
		}
		list = append(list, d)
	}
	if err == nil && (len(list) == 0 || list[len(list)-1].Response == nil) {
		t.Fatal("the stream ended with neither an answer nor an error")
	}
	return list, err
}
