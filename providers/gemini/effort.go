package gemini

import (
	"strings"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// thinking says how much the model may think: what the request says, else what
// the Config says. It is nil for the model's own choice, and for models that
// are known not to take it: they would refuse the request.
func (p *Provider) thinking(effort ai.Effort, model string) *genai.ThinkingConfig {
	switch version := generationOf(model); {
	case effort == "" && version == 0:
		return p.options.thinking()
	case !thinks(model), effort == "" && p.options.thinkingLevel != "" && version < gemini3:
		return nil
	case effort == "":
		return p.options.thinking()
	case version >= gemini3:
		return &genai.ThinkingConfig{ThinkingLevel: level(effort, model, version)}
	default:
		return &genai.ThinkingConfig{ThinkingBudget: new(budget(effort, model))}
	}
}

// thinks reports whether the model can be told how much to think: Gemini 2.5
// and later can, unless they are made for something else than text.
func thinks(model string) bool {
	for _, special := range []string{"-image", "-tts", "-live", "-audio", "-embedding", "-computer-use"} {
		if strings.Contains(model, special) {
			return false
		}
	}
	return generationOf(model) >= gemini25
}

// level is the effort as a thinking level. Low is the least that every model
// knows; of Gemini 3, Flash up to 3.5 and every Flash-Lite also know minimal,
// and the first Pro does not know medium
// (https://ai.google.dev/gemini-api/docs/generate-content/thinking#thinking-levels).
func level(effort ai.Effort, model string, version generation) genai.ThinkingLevel {
	switch effort {
	case ai.EffortNone, ai.EffortMinimal:
		if strings.Contains(model, "flash-lite") || strings.Contains(model, "flash") && version < gemini36 {
			return genai.ThinkingLevelMinimal
		}
		return genai.ThinkingLevelLow
	case ai.EffortLow:
		return genai.ThinkingLevelLow
	case ai.EffortMedium:
		if version < gemini31 && strings.Contains(model, "pro") {
			return genai.ThinkingLevelHigh
		}
		return genai.ThinkingLevelMedium
	default:
		return genai.ThinkingLevelHigh
	}
}

// budget is the effort in tokens for Gemini 2.5, as Google's own interface
// for OpenAI's clients translates it
// (https://ai.google.dev/gemini-api/docs/openai#thinking). Only Pro cannot be
// kept from thinking; 128 tokens is its least.
func budget(effort ai.Effort, model string) int32 {
	switch effort {
	case ai.EffortNone:
		if strings.Contains(model, "pro") {
			return 128
		}
		return 0
	case ai.EffortMinimal, ai.EffortLow:
		return 1024
	case ai.EffortMedium:
		return 8192
	default:
		return 24576
	}
}

func (o *options) thinking() *genai.ThinkingConfig {
	if o.thinkingLevel == "" && o.thinkingBudget == nil {
		return nil
	}
	config := &genai.ThinkingConfig{ThinkingLevel: o.thinkingLevel}
	if o.thinkingBudget != nil {
		config.ThinkingBudget = new(*o.thinkingBudget)
	}
	return config
}
