package gemini_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
)

func TestOneProviderServesManyCallersAtOnce(t *testing.T) {
	w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(req.URL.Path, ":batchEmbedContents"):
			return wiretest.Response(200, vectors([]float64{3, 4})), nil
		case strings.Contains(req.URL.Path, "/broken:"):
			return wiretest.Response(503, refusal(503, "UNAVAILABLE", "x", retryIn("1s"))), nil
		default:
			return wiretest.Response(200, answer("fine")), nil
		}
	}}
	p := provider(t, w)
	shared := &ai.Request{
		Instruction: "Be brief.", History: []ai.Message{{Role: ai.RoleUser, Text: "hi", Images: []ai.Image{ai.ImageBytes(png)}}},
		Prompt: "x", Images: []ai.Image{ai.ImageBytes(png)}, Stop: []string{"END"}, Temperature: new(0.5), Seed: new(int64(1)),
	}
	before := fmt.Sprintf("%+v", *shared)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if got, err := p.Analyze(t.Context(), shared); err != nil || got.Text != "fine" {
				t.Errorf("text: %+v, %v", got, err)
			}
			got, err := p.Analyze(t.Context(), ai.Embedding("a"))
			if err != nil || !reflect.DeepEqual(got.Embeddings, [][]float32{{0.6, 0.8}}) {
				t.Errorf("embedding: %+v, %v", got, err)
			}
			_, err = p.Analyze(t.Context(), &ai.Request{Prompt: "x", Model: "broken"})
			if e, ok := err.(*ai.Error); !ok || e.Code != ai.CodeUnavailable || e.Status != 503 {
				t.Errorf("failure: %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(w.Requests()); n != 64*3 {
		t.Errorf("%d requests were sent, want %d", n, 64*3)
	}
	if after := fmt.Sprintf("%+v", *shared); after != before {
		t.Errorf("the request was changed: %s", after)
	}
}
