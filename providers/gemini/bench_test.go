package gemini_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

// hundred is a stream of 100 pieces of text, with usage as the service sends it.
func hundred() fixed {
	var b strings.Builder
	for i := range 100 {
		finish := ""
		if i == 99 {
			finish = "STOP"
		}
		b.WriteString(sse(strings.Replace(saying("some words of it", finish), `"modelVersion"`,
			`"usageMetadata":{"promptTokenCount":11,"candidatesTokenCount":12,"totalTokenCount":626,"promptTokensDetails":[{"modality":"TEXT","tokenCount":11}]},"modelVersion"`, 1)))
	}
	return fixed(b.String())
}

func inputs(n int) []string { return strings.Fields(strings.Repeat("text ", n)) }

// contest is one call through the adapter and through the library alone.
type contest struct {
	name          string
	ours, library func() error
}

func contests(b *testing.B) []contest {
	ctx, model := context.Background(), gemini.DefaultModels().Text
	config := &genai.GenerateContentConfig{AutomaticContinuation: new(false)}
	analyze := func(p *gemini.Provider, req *ai.Request) func() error {
		return func() error {
			_, err := p.Analyze(ctx, req)
			return err
		}
	}
	generate := func(client *genai.Client, contents []*genai.Content) func() error {
		return func() error {
			_, err := client.Models.GenerateContent(ctx, model, contents, config)
			return err
		}
	}
	short := fixed(answer("A short answer."))
	megabyte := append(slices.Clone(png), bytes.Repeat([]byte{0xa5}, 1<<20)...)
	var contents []*genai.Content
	for _, text := range inputs(16) {
		contents = append(contents, genai.NewContentFromText(text, genai.RoleUser))
	}
	vectored := library(b, sixteen())
	streamed, alone := provider(b, hundred()), library(b, hundred())
	return []contest{
		{"text", analyze(provider(b, short), ai.Text("A short question.")), generate(library(b, short), genai.Text("A short question."))},
		{"image", analyze(provider(b, short), ai.ImageAnalysis("What is it?", ai.ImageBytes(megabyte))), generate(library(b, short), []*genai.Content{
			genai.NewContentFromParts([]*genai.Part{genai.NewPartFromBytes(megabyte, "image/png"), {Text: "What is it?"}}, genai.RoleUser)})},
		{"embeddings", analyze(provider(b, sixteen()), &ai.Request{Inputs: inputs(16), Dimensions: 1536}), func() error {
			_, err := vectored.Models.EmbedContent(ctx, gemini.DefaultModels().Embedding, contents, &genai.EmbedContentConfig{OutputDimensionality: new(int32(1536))})
			return err
		}},
		{"stream", func() error {
			for _, err := range streamed.Stream(ctx, ai.Text("A short question.")) {
				if err != nil {
					return err
				}
			}
			return nil
		}, func() error {
			for _, err := range alone.Models.GenerateContentStream(ctx, model, genai.Text("A short question."), config) {
				if err != nil {
					return err
				}
			}
			return nil
		}},
		{"first piece", func() error {
			for d, err := range streamed.Stream(ctx, ai.Text("A short question.")) {
				if err != nil || d.Text != "" {
					return err
				}
			}
			return nil
		}, func() error {
			for _, err := range alone.Models.GenerateContentStream(ctx, model, genai.Text("A short question."), config) {
				return err
			}
			return nil
		}},
	}
}

func BenchmarkAdapter(b *testing.B) {
	for _, c := range contests(b) {
		b.Run(c.name, func(b *testing.B) { measure(b, c.ours) })
	}
}

func BenchmarkLibraryAlone(b *testing.B) {
	for _, c := range contests(b) {
		b.Run(c.name, func(b *testing.B) { measure(b, c.library) })
	}
}

func measure(b *testing.B, call func() error) {
	b.ReportAllocs()
	for b.Loop() {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRatio calls the adapter and the library in turns and reports the
// median ratio of their times, and how many allocations the adapter adds.
func BenchmarkRatio(b *testing.B) {
	for _, c := range contests(b) {
		b.Run(c.name, func(b *testing.B) {
			var ratios []float64
			for b.Loop() { // each goes first once, for what one leaves to the garbage collector
				ours, library := timed(b, c.ours), timed(b, c.library)
				library, ours = library+timed(b, c.library), ours+timed(b, c.ours)
				ratios = append(ratios, float64(ours)/float64(library))
			}
			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "ratio")
			b.ReportMetric(testing.AllocsPerRun(20, func() { _ = c.ours() })-testing.AllocsPerRun(20, func() { _ = c.library() }), "added-allocs")
		})
	}
}

func timed(b *testing.B, call func() error) time.Duration {
	start := time.Now()
	if err := call(); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
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
