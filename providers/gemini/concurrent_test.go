package gemini_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

func TestOneProviderServesManyCallersAtOnce(t *testing.T) {
	w := &wiretest.Wire{Answer: func(req *http.Request) (*http.Response, error) {
		switch {
		case strings.HasSuffix(req.URL.Path, ":batchEmbedContents"):
			return wiretest.Response(200, vectors([]float64{3, 4})), nil
		case strings.HasSuffix(req.URL.Path, ":streamGenerateContent"):
			return wiretest.Response(200, sse(saying("fi", ""), saying("ne", "STOP"))), nil
		case strings.Contains(req.URL.Path, "/broken:"):
			return wiretest.Response(503, refusal(503, "UNAVAILABLE", "x", retryIn("1s"))), nil
		default:
			return wiretest.Response(200, answer("fine")), nil
		}
	}}
	p := provider(t, w)
	shared := &ai.Request{
		Instruction: "Be brief.", History: []ai.Message{{Role: ai.RoleUser, Text: "hi", Images: []ai.Image{ai.ImageBytes(png)}}},
		Tools: []ai.Tool{weather}, Schema: []byte(`{"type":"object"}`), Documents: []ai.Document{ai.DocumentBytes(pdf)},
		Prompt: "x", Images: []ai.Image{ai.ImageBytes(png)}, Stop: []string{"END"}, Temperature: new(0.5), Seed: new(int64(1)),
	}
	before := fmt.Sprintf("%+v", *shared)
	var wg sync.WaitGroup
	const callers = 1000
	for range callers {
		wg.Go(func() {
			if got, err := p.Analyze(t.Context(), shared); err != nil || got.Text != "fine" {
				t.Errorf("text: %+v, %v", got, err)
			}
			got, err := p.Analyze(t.Context(), ai.Embedding("a"))
			if err != nil || !reflect.DeepEqual(got.Embeddings, [][]float32{{0.6, 0.8}}) {
				t.Errorf("embedding: %+v, %v", got, err)
			}
			if got, err := ai.Collect(p.Stream(t.Context(), shared)); err != nil || got.Text != "fine" {
				t.Errorf("stream: %+v, %v", got, err)
			}
			_, err = p.Analyze(t.Context(), &ai.Request{Prompt: "x", Model: "broken"})
			if e, ok := err.(*ai.Error); !ok || e.Code != ai.CodeUnavailable || e.Status != 503 {
				t.Errorf("failure: %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(w.Requests()); n != 4*callers {
		t.Errorf("%d requests were sent, want %d", n, 4*callers)
	}
	if after := fmt.Sprintf("%+v", *shared); after != before {
		t.Errorf("the request was changed: %s", after)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		switch {
		case strings.Contains(req.URL.Path, "/broken:"):
			w.WriteHeader(http.StatusServiceUnavailable)
		case strings.HasSuffix(req.URL.Path, ":streamGenerateContent"):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, sse(saying("fi", "")))
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, sse(saying("ne", "STOP")))
		default:
			_, _ = io.WriteString(w, answer("fine"))
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	p, err := gemini.New(gemini.Config{BaseURL: server.URL, HTTPClient: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		_, whole := p.Analyze(t.Context(), ai.Text("x"))
		_, streamed := ai.Collect(p.Stream(t.Context(), ai.Text("x")))
		_, broken := ai.Collect(p.Stream(t.Context(), &ai.Request{Prompt: "x", Model: "broken"}))
		if whole != nil || streamed != nil || ai.CodeOf(broken) != ai.CodeUnavailable {
			t.Fatal(whole, streamed, broken)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections were opened for 60 calls one after the other", n)
	}
}
