package ai_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

func TestTheJSONOfAnAnswerBeginsWithAnalysisAndFallback(t *testing.T) {
	client := newClient(t, ai.WithProvider("primary", &provider{do: failing(coded(ai.CodeNotAvailable))}), ai.WithStatic(&ai.Response{Text: "unavailable"}))
	data, err := json.Marshal(mustAnalyze(t, client, ai.Text("q")))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"analysis":"unavailable","fallback":true,"reason":"not_available","source":"static",`; !strings.HasPrefix(string(data), want) {
		t.Errorf("got %s", data)
	}
	data, err = json.Marshal(ai.Response{})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"analysis":"","fallback":false}`; string(data) != want {
		t.Errorf("got %s, want %s", data, want)
	}
}

func TestAResponseSurvivesItsJSON(t *testing.T) {
	resp := &ai.Response{
		Text: "t", Embeddings: [][]float32{{1, 2}}, Space: small, Usage: ai.Usage{InputTokens: 1, OutputTokens: 2, TotalTokens: 3},
		FinishReason: ai.FinishStop, Fallback: true, Reason: ai.CodeTimeout, Source: ai.SourceCache, Provider: "p", Model: "m",
		Age: 3 * time.Second, RequestID: "id",
		Trail: ai.Trail{{Source: ai.SourceProvider, Provider: "p", Code: ai.CodeTimeout, Status: 504, Start: time.Millisecond, Duration: time.Second, RetryAfter: time.Second}},
	}
	data, err := json.Marshal(resp)
	if err != nil {
		t.Fatal(err)
	}
	var back ai.Response
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, resp) {
		t.Errorf("got %+v, want %+v", back, resp)
	}
}

func TestTheTrailReadsLikeASentence(t *testing.T) {
	trail := ai.Trail{
		{Source: ai.SourceProvider, Provider: "openai", Code: ai.CodeUnavailable, Duration: 120 * time.Millisecond},
		{Source: ai.SourceProvider, Provider: "openai", Code: ai.CodeCircuitOpen, Skipped: true, RetryAfter: 29 * time.Second},
		{Source: ai.SourceCache, Code: ai.CodeNotAvailable, Skipped: true},
		{Source: ai.SourceProvider, Provider: "gemini", Duration: 480 * time.Millisecond},
		{Source: ai.SourceCache, Provider: "gemini", Duration: 20 * time.Microsecond},
		{Source: ai.SourceStatic},
	}
	want := "openai: unavailable after 120ms; openai: skipped, circuit open, retry in 29s; cache: skipped, not available; gemini: answered after 480ms; cache of gemini: answered after 20µs; static: answered"
	if got := trail.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
