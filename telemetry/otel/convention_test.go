package otel_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/semconv/v1.41.0/genaiconv"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// The conventions' own package knows their names. It is the last that does, so
// it is for this test only.
func TestNamesUnitsAndBucketsAreTheConventions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{Content: true})
		analyzer := l.Wrap(l.client(t, ai.WithProvider("openai", answers("gpt-4o", 0)), ai.WithProvider("gemini", answers("gemini-3-flash", 0))))
		for _, req := range []*ai.Request{
			{Prompt: "q", Instruction: "i", MaxTokens: 5, Temperature: new(0.0), Seed: new(int64(1)), Stop: []string{"x"}},
			{Prompt: "q", Model: "gemini/", Schema: json.RawMessage(`{"type":"object"}`)},
			{Prompt: "q", Model: "gemini/", Kind: ai.KindImageGeneration, Output: &ai.ImageOutput{Count: 2}},
			{Inputs: []string{"q"}, Dimensions: 2},
		} {
			if _, err := analyzer.Analyze(t.Context(), req); err != nil && req.Kind != ai.KindImageGeneration {
				t.Fatal(err)
			}
		}
		_, _ = l.Wrap(fails("gpt-4o", 0, &ai.Error{Code: ai.CodeUnavailable, Status: 503})).Analyze(t.Context(), ai.Text("q"))
		_, _ = read(t, l.Wrap(streaming("gpt-4o", 0)), ai.Text("q"))
		_, _ = l.Wrap(l.client(t, ai.WithProvider("openai", fails("gpt-4o", 0, &ai.Error{Code: ai.CodeUnavailable, Status: 503})))).Analyze(t.Context(), ai.Text("q"))

		known := []string{
			string(semconv.GenAIOperationNameKey), string(semconv.GenAIProviderNameKey), string(semconv.GenAIRequestModelKey),
			string(semconv.GenAIOutputTypeKey), string(semconv.GenAIRequestChoiceCountKey),
			string(semconv.GenAIRequestMaxTokensKey), string(semconv.GenAIRequestTemperatureKey), string(semconv.GenAIRequestSeedKey),
			string(semconv.GenAIRequestStopSequencesKey), string(semconv.GenAIRequestStreamKey), string(semconv.GenAIResponseTimeToFirstChunkKey), string(semconv.GenAIResponseModelKey), string(semconv.GenAIResponseFinishReasonsKey),
			string(semconv.GenAIUsageInputTokensKey), string(semconv.GenAIUsageOutputTokensKey), string(semconv.GenAIUsageCacheReadInputTokensKey),
			string(semconv.GenAIUsageReasoningOutputTokensKey), string(semconv.GenAIEmbeddingsDimensionCountKey), string(semconv.GenAISystemInstructionsKey),
			string(semconv.GenAIInputMessagesKey), string(semconv.GenAIOutputMessagesKey), string(semconv.ErrorTypeKey), string(semconv.HTTPResponseStatusCodeKey),
		}
		used := map[string]bool{}
		for _, s := range l.spans.GetSpans() {
			if s.InstrumentationScope.SchemaURL != semconv.SchemaURL || otel.SchemaURL != semconv.SchemaURL ||
				s.InstrumentationScope.Name != "github.com/finbrain/ai/telemetry/otel" {
				t.Errorf("scope %+v", s.InstrumentationScope)
			}
			for _, kv := range s.Attributes {
				if name := string(kv.Key); !strings.HasPrefix(name, "finbrain.ai.") {
					used[name] = true
					if !slices.Contains(known, name) {
						t.Errorf("the conventions know no %s", name)
					}
				}
			}
		}
		if len(used) != len(known) {
			t.Errorf("of %v only %v are used", known, used)
		}
		for _, s := range l.calls() {
			operation, provider := value(s, semconv.GenAIOperationNameKey).AsString(), value(s, semconv.GenAIProviderNameKey).AsString()
			switch operation + " " + provider {
			case string(genaiconv.OperationNameChat) + " " + string(genaiconv.ProviderNameOpenAI), string(genaiconv.OperationNameChat) + " unknown",
				string(genaiconv.OperationNameGenerateContent) + " " + string(genaiconv.ProviderNameGCPGemini),
				string(genaiconv.OperationNameEmbeddings) + " " + string(genaiconv.ProviderNameOpenAI):
			default:
				t.Errorf("%s by %s", operation, provider)
			}
		}

		all := l.collect(t)
		duration, usage := genaiconv.ClientOperationDuration{}, genaiconv.ClientTokenUsage{}
		seconds, ok := all[duration.Name()].Data.(metricdata.Histogram[float64])
		if !ok || all[duration.Name()].Unit != duration.Unit() || all[duration.Name()].Description != duration.Description() {
			t.Errorf("got %+v", all[duration.Name()])
		}
		first := genaiconv.ClientOperationTimeToFirstChunk{}
		chunk, ok := all[first.Name()].Data.(metricdata.Histogram[float64])
		if !ok || all[first.Name()].Unit != first.Unit() || all[first.Name()].Description != first.Description() {
			t.Errorf("got %+v", all[first.Name()])
		}
		tokens, ok := all[usage.Name()].Data.(metricdata.Histogram[int64])
		if !ok || all[usage.Name()].Unit != usage.Unit() || all[usage.Name()].Description != usage.Description() {
			t.Errorf("got %+v", all[usage.Name()])
		}
		wantSeconds, wantTokens := make([]float64, 14), make([]float64, 14)
		for i := range 14 {
			wantSeconds[i], wantTokens[i] = 0.01*float64(int(1)<<i), float64(int(1)<<(2*i))
		}
		if !slices.EqualFunc(seconds.DataPoints[0].Bounds, wantSeconds, near) || !slices.EqualFunc(chunk.DataPoints[0].Bounds, wantSeconds, near) || !slices.EqualFunc(tokens.DataPoints[0].Bounds, wantTokens, near) {
			t.Errorf("buckets %v and %v", seconds.DataPoints[0].Bounds, tokens.DataPoints[0].Bounds)
		}
		for _, p := range tokens.DataPoints {
			kind, _ := p.Attributes.Value(semconv.GenAITokenTypeKey)
			if k := genaiconv.TokenTypeAttr(kind.AsString()); k != genaiconv.TokenTypeInput && k != genaiconv.TokenTypeOutput {
				t.Errorf("token type %q", k)
			}
		}
		l.spans.Reset()
		_, _ = l.Wrap(ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return nil, context.Canceled })).Analyze(t.Context(), ai.Text("q"))
		if got := value(l.calls()[0], semconv.ErrorTypeKey).AsString(); got != string(genaiconv.ErrorTypeOther) {
			t.Errorf("an error without a code is of type %q", got)
		}
	})
}

func near(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
