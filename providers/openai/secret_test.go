package openai_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
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
	quoted := quote(canaryBody)
	wires := map[string]*wiretest.Wire{
		"decode":     wiretest.Answering(200, canaryBody),
		"cut":        wiretest.Answering(200, `{"choices":[{"message":{"content":`+quoted),
		"shape":      wiretest.Answering(200, `{"choices":`+quoted+`,"data":`+quoted+`}`),
		"base64":     wiretest.Answering(200, `{"data":[{"index":0,"embedding":`+quoted+`}]}`),
		"refusal":    wiretest.Answering(200, choice(`,"refusal":`+quoted, quoted)),
		"finish":     wiretest.Answering(200, choice(`,"content":`+quoted, quoted)),
		"200 error":  wiretest.Answering(200, refused(canaryBody, canaryBody, quoted)),
		"redirect":   wiretest.Answering(307, canaryBody, "Location", "https://elsewhere.example.com/?"+canaryBody),
		"network":    wiretest.Failing(errors.New(canaryBody)),
		"request id": wiretest.Answering(500, canaryBody, "X-Request-Id", testKey+" "+canaryBody),
	}
	for _, status := range []int{400, 401, 403, 404, 413, 429, 500, 503} {
		body := `{"error":{"message":` + quoted + `,"type":` + quoted + `,"param":` + quoted + `,"code":` + quoted + `,"innererror":{"code":` + quoted + `}}}`
		wires[fmt.Sprint("json ", status)] = wiretest.Answering(status, body, "Retry-After", canaryBody)
		wires[fmt.Sprint("text ", status)] = wiretest.Answering(status, canaryBody)
	}
	for name, w := range wires {
		for _, req := range []*ai.Request{ai.Text(canaryPrompt), ai.Embedding(canaryPrompt)} {
			_, err := provider(t, w).Analyze(t.Context(), req)
			noCanary(t, name, wiretest.EveryForm(asError(t, err)))
		}
		_, err := ai.Collect(provider(t, w).Stream(t.Context(), ai.Text(canaryPrompt)))
		noCanary(t, name+" of a stream", wiretest.EveryForm(asError(t, err)))
	}
}

func TestNoErrorOfAStreamShowsWhatItSaid(t *testing.T) {
	quoted := quote(canaryBody)
	for name, w := range map[string]*wiretest.Wire{
		"error":      streamed(refused(canaryBody, canaryBody, quoted)),
		"error text": streamed(`{"error":` + quoted + `}`),
		"broken":     streamed(`{"choices":` + canaryBody),
		"cut":        events(chunk(`"content":`+quoted, "null")),
		"refusal":    streamed(chunk(`"refusal":`+quoted, "null")),
		"finish":     streamed(chunk(`"content":`+quoted, quoted)),
		"a call":     streamed(chunk(`"tool_calls":[{"id":`+quoted+`,"function":{"name":`+quoted+`,"arguments":`+quoted+`}}]`, `"tool_calls"`)),
		"a stray":    wiretest.Answering(200, `{"canary":`+quoted+`}`),
		"type":       wiretest.Answering(200, "event: error\ndata: {\"message\":"+quoted+"}\n\n"),
	} {
		for _, req := range []*ai.Request{ai.Text(canaryPrompt), asking()} {
			_, err := ai.Collect(provider(t, w).Stream(t.Context(), req))
			noCanary(t, name, wiretest.EveryForm(asError(t, err)))
		}
	}
}

func TestTheKeyIsNeverPrinted(t *testing.T) {
	cfg := openai.Config{APIKey: testKey, ImageDetail: "huge"}
	noCanary(t, "Config", wiretest.EveryForm(cfg, &cfg, struct{ Inner openai.Config }{cfg}))
	_, err := openai.New(cfg)
	noCanary(t, "New's error", wiretest.EveryForm(err))
	p := provider(t, wiretest.Answering(200, ""))
	noCanary(t, "Provider", wiretest.EveryForm(p, *p, struct{ P *openai.Provider }{p}, struct{ p openai.Provider }{*p}))
}

