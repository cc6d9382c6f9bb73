package gemini_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/providers/gemini"
)

// fixed answers every request with the same body, as cheaply as possible.
type fixed string

func (body fixed) RoundTrip(req *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, req.Body)
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body))}, nil
}

// sixteen is an answer with 16 vectors of 1536 dimensions.
func sixteen() fixed {
	list := make([][]float64, 16)
	for i := range list {
		list[i] = make([]float64, 1536)
		for j := range list[i] {
			list[i][j] = float64((i+j)%17-8) / 512
		}
	}
	return fixed(vectors(list...))
}

func inputs(n int) []string { return strings.Fields(strings.Repeat("text ", n)) }

func BenchmarkText(b *testing.B) {
	p := provider(b, fixed(answer("A short answer.")))
	req := ai.Text("A short question.")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Analyze(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTextLibraryAlone(b *testing.B) {
	client := library(b, fixed(answer("A short answer.")))
	config := &genai.GenerateContentConfig{AutomaticContinuation: new(false)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Models.GenerateContent(context.Background(), gemini.DefaultModels().Text, genai.Text("A short question."), config); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmbedding(b *testing.B) {
	p := provider(b, sixteen())
	req := &ai.Request{Inputs: inputs(16), Dimensions: 1536}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Analyze(context.Background(), req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEmbeddingLibraryAlone(b *testing.B) {
	client := library(b, sixteen())
	var contents []*genai.Content
	for _, text := range inputs(16) {
		contents = append(contents, &genai.Content{Parts: []*genai.Part{{Text: text}}})
	}
	config := &genai.EmbedContentConfig{OutputDimensionality: new(int32(1536))}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Models.EmbedContent(context.Background(), gemini.DefaultModels().Embedding, contents, config); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	p := provider(b, fixed(""))
	req := ai.Embedding("text")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Plan(req); err != nil {
			b.Fatal(err)
		}
	}
}

// library is genai as an application would use it.
func library(b *testing.B, wire http.RoundTripper) *genai.Client {
	client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: testKey, Backend: genai.BackendGeminiAPI, HTTPClient: &http.Client{Transport: wire}})
	if err != nil {
		b.Fatal(err)
	}
	return client
}
