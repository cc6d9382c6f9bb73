package gemini_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

// vectors is the body of an embedding answer.
func vectors(list ...[]float64) string {
	type vector struct {
		Values []float64 `json:"values"`
	}
	body := struct {
		Embeddings []vector `json:"embeddings"`
	}{}
	for _, v := range list {
		body.Embeddings = append(body.Embeddings, vector{v})
	}
	text, _ := json.Marshal(body)
	return string(text)
}

func TestAnEmbeddingRequestGoesOutWhole(t *testing.T) {
	w := wiretest.Answering(200, vectors([]float64{1, 0}, []float64{0, 1}))
	p := provider(t, w, func(c *gemini.Config) { c.EmbeddingTask = "RETRIEVAL_DOCUMENT" })
	got, err := p.Analyze(t.Context(), &ai.Request{Inputs: []string{"one", "two"}, Dimensions: 2})
	if err != nil {
		t.Fatal(err)
	}
	want := &ai.Response{
		Embeddings: [][]float32{{1, 0}, {0, 1}},
		Space:      ai.Space{Vendor: "google", Model: "gemini-embedding-001", Dimensions: 2, Normalized: true},
		Source:     ai.SourceProvider, Provider: "gemini", Model: "gemini-embedding-001",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	sent, body := w.Only(t)
	if !strings.HasSuffix(sent.URL, "/v1beta/models/gemini-embedding-001:batchEmbedContents") {
		t.Errorf("sent to %s", sent.URL)
	}
	requests := body["requests"].([]any)
	for i, text := range []string{"one", "two"} {
		r := requests[i].(map[string]any)
		parts := r["content"].(map[string]any)["parts"]
		if !reflect.DeepEqual(parts, []any{map[string]any{"text": text}}) || r["model"] != "models/gemini-embedding-001" ||
			r["taskType"] != "RETRIEVAL_DOCUMENT" || r["outputDimensionality"] != 2.0 {
			t.Errorf("request %d = %v", i, r)
		}
	}
}

func TestVectorsThatAreNoAnswerAreABadResponse(t *testing.T) {
	for name, body := range map[string]string{
		"none":         `{}`,
		"too few":      vectors([]float64{1}),
		"too many":     vectors([]float64{1}, []float64{1}, []float64{1}),
		"empty":        vectors([]float64{1}, []float64{}),
		"null":         `{"embeddings":[{"values":[1]},null]}`,
		"zero":         vectors([]float64{1, 0}, []float64{0, 0}),
		"of 2 lengths": vectors([]float64{1, 0}, []float64{1}),
		"over float32": `{"embeddings":[{"values":[1]},{"values":[1e39]}]}`,
		"no number":    `{"embeddings":[{"values":[1]},{"values":["NaN"]}]}`,
		"no list":      `{"embeddings":"x"}`,
		"an error":     `{"error":{}}`,
		"null body":    `null`,
		"empty body":   ``,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Embedding("a", "b"))
			if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != 200 || e.Model != "gemini-embedding-001" {
				t.Errorf("error = %#v, want bad_response", e)
			}
		})
	}
}

func TestTheTokensOfEmbeddingsAreCounted(t *testing.T) {
	inputs := make([]string, 101) // two calls
	for i := range inputs {
		inputs[i] = "x"
	}
	calls := 0
	for usage, want := range map[string]int{
		`"usageMetadata":{"promptTokenCount":7,"promptTokenDetails":[{"modality":"TEXT","tokenCount":7}]}`: 14,
		`"usageMetadata" : { "promptTokenCount" : 7 }, "more": 1`:                                          14,
		`"usageMetadata":{}`: 0, `"usageMetadata":null`: 0, `"usageMetadata":"x"`: 0, `"usageMetadata":{"promptTokenCount":-1}`: 0,
		`"more":1`: 0,
	} {
		w := &wiretest.Wire{Answer: func(*http.Request) (*http.Response, error) {
			list := make([][]float64, []int{100, 1}[calls%2])
			calls++
			for i := range list {
				list[i] = make([]float64, 256) // more than is kept of the body
				list[i][0] = 1
			}
			body, tail := strings.TrimSuffix(vectors(list...), "}"), ","+usage+"}"
			const block = 16 << 10 // wherever what is kept is cut, it is cut there
			body += strings.Repeat(" ", (2*block+5-len(body+tail)%block)%block) + tail
			resp := wiretest.Response(200, body)
			resp.Body = io.NopCloser(iotest.OneByteReader(resp.Body))
			return resp, nil
		}}
		got, err := provider(t, w).Analyze(t.Context(), ai.Embedding(inputs...))
		if err != nil || got.Usage != (ai.Usage{InputTokens: want, TotalTokens: want}) {
			t.Errorf("%s: got %+v, %v", usage, got, err)
		}
	}
}

