package mocks_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"
	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

const filing = "Which covenant is at risk? Net debt rose to $612 million. " +
	"The leverage covenant is 3.75 times, and the ratio stood at 3.61 times. The board met six times. A new office was opened."

// service is a fake provider with the real library that speaks to it.
type service struct {
	name string
	fake func() *mocks.Server
	// call makes one call of the kind and returns the text answered, or for
	// embeddings "".
	call func(ctx context.Context, client *http.Client, baseURL string, kind ai.Kind) (string, error)
}

func services() []service {
	return []service{
		{"openai", mocks.NewOpenAI, callOpenAI},
		{"gemini", mocks.NewGemini, callGemini},
	}
}

func openAIClient(client *http.Client, baseURL, key string) *goopenai.Client {
	config := goopenai.DefaultConfig(key)
	config.BaseURL, config.HTTPClient = baseURL, client
	return goopenai.NewClientWithConfig(config)
}

func callOpenAI(ctx context.Context, client *http.Client, baseURL string, kind ai.Kind) (string, error) {
	c := openAIClient(client, baseURL, "any")
	if kind == ai.KindEmbedding {
		_, err := c.CreateEmbeddings(ctx, goopenai.EmbeddingRequest{Model: goopenai.SmallEmbedding3, Input: []string{filing}})
		return "", err
	}
	if kind == ai.KindImageGeneration {
		_, err := c.CreateImage(ctx, goopenai.ImageRequest{Model: "gpt-image-2", Prompt: "A covenant.", Size: "256x128"})
		return "", err
	}
	message := goopenai.ChatCompletionMessage{Role: "user", Content: filing}
	if kind == ai.KindImage {
		message = goopenai.ChatCompletionMessage{Role: "user", MultiContent: []goopenai.ChatMessagePart{
			{Type: goopenai.ChatMessagePartTypeText, Text: "What is this?"},
			{Type: goopenai.ChatMessagePartTypeImageURL, ImageURL: &goopenai.ChatMessageImageURL{URL: dataURL(flag())}},
		}}
	}
	resp, err := c.CreateChatCompletion(ctx, goopenai.ChatCompletionRequest{
		Model: "gpt-5.5", Messages: []goopenai.ChatCompletionMessage{message},
	})
	if err != nil {
		return "", err
	}
	return resp.Choices[0].Message.Content, nil
}

func geminiClient(client *http.Client, baseURL, key string) *genai.Client {
	c, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: client,
		HTTPOptions: genai.HTTPOptions{BaseURL: baseURL},
	})
	if err != nil {
		panic(err)
	}
	return c
}

func callGemini(ctx context.Context, client *http.Client, baseURL string, kind ai.Kind) (string, error) {
	c := geminiClient(client, baseURL, "any")
	parts := []*genai.Part{{Text: filing}}
	var config *genai.GenerateContentConfig
	switch kind {
	case ai.KindImageGeneration:
		config = &genai.GenerateContentConfig{ResponseModalities: []string{"IMAGE"}}
	case ai.KindEmbedding:
		_, err := c.Models.EmbedContent(ctx, "gemini-embedding-001", genai.Text(filing), nil)
		return "", err
	case ai.KindImage:
		parts = []*genai.Part{{Text: "What is this?"}, {InlineData: &genai.Blob{MIMEType: "image/png", Data: flag()}}}
	}
	resp, err := c.Models.GenerateContent(ctx, "gemini-3.8-flash", []*genai.Content{{Role: "user", Parts: parts}}, config)
	if err != nil {
		return "", err
	}
	return resp.Text(), nil
}

// flag is a PNG of 60 × 40 pixels, two thirds blue over one third white.
func flag() []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	for y := range 40 {
		for x := range 60 {
			if x < 40 {
				m.Set(x, y, color.NRGBA{R: 0x20, G: 0x40, B: 0xd0, A: 255})
			} else {
				m.Set(x, y, color.White)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// eachService runs a test against both fakes.
func eachService(t *testing.T, test func(t *testing.T, p service)) {
	t.Helper()
	for _, p := range services() {
		t.Run(p.name, func(t *testing.T) { test(t, p) })
	}
}
