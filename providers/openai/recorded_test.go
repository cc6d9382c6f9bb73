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

// request is one of the kind that was recorded, with the tools that were
// declared. Whatever is neither a vision nor an embedding call is taken for
// text: only its error body matters.
func request(x *wiretest.Exchange) *ai.Request {
	if strings.HasPrefix(x.Operation, "embeddings") {
		inputs := make([]string, max(1, strings.Count(x.Response.Body, `"embedding":`)))
		for i := range inputs {
			inputs[i] = "x"
		}
		return ai.Embedding(inputs...)
	}
	req := ai.Text("x")
	if strings.HasPrefix(x.Operation, "chat.vision") {
		req = ai.ImageAnalysis("x", ai.ImageBytes(png))
	}
	var sent struct {
		Tools     []struct{ Function struct{ Name string } }
		Functions []struct{ Name string }
	}
	_ = json.Unmarshal([]byte(x.Request.Body), &sent)
	for _, tool := range sent.Tools {
		if tool.Function.Name == "" {
			continue // another endpoint's
		}
		req.Tools = append(req.Tools, ai.Tool{Name: tool.Function.Name})
	}
	for _, function := range sent.Functions {
		req.Tools = append(req.Tools, ai.Tool{Name: function.Name})
	}
	return req
}

// known says what certain recordings mean; the others are checked against
// their own JSON.
var known = map[string]ai.Error{
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
			req := request(x)
			got, err := provider(t, x.Wire()).Analyze(t.Context(), req)
			if want, ok := known[name]; ok {
				e := asError(t, err)
				if e.Code != want.Code || e.Status != want.Status || e.RetryAfter != want.RetryAfter {
					t.Errorf("error = %#v, want %#v", e, want)
				}
				return
			}
			switch {
			case x.Response.Status >= 400:
				checkRefusal(t, x, err)
			case strings.HasPrefix(x.Operation, "embeddings"):
				checkVectors(t, x, got, err)
			case strings.HasPrefix(x.Operation, "chat"):
				tell(t, x.Response.Body).check(t, req, got, err)
				checkRequestID(t, x, got)
			default:
				asError(t, err) // another endpoint's answer is none to a chat
			}
		})
	}
}

func TestEveryRecordedStreamIsRead(t *testing.T) {
	recordings, folder, err := wiretest.RecordedStreams(os.Getenv("AI_RECORDED"), "openai")
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) == 0 {
		t.Skipf("no recorded streams in %s: set AI_RECORDED to their folder", folder)
	}
	for name, x := range recordings {
		if !strings.HasPrefix(x.Operation, "chat") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			req := request(x)
			got, err := ai.Collect(provider(t, x.Wire()).Stream(t.Context(), req))
			if x.Response.Status >= 400 {
				checkRefusal(t, x, err)
				return
			}
			var pieces []string
			for line := range strings.Lines(x.Response.Body) {
				if data, ok := strings.CutPrefix(line, "data:"); ok && strings.TrimSpace(data) != "[DONE]" {
					pieces = append(pieces, data)
				}
			}
			tell(t, pieces...).check(t, req, got, err)
			checkRequestID(t, x, got)
		})
	}
}

func checkRefusal(t *testing.T, x *wiretest.Exchange, err error) {
	e := asError(t, err)
	if e.Status != x.Response.Status || e.Code == ai.CodeBadResponse || e.Code == ai.CodeCanceled {
		t.Errorf("error = %#v for status %d", e, x.Response.Status)
	}
}

func checkRequestID(t *testing.T, x *wiretest.Exchange, got *ai.Response) {
	if id := x.Response.Headers["x-request-id"]; got != nil && len(id) > 0 && got.RequestID != id[0] {
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
