package openai_test

import (
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// Whatever a server sends, the outcome is an answer or an error, never both,
// never neither, and never a panic.
func FuzzAnyResponseIsSurvived(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `"x"`, answer("x"), vectors(floats(0, 1, 2)), vectors(packed(0, 1, 2)),
		choice(`,"content":null,"refusal":"no"`, `"stop"`), refused("x", "tokens", `"rate_limit_exceeded"`),
		refused("Please try again in 1.78s.", "tokens", `429`), `{"error":"x"}`, `[{"error":{"code":400}}]`,
		`{"choices":[{"message":{"content":[{"text":"x"}]}}]}`, `{"data":[{"embedding":"AAAA"}]}`,
	} {
		for _, status := range []int{200, 400, 429, 500} {
			f.Add(status, body, "1")
		}
	}
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		if status < 200 || status > 599 {
			return
		}
		p := provider(t, wiretest.Answering(status, body, "Retry-After", after))
		for _, req := range []*ai.Request{ai.Text("x"), ai.Embedding("x")} {
			got, err := p.Analyze(t.Context(), req)
			if (got == nil) == (err == nil) {
				t.Fatalf("response %v and error %v", got, err)
			}
			if err != nil {
				e := asError(t, err)
				if e.Status != status || e.RetryAfter < 0 || len(body) > 12 && strings.Contains(wiretest.EveryForm(e), body) {
					t.Errorf("%#v", e)
				}
			} else if got.Text == "" && len(got.Embeddings) != 1 {
				t.Errorf("empty answer %+v", got)
			}
		}
	})
}
