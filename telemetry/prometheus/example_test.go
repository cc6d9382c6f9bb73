package aiprom_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

func Example() {
	metrics, err := aiprom.New(aiprom.Config{
		Prices: []aiprom.Price{{Provider: "openai", Model: "gpt-x", Input: 2.50, CachedInput: 1.25, Output: 10}},
	})
	if err != nil {
		log.Fatal(err)
	}
	openai := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: "Net debt fell.", Model: "gpt-x", Usage: ai.Usage{InputTokens: 1200, OutputTokens: 300}}, nil
	})
	client, err := ai.New(
		ai.WithProvider("openai", openai, ai.OnlyKinds(ai.KindText)),
		ai.WithObserver(metrics), ai.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		log.Fatal(err)
	}
	if err := metrics.Watch(client); err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // for GET /metrics

	if _, err := client.Analyze(context.Background(), ai.Text("What changed?")); err != nil {
		log.Fatal(err)
	}
	_ = client.Close() // waits until the events have been counted

	show(handler, "ai_calls_total", "ai_tokens_total", "ai_cost_total", "ai_circuit_state")
	// Output:
	// ai_calls_total{code="ok",kind="text",provider="openai",source="provider"} 1
	// ai_circuit_state{circuit="openai/text",state="closed"} 1
	// ai_circuit_state{circuit="openai/text",state="half_open"} 0
	// ai_circuit_state{circuit="openai/text",state="open"} 0
	// ai_cost_total{currency="USD",kind="text",model="gpt-x",provider="openai"} 0.006
	// ai_tokens_total{kind="text",model="gpt-x",provider="openai",type="input"} 1200
	// ai_tokens_total{kind="text",model="gpt-x",provider="openai",type="input_cached"} 0
	// ai_tokens_total{kind="text",model="gpt-x",provider="openai",type="output"} 300
	// ai_tokens_total{kind="text",model="gpt-x",provider="openai",type="output_reasoning"} 0
}

// show prints the samples whose names begin with one of these.
func show(handler http.Handler, names ...string) {
	body := httptest.NewRecorder()
	handler.ServeHTTP(body, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(body.Body.String()) {
		for _, name := range names {
			if strings.HasPrefix(line, name) {
				fmt.Print(line)
			}
		}
	}
}

func ExampleCollector_WatchRegistry() {
	metrics, err := aiprom.New(aiprom.Config{})
	if err != nil {
		log.Fatal(err)
	}
	var services resilience.Registry
	if err := metrics.WatchRegistry(&services); err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)

	services.Breaker("file_storage").RecordFailure()

	show(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), "ai_circuit_window", "ai_circuit_failure_threshold")
	// Output:
	// ai_circuit_failure_threshold{circuit="file_storage"} 5
	// ai_circuit_window_failures{circuit="file_storage"} 1
}
