package openai_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/openai"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "sk-canary-key"

// wire is a network in memory: it answers every request with the function it
// is made of, and keeps what was sent.
type wire struct {
	answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []sentRequest
}

type sentRequest struct {
	method, url string
	header      http.Header
	body        string
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sent = append(w.sent, sentRequest{req.Method, req.URL.String(), req.Header.Clone(), string(body)})
	w.mu.Unlock()
	if req.ContentLength != int64(len(body)) {
		return nil, errors.New("the announced length is wrong")
	}
	resp, err := w.answer(req)
	if resp != nil {
		resp.Request = req
	}
	return resp, err
}

// requests returns what was sent so far.
func (w *wire) requests() []sentRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]sentRequest(nil), w.sent...)
}

// only returns the one request that was sent, and its body as a tree.
func (w *wire) only(t *testing.T) (sentRequest, map[string]any) {
	t.Helper()
	sent := w.requests()
	if len(sent) != 1 {
		t.Fatalf("%d requests were sent, want 1", len(sent))
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(sent[0].body), &tree); err != nil {
		t.Fatalf("the body sent is no JSON: %v", err)
	}
	return sent[0], tree
}

// answering returns a wire that always answers alike. The headers alternate
// name and value.
func answering(status int, body string, headers ...string) *wire {
	return &wire{answer: func(*http.Request) (*http.Response, error) {
		return httpResponse(status, strings.NewReader(body), headers...), nil
	}}
}

// failing returns a wire on which every request fails.
func failing(err error) *wire {
	return &wire{answer: func(*http.Request) (*http.Response, error) { return nil, err }}
}

func httpResponse(status int, body io.Reader, headers ...string) *http.Response {
	resp := &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(body), ContentLength: -1,
	}
	if r, ok := body.(*strings.Reader); ok {
		resp.ContentLength = int64(r.Len())
	}
	for i := 0; i+1 < len(headers); i += 2 {
		resp.Header.Set(headers[i], headers[i+1])
	}
	return resp
}

// provider returns a Provider on the wire.
func provider(t testing.TB, w http.RoundTripper, change ...func(*openai.Config)) *openai.Provider {
	t.Helper()
	cfg := openai.Config{APIKey: testKey, HTTPClient: &http.Client{Transport: w}}
	for _, f := range change {
		f(&cfg)
	}
	p, err := openai.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asError returns err as the *ai.Error it must be, with what every error of
// the adapter must have.
func asError(t *testing.T, err error) *ai.Error {
	t.Helper()
	var e *ai.Error
	if !errors.As(err, &e) {
		t.Fatalf("error = %v (%T), want *ai.Error", err, err)
	}
	if e.Code == "" || e.Provider != "openai" {
		t.Fatalf("error without code or provider: %#v", e)
	}
	return e
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
