package openai

import (
	"slices"
	"strings"

	"github.com/finbrain/ai"
)

// levels are the efforts that a request can name, less first.
var levels = []ai.Effort{ai.EffortNone, ai.EffortMinimal, ai.EffortLow, ai.EffortMedium, ai.EffortHigh}

// effortFor returns the reasoning_effort for a request: the level asked for,
// or else the nearest above it that the model has, or else its highest. Models
// that cannot think get none. Of a model that is not known here, it is not
// known whether the server would refuse the field: it gets the level only if
// the Config names a ReasoningEffort.
func (p *Provider) effortFor(want ai.Effort, model string) string {
	if want == "" {
		return p.effort
	}
	known, has := efforts(model)
	switch {
	case !known && p.effort != "":
		return string(want)
	case len(has) == 0:
		return ""
	}
	for _, level := range levels[max(0, slices.Index(levels, want)):] {
		if slices.Contains(has, level) {
			return string(level)
		}
	}
	return string(has[len(has)-1])
}

// efforts returns the levels that a model has, less first, and whether the
// model is known. The source is the reference of reasoning_effort at
// https://platform.openai.com/docs/api-reference/chat/create, and what the
// service says when it refuses one.
func efforts(model string) (known bool, has []ai.Effort) {
	name, _ := baseModel(model)
	thinks := []ai.Effort{ai.EffortLow, ai.EffortMedium, ai.EffortHigh}
	family := func(names ...string) bool {
		return slices.ContainsFunc(names, func(f string) bool {
			rest, ok := strings.CutPrefix(name, f)
			return ok && (rest == "" || strings.ContainsRune("-.:@", rune(rest[0])))
		})
	}
	switch {
	case family("gpt-3", "gpt-4", "gpt-4o", "chatgpt", "o1-mini", "o1-preview"), strings.HasPrefix(name, "gpt-") && strings.Contains(name, "-chat"):
		return true, nil
	case family("gpt-5-pro"):
		return true, []ai.Effort{ai.EffortHigh}
	case strings.HasPrefix(name, "gpt-5.") && strings.Contains(name, "-pro"):
		return true, []ai.Effort{ai.EffortMedium, ai.EffortHigh}
	case family("o1", "o3", "o4", "gpt-oss", "gpt-6-astra", "gpt-6.1"), strings.HasPrefix(name, "gpt-5") && strings.Contains(name, "-codex"):
		return true, thinks
	case strings.HasPrefix(name, "gpt-5."), family("gpt-6"):
		return true, append([]ai.Effort{ai.EffortNone}, thinks...)
	case family("gpt-5"):
		return true, append([]ai.Effort{ai.EffortMinimal}, thinks...)
	}
	return false, nil
}
