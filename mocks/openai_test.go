package mocks_test

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func dataURL(png []byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)
}

func newOpenAI(t *testing.T) (*mocks.Server, *goopenai.Client) {
	s := mocks.NewOpenAI()
	t.Cleanup(func() { _ = s.Close() })
	return s, openAIClient(s.Client(), s.BaseURL(), "any")
}

func TestOpenAISummarisesText(t *testing.T) {
	s, c := newOpenAI(t)
	req := goopenai.ChatCompletionRequest{Model: "gpt-5.5", Messages: []goopenai.ChatCompletionMessage{
		{Role: "system", Content: "You are a credit analyst."},
		{Role: "user", Content: filing},
	}}
	resp, err := c.CreateChatCompletion(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	text := resp.Choices[0].Message.Content
	if !strings.HasPrefix(text, "[emulated] ") || !strings.Contains(text, "leverage covenant") || strings.Contains(text, "new office") {
		t.Errorf("answer %q", text)
	}
	u := resp.Usage
	if resp.Model != "gpt-5.5" || resp.ID == "" || resp.Choices[0].FinishReason != "stop" ||
		u.PromptTokens == 0 || u.CompletionTokens == 0 || u.TotalTokens != u.PromptTokens+u.CompletionTokens {
		t.Errorf("%+v", resp)
	}
	if resp.Header().Get("X-Request-Id") == "" || resp.Header().Get("X-Emulated") != "true" {
		t.Errorf("header %v", resp.Header())
	}
	again, err := c.CreateChatCompletion(t.Context(), req)
	if err != nil || again.ID != resp.ID || again.Choices[0].Message.Content != text {
		t.Errorf("not the same again: %+v, %v", again, err)
	}
	x := s.Calls()[0]
	if x.Kind != ai.KindText || x.Model != "gpt-5.5" || !x.Authorized || x.Status != 200 || x.Path != "/v1/chat/completions" ||
		x.Header.Get("Authorization") != "Bearer any" || !strings.Contains(string(x.Body), "leverage") {
		t.Errorf("exchange %+v", x)
	}
}

func TestOpenAIObeysTokenLimitAndStop(t *testing.T) {
	_, c := newOpenAI(t)
	messages := []goopenai.ChatCompletionMessage{{Role: "user", Content: filing}}
	resp, err := c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{Model: "m", Messages: messages, MaxCompletionTokens: 5})
	if err != nil || resp.Choices[0].FinishReason != "length" || resp.Usage.CompletionTokens != 5 {
		t.Errorf("%+v, %v", resp, err)
	}
	resp, err = c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{Model: "m", Messages: messages, Stop: []string{" rose"}})
	if err != nil || resp.Choices[0].Message.Content != "[emulated] Net debt" || resp.Choices[0].FinishReason != "stop" {
		t.Errorf("%+v, %v", resp, err)
	}
}