func TestTheKeyIsAHeaderOnly(t *testing.T) {
	for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
		w := wiretest.Answering(500, "")
		_, err := provider(t, w).Analyze(t.Context(), req)
		asError(t, err)
		sent, _ := w.Only(t)
		if got := sent.Header.Values("Authorization"); len(got) != 1 || got[0] != "Bearer "+testKey {
			t.Errorf("Authorization = %q", got)
		}
		noCanary(t, "the address", sent.URL)
		noCanary(t, "the body", sent.Body)
	}
}

func TestTheKeyIsNotForwardedToAnotherHost(t *testing.T) {
	for _, location := range []string{"https://elsewhere.example.com/x", "http://api.openai.com/x", "//elsewhere.example.com"} {
		w := wiretest.Answering(308, "", "Location", location)
		_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeBadResponse {
			t.Errorf("%#v", e)
		}
		if sent := w.Requests(); len(sent) != 1 {
			t.Errorf("a redirect to %s was followed", location)
		}
	}
}

func TestWithoutAKeyNoneIsSent(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "from-environment")
	for _, version := range []string{"", "2024-10-21"} {
		w := wiretest.Answering(200, answer("x"))
		p := provider(t, w, func(c *openai.Config) { c.APIKey, c.BaseURL, c.APIVersion = "", "http://localhost:11434/v1", version })
		if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
			t.Fatal(err)
		}
		sent, _ := w.Only(t)
		if sent.Header.Values("Authorization") != nil || sent.Header.Values("Api-Key") != nil {
			t.Errorf("headers %v", sent.Header)
		}
	}
}

// Neither do errors of the Responses API, of images, jobs and files. A job's
// own fault is what the provider says of it, and part of the answer.
func TestNoErrorOfAnotherEndpointShowsTheKeyThePromptOrTheBody(t *testing.T) {
	quoted := quote(canaryBody)
	for name, w := range map[string]*wiretest.Wire{
		"decode":   wiretest.Answering(200, canaryBody),
		"shape":    wiretest.Answering(200, `{"output":`+quoted+`,"data":`+quoted+`,"status":`+quoted+`,"deleted":false}`),
		"failed":   wiretest.Answering(200, `{"status":"failed","error":{"code":`+quoted+`,"message":`+quoted+`}}`),
		"refusal":  wiretest.Answering(200, responded(`{"type":"message","content":[{"refusal":`+quoted+`}]}`, "")),
		"event":    events(event("error", `"code":`+quoted+`,"message":`+quoted)),
		"stream":   events(event("response.failed", `"response":{"status":"failed","error":{"code":`+quoted+`,"message":`+quoted+`}}`)),
		"call":     wiretest.Answering(200, responded(`{"type":"function_call","call_id":"c","name":"f","arguments":`+quoted+`}`, "")),
		"network":  wiretest.Failing(errors.New(canaryBody)),
		"status":   wiretest.Answering(400, `{"error":{"message":`+quoted+`,"type":`+quoted+`,"param":`+quoted+`,"code":`+quoted+`}}`),
		"redirect": wiretest.Answering(307, canaryBody, "Location", "https://elsewhere.example.com/?"+canaryBody),
	} {
		p := provider(t, w, responses)
		req := &ai.Request{Prompt: canaryPrompt, Tools: tools}
		_, err := p.Analyze(t.Context(), req)
		noCanary(t, name, wiretest.EveryForm(asError(t, err)))
		_, err = ai.Collect(p.Stream(t.Context(), req))
		noCanary(t, name, wiretest.EveryForm(asError(t, err)))
		_, err = p.Analyze(t.Context(), ai.ImageGeneration(canaryPrompt))
		noCanary(t, name, wiretest.EveryForm(asError(t, err)))
		for what, do := range places(t.Context(), p, "x") {
			if err := do(); err != nil { // some of these bodies are answers
				noCanary(t, name+" "+what, wiretest.EveryForm(asError(t, err)))
			}
		}
		_, err = p.UploadFile(t.Context(), &ai.FileUpload{Name: canaryPrompt, Content: strings.NewReader(canaryPrompt), Size: int64(len(canaryPrompt))})
		if err != nil {
			noCanary(t, name+" upload", wiretest.EveryForm(asError(t, err)))
		}
		for _, sent := range w.Requests() {
			noCanary(t, "an address", sent.URL)
			if strings.Contains(sent.Body, testKey) {
				t.Errorf("%s: the key is in the body", name)
			}
		}
	}
}
