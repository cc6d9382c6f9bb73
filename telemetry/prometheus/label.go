package aiprom

import (
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// Values of labels for what has no name of its own.
const (
	none  = "none"  // nobody answered; a static answer has no provider
	ok    = "ok"    // the code of what succeeded
	other = "other" // a name that is not among those shown
)

// codeLabel keeps the label "code" to the Codes of package ai: an adapter may
// make up others.
func codeLabel(c ai.Code) string {
	switch c {
	case "":
		return ok
	case ai.CodeInvalidRequest, ai.CodeTooLarge, ai.CodeContextLength, ai.CodeMaxTokens,
		ai.CodeContentFiltered, ai.CodeModelFailed, ai.CodeNotAvailable, ai.CodeAuthentication,
		ai.CodeQuotaExhausted, ai.CodeRateLimited, ai.CodeTimeout, ai.CodeUnavailable,
		ai.CodeBadResponse, ai.CodeCircuitOpen, ai.CodeOverloadedHere, ai.CodeIncompatibleSpace,
		ai.CodeCanceled, ai.CodeDeadline, ai.CodeUnsupported:
		return string(c)
	}
	return other
}

// outcomeLabel tells the durations of attempts apart: what fails fast, or was
// cut short, says nothing of how long an answer takes.
func outcomeLabel(code string) string {
	if code == ok || code == string(ai.CodeCanceled) {
		return code
	}
	return "failed"
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

// seconds is Prometheus's base unit of time.
func seconds(d time.Duration) float64 { return max(0, d.Seconds()) }

func timestamp(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }

// text makes a name fit for a label, which must be valid UTF-8.
func text(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// routeModel is a model of one route.
type routeModel struct{ provider, model string }

// models are those that are shown by name.
type models map[string]bool

func (m models) label(name string) string {
	if m[name] {
		return name
	}
	return other
}

// tokens are an attempt's, each counted once.
type tokens struct{ input, cached, output, reasoning int }

// tokensOf takes apart what a provider reports: there, input contains cached
// and output contains reasoning.
func tokensOf(u ai.Usage) tokens {
	input, output := max(0, u.InputTokens), max(0, u.OutputTokens)
	cached, reasoning := min(max(0, u.CachedTokens), input), min(max(0, u.ReasoningTokens), output)
	return tokens{input: input - cached, cached: cached, output: output - reasoning, reasoning: reasoning}
}
