package openai_test

import (
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

func TestAnEffortIsTheNearestThatTheModelHas(t *testing.T) {
	type row [5]any // none, minimal, low, medium, high
	last := row{nil, nil, nil, nil, nil}
	for model, want := range map[string]row{
		"gpt-5.5": {"none", "low", "low", "medium", "high"}, "gpt-5.1-2025-11-13": {"none", "low", "low", "medium", "high"},
		"openai/gpt-5.2": {"none", "low", "low", "medium", "high"}, "gpt-6-luna": {"none", "low", "low", "medium", "high"},
		"ft:gpt-5.5:acme": {"none", "low", "low", "medium", "high"}, "GPT-5.5": {"none", "low", "low", "medium", "high"},
		"gpt-6-astra": {"low", "low", "low", "medium", "high"}, "gpt-6.1-sol": {"low", "low", "low", "medium", "high"},
		"gpt-5": {"minimal", "minimal", "low", "medium", "high"}, "gpt-5-mini-2025-08-07": {"minimal", "minimal", "low", "medium", "high"},
		"gpt-5-codex": {"low", "low", "low", "medium", "high"}, "gpt-5.1-codex-max": {"low", "low", "low", "medium", "high"},
		"gpt-5-pro": {"high", "high", "high", "high", "high"}, "gpt-5.5-pro": {"medium", "medium", "medium", "medium", "high"},
		"o3": {"low", "low", "low", "medium", "high"}, "o4-mini": {"low", "low", "low", "medium", "high"}, "o1": {"low", "low", "low", "medium", "high"},
		"gpt-oss:20b": {"low", "low", "low", "medium", "high"}, "openai/gpt-oss-120b": {"low", "low", "low", "medium", "high"},
		"ft:gpt-5.5:my-chat:x": {"none", "low", "low", "medium", "high"}, "minecraft:gpt-5": last,
		"o1-mini": last, "gpt-4.1": last, "gpt-4o-mini": last, "gpt-3.5-turbo": last, "chatgpt-4o-latest": last,
		"gpt-5-chat-latest": last, "gpt-5.3-chat-latest": last, "llama3": last, "o2x": last, "gpt-50": last, "mistral-large": last,
	} {
		for i, effort := range []ai.Effort{ai.EffortNone, ai.EffortMinimal, ai.EffortLow, ai.EffortMedium, ai.EffortHigh} {
			w := wiretest.Answering(200, answer("x"))
			if _, err := provider(t, w).Analyze(t.Context(), &ai.Request{Prompt: "x", Model: model, Effort: effort}); err != nil {
				t.Fatal(err)
			}
			if _, body := w.Only(t); body["reasoning_effort"] != want[i] {
				t.Errorf("%s, %s: sent %v, want %v", model, effort, body["reasoning_effort"], want[i])
			}
		}
	}
}

func TestTheConfiguredEffortIsTheDefault(t *testing.T) {
	for _, c := range []struct {
		model  string
		effort ai.Effort
		want   any
	}{
		{"gpt-5.5", "", "xhigh"}, {"gpt-5.5", ai.EffortLow, "low"}, {"gpt-4.1", ai.EffortLow, nil},
		{"llama3", "", "xhigh"}, {"llama3", ai.EffortMinimal, "minimal"},
	} {
		w := wiretest.Answering(200, answer("x"))
		p := provider(t, w, func(cfg *openai.Config) { cfg.ReasoningEffort = "xhigh" })
		if _, err := p.Analyze(t.Context(), &ai.Request{Prompt: "x", Model: c.model, Effort: c.effort}); err != nil {
			t.Fatal(err)
		}
		if _, body := w.Only(t); body["reasoning_effort"] != c.want {
			t.Errorf("%s, %q: sent %v, want %v", c.model, c.effort, body["reasoning_effort"], c.want)
		}
	}
}
