package gemini_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// request is one of the kind that was recorded.
func request(x *wiretest.Exchange) *ai.Request {
	switch {
	case strings.HasPrefix(x.Operation, "batchEmbedContents"):
		inputs := make([]string, max(1, strings.Count(x.Response.Body, `"values"`)))
		for i := range inputs {
			inputs[i] = "x"
		}
		return ai.Embedding(inputs...)
	case strings.HasSuffix(x.Operation, ".vision"):
		return ai.ImageAnalysis("x", ai.ImageBytes(png))
	default:
		return ai.Text("x")
	}
}

// known says what certain recordings mean; the others are checked against
// their own JSON.
var known = map[string]ai.Error{
	"gemini-err400-generateContent-01.json":    {Code: ai.CodeAuthentication, Status: 400},
	"gemini-err404-generateContent-01.json":    {Code: ai.CodeNotAvailable, Status: 404},
	"gemini-err404-generateContent-03.json":    {Code: ai.CodeNotAvailable, Status: 404},
	"gemini-err404-countTokens-01.json":        {Code: ai.CodeNotAvailable, Status: 404},
	"gemini-err404-batchEmbedContents-01.json": {Code: ai.CodeNotAvailable, Status: 404},
	"gemini-err429-generateContent-01.json":    {Code: ai.CodeRateLimited, Status: 429, RetryAfter: 48 * time.Second},
	"gemini-429-free-tier-rpm.json":            {Code: ai.CodeRateLimited, Status: 429, RetryAfter: 17 * time.Second},
	"gemini-503-overloaded.json":               {Code: ai.CodeUnavailable, Status: 503},
	"gemini-generateContent_tools-01.json":     {Code: ai.CodeModelFailed, Status: 200},
	"gemini-countTokens-01.json":               {Code: ai.CodeBadResponse, Status: 200},
}

func TestEveryRecordedExchangeIsRead(t *testing.T) {
	recordings, folder, err := wiretest.Recorded(os.Getenv("AI_RECORDED"), "gemini")
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) == 0 {
		t.Skipf("no recorded exchanges in %s: set AI_RECORDED to their folder", folder)
	}
	for name, x := range recordings {
		t.Run(name, func(t *testing.T) {
			got, err := provider(t, x.Wire()).Analyze(t.Context(), request(x))
			if want, ok := known[name]; ok {
				e := asError(t, err)
				if e.Code != want.Code || e.Status != want.Status || e.RetryAfter != want.RetryAfter {
					t.Errorf("error = %#v, want %#v", e, want)
				}
				return
			}
			switch {
			case x.Response.Status >= 400:
				e := asError(t, err)
				if e.Status != x.Response.Status || e.Code == ai.CodeBadResponse || e.Code == ai.CodeCanceled {
					t.Errorf("error = %#v for status %d", e, x.Response.Status)
				}
			case strings.HasPrefix(x.Operation, "batchEmbedContents"):
				checkVectors(t, x, got, err)
			default:
				checkAnswer(t, x, got, err)
			}
		})
	}
}

// checkAnswer compares an answer with the recorded JSON.
func checkAnswer(t *testing.T, x *wiretest.Exchange, got *ai.Response, err error) {
	var body struct {
		Candidates []struct {
			FinishReason string
			Content      struct {
				Parts []struct {
					Text    string
					Thought bool
				}
			}
		}
		UsageMetadata struct {
			PromptTokenCount, ToolUsePromptTokenCount, CandidatesTokenCount, ThoughtsTokenCount, TotalTokenCount int
		}
		ModelVersion, ResponseID string
	}
	if err := json.Unmarshal([]byte(x.Response.Body), &body); err != nil {
		t.Fatal(err)
	}
	var text string
	for _, part := range body.Candidates[0].Content.Parts {
		if !part.Thought {
			text += part.Text
		}
	}
	if text == "" {
		asError(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	finish := map[string]ai.FinishReason{"STOP": ai.FinishStop, "MAX_TOKENS": ai.FinishLength}[body.Candidates[0].FinishReason]
	u := body.UsageMetadata
	if got.Text != text || got.FinishReason != finish || got.Model != body.ModelVersion || got.RequestID != body.ResponseID {
		t.Errorf("got %+v\nfrom %s", got, x.Response.Body)
	}
	if g := got.Usage; g.InputTokens != u.PromptTokenCount+u.ToolUsePromptTokenCount || g.TotalTokens != u.TotalTokenCount ||
		g.OutputTokens != u.CandidatesTokenCount+u.ThoughtsTokenCount || g.InputTokens+g.OutputTokens != g.TotalTokens {
		t.Errorf("usage %+v from %+v", g, u)
	}
}

// checkVectors compares vectors with the recorded JSON up to their length.
func checkVectors(t *testing.T, x *wiretest.Exchange, got *ai.Response, err error) {
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Embeddings []struct{ Values []float64 } }
	if err := json.Unmarshal([]byte(x.Response.Body), &body); err != nil {
		t.Fatal(err)
	}
	if len(got.Embeddings) != len(body.Embeddings) || got.Space.Dimensions != len(body.Embeddings[0].Values) {
		t.Fatalf("%d vectors in %v", len(got.Embeddings), got.Space)
	}
	for i, want := range body.Embeddings {
		var length, norm, dot float64
		for j, v := range got.Embeddings[i] {
			length += float64(v) * float64(v)
			norm += want.Values[j] * want.Values[j]
			dot += float64(v) * want.Values[j]
		}
		if diff := dot*dot/(norm*length) - 1; length < 0.9999 || length > 1.0001 || diff < -1e-6 || diff > 1e-6 {
			t.Errorf("vector %d has length² %v and points elsewhere by %v", i, length, diff)
		}
	}
}
