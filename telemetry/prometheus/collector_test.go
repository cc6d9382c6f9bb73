package aiprom_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

var text = ai.Origin{Circuit: "openai/text", Provider: "openai", Kind: ai.KindText, Model: "gpt"}

func TestEveryEventMovesItsMetrics(t *testing.T) {
	priced := aiprom.Config{Prices: []aiprom.Price{{Provider: "openai", Model: "gpt", Input: 2, Output: 8}}}
	for name, test := range map[string]struct {
		event ai.Event
		want  values
	}{
		"an answer": {
			ai.CallEnded{Origin: text, Source: ai.SourceProvider, Duration: 1500 * time.Millisecond},
			values{
				`ai_calls_total{code="ok",kind="text",provider="openai",source="provider"}`: 1,
				`ai_call_duration_seconds_count{kind="text",source="provider"}`:             1,
				`ai_call_duration_seconds_sum{kind="text",source="provider"}`:               1.5,
				`ai_call_duration_seconds_bucket{kind="text",source="provider",le="1.28"}`:  0,
				`ai_call_duration_seconds_bucket{kind="text",source="provider",le="2.56"}`:  1,
				`ai_call_duration_seconds_bucket{kind="text",source="provider",le="+Inf"}`:  1,
				`ai_call_duration_seconds_bucket{kind="text",source="provider",le="0.01"}`:  0,
				`ai_call_duration_seconds_bucket{kind="text",source="provider",le="81.92"}`: 1,
			},
		},
		"a call without an answer": {
			ai.CallEnded{Origin: ai.Origin{Kind: ai.KindImage}, Code: ai.CodeDeadline},
			values{`ai_calls_total{code="deadline",kind="image",provider="none",source="none"}`: 1},
		},
		"a fallback to static words": {
			ai.FellBack{Origin: ai.Origin{Kind: ai.KindText}, Primary: "openai", Reason: ai.CodeTimeout, Source: ai.SourceStatic},
			values{`ai_fallbacks_total{kind="text",primary="openai",provider="none",reason="timeout",source="static"}`: 1},
		},
		"a fallback that a provider made without a reason": {
			ai.FellBack{Origin: text, Primary: "openai", Source: ai.SourceProvider},
			values{`ai_fallbacks_total{kind="text",primary="openai",provider="openai",reason="other",source="provider"}`: 1},
		},
		"an attempt with tokens": {
			ai.AttemptEnded{Origin: text, Duration: time.Second,
				Usage: ai.Usage{InputTokens: 100, CachedTokens: 30, OutputTokens: 50, ReasoningTokens: 20}},
			values{
				`ai_attempts_total{code="ok",kind="text",model="gpt",provider="openai"}`:             1,
				`ai_attempt_duration_seconds_sum{kind="text",outcome="ok",provider="openai"}`:        1,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input"}`:            70,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input_cached"}`:     30,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="output"}`:           30,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="output_reasoning"}`: 20,
				`ai_cost_total{currency="USD",kind="text",model="gpt",provider="openai"}`:            600e-6,
				`ai_unpriced_attempts_total{kind="text",provider="openai"}`:                          math.NaN(),
			},
		},
		"an answer without tokens": {
			ai.AttemptEnded{Origin: text},
			values{
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input"}`: math.NaN(),
				`ai_cost_total{currency="USD",kind="text",model="gpt",provider="openai"}`: math.NaN(),
				`ai_unpriced_attempts_total{kind="text",provider="openai"}`:               1,
			},
		},
		"a failed attempt": {
			ai.AttemptEnded{Origin: text, Code: ai.CodeTimeout, Duration: 2 * time.Second},
			values{
				`ai_attempts_total{code="timeout",kind="text",model="gpt",provider="openai"}`:     1,
				`ai_attempt_duration_seconds_sum{kind="text",outcome="failed",provider="openai"}`: 2,
				`ai_unpriced_attempts_total{kind="text",provider="openai"}`:                       math.NaN(),
			},
		},
		"an attempt that nobody waits for": {
			ai.AttemptEnded{Origin: text, Code: ai.CodeCanceled},
			values{`ai_attempt_duration_seconds_count{kind="text",outcome="canceled",provider="openai"}`: 1},
		},
		"a provider that counts oddly": {
			ai.AttemptEnded{Origin: text, Usage: ai.Usage{InputTokens: 10, CachedTokens: 25, OutputTokens: -5, ReasoningTokens: 3}},
			values{
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input"}`:            0,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input_cached"}`:     10,
				`ai_tokens_total{kind="text",model="gpt",provider="openai",type="output_reasoning"}`: 0,
				`ai_cost_total{currency="USD",kind="text",model="gpt",provider="openai"}`:            20e-6,
			},
		},
		"a look into the cache": {
			ai.CacheLooked{Origin: text, Result: ai.CacheStale, Age: time.Hour},
			values{`ai_cache_lookups_total{kind="text",provider="openai",result="stale"}`: 1},
		},
		"a retry": {
			ai.RetryWaiting{Origin: text, Attempt: 2, Wait: 250 * time.Millisecond},
			values{`ai_retries_total{circuit="openai/text"}`: 1, `ai_retry_wait_seconds_total{circuit="openai/text"}`: 0.25},
		},
		"a spent budget": {ai.BudgetEmpty{Origin: text}, values{`ai_retry_budget_exhausted_total{circuit="openai/text"}`: 1}},
		"a refusal":      {ai.Refused{Origin: text, By: ai.RefusedByLimit}, values{`ai_refusals_total{by="limit",circuit="openai/text"}`: 1}},
		"a change of state": {
			ai.StateChanged{Origin: text, From: resilience.HalfOpen, To: resilience.Open, Mode: resilience.MetricsOnly},
			values{`ai_circuit_transitions_total{circuit="openai/text",from="half_open",mode="metrics_only",to="open"}`: 1},
		},
		"a gate that closes": {
			ai.GateChanged{Origin: text, Closed: true, Reason: ai.CodeQuotaExhausted},
			values{`ai_gate_closings_total{circuit="openai/text",reason="quota_exhausted"}`: 1},
		},
		"a gate that opens": {
			ai.GateChanged{Origin: text},
			values{`ai_gate_closings_total{circuit="openai/text",reason="ok"}`: math.NaN()},
		},
		"a hedge that begins": {ai.Hedged{Origin: text, Stage: ai.HedgeStarted}, values{`ai_hedges_total{circuit="openai/text",outcome="started"}`: math.NaN()}},
		"a hedge that wins":   {ai.Hedged{Origin: text, Stage: ai.HedgeWon}, values{`ai_hedges_total{circuit="openai/text",outcome="won"}`: 1}},
		"a hedge that loses":  {ai.Hedged{Origin: text, Stage: ai.HedgeLost}, values{`ai_hedges_total{circuit="openai/text",outcome="lost"}`: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			metrics := newCollector(t, priced)
			metrics.Observe(test.event)
			scrape(t, registered(t, metrics)).want(t, test.want)
		})
	}
}

func TestACachedInputTokenHasItsOwnPrice(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{Currency: "EUR",
		Prices: []aiprom.Price{{Provider: "openai", Model: "gpt", Input: 2, CachedInput: 0.5, Output: 8}}})
	metrics.Observe(ai.AttemptEnded{Origin: text, Usage: ai.Usage{InputTokens: 1_000_000, CachedTokens: 400_000, OutputTokens: 100_000, ReasoningTokens: 50_000}})
	scrape(t, registered(t, metrics)).want(t, values{
		`ai_cost_total{currency="EUR",kind="text",model="gpt",provider="openai"}`: 1.2 + 0.2 + 0.8,
	})
}

func TestAPriceIsThatOfOneProvider(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{Prices: []aiprom.Price{{Provider: "azure", Model: "gpt", Input: 2}}})
	metrics.Observe(ai.AttemptEnded{Origin: text, Usage: ai.Usage{InputTokens: 10}})
	got := scrape(t, registered(t, metrics))
	got.absent(t, "ai_cost_total")
	got.want(t, values{
		`ai_tokens_total{kind="text",model="gpt",provider="openai",type="input"}`: 10,
		`ai_unpriced_attempts_total{kind="text",provider="openai"}`:               1,
	})
}

func TestNoLabelGrowsWithWhatRequestsAndAdaptersSay(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{Models: []string{"known"}})
	for i := range 100 {
		name := fmt.Sprint("made-up-", i)
		origin := ai.Origin{Circuit: "openai/text", Provider: "openai", Kind: ai.KindText, Model: name}
		metrics.Observe(ai.AttemptEnded{Origin: origin, Code: ai.Code(name)})
		metrics.Observe(ai.AttemptEnded{Origin: origin, Usage: ai.Usage{InputTokens: 1}})
		metrics.Observe(ai.CallEnded{Origin: origin, Code: ai.Code(name)})
		metrics.Observe(ai.FellBack{Origin: origin, Primary: "openai", Reason: ai.Code(name), Source: ai.SourceProvider})
		metrics.Observe(ai.GateChanged{Origin: origin, Closed: true, Reason: ai.Code(name)})
		metrics.Observe(ai.Refused{Origin: origin, By: ai.RefusedByBreaker, Reason: name})
		metrics.Observe(ai.StateChanged{Origin: origin, To: resilience.Open, Reason: name})
	}
	metrics.Observe(ai.AttemptEnded{Origin: ai.Origin{Provider: "openai", Kind: ai.KindText, Model: "known"}})
	got := scrape(t, registered(t, metrics))
	for series := range got {
		if strings.Contains(series, "made-up") {
			t.Errorf("%s is there", series)
		}
	}
	got.want(t, values{
		`ai_attempts_total{code="other",kind="text",model="other",provider="openai"}`: 100,
		`ai_attempts_total{code="ok",kind="text",model="other",provider="openai"}`:    100,
		`ai_attempts_total{code="ok",kind="text",model="known",provider="openai"}`:    1,
	})
}

// codesOfThePackage reads them from where they are declared.
func codesOfThePackage(t *testing.T) (codes []string) {
	t.Helper()
	source, err := os.ReadFile("../../error.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`\bCode\w+ +Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, match[1])
	}
	if len(codes) < 19 {
		t.Fatalf("found the codes %v only", codes)
	}
	return codes
}

