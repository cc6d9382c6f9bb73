package gemini_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

const (
	canaryPrompt = "canary-prompt-text"
	canaryBody   = "canary-body-text"
)

func noCanary(t *testing.T, where, text string) {
	t.Helper()
	wiretest.Absent(t, where, text, testKey, canaryPrompt, canaryBody)
}

func TestNoErrorShowsTheKeyThePromptOrTheBody(t *testing.T) {
	quoted := `"` + canaryBody + `"`
	wires := map[string]*wiretest.Wire{
		"decode":      wiretest.Answering(200, canaryBody),
		"half":        wiretest.Answering(200, `{"candidates":[{"content":{"parts":[{"text":`+quoted),
		"shape":       wiretest.Answering(200, `{"candidates":`+quoted+`}`),
		"field shape": wiretest.Answering(200, `{"candidates":[{"content":{"parts":[{"text":["`+canaryBody+`"]}]}}]}`),
		"blocked":     wiretest.Answering(200, `{"promptFeedback":{"blockReason":`+quoted+`,"blockReasonMessage":`+quoted+`}}`),
		"finish":      wiretest.Answering(200, `{"candidates":[{"finishReason":`+quoted+`,"finishMessage":`+quoted+`}]}`),
		"redirect":    wiretest.Answering(307, canaryBody, "Location", "https://elsewhere.example.com/?"+canaryBody),
		"network":     wiretest.Failing(errors.New(canaryBody)),
		"panic":       {Answer: func(*http.Request) (*http.Response, error) { panic(canaryBody) }},
		"event":       streaming(sse(canaryBody)),
		"event shape": streaming(sse(`{"candidates":` + quoted + `}`)),
		"error event": streaming(sse(refusal(429, canaryBody, canaryBody, because(canaryBody)+","+quota(canaryBody)))),
		"error tail":  streaming(refusal(503, canaryBody, canaryBody, because(canaryBody))),
		"tool":        streaming(sse(calling(`{"functionCall":{"name":` + quoted + `,"args":{"a":` + quoted + `}}}`))),
		"cut": {Answer: func(*http.Request) (*http.Response, error) {
			return wiretest.Stream(200, iotest.ErrReader(errors.New(canaryBody))), nil
		}},
	}
	for _, status := range []int{400, 401, 403, 404, 413, 429, 500, 503} {
		wires[fmt.Sprint("json ", status)] = wiretest.Answering(status, refusal(status, canaryBody, canaryBody, because(canaryBody)+","+quota(canaryBody)))
		wires[fmt.Sprint("text ", status)] = wiretest.Answering(status, canaryBody)
	}
	for name, w := range wires {
		for _, req := range []*ai.Request{ai.Text(canaryPrompt), ai.Embedding(canaryPrompt)} {
			_, err := provider(t, w).Analyze(t.Context(), req)
			_, streamed := ai.Collect(provider(t, w).Stream(t.Context(), req))
			asError(t, err)
			asError(t, streamed)
			noCanary(t, name, wiretest.EveryForm(err, streamed))
		}
	}
}

func TestTheKeyIsNeverPrinted(t *testing.T) {
	cfg := gemini.Config{APIKey: testKey, ImageDetail: "huge"}
	noCanary(t, "Config", wiretest.EveryForm(cfg, &cfg, struct{ Inner gemini.Config }{cfg}))
	_, err := gemini.New(cfg)
	noCanary(t, "New's error", wiretest.EveryForm(err))
	p := provider(t, wiretest.Answering(200, ""))
	noCanary(t, "Provider", wiretest.EveryForm(p, *p, struct{ P *gemini.Provider }{p}, struct{ p gemini.Provider }{*p}))
}

func TestTheKeyIsAHeaderOnly(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	if _, err := provider(t, w).Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Only(t)
	if got := sent.Header.Values("X-Goog-Api-Key"); len(got) != 1 || got[0] != testKey {
		t.Errorf("key header = %q", got)
	}
	noCanary(t, "the address", sent.URL)
	noCanary(t, "the body", sent.Body)
}

func TestTheKeyIsNotForwardedToAnotherHost(t *testing.T) {
	for _, location := range []string{"https://elsewhere.example.com/x", "http://generativelanguage.googleapis.com/x", ""} {
		for _, status := range []int{301, 302, 307, 308} {
			w := wiretest.Answering(status, "", "Location", location)
			_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
			if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != status {
				t.Errorf("%d: error = %#v, want bad_response", status, e)
			}
			if sent := w.Requests(); len(sent) != 1 {
				t.Errorf("a redirect to %q was followed: %v", location, sent[1:])
			}
		}
	}
}

func TestWithoutAKeyNoneIsSent(t *testing.T) {
	t.Setenv("GOOGLE_API_KEY", "from-environment")
	w := wiretest.Answering(200, answer("x"))
	p := provider(t, w, func(c *gemini.Config) { c.APIKey, c.BaseURL = "", "http://gateway.example.com/google/" })
	if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Only(t)
	if got := sent.Header.Values("X-Goog-Api-Key"); got != nil {
		t.Errorf("key header = %q, want none", got)
	}
	if want := "http://gateway.example.com/google/v1beta/models/gemini-3.8-flash:generateContent"; sent.URL != want {
		t.Errorf("sent to %s, want %s", sent.URL, want)
	}
}

func TestTheEnvironmentChangesNothing(t *testing.T) {
	for _, name := range []string{"GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION"} {
		t.Setenv(name, "from-environment")
	}
	for _, name := range []string{"GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"} {
		t.Setenv(name, "https://environment.example.com/")
	}
	t.Setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
	t.Setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
	logged := captureLog(t)
	w := wiretest.Answering(200, answer("x"))
	if _, err := provider(t, w).Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Only(t)
	if sent.URL != "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.8-flash:generateContent" ||
		sent.Header.Get("X-Goog-Api-Key") != testKey || strings.Contains(fmt.Sprint(sent), "environment") {
		t.Errorf("sent %+v", sent)
	}
	// genai itself warns when both key variables are set; by name only.
	for _, secret := range []string{"from-environment", testKey} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("logged %q", logged)
		}
	}
}

func TestNothingIsWrittenToTheGlobalLog(t *testing.T) {
	logged := captureLog(t)
	for _, body := range []string{
		``, `null`, canaryBody, `{"candidates":"x"}`, answer("x"), `{"error":{"code":500}}`,
		`{"candidates":[{"content":{"parts":[{"text":"x"},{"functionCall":{"name":"f"}}]}},{"content":{"parts":[{"text":"y"}]}}]}`,
	} {
		for _, status := range []int{200, 400, 500} {
			_, _ = ai.Collect(provider(t, wiretest.Answering(status, sse(body))).Stream(t.Context(), ai.Text(canaryPrompt)))
			_, _ = ai.Collect(provider(t, wiretest.Answering(status, body)).Stream(t.Context(), ai.Text(canaryPrompt)))
			_, _ = provider(t, wiretest.Answering(status, body)).Analyze(t.Context(), ai.Text(canaryPrompt))
			_, _ = provider(t, wiretest.Answering(status, body)).Analyze(t.Context(), ai.Embedding(canaryPrompt))
		}
	}
	if logged.Len() != 0 {
		t.Errorf("logged %q", logged)
	}
}

// captureLog collects what goes to the log package's own logger.
func captureLog(t *testing.T) *bytes.Buffer {
	var b bytes.Buffer
	before := log.Writer()
	log.SetOutput(&b)
	t.Cleanup(func() { log.SetOutput(before) })
	return &b
}
