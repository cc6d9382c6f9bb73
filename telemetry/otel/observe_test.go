package otel_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestEveryEventIsCountedWhereItBelongs(t *testing.T) {
	at := ai.Origin{Call: 9, Circuit: "openai/text", Provider: "openai", Kind: ai.KindText, Model: "gpt-4o"}
	const circuit = "finbrain.ai.circuit=openai/text"
	for _, test := range []struct {
		event  ai.Event
		metric string
		want   string
	}{
		{ai.AttemptEnded{Origin: at, Duration: 2 * time.Second}, "finbrain.ai.attempt.duration", "1 of 2 " + circuit},
		{ai.AttemptEnded{Origin: at, Duration: 2 * time.Second, Code: ai.CodeTimeout}, "finbrain.ai.attempt.duration", "1 of 2 error.type=timeout, " + circuit},
		{ai.RetryWaiting{Origin: at, Attempt: 2}, "finbrain.ai.retries", "1 " + circuit},
		{ai.BudgetEmpty{Origin: at}, "finbrain.ai.retry_budget.exhausted", "1 " + circuit},
		{ai.Refused{Origin: at, By: ai.RefusedByLimit, Reason: resilience.ReasonQueueFull}, "finbrain.ai.refusals",
			"1 " + circuit + ", finbrain.ai.reason=queue_full, finbrain.ai.refuser=limit"},
		{ai.StateChanged{Origin: at, From: resilience.Closed, To: resilience.Open, Mode: resilience.MetricsOnly, Reason: resilience.ReasonFailures}, "finbrain.ai.breaker.transitions",
			"1 finbrain.ai.breaker.from=closed, finbrain.ai.breaker.mode=metrics_only, finbrain.ai.breaker.to=open, " + circuit + ", finbrain.ai.reason=failures"},
		{ai.GateChanged{Origin: at, Closed: true, Reason: ai.CodeQuotaExhausted}, "finbrain.ai.gate.closings", "1 " + circuit + ", finbrain.ai.reason=quota_exhausted"},
		{ai.GateChanged{Origin: at}, "finbrain.ai.gate.closings", ""},
		{ai.LimitChanged{Origin: at, From: 10, To: 7}, "finbrain.ai.limit", "7 " + circuit},
		{ai.Hedged{Origin: at, Stage: ai.HedgeLost}, "finbrain.ai.hedges", "1 " + circuit + ", finbrain.ai.hedge.stage=lost"},
		{ai.CacheLooked{Origin: at, Result: ai.CacheStale}, "finbrain.ai.cache.lookups", "1 finbrain.ai.cache.result=stale, " + circuit},
		{ai.FellBack{Origin: ai.Origin{Kind: ai.KindText, Provider: "gemini"}, Primary: "openai", Reason: ai.CodeTimeout, Source: ai.SourceCache}, "finbrain.ai.fallbacks",
			"1 finbrain.ai.kind=text, finbrain.ai.primary=openai, finbrain.ai.reason=timeout, finbrain.ai.route=gemini, finbrain.ai.source=cache"},
		{ai.CallEnded{Origin: at}, "gen_ai.client.operation.duration", ""}, // Wrap measures it
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, otel.Config{})
			l.Observe(test.event)
			got := ""
			for _, line := range pointsOf(l.collect(t)[test.metric].Data) {
				got += line
			}
			want := test.want
			if want != "" {
				want = "  " + want + "\n"
			}
			if got != want {
				t.Errorf("%T counted in %s as %q, want %q", test.event, test.metric, got, want)
			}
		})
	}
}

func TestAnAttemptThatFailedHasNoTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{Providers: map[string]string{"primary": "azure.ai.openai"}})
		at := ai.Origin{Circuit: "primary/text", Provider: "primary", Kind: ai.KindText, Model: "gpt-4o"}
		l.Observe(ai.AttemptEnded{Origin: at, Code: ai.CodeBadResponse, Usage: ai.Usage{InputTokens: 1, OutputTokens: 1}})
		l.Observe(ai.AttemptEnded{Origin: at, Usage: ai.Usage{InputTokens: 5, OutputTokens: 2}})
		want := map[string]bool{
			"  1 of 5 gen_ai.operation.name=chat, gen_ai.provider.name=azure.ai.openai, gen_ai.request.model=gpt-4o, gen_ai.token.type=input\n":  true,
			"  1 of 2 gen_ai.operation.name=chat, gen_ai.provider.name=azure.ai.openai, gen_ai.request.model=gpt-4o, gen_ai.token.type=output\n": true,
		}
		lines := pointsOf(l.collect(t)["gen_ai.client.token.usage"].Data)
		for _, line := range lines {
			if !want[line] {
				t.Errorf("counted %s", line)
			}
		}
		if len(lines) != 2 {
			t.Errorf("%d series", len(lines))
		}
	})
}

func TestRetriesAndRefusalsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		client := l.client(t, ai.WithProvider("openai", fails("gpt-4o", 0, &ai.Error{Code: ai.CodeUnavailable})),
			ai.WithPolicy("openai", 0, resilience.Policy{Budget: resilience.BudgetPolicy{Capacity: 20}}))
		analyzer := l.Wrap(client)
		for range 6 {
			_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
		}
		all := l.collect(t)
		retries := sums(t, all["finbrain.ai.retries"], "finbrain.ai.circuit")["openai/text"]
		spent := sums(t, all["finbrain.ai.retry_budget.exhausted"], "finbrain.ai.circuit")["openai/text"]
		refused := sums(t, all["finbrain.ai.refusals"], "finbrain.ai.refuser")["breaker"]
		attempts := int64(len(l.attempts()))
		if retries != 1 || spent == 0 || refused == 0 || attempts != 5 {
			t.Errorf("%d retries, %d times no budget, %d refusals, %d attempts", retries, spent, refused, attempts)
		}
	})
}
