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
func request(t *testing.T, x *wiretest.Exchange) *ai.Request {
	if strings.HasPrefix(x.Operation, "batchEmbedContents") {
		inputs := make([]string, max(1, strings.Count(x.Response.Body, `"values"`)))
		for i := range inputs {
			inputs[i] = "x"
		}
		return ai.Embedding(inputs...)
	}
	req := ai.Text("x")
	if strings.HasSuffix(x.Operation, ".vision") {
		req = ai.ImageAnalysis("x", ai.ImageBytes(png))
	}
	for _, name := range declared(t, x.Request.Body) {
		req.Tools = append(req.Tools, ai.Tool{Name: name})
	}
	return req
}

// declared are the names of the functions that a recorded request has.
func declared(t *testing.T, body string) (names []string) {
	type functions []struct{ Name string }
	var sent struct {
		Tools []struct {
			FunctionDeclarations functions
			Snake                functions `json:"function_declarations"`
		}
	}
	if body == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(body), &sent); err != nil {
		t.Logf("the recorded request is not read: %v", err)
	}
	for _, tool := range sent.Tools {
		for _, f := range append(tool.FunctionDeclarations, tool.Snake...) {
			names = append(names, f.Name)
		}
	}
	return names
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
			req := request(t, x)
			got, err := provider(t, x.Wire()).Analyze(t.Context(), req)
			want, ok := known[name]
			switch {
			case ok:
				e := asError(t, err)
				if e.Code != want.Code || e.Status != want.Status || e.RetryAfter != want.RetryAfter {
					t.Errorf("error = %#v, want %#v", e, want)
				}
			case x.Response.Status >= 400:
				checkRefusal(t, x, err)
			case strings.HasPrefix(x.Operation, "batchEmbedContents"):
				checkVectors(t, x, got, err)
			default:
				readTold(t, x.Response.Body).check(t, req, got, err)
			}
		})
	}
}

func TestEveryRecordedStreamIsRead(t *testing.T) {
	recordings, folder, err := wiretest.RecordedStreams(os.Getenv("AI_RECORDED"), "gemini")
	if err != nil {
		t.Fatal(err)
	}
	if len(recordings) == 0 {
		t.Skipf("no recorded streams in %s: set AI_RECORDED to their folder", folder)
	}
	for name, x := range recordings {
		t.Run(name, func(t *testing.T) {
			req := request(t, x)
			got, err := ai.Collect(provider(t, x.Wire()).Stream(t.Context(), req))
			if x.Response.Status >= 400 {
				checkRefusal(t, x, err)
				return
			}
			var events []string
			for line := range strings.Lines(x.Response.Body) {
				if data, ok := strings.CutPrefix(line, "data:"); ok {
					events = append(events, data)
				}
			}
			readTold(t, events...).check(t, req, got, err)
		})
	}
}

func checkRefusal(t *testing.T, x *wiretest.Exchange, err error) {
	e := asError(t, err)
	if e.Status != x.Response.Status || e.Code == ai.CodeBadResponse || e.Code == ai.CodeCanceled {
		t.Errorf("error = %#v for status %d", e, x.Response.Status)
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
