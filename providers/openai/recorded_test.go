package openai_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

// request is one of the kind that was recorded. Whatever is neither a vision
// nor an embedding call is taken for text: only its error body matters.
func request(x *wiretest.Exchange) *ai.Request {
	switch {
	case strings.HasPrefix(x.Operation, "embeddings"):
		inputs := make([]string, max(1, strings.Count(x.Response.Body, `"embedding":`)))
		for i := range inputs {
			inputs[i] = "x"
		}
		return ai.Embedding(inputs...)
	case strings.HasPrefix(x.Operation, "chat.vision"):
		return ai.ImageAnalysis("x", ai.ImageBytes(png))
	default:
		return ai.Text("x")
	}
}

// known says what certain recordings mean; the others are checked against
// their own JSON.
var known = map[string]ai.Error{
	"openai-chat_tools-01.json":             {Code: ai.CodeModelFailed, Status: 200},
	"openai-chat_tools-03.json":             {Code: ai.CodeModelFailed, Status: 200},
	"openai-soft-length-chat-01.json":       {Code: ai.CodeMaxTokens, Status: 200},
	"openai-soft-refusal-chat_json-01.json": {Code: ai.CodeContentFiltered, Status: 200},
	"openai-finetune-01.json":               {Code: ai.CodeBadResponse, Status: 200},
	"openai-responses-01.json":              {Code: ai.CodeBadResponse, Status: 200},
	"openai-err400-chat-01.json":            {Code: ai.CodeInvalidRequest, Status: 400},
	"openai-err400-chat_vision-01.json":     {Code: ai.CodeInvalidRequest, Status: 400},
	"openai-err400-responses-01.json":       {Code: ai.CodeNotAvailable, Status: 400},
	"openai-err400-responses-03.json":       {Code: ai.CodeInvalidRequest, Status: 400},
	"openai-err401-responses-01.json":       {Code: ai.CodeAuthentication, Status: 401},
	"openai-err404-chat-01.json":            {Code: ai.CodeNotAvailable, Status: 404},
	"openai-err404-embeddings-01.json":      {Code: ai.CodeNotAvailable, Status: 404},
	"openai-err404-embeddings-03.json":      {Code: ai.CodeNotAvailable, Status: 404},
	"openai-err404-finetune-01.json":        {Code: ai.CodeNotAvailable, Status: 404},
	"openai-err404-finetune-03.json":        {Code: ai.CodeNotAvailable, Status: 404},
	"openai-429-headers-no-ratelimit.json":  {Code: ai.CodeRateLimited, Status: 429},
	"openai-429-insufficient-quota.json":    {Code: ai.CodeQuotaExhausted, Status: 429},
	"openai-429-tpm-1.json":                 {Code: ai.CodeRateLimited, Status: 429, RetryAfter: 1780 * time.Millisecond},
	"openai-429-tpm-2.json":                 {Code: ai.CodeRateLimited, Status: 429, RetryAfter: 1708 * time.Millisecond},
	"openai-500-server-error-log.json":      {Code: ai.CodeUnavailable, Status: 500},
}

func TestEveryRecordedExchangeIsRead(t *testing.T) {
	recordings, folder, err := wiretest.Recorded(os.Getenv("AI_RECORDED"), "openai")
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
			case strings.HasPrefix(x.Operation, "embeddings"):
				checkVectors(t, x, got, err)
			case strings.HasPrefix(x.Operation, "chat"):
				checkAnswer(t, x, got, err)
			default:
				asError(t, err) // another endpoint's answer is none to a chat
			}
		})
	}
}

// checkAnswer compares an answer with the recorded JSON.
func checkAnswer(t *testing.T, x *wiretest.Exchange, got *ai.Response, err error) {
	var body struct {
		Model   string
		Choices []struct {
			FinishReason string `json:"finish_reason"`
			Message      struct{ Content string }
		}
		Usage struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
			Total      int `json:"total_tokens"`
			In         struct {
				Cached int `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
			Out struct {
				Reasoning int `json:"reasoning_tokens"`
			} `json:"completion_tokens_details"`
		}
	}
	if err := json.Unmarshal([]byte(x.Response.Body), &body); err != nil {
		t.Fatal(err)
	}
	first := body.Choices[0]
	finish := map[string]ai.FinishReason{"stop": ai.FinishStop, "length": ai.FinishLength}[first.FinishReason]
	if first.Message.Content == "" || finish == "" {
		asError(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	u := body.Usage
	want := ai.Usage{InputTokens: u.Prompt, OutputTokens: u.Completion, TotalTokens: u.Total, CachedTokens: u.In.Cached, ReasoningTokens: u.Out.Reasoning}
	if got.Text != first.Message.Content || got.FinishReason != finish || got.Model != body.Model || got.Usage != want {
		t.Errorf("got %+v\nfrom %s", got, x.Response.Body)
	}
	if id := x.Response.Headers["x-request-id"]; len(id) > 0 && got.RequestID != id[0] {
		t.Errorf("request id %q, recorded %q", got.RequestID, id)
	}
}

// checkVectors compares vectors with the recorded JSON. Recordings in base64
// only have to be read.
func checkVectors(t *testing.T, x *wiretest.Exchange, got *ai.Response, err error) {
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		Model string
		Data  []struct {
			Index     int
			Embedding []float32
		}
	}
	if json.Unmarshal([]byte(x.Response.Body), &body) != nil {
		return
	}
	if len(got.Embeddings) != len(body.Data) || got.Model != body.Model || got.Space.Dimensions != len(body.Data[0].Embedding) {
		t.Fatalf("%d vectors of %s in %v", len(got.Embeddings), got.Model, got.Space)
	}
	for _, want := range body.Data {
		for i, v := range got.Embeddings[want.Index] {
			if v != want.Embedding[i] {
				t.Fatalf("vector %d differs at %d", want.Index, i)
			}
		}
	}
}
