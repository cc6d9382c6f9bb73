package providertest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/providertest"
)

// newAdapter makes the adapter under test; a real one keeps what Service says.
func newAdapter(providertest.Service) (ai.Analyzer, error) { return ai.AnalyzerFunc(nil), nil }

// Of a service that answers texts, whole: what it says of an answer, what it
// says of a failure, and what the adapter lacks.
func ExampleRun() {
	write := func(_ *http.Request, a providertest.Answer) providertest.Reply {
		status := map[ai.Code]int{"": 200, ai.CodeAuthentication: 401, ai.CodeRateLimited: 429, ai.CodeUnavailable: 503}[a.Code]
		if status == 0 {
			return providertest.Reply{} // the service has no way to say this
		}
		body, _ := json.Marshal(map[string]any{"text": a.Joined(), "ended": a.Finish, "why": a.Message})
		return providertest.Reply{Status: status, Body: []string{string(body)}}
	}
	_ = func(t *testing.T) { // TestConformance
		providertest.Run(t, providertest.Harness{
			New:   newAdapter,
			Write: write,
			Lacks: []providertest.Ability{
				providertest.Images, providertest.ImageURLs, providertest.Documents, providertest.DocumentURLs,
				providertest.Embeddings, providertest.ImageGeneration, providertest.Tools, providertest.Schemas,
				providertest.Streams, providertest.Plans, providertest.Usage, providertest.RequestIDs, providertest.WaitHints,
			},
		})
	}
}
