package gemini_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestAModelIsNamedByTheRequestTheConfigOrTheDefaults(t *testing.T) {
	aliases := func(c *gemini.Config) {
		c.Aliases = map[string]string{"deep": "models/gemini-2.5-pro", "gemini-9": "gemini-2.5-flash"}
	}
	own := func(c *gemini.Config) { c.Models.Text, c.Models.Embedding = "models/own-text", "own-embedding" }
	for _, c := range []struct {
		name   string
		change func(*gemini.Config)
		req    *ai.Request
		want   ai.Plan
	}{
		{"default text", aliases, ai.Text("x"), ai.Plan{Model: gemini.DefaultModels().Text}},
		{"default image", aliases, ai.ImageAnalysis("x", ai.ImageBytes(png)), ai.Plan{Model: gemini.DefaultModels().Image}},
		{"configured", own, ai.Text("x"), ai.Plan{Model: "own-text"}},
		{"alias", aliases, &ai.Request{Prompt: "x", Model: "deep"}, ai.Plan{Model: "gemini-2.5-pro", Alias: true}},
		{"alias hides a model", aliases, &ai.Request{Prompt: "x", Model: "gemini-9"}, ai.Plan{Model: "gemini-2.5-flash", Alias: true}},
		{"own name", aliases, &ai.Request{Prompt: "x", Model: "tunedModels/a-1"}, ai.Plan{Model: "tunedModels/a-1"}},
		{"full name", aliases, &ai.Request{Prompt: "x", Model: "models/gemini-3-pro"}, ai.Plan{Model: "gemini-3-pro"}},
		{"embedding", aliases, ai.Embedding("x"), ai.Plan{Model: "gemini-embedding-001",
			Space: ai.Space{Vendor: "google", Model: "gemini-embedding-001", Dimensions: 3072, Normalized: true}}},
		{"embedding of unknown length", own, ai.Embedding("x"), ai.Plan{Model: "own-embedding",
			Space: ai.Space{Vendor: "google", Model: "own-embedding", Normalized: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wiretest.Answering(500, "")
			p := provider(t, w, c.change)
			got, err := p.Plan(c.req)
			if err != nil || got != c.want {
				t.Errorf("plan = %+v, %v, want %+v", got, err, c.want)
			}
			if len(w.Requests()) != 0 {
				t.Error("planning asked the service")
			}
			_, err = p.Analyze(t.Context(), c.req)
			if e := asError(t, err); e.Model != c.want.Model || !strings.Contains(w.Requests()[0].URL, "/"+c.want.Model+":") {
				t.Errorf("asked %s for %q, planned %q", w.Requests()[0].URL, e.Model, c.want.Model)
			}
		})
	}
}

func TestARequestThatCannotBeSentNamesItsFieldBeforeAnyNetwork(t *testing.T) {
	for _, c := range []struct {
		field string
		req   *ai.Request
	}{
		{"Request", nil},
		{"Prompt", ai.Text(" ")},
		{"Temperature", &ai.Request{Prompt: "x", Temperature: new(math.NaN())}},
		{"Inputs", ai.Embedding()},
		{"Inputs[1]", ai.Embedding("a", "")},
		{"Images[0].Data", ai.ImageAnalysis("x", ai.ImageBytes([]byte("text")))},
		{"Model", &ai.Request{Prompt: "x", Model: "a?key=1"}},
		{"Model", &ai.Request{Prompt: "x", Model: "../files/x"}},
		{"Model", &ai.Request{Inputs: []string{"x"}, Model: "a b"}},
		{"Model", &ai.Request{Prompt: "x", Model: "a%2fb"}},
	} {
		w := wiretest.Answering(200, answer("x"))
		_, err := provider(t, w).Analyze(t.Context(), c.req)
		var e *ai.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: error = %v", c.field, err)
		}
		if e.Code != ai.CodeInvalidRequest || e.Field != c.field || len(w.Requests()) != 0 {
			t.Errorf("%s: error = %#v after %d requests", c.field, e, len(w.Requests()))
		}
	}
}

func TestAModelNameThatCannotBeAskedHasNoPlan(t *testing.T) {
	_, err := provider(t, wiretest.Answering(500, "")).Plan(&ai.Request{Prompt: "x", Model: "a?b"})
	if e := asError(t, err); e.Code != ai.CodeInvalidRequest || e.Field != "Model" {
		t.Errorf("error = %#v, want invalid_request of Model", e)
	}
}

func TestAKindThatIsNotConfiguredIsUnsupportedBeforeAnyNetwork(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	p := provider(t, w, func(c *gemini.Config) { c.Kinds = []ai.Kind{ai.KindText} })
	for _, req := range []*ai.Request{ai.Embedding("x"), ai.ImageAnalysis("x", ai.ImageBytes(png))} {
		_, planErr := p.Plan(req)
		_, err := p.Analyze(t.Context(), req)
		for _, err := range []error{planErr, err} {
			if e := asError(t, err); e.Code != ai.CodeUnsupported {
				t.Errorf("error = %v, want unsupported", err)
			}
		}
	}
	if len(w.Requests()) != 0 {
		t.Errorf("%d requests were sent", len(w.Requests()))
	}
	if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Error(err)
	}
}
