package openai_test

import (
	"errors"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestPlanNamesWhatAnalyzeAsks(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*openai.Config)
		req    *ai.Request
		want   ai.Plan
	}{
		"text":        {nil, ai.Text("x"), ai.Plan{Model: "gpt-5.5"}},
		"image":       {nil, ai.ImageAnalysis("x", ai.ImageBytes(png)), ai.Plan{Model: "gpt-5.5"}},
		"embedding":   {nil, ai.Embedding("x"), ai.Plan{Model: "text-embedding-3-small", Space: ai.Space{Vendor: "openai", Model: "text-embedding-3-small", Dimensions: 1536, Normalized: true}}},
		"large":       {nil, &ai.Request{Inputs: []string{"x"}, Model: "text-embedding-3-large"}, ai.Plan{Model: "text-embedding-3-large", Space: ai.Space{Vendor: "openai", Model: "text-embedding-3-large", Dimensions: 3072, Normalized: true}}},
		"shortened":   {nil, &ai.Request{Inputs: []string{"x"}, Dimensions: 256}, ai.Plan{Model: "text-embedding-3-small", Space: ai.Space{Vendor: "openai", Model: "text-embedding-3-small", Dimensions: 256, Normalized: true}}},
		"named":       {nil, &ai.Request{Prompt: "x", Model: "gpt-4.1"}, ai.Plan{Model: "gpt-4.1"}},
		"alias":       {func(c *openai.Config) { c.Aliases = map[string]string{"fast": "gpt-5-mini"} }, &ai.Request{Prompt: "x", Model: "fast"}, ai.Plan{Model: "gpt-5-mini", Alias: true}},
		"own default": {func(c *openai.Config) { c.Models.Image = "gpt-4o" }, ai.ImageAnalysis("x", ai.ImageBytes(png)), ai.Plan{Model: "gpt-4o"}},
		"other kinds": {func(c *openai.Config) { c.Models.Image = "gpt-4o" }, ai.Text("x"), ai.Plan{Model: "gpt-5.5"}},
		"own server": {func(c *openai.Config) {
			c.BaseURL, c.Models.Embedding = "http://localhost:11434/v1", "nomic-embed-text"
		}, ai.Embedding("x"),
			ai.Plan{Model: "nomic-embed-text", Space: ai.Space{Vendor: "localhost:11434", Model: "nomic-embed-text"}}},
		"gateway": {func(c *openai.Config) { c.BaseURL, c.Vendor = "http://gateway.example.com/v1", "openai" }, ai.Embedding("x"),
			ai.Plan{Model: "text-embedding-3-small", Space: ai.Space{Vendor: "openai", Model: "text-embedding-3-small", Dimensions: 1536, Normalized: true}}},
	} {
		w := wiretest.Answering(200, answer("x"))
		if c.req.ResolvedKind() == ai.KindEmbedding {
			w = wiretest.Answering(200, vectors(floats(0, make1(max(c.req.Dimensions, 3))...)))
		}
		p := provider(t, w)
		if c.change != nil {
			p = provider(t, w, c.change)
		}
		plan, err := p.Plan(c.req)
		if err != nil || plan != c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, plan, err, c.want)
		}
		got, err := p.Analyze(t.Context(), c.req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, body := w.Only(t); body["model"] != plan.Model {
			t.Errorf("%s: asked %v, planned %s", name, body["model"], plan.Model)
		}
		planned := plan.Space
		planned.Dimensions = got.Space.Dimensions
		if got.Space != planned {
			t.Errorf("%s: space %+v, planned %+v", name, got.Space, plan.Space)
		}
	}
}

func make1(n int) []float32 {
	v := make([]float32, n)
	v[0] = 1
	return v
}

func TestAKindThatTheServerDoesNotHaveIsNotAsked(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	p := provider(t, w, func(c *openai.Config) { c.Kinds = []ai.Kind{ai.KindText} })
	for _, req := range []*ai.Request{ai.Embedding("x"), ai.ImageAnalysis("x", ai.ImageBytes(png))} {
		_, planned := p.Plan(req)
		_, err := p.Analyze(t.Context(), req)
		if !errors.Is(planned, ai.CodeUnsupported) || !errors.Is(err, ai.CodeUnsupported) {
			t.Errorf("Plan %v, Analyze %v", planned, err)
		}
	}
	if sent := w.Requests(); len(sent) != 0 {
		t.Errorf("%d requests were sent", len(sent))
	}
	if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Error(err)
	}
}

func TestTheConfigIsReadOnce(t *testing.T) {
	aliases, kinds := map[string]string{"fast": "gpt-5-mini"}, []ai.Kind{ai.KindText}
	p := provider(t, wiretest.Answering(200, answer("x")), func(c *openai.Config) { c.Aliases, c.Kinds = aliases, kinds })
	aliases["fast"], kinds[0] = "other", ai.KindImage
	if plan, err := p.Plan(&ai.Request{Prompt: "x", Model: "fast"}); err != nil || plan.Model != "gpt-5-mini" {
		t.Errorf("%+v, %v", plan, err)
	}
}