func TestEveryCodeOfThePackageHasItsLabel(t *testing.T) {
	codes := codesOfThePackage(t)
	metrics := newCollector(t, aiprom.Config{})
	want := make(values)
	for _, code := range codes {
		metrics.Observe(ai.CallEnded{Origin: ai.Origin{Kind: ai.KindText}, Code: ai.Code(code)})
		want[fmt.Sprintf(`ai_calls_total{code=%q,kind="text",provider="none",source="none"}`, code)] = 1
	}
	scrape(t, registered(t, metrics)).want(t, want)
}

func TestNothingOfARequestOrAnErrorIsShown(t *testing.T) {
	const canary = "sk-canary"
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		first := &provider{model: canary, err: fmt.Errorf("key %s is wrong", canary)}
		client := newClient(t, ai.WithProvider("openai", first), ai.WithProvider("gemini", &provider{model: canary}), ai.WithObserver(metrics))
		if err := metrics.Watch(client); err != nil {
			t.Fatal(err)
		}
		registry := registered(t, metrics)
		for range 6 {
			req := &ai.Request{Prompt: canary, Instruction: canary, Tenant: canary, Model: canary}
			if _, err := client.Analyze(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		client.Breaker("gemini", ai.KindText).Trip(time.Now().Add(time.Hour), canary)
		synctest.Wait()
		body := exposition(t, registry)
		if strings.Contains(body, canary) {
			t.Errorf("%q is in\n%s", canary, body)
		}
		if !strings.Contains(body, `ai_calls_total{code="ok",kind="text",provider="gemini",source="provider"} 6`) {
			t.Errorf("the calls are missing in\n%s", body)
		}
	})
}