func TestVectorsOfAnotherLengthThanAskedForAreABadResponse(t *testing.T) {
	_, err := provider(t, wiretest.Answering(200, vectors([]float64{1, 0, 0}))).Analyze(t.Context(),
		&ai.Request{Inputs: []string{"a"}, Dimensions: 2})
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("error = %v, want bad_response", err)
	}
}

func TestEveryVectorHasLengthOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 16).Draw(rt, "values")
		values[0] = 1 + math.Abs(values[0]) // not the zero vector
		got, err := provider(t, wiretest.Answering(200, vectors(values))).Analyze(t.Context(), ai.Embedding("a"))
		if err != nil {
			rt.Fatal(err)
		}
		var length, dot, norm float64
		for i, x := range got.Embeddings[0] {
			length += float64(x) * float64(x)
			dot += float64(x) * values[i]
			norm += values[i] * values[i]
		}
		if math.Abs(length-1) > 1e-5 || math.Abs(dot/math.Sqrt(norm*length)-1) > 1e-5 {
			rt.Fatalf("%v became %v", values, got.Embeddings[0])
		}
	})
}

func TestAVectorOfLengthOneStaysAsItCame(t *testing.T) {
	want := []float32{0.6000002, -0.8}
	got, err := provider(t, wiretest.Answering(200, vectors([]float64{0.6000002, -0.8}))).Analyze(t.Context(), ai.Embedding("a"))
	if err != nil || !reflect.DeepEqual(got.Embeddings[0], want) {
		t.Errorf("got %v, %v, want %v", got.Embeddings, err, want)
	}
}

func TestMoreInputsThanOneCallTakesKeepTheirOrder(t *testing.T) {
	var inputs []string
	for i := range 250 {
		inputs = append(inputs, fmt.Sprint(i+1))
	}
	w := &wiretest.Wire{}
	w.Answer = func(*http.Request) (*http.Response, error) {
		sent := w.Requests()
		return wiretest.Response(200, embedEcho(sent[len(sent)-1].Body)), nil
	}
	got, err := provider(t, w).Analyze(t.Context(), ai.Embedding(inputs...))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.Requests()); n != 3 {
		t.Errorf("%d calls, want 3", n)
	}
	for i, v := range got.Embeddings {
		if ratio := float64(v[0] / v[1]); math.Abs(ratio-float64(i+1)) > 1e-3*float64(i+1) {
			t.Fatalf("vector %d is that of input %v", i, ratio)
		}
	}
}

// embedEcho answers an embedding call with vectors that tell their inputs,
// which must be numbers: (input, 1).
func embedEcho(request string) string {
	var body struct {
		Requests []struct {
			Content struct{ Parts []struct{ Text string } }
		}
	}
	if err := json.Unmarshal([]byte(request), &body); err != nil {
		return "no request"
	}
	var list [][]float64
	for _, r := range body.Requests {
		var n float64
		fmt.Sscan(r.Content.Parts[0].Text, &n)
		list = append(list, []float64{n, 1})
	}
	return vectors(list...)
}

func TestBatchesOfDifferentLengthAreABadResponse(t *testing.T) {
	inputs := make([]string, 101)
	for i := range inputs {
		inputs[i] = "1"
	}
	w := &wiretest.Wire{}
	w.Answer = func(*http.Request) (*http.Response, error) {
		sent := w.Requests()
		if len(sent) == 1 {
			return wiretest.Response(200, embedEcho(sent[0].Body)), nil
		}
		return wiretest.Response(200, vectors([]float64{1, 0, 0})), nil
	}
	_, err := provider(t, w).Analyze(t.Context(), ai.Embedding(inputs...))
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("error = %v, want bad_response", err)
	}
}

func TestThePlannedSpaceIsTheOneAnsweredFrom(t *testing.T) {
	full := make([]float64, 3072)
	full[0] = 1
	for _, c := range []struct {
		name   string
		body   string
		req    ai.Request
		vendor string
	}{
		{"default length", vectors(full), ai.Request{Inputs: []string{"a"}}, ""},
		{"asked length", vectors([]float64{3, 4}), ai.Request{Inputs: []string{"a"}, Dimensions: 2}, ""},
		{"own vendor", vectors([]float64{3, 4}), ai.Request{Inputs: []string{"a"}, Dimensions: 2}, "acme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := provider(t, wiretest.Answering(200, c.body), func(cfg *gemini.Config) { cfg.Vendor = c.vendor })
			plan, err := p.Plan(&c.req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Analyze(t.Context(), &c.req)
			if err != nil || got.Space != plan.Space || plan.Space.Dimensions == 0 {
				t.Errorf("planned %+v, answered %+v, %v", plan.Space, got, err)
			}
		})
	}
}
