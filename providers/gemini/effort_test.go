package gemini_test

import (
	"reflect"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestEffortIsWhatTheModelUnderstands(t *testing.T) {
	all := []ai.Effort{ai.EffortNone, ai.EffortMinimal, ai.EffortLow, ai.EffortMedium, ai.EffortHigh}
	for model, want := range map[string][]any{
		"gemini-3-pro-preview":         {"LOW", "LOW", "LOW", "HIGH", "HIGH"},
		"gemini-3.1-pro-preview":       {"LOW", "LOW", "LOW", "MEDIUM", "HIGH"},
		"gemini-3-flash-preview":       {"MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"},
		"gemini-3.5-flash":             {"MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"},
		"gemini-3.6-flash":             {"LOW", "LOW", "LOW", "MEDIUM", "HIGH"},
		"gemini-3.8-flash":             {"LOW", "LOW", "LOW", "MEDIUM", "HIGH"},
		"gemini-3.8-flash-lite":        {"MINIMAL", "MINIMAL", "LOW", "MEDIUM", "HIGH"},
		"gemini-4-argon":               {"LOW", "LOW", "LOW", "MEDIUM", "HIGH"},
		"gemini-flash-latest":          {"LOW", "LOW", "LOW", "MEDIUM", "HIGH"},
		"gemini-2.5-pro":               {128.0, 1024.0, 1024.0, 8192.0, 24576.0},
		"gemini-2.5-flash":             {0.0, 1024.0, 1024.0, 8192.0, 24576.0},
		"gemini-2.5-flash-lite":        {0.0, 1024.0, 1024.0, 8192.0, 24576.0},
		"gemini-2.0-flash":             {nil, nil, nil, nil, nil},
		"gemini-2.5-flash-image":       {nil, nil, nil, nil, nil},
		"gemini-2.5-flash-preview-tts": {nil, nil, nil, nil, nil},
		"gemini-1.5-flash-latest":      {nil, nil, nil, nil, nil},
		"gemini-exp-1206":              {nil, nil, nil, nil, nil},
		"gemma-3-27b-it":               {nil, nil, nil, nil, nil},
		"tunedModels/gemini-3":         {nil, nil, nil, nil, nil},
	} {
		for i, effort := range all {
			w := wiretest.Answering(200, answer("fine"))
			p := provider(t, w, func(c *gemini.Config) { c.ThinkingLevel = "high" })
			if _, err := p.Analyze(t.Context(), &ai.Request{Prompt: "x", Model: model, Effort: effort}); err != nil {
				t.Fatal(err)
			}
			_, body := w.Only(t)
			var expected any
			switch v := want[i].(type) {
			case string:
				expected = map[string]any{"thinkingLevel": v}
			case float64:
				expected = map[string]any{"thinkingBudget": v}
			}
			if got := body["generationConfig"].(map[string]any)["thinkingConfig"]; !reflect.DeepEqual(got, expected) {
				t.Errorf("%s, %s: %v, want %v", model, effort, got, expected)
			}
		}
	}
}
