package otel_test

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestASpanHoldsWhatIsKnownAndNothingElse(t *testing.T) {
	common := map[attribute.Key]string{
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "unknown", "finbrain.ai.kind": "text",
		"finbrain.ai.source": "provider", "finbrain.ai.fallback": "false",
	}
	with := func(more map[attribute.Key]string) map[attribute.Key]string {
		all := maps.Clone(common)
		maps.Copy(all, more)
		return all
	}
	for _, test := range []struct {
		name string
		req  *ai.Request
		resp *ai.Response
		want map[attribute.Key]string
	}{
		{"an answer that says nothing of itself", ai.Text("q"), &ai.Response{Text: "a"}, common},
		{"where it came from", ai.Text("q"), &ai.Response{Provider: "groq", Model: "llama", RequestID: "req_1", FinishReason: ai.FinishLength},
			with(map[attribute.Key]string{"gen_ai.provider.name": "groq", "finbrain.ai.route": "groq", "gen_ai.response.model": "llama",
				"finbrain.ai.request_id": "req_1", "gen_ai.response.finish_reasons": `["length"]`})},
		{"tokens", ai.Text("q"), &ai.Response{Usage: ai.Usage{InputTokens: 3, OutputTokens: 1}},
			with(map[attribute.Key]string{"gen_ai.usage.input_tokens": "3", "gen_ai.usage.output_tokens": "1"})},
		{"tokens in part", ai.Text("q"), &ai.Response{Usage: ai.Usage{InputTokens: 3, OutputTokens: 2, CachedTokens: 1, ReasoningTokens: 1}},
			with(map[attribute.Key]string{"gen_ai.usage.input_tokens": "3", "gen_ai.usage.output_tokens": "2",
				"gen_ai.usage.cache_read.input_tokens": "1", "gen_ai.usage.reasoning.output_tokens": "1"})},
		{"a fallback of one that keeps no trail", ai.Text("q"), &ai.Response{Fallback: true, Reason: ai.CodeTimeout, Source: ai.SourceStatic},
			with(map[attribute.Key]string{"finbrain.ai.fallback": "true", "finbrain.ai.reason": "timeout", "finbrain.ai.source": "static"})},
		{"the dimensions of an answer", ai.Embedding("q"), &ai.Response{Space: ai.Space{Dimensions: 1}},
			with(map[attribute.Key]string{"gen_ai.operation.name": "embeddings", "finbrain.ai.kind": "embedding", "gen_ai.embeddings.dimension.count": "1"})},
		{"the dimensions asked for", &ai.Request{Inputs: []string{"q"}, Dimensions: 1}, &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.operation.name": "embeddings", "finbrain.ai.kind": "embedding", "gen_ai.embeddings.dimension.count": "1"})},
		{"what was asked for", &ai.Request{Prompt: "q", MaxTokens: 1, Temperature: new(0.0), Seed: new(int64(0))}, &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.request.max_tokens": "1", "gen_ai.request.temperature": "0", "gen_ai.request.seed": "0"})},
		{"an answer by a schema", &ai.Request{Prompt: "q", Schema: json.RawMessage(`{}`)}, &ai.Response{}, with(map[attribute.Key]string{"gen_ai.output.type": "json"})},
		{"one image", ai.ImageGeneration("q"), &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.output.type": "image", "gen_ai.operation.name": "generate_content", "finbrain.ai.kind": "image_generation"})},
		{"an image said to be one", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{Count: 1}}, &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.output.type": "image", "gen_ai.operation.name": "generate_content", "finbrain.ai.kind": "image_generation"})},
		{"images", &ai.Request{Prompt: "q", Output: &ai.ImageOutput{Count: 2}}, &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.output.type": "image", "gen_ai.operation.name": "generate_content", "finbrain.ai.kind": "image_generation",
				"gen_ai.request.choice.count": "2"})},
		{"nothing of a text for an embedding", &ai.Request{Inputs: []string{"q"}, MaxTokens: 1}, &ai.Response{},
			with(map[attribute.Key]string{"gen_ai.operation.name": "embeddings", "finbrain.ai.kind": "embedding"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, otel.Config{})
			_, _ = l.Wrap(ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) { return test.resp, nil })).Analyze(t.Context(), test.req)
			got := l.calls()[0].Attributes
			for _, kv := range got {
				if test.want[kv.Key] != kv.Value.String() {
					t.Errorf("%s is %q, want %q", kv.Key, kv.Value.String(), test.want[kv.Key])
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestARequestThatIsRefusedAtOnceIsThePrimarys(t *testing.T) {
	l := newLab(t, otel.Config{})
	_, err := l.Wrap(l.client(t, ai.WithProvider("gemini", answers("gemini-3-flash", 0)))).Analyze(t.Context(), &ai.Request{Model: "deep"})
	s := l.calls()[0]
	if ai.CodeOf(err) != ai.CodeInvalidRequest || s.Name != "generate_content deep" || value(s, "finbrain.ai.route").AsString() != "gemini" ||
		value(s, "finbrain.ai.retry_after").Type() != attribute.EMPTY || value(s, "finbrain.ai.attempts").Type() != attribute.EMPTY {
		t.Errorf("got %v, %s %v", err, s.Name, s.Attributes)
	}
}
