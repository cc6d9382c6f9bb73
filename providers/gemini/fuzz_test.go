package gemini_test

import (
	"encoding/json"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

func FuzzWhateverTheServiceSaysIsAnAnswerOrAnError(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, answer("x"), vectors([]float64{3, 4}), `{"candidates":[null]}`,
		refusal(429, "RESOURCE_EXHAUSTED", "x", quota("PerDay")+","+retryIn("1s")+","+because("X")),
		`{"candidates":[{"content":{"parts":[{"thought":true}]},"finishReason":"SAFETY"}],"promptFeedback":{"blockReason":"X"}}`,
		calling(`{"functionCall":{"id":"a","name":"weather","args":{"day":9007199254740993}},"thoughtSignature":"c2ln"}`, `{"text":"x"}`),
		`{"candidates":[{"content":{"parts":[` + inline("image/png", png) + `]},"finishReason":"NO_IMAGE"}]}`,
	} {
		for _, status := range []int{200, 204, 307, 400, 429, 503} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			t.Skip("no final HTTP status")
		}
		for _, req := range []*ai.Request{{Prompt: "x", Tools: []ai.Tool{weather}}, ai.Embedding("x"), ai.ImageGeneration("x")} {
			got, err := provider(t, wiretest.Answering(status, body)).Analyze(t.Context(), req)
			if err == nil && got != nil && (got.Text != "" || len(got.Embeddings) == 1 || len(got.Images) > 0 || sound(got.ToolCalls)) {
				continue
			}
			if e := asError(t, err); got != nil || e.RetryAfter < 0 {
				t.Errorf("got %+v and %#v", got, e)
			}
		}
	})
}

// sound reports whether there are calls that can go back into a history.
func sound(calls []ai.ToolCall) bool {
	return len(calls) > 0 && conversed(calls...).Validate() == nil
}

func FuzzWhateverIsStreamedIsAnAnswerOrAnError(f *testing.F) {
	call := calling(`{"functionCall":{"name":"weather","args":{"day":1}}}`)
	for _, body := range []string{
		"", sse(saying("a", ""), saying("b", "STOP")), ": x\nevent: y\nid: 1\n" + sse(call), sse(saying("a", "")) + refusal(503, "UNAVAILABLE", "x", ""),
		sse(refusal(429, "RESOURCE_EXHAUSTED", "x", retryIn("1s"))), sse("null", "{}", "[DONE]"), sse(`{"candidates":[null]}`), "<html>", answer("x"),
		sse(`{"usageMetadata":{"promptTokenCount":1}}`, saying("a", "MAX_TOKENS")), sse(`{"promptFeedback":{"blockReason":"SAFETY"}}`), "data: {\ndata: }\n\n\r\r",
	} {
		f.Add(body)
	}
	req := &ai.Request{Prompt: "x", Tools: []ai.Tool{weather}}
	f.Fuzz(func(t *testing.T, body string) {
		list, err := deltas(t, provider(t, streaming(body)).Stream(t.Context(), req))
		if err != nil {
			asError(t, err)
			return
		}
		got, err := ai.Collect(provider(t, streaming(body)).Stream(t.Context(), req))
		if err != nil || got.FinishReason == "" || got.FinishReason != list[len(list)-1].FinishReason || got.Text == "" && !sound(got.ToolCalls) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func FuzzASchemaStaysJSON(f *testing.F) {
	for _, schema := range []string{
		`{}`, `{"const":1}`, `{"properties":{"a":{"$ref":"#","x":1},"a":{"anyOf":[{"const":null}]}}}`, `{"items":[{}],"$defs":7}`, "{\"\xff\\ud800\":{}}",
	} {
		f.Add(schema)
	}
	f.Fuzz(func(t *testing.T, schema string) {
		for _, model := range []string{"gemini-2.0-flash", "gemini-3.8-flash"} {
			req := &ai.Request{Prompt: "x", Model: model, Schema: json.RawMessage(schema)}
			if req.Validate() != nil {
				return
			}
			w := wiretest.Answering(200, answer("{}"))
			if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			w.Only(t)
		}
	})
}
