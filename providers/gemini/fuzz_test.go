package gemini_test

import (
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

func FuzzWhateverTheServiceSaysIsAnAnswerOrAnError(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, answer("x"), vectors([]float64{3, 4}), `{"candidates":[null]}`,
		refusal(429, "RESOURCE_EXHAUSTED", "x", quota("PerDay")+","+retryIn("1s")+","+because("X")),
		`{"candidates":[{"content":{"parts":[{"thought":true}]},"finishReason":"SAFETY"}],"promptFeedback":{"blockReason":"X"}}`,
	} {
		for _, status := range []int{200, 204, 307, 400, 429, 503} {
			f.Add(status, body)
		}
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			t.Skip("no final HTTP status")
		}
		for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
			got, err := provider(t, wiretest.Answering(status, body)).Analyze(t.Context(), req)
			if err == nil && got != nil && (got.Text != "" || len(got.Embeddings) == 1) {
				continue
			}
			if e := asError(t, err); got != nil || e.RetryAfter < 0 {
				t.Errorf("got %+v and %#v", got, e)
			}
		}
	})
}
