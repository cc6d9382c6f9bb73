package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/openai"
)

const (
	canaryPrompt = "canary-prompt-text"
	canaryBody   = "canary-body-text"
)

// everyForm prints a value in every way a program might.
func everyForm(values ...any) string {
	var b bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%T"} {
			fmt.Fprintf(&b, verb+"\n", v)
			fmt.Fprintf(&b, verb+"\n", []any{v})
			fmt.Fprintf(&b, verb+"\n", map[string]any{"k": v})
			fmt.Fprintf(&b, verb+"\n", struct{ V any }{v})
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", slog.Any("v", v), slog.Any("nested", []any{v}))
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", slog.Any("v", v), slog.Any("nested", []any{v}))
		if text, err := json.Marshal(v); err == nil {
			b.Write(text)
		}
		if e, ok := v.(*ai.Error); ok {
			fmt.Fprintf(&b, "%v %+v", errors.Join(e, io.EOF), fmt.Errorf("wrapped: %w", e))
			fmt.Fprintf(&b, "%v %+v %#v", e.Cause, e.Cause, e.Cause)
		}
	}
	return b.String()
}

func noCanary(t *testing.T, where, text string) {
	t.Helper()
	for _, canary := range []string{testKey, fmt.Sprintf("%x", testKey), canaryPrompt, canaryBody} {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s shows %q: …%s…", where, canary, text[max(0, at-100):min(len(text), at+100)])
		}
	}
}

func TestNoErrorShowsTheKeyThePromptOrTheBody(t *testing.T) {
	quoted := quote(canaryBody)
	wires := map[string]*wire{
		"decode":     answering(200, canaryBody),
		"cut":        answering(200, `{"choices":[{"message":{"content":`+quoted),
		"shape":      answering(200, `{"choices":`+quoted+`,"data":`+quoted+`}`),
		"base64":     answering(200, `{"data":[{"index":0,"embedding":`+quoted+`}]}`),
		"refusal":    answering(200, choice(`,"refusal":`+quoted, quoted)),
		"finish":     answering(200, choice(`,"content":`+quoted, quoted)),
		"200 error":  answering(200, refused(canaryBody, canaryBody, quoted)),
		"redirect":   answering(307, canaryBody, "Location", "https://elsewhere.example.com/?"+canaryBody),
		"network":    failing(errors.New(canaryBody)),
		"request id": answering(500, canaryBody, "X-Request-Id", testKey+" "+canaryBody),
	}
	for _, status := range []int{400, 401, 403, 404, 413, 429, 500, 503} {
		body := `{"error":{"message":` + quoted + `,"type":` + quoted + `,"param":` + quoted + `,"code":` + quoted + `,"innererror":{"code":` + quoted + `}}}`
		wires[fmt.Sprint("json ", status)] = answering(status, body, "Retry-After", canaryBody)
		wires[fmt.Sprint("text ", status)] = answering(status, canaryBody)
	}
	for name, w := range wires {
		for _, req := range []*ai.Request{ai.Text(canaryPrompt), ai.Embedding(canaryPrompt)} {
			_, err := provider(t, w).Analyze(t.Context(), req)
			noCanary(t, name, everyForm(asError(t, err)))
		}
	}
	_, err := provider(t, answering(200, "")).Analyze(t.Context(), &ai.Request{Prompt: canaryPrompt, Temperature: new(0.3)})
	noCanary(t, "the library's refusal", everyForm(asError(t, err)))
}

func TestTheKeyIsNeverPrinted(t *testing.T) {
	cfg := openai.Config{APIKey: testKey, ImageDetail: "huge"}
	noCanary(t, "Config", everyForm(cfg, &cfg, struct{ Inner openai.Config }{cfg}))
	_, err := openai.New(cfg)
	noCanary(t, "New's error", everyForm(err))
	p := provider(t, answering(200, ""))
	noCanary(t, "Provider", everyForm(p, *p, struct{ P *openai.Provider }{p}, struct{ p openai.Provider }{*p}))
}

func TestTheKeyIsAHeaderOnly(t *testing.T) {
	for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
		w := answering(500, "")
		_, err := provider(t, w).Analyze(t.Context(), req)
		asError(t, err)
		sent, _ := w.only(t)
		if got := sent.header.Values("Authorization"); len(got) != 1 || got[0] != "Bearer "+testKey {
			t.Errorf("Authorization = %q", got)
		}
		noCanary(t, "the address", sent.url)
		noCanary(t, "the body", sent.body)
	}
}

func TestTheKeyIsNotForwardedToAnotherHost(t *testing.T) {
	for _, location := range []string{"https://elsewhere.example.com/x", "http://api.openai.com/x", "//elsewhere.example.com"} {
		w := answering(308, "", "Location", location)
		_, err := provider(t, w).Analyze(t.Context(), ai.Text("x"))
		if e := asError(t, err); e.Code != ai.CodeBadResponse {
			t.Errorf("%#v", e)
		}
		if sent := w.requests(); len(sent) != 1 {
			t.Errorf("a redirect to %s was followed", location)
		}
	}
}

func TestWithoutAKeyNoneIsSent(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "from-environment")
	for _, version := range []string{"", "2024-10-21"} {
		w := answering(200, answer("x"))
		p := provider(t, w, func(c *openai.Config) { c.APIKey, c.BaseURL, c.APIVersion = "", "http://localhost:11434/v1", version })
		if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
			t.Fatal(err)
		}
		sent, _ := w.only(t)
		if sent.header.Values("Authorization") != nil || sent.header.Values("Api-Key") != nil {
			t.Errorf("headers %v", sent.header)
		}
	}
}
