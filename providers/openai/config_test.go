package openai_test

import (
	"errors"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestAWrongConfigNamesItsField(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*openai.Config)
	}{
		{"APIKey", func(c *openai.Config) { c.APIKey = "" }},
		{"APIKey", func(c *openai.Config) { c.APIKey = "key\n" }},
		{"APIKey", func(c *openai.Config) { c.APIKey = "ключ" }},
		{"Organization", func(c *openai.Config) { c.Organization = "a\r\nb" }},
		{"Project", func(c *openai.Config) { c.Project = "a b" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "api.openai.com/v1" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "ftp://api.openai.com/v1" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://exa mple.com" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://user:pass@example.com" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://example.com/v1?key=x" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://example.com/v1#x" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://example.com/v1/chat/completions/" }},
		{"BaseURL", func(c *openai.Config) { c.BaseURL = "https://example.com/v1/embeddings" }},
		{"APIVersion", func(c *openai.Config) { c.APIVersion = "2024-10-21" }},
		{"APIVersion", func(c *openai.Config) { c.BaseURL, c.APIVersion = "https://x.openai.azure.com", "a b" }},
		{"Kinds[1]", func(c *openai.Config) { c.Kinds = []ai.Kind{ai.KindText, 0} }},
		{`Aliases["fast"]`, func(c *openai.Config) { c.Aliases = map[string]string{"deep": "x", "fast": ""} }},
		{`Aliases[""]`, func(c *openai.Config) { c.Aliases = map[string]string{"": "x"} }},
		{"ReasoningEffort", func(c *openai.Config) { c.ReasoningEffort = "huge" }},
		{"ImageDetail", func(c *openai.Config) { c.ImageDetail = "medium" }},
		{"EmbeddingFormat", func(c *openai.Config) { c.EmbeddingFormat = "hex" }},
	} {
		cfg := openai.Config{APIKey: testKey}
		c.change(&cfg)
		p, err := openai.New(cfg)
		var e *ai.Error
		if !errors.As(err, &e) || p != nil {
			t.Errorf("%s: got %v, %v", c.field, p, err)
			continue
		}
		if e.Code != ai.CodeInvalidRequest || e.Field != c.field || e.Provider != "openai" {
			t.Errorf("%s: error = %#v", c.field, e)
		}
	}
}

func TestTheBaseURLDecidesWhereRequestsGo(t *testing.T) {
	for base, want := range map[string]string{
		"":                           "https://api.openai.com/v1/chat/completions",
		"https://api.openai.com/v1/": "https://api.openai.com/v1/chat/completions",
		"http://localhost:11434/v1":  "http://localhost:11434/v1/chat/completions",
		"http://localhost:8000":      "http://localhost:8000/chat/completions",
	} {
		w := wiretest.Answering(200, answer("x"))
		if _, err := provider(t, w, func(c *openai.Config) { c.BaseURL = base }).Analyze(t.Context(), ai.Text("x")); err != nil {
			t.Fatal(err)
		}
		if sent, _ := w.Only(t); sent.URL != want {
			t.Errorf("%q: sent to %s", base, sent.URL)
		}
	}
}

func TestAzureDeploymentsAreAddressedByTheirName(t *testing.T) {
	w := wiretest.Answering(200, answer("x"))
	p := provider(t, w, func(c *openai.Config) {
		c.BaseURL, c.APIVersion, c.Models.Text = "https://name.openai.azure.com/", "2024-10-21", "my/deployment?"
	})
	if _, err := p.Analyze(t.Context(), ai.Text("x")); err != nil {
		t.Fatal(err)
	}
	sent, _ := w.Only(t)
	if want := "https://name.openai.azure.com/openai/deployments/my%2Fdeployment%3F/chat/completions?api-version=2024-10-21"; sent.URL != want {
		t.Errorf("sent to %s", sent.URL)
	}
	if got := sent.Header.Values("Api-Key"); len(got) != 1 || got[0] != testKey || sent.Header.Get("Authorization") != "" {
		t.Errorf("headers %v", sent.Header)
	}
}
