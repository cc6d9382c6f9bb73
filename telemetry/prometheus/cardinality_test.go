package aiprom_test

import (
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

func TestEventsMakeNoMoreSeriesThanTheDocumentationSays(t *testing.T) {
	codes := []ai.Code{"", "made up"}
	for _, code := range codesOfThePackage(t) {
		codes = append(codes, ai.Code(code))
	}
	routes, models := []string{"a", "b", "c"}, []string{"m", "n", "o", "unknown"}
	config := aiprom.Config{}
	for _, route := range routes {
		for _, model := range models[:3] {
			config.Prices = append(config.Prices, aiprom.Price{Provider: route, Model: model, Input: 1})
		}
	}
	metrics := newCollector(t, config)
	for _, route := range routes {
		for _, model := range models {
			o := ai.Origin{Circuit: route + "/text", Provider: route, Kind: ai.KindText, Model: model}
			for _, code := range codes {
				metrics.Observe(ai.AttemptEnded{Origin: o, Code: code, Usage: ai.Usage{InputTokens: 1}})
				metrics.Observe(ai.CallEnded{Origin: ai.Origin{Kind: ai.KindText}, Code: code})
				for _, other := range routes {
					metrics.Observe(ai.FellBack{Origin: o, Primary: other, Reason: code, Source: ai.SourceProvider})
				}
				metrics.Observe(ai.FellBack{Origin: o, Primary: route, Reason: code, Source: ai.SourceCache})
				metrics.Observe(ai.FellBack{Origin: ai.Origin{Kind: ai.KindText}, Primary: route, Reason: code, Source: ai.SourceStatic})
				metrics.Observe(ai.GateChanged{Origin: o, Closed: true, Reason: code})
			}
			metrics.Observe(ai.AttemptEnded{Origin: o})
			for _, source := range []ai.Source{ai.SourceProvider, ai.SourceCache} {
				metrics.Observe(ai.CallEnded{Origin: o, Source: source})
			}
			for _, result := range []ai.CacheResult{ai.CacheFresh, ai.CacheStale, ai.CacheMiss} {
				metrics.Observe(ai.CacheLooked{Origin: o, Result: result})
			}
			metrics.Observe(ai.RetryWaiting{Origin: o})
			metrics.Observe(ai.BudgetEmpty{Origin: o})
			for _, by := range []ai.Refuser{ai.RefusedByBreaker, ai.RefusedByGate, ai.RefusedByLimit} {
				metrics.Observe(ai.Refused{Origin: o, By: by})
			}
			for from := resilience.Closed; from <= resilience.HalfOpen; from++ {
				for to := resilience.Closed; to <= resilience.HalfOpen; to++ {
					for mode := resilience.Automatic; mode <= resilience.MetricsOnly; mode++ {
						if from != to {
							metrics.Observe(ai.StateChanged{Origin: o, From: from, To: to, Mode: mode})
						}
					}
				}
			}
			metrics.Observe(ai.Hedged{Origin: o, Stage: ai.HedgeWon})
			metrics.Observe(ai.Hedged{Origin: o, Stage: ai.HedgeLost})
		}
	}
	made := 0
	for series := range scrape(t, registered(t, metrics)) {
		if strings.Contains(series, "{") && !strings.Contains(series, "_seconds_bucket") && !strings.Contains(series, "_seconds_sum") && !strings.Contains(series, "_seconds_count") {
			made++
		}
	}
	if most := len(routes) * (26*len(models) + 21*len(routes) + 150); made > most {
		t.Errorf("%d series, want at most %d", made, most)
	}
}

func TestAScrapeReadsNoMoreSeriesThanTheDocumentationSays(t *testing.T) {
	everything := resilience.BreakerConfig{Failures: 1, MinFailureRate: 0.1, FailureRate: 0.5, MinCalls: 1}
	metrics := newCollector(t, aiprom.Config{})
	client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)),
		ai.WithPolicy("openai", ai.KindText, resilience.Policy{Breaker: everything, Limit: resilience.LimitPolicy{MaxConcurrent: 1}}))
	services := newRegistry(t, resilience.RegistryConfig{Default: everything})
	registry := registered(t, metrics)
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	client.Breaker("openai", ai.KindText).RecordFailure()
	services.Breaker("mail").RecordFailure()
	if err := metrics.Watch(client); err != nil {
		t.Fatal(err)
	}
	read := make(map[string]int)
	for series := range scrape(t, registry) {
		if _, circuit, ok := strings.Cut(series, `circuit="`); ok {
			circuit, _, _ = strings.Cut(circuit, `"`)
			read[circuit]++
		}
	}
	// What Watch sets to zero is not read. A third series of gates needs a reason
	// that is not among the usual two.
	const begun, unusual = 12, 1
	if read["mail"] != 18 || read["openai/text"] != 26-unusual+begun {
		t.Errorf("the series are %v", read)
	}
}
