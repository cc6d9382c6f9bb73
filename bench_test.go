package ai_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
)

var (
	benchResponse = &ai.Response{Text: "answer", Model: "m", FinishReason: ai.FinishStop}
	noOp          = ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return benchResponse, nil })
	silent        = ai.WithLogger(slog.New(slog.DiscardHandler))
)

func benchClient(b *testing.B, options ...ai.Option) *ai.Client {
	b.Helper()
	client, err := ai.New(append(options, silent)...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	return client
}

func benchAnalyze(b *testing.B, client *ai.Client, prompt string) {
	ctx := context.Background()
	req := &ai.Request{Prompt: prompt}
	b.Run("serial", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := client.Analyze(ctx, req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := client.Analyze(ctx, req); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

func BenchmarkAnalyzeNoOp(b *testing.B) {
	benchAnalyze(b, benchClient(b, ai.WithProvider("primary", noOp), ai.WithProvider("secondary", noOp)), "prompt")
}

func BenchmarkAnalyzeFromCache(b *testing.B) {
	answer := &ai.Response{Text: strings.Repeat("a", 2048), Model: "m", FinishReason: ai.FinishStop}
	client := benchClient(b,
		ai.WithProvider("primary", ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return answer, nil })),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour}))
	b.Run("short prompt", func(b *testing.B) { benchAnalyze(b, client, "a short prompt") })
	b.Run("4 KB prompt", func(b *testing.B) { benchAnalyze(b, client, strings.Repeat("p", 4096)) })
}

func BenchmarkAnalyzeOpenToStatic(b *testing.B) {
	client := benchClient(b, ai.WithProvider("primary", noOp), ai.WithStatic(&ai.Response{Text: "unavailable"}))
	client.Breaker("primary", ai.KindText).ForceOpen()
	benchAnalyze(b, client, "prompt")
}
