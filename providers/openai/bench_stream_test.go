package openai_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/openai"
)

// hundred is a stream of 100 pieces of text.
func hundred() string {
	var b strings.Builder
	b.WriteString("data: " + chunk(opening, "null") + "\n\n")
	for range 100 {
		b.WriteString("data: " + chunk(`"content":" covenant"`, "null") + "\n\n")
	}
	b.WriteString("data: " + chunk("", `"stop"`) + "\n\ndata: " + oneLine(counts) + "\n\ndata: [DONE]\n\n")
	return b.String()
}

func BenchmarkStream100InMemory(b *testing.B) {
	benchmarkStream(b, "https://api.openai.com/v1", &http.Client{Transport: memory(hundred())})
}

func BenchmarkStream100OverLoopback(b *testing.B) {
	body := hundred()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	benchmarkStream(b, server.URL+"/v1", client)
}

func benchmarkStream(b *testing.B, base string, client *http.Client) {
	b.Run("adapter", func(b *testing.B) {
		p := provider(b, nil, func(c *openai.Config) { c.BaseURL, c.HTTPClient = base, client })
		req := ai.Text(prompt)
		b.ReportAllocs()
		var first firstPiece
		for b.Loop() {
			first.asked()
			for d, err := range p.Stream(b.Context(), req) {
				if err != nil {
					b.Fatal(err)
				}
				if d.Text != "" {
					first.came()
				}
			}
		}
		first.report(b)
	})
	b.Run("library", func(b *testing.B) {
		cfg := library.DefaultConfig(testKey)
		cfg.BaseURL, cfg.HTTPClient = base, client
		c := library.NewClientWithConfig(cfg)
		b.ReportAllocs()
		var first firstPiece
		for b.Loop() {
			first.asked()
			stream, err := c.CreateChatCompletionStream(b.Context(), library.ChatCompletionRequest{
				Model:         "gpt-5.5",
				Messages:      []library.ChatCompletionMessage{{Role: "user", Content: prompt}},
				StreamOptions: &library.StreamOptions{IncludeUsage: true},
			})
			for err == nil {
				var piece library.ChatCompletionStreamResponse
				if piece, err = stream.Recv(); len(piece.Choices) > 0 && piece.Choices[0].Delta.Content != "" {
					first.came()
				}
			}
			if !errors.Is(err, io.EOF) {
				b.Fatal(err)
			}
			_ = stream.Close()
		}
		first.report(b)
	})
}

// firstPiece measures how long the first piece of text of each stream takes.
type firstPiece struct {
	start   time.Time
	total   time.Duration
	waiting bool
}

func (f *firstPiece) asked() { f.start, f.waiting = time.Now(), true }

func (f *firstPiece) came() {
	if f.waiting {
		f.total, f.waiting = f.total+time.Since(f.start), false
	}
}

func (f *firstPiece) report(b *testing.B) {
	b.ReportMetric(float64(f.total.Nanoseconds())/float64(b.N), "ns/first")
}

func BenchmarkImage1MiBInMemory(b *testing.B) {
	image := append(bytes.Clone(png), make([]byte, 1<<20)...)
	client := &http.Client{Transport: memory(answer("A chart."))}
	b.Run("adapter", func(b *testing.B) {
		p := provider(b, nil, func(c *openai.Config) { c.HTTPClient = client })
		req := ai.ImageAnalysis(prompt, ai.ImageBytes(image))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Analyze(b.Context(), req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		cfg := library.DefaultConfig(testKey)
		cfg.HTTPClient = client
		c := library.NewClientWithConfig(cfg)
		b.ReportAllocs()
		for b.Loop() {
			_, err := c.CreateChatCompletion(b.Context(), library.ChatCompletionRequest{
				Model: "gpt-5.5",
				Messages: []library.ChatCompletionMessage{{Role: "user", MultiContent: []library.ChatMessagePart{
					{Type: "text", Text: prompt},
					{Type: "image_url", ImageURL: &library.ChatMessageImageURL{URL: "data:image/png;base64," + base64.StdEncoding.EncodeToString(image)}},
				}}},
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
