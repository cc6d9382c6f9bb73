package aiprom_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// BenchmarkAnalyze shows what a Collector costs a caller: with it a call is to
// take at most 2 µs more than without. An empty observer shows how much of that
// is the events themselves. Calls that take no time outrun every observer, so
// many events are dropped here: BenchmarkObserve is the other half.
func BenchmarkAnalyze(b *testing.B) {
	metrics, err := aiprom.New(aiprom.Config{Prices: []aiprom.Price{{Provider: "primary", Model: "m", Input: 1, Output: 4}}})
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name    string
		options []ai.Option
	}{
		{"without", nil},
		{"empty observer", []ai.Option{ai.WithObserver(ai.ObserverFunc(func(ai.Event) {}))}},
		{"with", []ai.Option{ai.WithObserver(metrics)}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			answer := &ai.Response{Text: "answer", Model: "m", Usage: ai.Usage{InputTokens: 900, OutputTokens: 300, CachedTokens: 100}}
			client, err := ai.New(append(bench.options, ai.WithLogger(slog.New(slog.DiscardHandler)),
				ai.WithProvider("primary", ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return answer, nil })))...)
			if err != nil {
				b.Fatal(err)
			}
			ctx, req := context.Background(), ai.Text("prompt")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Analyze(ctx, req); err != nil {
					b.Fatal(err)
				}
			}
			_ = client.Close()
			b.ReportMetric(float64(client.Health().DroppedEvents)/float64(b.N), "dropped/op")
		})
	}
}

// BenchmarkObserve is what the observers' goroutine does for one call.
func BenchmarkObserve(b *testing.B) {
	metrics, err := aiprom.New(aiprom.Config{Prices: []aiprom.Price{{Provider: "primary", Model: "m", Input: 1, Output: 4}}})
	if err != nil {
		b.Fatal(err)
	}
	origin := ai.Origin{Circuit: "primary/text", Provider: "primary", Kind: ai.KindText, Model: "m"}
	attempt := ai.AttemptEnded{Origin: origin, Usage: ai.Usage{InputTokens: 900, OutputTokens: 300, CachedTokens: 100}}
	call := ai.CallEnded{Origin: origin, Source: ai.SourceProvider}
	b.ReportAllocs()
	for b.Loop() {
		metrics.Observe(attempt)
		metrics.Observe(call)
	}
}

// BenchmarkCollect is one scrape of a client with a circuit per kind.
func BenchmarkCollect(b *testing.B) {
	metrics, err := aiprom.New(aiprom.Config{})
	if err != nil {
		b.Fatal(err)
	}
	client, err := ai.New(ai.WithProvider("primary", &provider{}))
	if err != nil {
		b.Fatal(err)
	}
	if err := metrics.Watch(client); err != nil {
		b.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := registry.Gather(); err != nil {
			b.Fatal(err)
		}
	}
}
