package openai_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

const prompt = "Which covenants does this filing put at risk?"

// What this package adds to a call is the difference of each pair.

func BenchmarkChatInMemory(b *testing.B) {
	body := answer(strings.Repeat("Two covenants are close to their limits. ", 10))
	benchmarkChat(b, "https://api.openai.com/v1", &http.Client{Transport: memory(body)})
}

func BenchmarkChatOverLoopback(b *testing.B) {
	body := answer(strings.Repeat("Two covenants are close to their limits. ", 10))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	benchmarkChat(b, server.URL+"/v1", client)
}

func benchmarkChat(b *testing.B, base string, client *http.Client) {
	b.Run("adapter", func(b *testing.B) {
		p := provider(b, nil, func(c *openai.Config) { c.BaseURL, c.HTTPClient = base, client })
		req := ai.Text(prompt)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Analyze(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		cfg := library.DefaultConfig(testKey)
		cfg.BaseURL, cfg.HTTPClient = base, client
		c := library.NewClientWithConfig(cfg)
		b.ReportAllocs()
		for b.Loop() {
			_, err := c.CreateChatCompletion(b.Context(), library.ChatCompletionRequest{
				Model:    "gpt-5.5",
				Messages: []library.ChatCompletionMessage{{Role: "user", Content: prompt}},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// memory answers with one body and costs as little as it can.
type memory string

func (m memory) RoundTrip(*http.Request) (*http.Response, error) {
	return wiretest.Response(200, string(m)), nil
}

func BenchmarkEmbedding16x1536(b *testing.B) {
	v := make([]float32, 1536)
	for i := range v {
		v[i] = float32(i%97) / 97
	}
	inputs := strings.Split(strings.Repeat("x", 16), "")
	for format, item := range map[string]func(int, ...float32) string{"base64": packed, "float": floats} {
		items := make([]string, len(inputs))
		for i := range items {
			items[i] = item(i, v...)
		}
		p := provider(b, memory(vectors(items...)), func(c *openai.Config) { c.EmbeddingFormat = format })
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Analyze(b.Context(), ai.Embedding(inputs...)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	items := make([]string, len(inputs))
	for i := range items {
		items[i] = floats(i, v...)
	}
	cfg := library.DefaultConfig(testKey)
	cfg.HTTPClient = &http.Client{Transport: memory(vectors(items...))}
	c := library.NewClientWithConfig(cfg)
	b.Run("library, float", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.CreateEmbeddings(b.Context(), library.EmbeddingRequest{Model: "text-embedding-3-small", Input: inputs}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
