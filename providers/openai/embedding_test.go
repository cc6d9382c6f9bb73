package openai_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

// vectors is the body of an embedding answer with the given items.
func vectors(items ...string) string {
	return `{"object":"list","model":"text-embedding-3-small","data":[` + strings.Join(items, ",") +
		`],"usage":{"prompt_tokens":5,"total_tokens":5}}`
}

// floats is one vector as numbers.
func floats(index int, v ...float32) string {
	text, _ := json.Marshal(v)
	return fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%s}`, index, text)
}

// packed is one vector in base64.
func packed(index int, v ...float32) string {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return fmt.Sprintf(`{"object":"embedding","index":%d,"embedding":%q}`, index, base64.StdEncoding.EncodeToString(raw))
}

func TestVectorsComeInTheOrderOfTheInputs(t *testing.T) {
	for name, c := range map[string]struct {
		format string
		body   string
	}{
		"numbers":             {"float", vectors(floats(1, 3, 4), floats(0, 1, 2))},
		"base64":              {"base64", vectors(packed(1, 3, 4), packed(0, 1, 2))},
		"numbers for base64":  {"base64", vectors(floats(1, 3, 4), floats(0, 1, 2))},
		"base64 for numbers":  {"float", vectors(packed(1, 3, 4), packed(0, 1, 2))},
		"numbers, as default": {"", vectors(floats(0, 1, 2), floats(1, 3, 4))},
	} {
		w := wiretest.Answering(200, c.body, "X-Request-Id", "req_1")
		got, err := provider(t, w, func(cfg *openai.Config) { cfg.EmbeddingFormat = c.format }).Analyze(t.Context(), ai.Embedding("a", "b"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &ai.Response{
			Embeddings: [][]float32{{1, 2}, {3, 4}},
			Space:      ai.Space{Vendor: "openai", Model: "text-embedding-3-small", Dimensions: 2, Normalized: true},
			Usage:      ai.Usage{InputTokens: 5, TotalTokens: 5},
			Source:     ai.SourceProvider, Provider: "openai", Model: "text-embedding-3-small", RequestID: "req_1",
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, want)
		}
	}
}

func TestTheFormatAskedForDependsOnTheHost(t *testing.T) {
	for _, c := range []struct {
		base, format string
		want         any
	}{
		{"", "", "base64"},
		{"https://eu.api.openai.com/v1", "", "base64"},
		{"https://evilapi.openai.com.example/v1", "", nil},
		{"http://localhost:11434/v1", "", nil},
		{"http://localhost:11434/v1", "base64", "base64"},
		{"", "float", nil},
	} {
		w := wiretest.Answering(200, vectors(floats(0, 1, 2)))
		p := provider(t, w, func(cfg *openai.Config) { cfg.BaseURL, cfg.EmbeddingFormat = c.base, c.format })
		if _, err := p.Analyze(t.Context(), &ai.Request{Inputs: []string{"a"}, Dimensions: 2, Model: "m"}); err != nil {
			t.Fatal(err)
		}
		_, body := w.Only(t)
		if body["encoding_format"] != c.want || body["dimensions"] != 2.0 || body["model"] != "m" || !reflect.DeepEqual(body["input"], []any{"a"}) {
			t.Errorf("%s: sent %v", c.base, body)
		}
	}
}

func TestUnusableVectorsAreABadResponse(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, body := range map[string]string{
		"none":           vectors(),
		"too few":        vectors(floats(0, 1)),
		"too many":       vectors(floats(0, 1), floats(1, 1), floats(2, 1)),
		"same number":    vectors(floats(0, 1), floats(0, 1)),
		"negative":       vectors(floats(0, 1), floats(-1, 1)),
		"number too big": vectors(floats(0, 1), floats(2, 1)),
		"empty":          vectors(floats(0, 1), floats(1)),
		"null":           vectors(floats(0, 1), `{"index":1,"embedding":null}`),
		"lengths differ": vectors(floats(0, 1, 2), floats(1, 1)),
		"zero":           vectors(floats(0, 1, 1), floats(1, 0, 0)),
		"NaN":            vectors(packed(0, 1, 1), packed(1, nan, 1)),
		"infinite":       vectors(packed(0, 1, 1), packed(1, inf, 1)),
		"no base64":      vectors(packed(0, 1), `{"index":1,"embedding":"%%%"}`),
		"other type":     vectors(floats(0, 1), `{"index":1,"embedding":{}}`),
		"nothing":        ``,
		"null body":      `null`,
		"object":         `{}`,
		"cut JSON":       vectors(floats(0, 1), floats(1, 1))[:60],
	} {
		_, err := provider(t, wiretest.Answering(200, body)).Analyze(t.Context(), ai.Embedding("a", "b"))
		if e := asError(t, err); e.Code != ai.CodeBadResponse || e.Status != 200 || e.Model != "text-embedding-3-small" {
			t.Errorf("%s: %#v", name, e)
		}
	}
}

func TestVectorsOfAnotherLengthThanAskedAreRefused(t *testing.T) {
	w := wiretest.Answering(200, vectors(floats(0, 1, 2, 3)))
	_, err := provider(t, w).Analyze(t.Context(), &ai.Request{Inputs: []string{"a"}, Dimensions: 2})
	if e := asError(t, err); e.Code != ai.CodeBadResponse {
		t.Errorf("%#v", e)
	}
}

func TestLongInputsAreAskedForInSeveralCalls(t *testing.T) {
	var sizes []int
	w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		var ask struct{ Input []string }
		body, _ := req.GetBody()
		if err := json.NewDecoder(body).Decode(&ask); err != nil {
			return nil, err
		}
		sizes = append(sizes, len(ask.Input))
		items := make([]string, len(ask.Input))
		for i := range items {
			items[i] = floats(i, 1, 0)
		}
		return wiretest.Response(200, vectors(items...)), nil
	}}
	text := func(bytes int) string { return strings.Repeat("x", bytes) }
	_, err := provider(t, w).Analyze(t.Context(), ai.Embedding(text(300_000), text(300_000), text(1), text(700_000), text(1)))
	if err != nil || !reflect.DeepEqual(sizes, []int{2, 1, 1, 1}) {
		t.Errorf("batches %v, %v", sizes, err)
	}
}

func TestManyInputsAreAskedForInSeveralCalls(t *testing.T) {
	const count = 2048 + 3
	var sizes []int
	w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		var ask struct{ Input []string }
		body, _ := req.GetBody()
		text, _ := io.ReadAll(body)
		if err := json.Unmarshal(text, &ask); err != nil {
			return nil, err
		}
		sizes = append(sizes, len(ask.Input))
		items := make([]string, len(ask.Input))
		for i, input := range ask.Input {
			items[i] = floats(i, float32(len(input)), 1)
		}
		return wiretest.Response(200, vectors(items...)), nil
	}}
	inputs := make([]string, count)
	for i := range inputs {
		inputs[i] = strings.Repeat("x", 1+i%7)
	}
	got, err := provider(t, w).Analyze(t.Context(), ai.Embedding(inputs...))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(sizes, []int{2048, 3}) || len(got.Embeddings) != count || got.Usage.InputTokens != 10 {
		t.Errorf("batches %v, %d vectors, usage %+v", sizes, len(got.Embeddings), got.Usage)
	}
	for i, v := range got.Embeddings {
		if v[0] != float32(len(inputs[i])) {
			t.Fatalf("vector %d belongs to another input", i)
		}
	}
}
