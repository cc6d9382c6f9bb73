package otel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// canary stands for a key, a prompt, an answer and a provider's raw text.
const canary = "sk-canary"

func TestNoSecretAndNoContentReachesASpanOrAMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		leaking := &ai.Error{Code: ai.CodeUnavailable, Detail: canary, Field: canary, Cause: fmt.Errorf("wrapped: %s", canary)}
		panics := answers("gpt-4o", 0)
		panics.do = func(context.Context, *ai.Request) (*ai.Response, error) { panic(canary) }
		saying := answers("gpt-4o", 0)
		saying.do = func(context.Context, *ai.Request) (*ai.Response, error) {
			return &ai.Response{Text: canary, FinishReason: ai.FinishStop}, nil
		}
		req := &ai.Request{Prompt: canary, Instruction: canary, Tenant: canary, Stop: []string{canary},
			History: []ai.Message{{Role: ai.RoleUser, Text: canary, Images: []ai.Image{ai.ImageURL("https://example.com/" + canary)}}}}
		for _, analyzer := range []ai.Analyzer{
			l.client(t, ai.WithProvider("first", fails("gpt-4o", 0, leaking)), ai.WithProvider("second", panics), ai.WithStatic(&ai.Response{Text: canary})),
			l.client(t, ai.WithProvider("first", fails("gpt-4o", 0, fmt.Errorf("raw: %s", canary)))),
			l.client(t, ai.WithProvider("first", saying)),
			l.client(t, ai.WithProvider("first", &streams{saying, []piece{said(0, canary), {0, nil, leaking}}, 0, false})),
			&streams{saying, append([]piece{said(0, canary)}, ended("gpt-4o")...), 0, false},
			fails("gpt-4o", 0, fmt.Errorf("raw: %s", canary)),
			fails("gpt-4o", 0, leaking),
			saying,
		} {
			for range 6 {
				_, _ = l.Wrap(analyzer).Analyze(t.Context(), req)
				_, _ = l.Wrap(analyzer).Analyze(t.Context(), ai.Embedding(canary))
				if _, ok := analyzer.(ai.Streamer); ok {
					_, _ = read(t, l.Wrap(analyzer), req)
				}
			}
		}
		spans := renderSpans(l.spans.GetSpans(), time.Now())
		shown := spans + renderMetrics(l.collect(t)) + fmt.Sprintf("%+v", l.spans.GetSpans())
		if strings.Contains(shown, canary) {
			t.Errorf("leaked in %s", shown)
		}
		if !strings.Contains(spans, "circuit_open") || strings.Count(spans, "chat") < 36 {
			t.Errorf("too little was told for the test to prove anything: %s", spans)
		}
	})
}