func TestOpenAIDescribesImages(t *testing.T) {
	s, c := newOpenAI(t)
	resp, err := c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{Model: "m", Messages: []goopenai.ChatCompletionMessage{
		{Role: "user", MultiContent: []goopenai.ChatMessagePart{
			{Type: goopenai.ChatMessagePartTypeText, Text: "What is this?"},
			{Type: goopenai.ChatMessagePartTypeImageURL, ImageURL: &goopenai.ChatMessageImageURL{URL: dataURL(flag())}},
			{Type: goopenai.ChatMessagePartTypeImageURL, ImageURL: &goopenai.ChatMessageImageURL{URL: "https://example.com/a.png"}},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := "[emulated] Image 1: A PNG image, 60 × 40 pixels, landscape. Main colours: blue (#2040d0) 67 %, white (#ffffff) 33 %. " +
		"Image 2: An image given by its address, which the emulation does not open."
	if got := resp.Choices[0].Message.Content; got != want {
		t.Errorf("answer %q", got)
	}
	if x := s.Calls()[0]; x.Kind != ai.KindImage {
		t.Errorf("kind %v", x.Kind)
	}
}

func TestOpenAIEmbedsAlikeInBothEncodings(t *testing.T) {
	_, c := newOpenAI(t)
	tests := []struct {
		model             goopenai.EmbeddingModel
		dimensions, wants int
	}{{goopenai.SmallEmbedding3, 0, 1536}, {goopenai.LargeEmbedding3, 0, 3072}, {goopenai.SmallEmbedding3, 64, 64}, {goopenai.AdaEmbeddingV2, 0, 1536}}
	for _, tt := range tests {
		req := goopenai.EmbeddingRequest{Model: tt.model, Input: []string{"net debt", "the sea"}, Dimensions: tt.dimensions}
		floats, err := c.CreateEmbeddings(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		req.EncodingFormat = goopenai.EmbeddingEncodingFormatBase64
		packed, err := c.CreateEmbeddings(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(floats.Data) != 2 || floats.Usage.TotalTokens == 0 || floats.Model != tt.model {
			t.Fatalf("%s: %d vectors, %+v", tt.model, len(floats.Data), floats.Usage)
		}
		for i, d := range floats.Data {
			if d.Index != i || len(d.Embedding) != tt.wants || math.Abs(length(d.Embedding)-1) > 1e-5 {
				t.Errorf("%s: vector %d has index %d, %d dimensions, length %v", tt.model, i, d.Index, len(d.Embedding), length(d.Embedding))
			}
			if !slices.Equal(d.Embedding, packed.Data[i].Embedding) {
				t.Errorf("%s: vector %d differs between the encodings", tt.model, i)
			}
		}
	}
}

func length(v []float32) float64 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}

func TestOpenAIRefusesWhatTheServiceRefuses(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	const chat, embeddings = "/v1/chat/completions", "/v1/embeddings"
	tests := []struct {
		name, path, body string
		status           int
		param            string
	}{
		{"no JSON", chat, `{`, 400, ""},
		{"no messages", chat, `{"model":"m","messages":[]}`, 400, "messages"},
		{"no model", chat, `{"messages":[{"role":"user","content":"x"}]}`, 400, "model"},
		{"unknown role", chat, `{"model":"m","messages":[{"role":"boss","content":"x"}]}`, 400, "messages[0].role"},
		{"hot", chat, `{"model":"m","temperature":99,"messages":[{"role":"user","content":"x"}]}`, 400, "temperature"},
		{"broken base64", chat, `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,!"}}]}]}`, 400, "messages[0].content[0]"},
		{"unreadable image", chat, `{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`, 400, "messages"},
		{"no input", embeddings, `{"model":"m","input":[]}`, 400, "input"},
		{"empty input", embeddings, `{"model":"m","input":["a",""]}`, 400, "input[1]"},
		{"too many inputs", embeddings, `{"model":"m","input":["a"` + strings.Repeat(`,"a"`, 2048) + `]}`, 400, "input"},
		{"too long a vector", embeddings, `{"model":"text-embedding-3-small","input":"a","dimensions":1537}`, 400, "dimensions"},
		{"fixed dimensions", embeddings, `{"model":"text-embedding-ada-002","input":"a","dimensions":8}`, 400, "dimensions"},
		{"unknown encoding", embeddings, `{"model":"m","input":"a","encoding_format":"hex"}`, 400, "encoding_format"},
		{"unknown path", "/v1/elsewhere", `{}`, 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := post(t, s, tt.path, "Authorization", "Bearer any", tt.body)
			if status != tt.status || !strings.Contains(body, `"type":"invalid_request_error"`) {
				t.Errorf("status %d, %s", status, body)
			}
			if tt.param != "" && !strings.Contains(body, `"param":"`+tt.param+`"`) {
				t.Errorf("not about %s: %s", tt.param, body)
			}
		})
	}
	if status, body := post(t, s, chat, "Authorization", "", `{"model":"m","messages":[{"role":"user","content":"x"}]}`); status != 401 {
		t.Errorf("without a key: %d %s", status, body)
	}
}
