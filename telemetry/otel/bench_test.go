package otel_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"

	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// What a call costs unwatched, and what watching adds. With -cpu 1 the time is
// the whole processor's: events are told as they come, none is dropped.
func BenchmarkAnalyze(b *testing.B) {
	answer := &ai.Response{Text: "answer", Model: "m", FinishReason: ai.FinishStop, Usage: ai.Usage{InputTokens: 1, OutputTokens: 1}}
	provider := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return answer, nil })
	measured := func() *sdkmetric.MeterProvider {
		return sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	}
	for _, bench := range []struct {
		name    string
		config  *otel.Config
		observe bool
	}{
		{"unwatched", nil, false},
		{"unwatched, observed", nil, true},
		{"no-op providers", &otel.Config{TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider()}, false},
		{"not sampled, no metrics", &otel.Config{MeterProvider: metricnoop.NewMeterProvider(),
			TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))}, false},
		{"not sampled, with metrics", &otel.Config{MeterProvider: measured(),
			TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))}, false},
		{"not sampled, with metrics and observer", &otel.Config{MeterProvider: measured(),
			TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))}, true},
		{"sampled, with metrics", &otel.Config{MeterProvider: measured(), TracerProvider: sdktrace.NewTracerProvider()}, false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			options := []ai.Option{ai.WithProvider("openai", provider), ai.WithLogger(slog.New(slog.DiscardHandler))}
			wrap := func(a ai.Analyzer) ai.Analyzer { return a }
			if bench.config != nil {
				telemetry, err := otel.New(*bench.config)
				if err != nil {
					b.Fatal(err)
				}
				wrap = telemetry.Wrap
				if bench.observe {
					options = append(options, ai.WithObserver(telemetry))
				}
			}
			if bench.config == nil && bench.observe {
				options = append(options, ai.WithObserver(ai.ObserverFunc(func(ai.Event) {})))
			}
			client, err := ai.New(options...)
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			analyzer, ctx, req := wrap(client), context.Background(), ai.Text("prompt")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := analyzer.Analyze(ctx, req); err != nil {
					b.Fatal(err)
				}
				runtime.Gosched()
			}
			b.ReportMetric(float64(client.Health().DroppedEvents)/float64(b.N), "dropped/op")
		})
	}
}

// What watching adds to a stream, and to each of its pieces.
func BenchmarkStream(b *testing.B) {
	piece, last := &ai.Delta{Text: "answer"}, &ai.Delta{Response: &ai.Response{Model: "m", FinishReason: ai.FinishStop}}
	for _, pieces := range []int{1, 1000} {
		inner := streamerFunc{answers("m", 0), func(yield func(*ai.Delta, error) bool) {
			for range pieces {
				if !yield(piece, nil) {
					return
				}
			}
			yield(last, nil)
		}}
		telemetry, err := otel.New(otel.Config{TracerProvider: sdktrace.NewTracerProvider(),
			MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))})
		if err != nil {
			b.Fatal(err)
		}
		for _, bench := range []struct {
			name     string
			streamer ai.Streamer
		}{{"unwatched", inner}, {"sampled, with metrics", telemetry.Wrap(inner).(ai.Streamer)}} {
			b.Run(fmt.Sprintf("%d pieces, %s", pieces, bench.name), func(b *testing.B) {
				ctx, req := context.Background(), ai.Text("prompt")
				b.ReportAllocs()
				for b.Loop() {
					for _, err := range bench.streamer.Stream(ctx, req) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
