package gemini_test

import (
	"errors"
	"math"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/gemini"
)

func TestAWrongConfigNamesItsField(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*gemini.Config)
	}{
		{"APIKey", func(c *gemini.Config) { c.APIKey = "" }},
		{"APIKey", func(c *gemini.Config) { c.APIKey = "key\n" }},
		{"BaseURL", func(c *gemini.Config) { c.BaseURL = "generativelanguage.googleapis.com" }},
		{"BaseURL", func(c *gemini.Config) { c.BaseURL = "https://example.com/?key=1" }},
		{"BaseURL", func(c *gemini.Config) { c.BaseURL = "https://user:pass@example.com" }},
		{"BaseURL", func(c *gemini.Config) { c.BaseURL = "https://exa mple.com" }},
		{"BaseURL", func(c *gemini.Config) { c.BaseURL = "https://example.com/v1beta/" }},
		{"Kinds[1]", func(c *gemini.Config) { c.Kinds = []ai.Kind{ai.KindText, 99} }},
		{"APIVersion", func(c *gemini.Config) { c.APIVersion = "v1/models" }},
		{"Models.Text", func(c *gemini.Config) { c.Models.Text = "a?b" }},
		{"Models.Image", func(c *gemini.Config) { c.Models.Image = "../x" }},
		{"Models.Embedding", func(c *gemini.Config) { c.Models.Embedding = "models/" }},
		{`Aliases["fast"]`, func(c *gemini.Config) { c.Aliases = map[string]string{"fast": ""} }},
		{`Aliases[""]`, func(c *gemini.Config) { c.Aliases = map[string]string{"": "x"} }},
		{"ThinkingLevel", func(c *gemini.Config) { c.ThinkingLevel = "deep" }},
		{"ThinkingBudget", func(c *gemini.Config) { c.ThinkingBudget = new(-1) }},
		{"ThinkingBudget", func(c *gemini.Config) { c.ThinkingBudget, c.ThinkingLevel = new(1), "low" }},
		{"ThinkingBudget", func(c *gemini.Config) { c.ThinkingBudget = new(math.MaxInt) }},
		{"ImageDetail", func(c *gemini.Config) { c.ImageDetail = "huge" }},
		{"EmbeddingTask", func(c *gemini.Config) { c.EmbeddingTask = "retrieval" }},
	} {
		cfg := gemini.Config{APIKey: testKey}
		c.change(&cfg)
		p, err := gemini.New(cfg)
		var e *ai.Error
		if !errors.As(err, &e) || p != nil {
			t.Errorf("%s: got %v, %v", c.field, p, err)
			continue
		}
		if e.Code != ai.CodeInvalidRequest || e.Field != c.field || e.Provider != "gemini" {
			t.Errorf("%s: error = %#v", c.field, e)
		}
	}
}
