package mocks_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func newGemini(t *testing.T) (*mocks.Server, *genai.Client) {
	s := mocks.NewGemini()
	t.Cleanup(func() { _ = s.Close() })
	return s, geminiClient(s.Client(), s.BaseURL(), "any")
}

func TestGeminiSummarisesText(t *testing.T) {
	s, c := newGemini(t)
	config := &genai.GenerateContentConfig{SystemInstruction: genai.NewContentFromText("You are a credit analyst.", "user")}
	resp, err := c.Models.GenerateContent(t.Context(), "gemini-3.8-flash", genai.Text(filing), config)
	if err != nil {
		t.Fatal(err)
	}
	text := resp.Text()
	if !strings.HasPrefix(text, "[emulated] ") || !strings.Contains(text, "leverage covenant") || strings.Contains(text, "new office") {
		t.Errorf("answer %q", text)
	}
	u := resp.UsageMetadata
	if resp.ModelVersion != "gemini-3.8-flash" || resp.ResponseID == "" || resp.Candidates[0].FinishReason != "STOP" ||
		u.PromptTokenCount == 0 || u.TotalTokenCount != u.PromptTokenCount+u.CandidatesTokenCount {
		t.Errorf("%+v", resp)
	}
	again, err := c.Models.GenerateContent(t.Context(), "gemini-3.8-flash", genai.Text(filing), config)
	if err != nil || again.ResponseID != resp.ResponseID || again.Text() != text {
		t.Errorf("not the same again: %+v, %v", again, err)
	}
	x := s.Calls()[0]
	if x.Kind != ai.KindText || x.Model != "gemini-3.8-flash" || !x.Authorized || x.Status != 200 || x.Header.Get("X-Goog-Api-Key") != "any" {
		t.Errorf("exchange %+v", x)
	}
}

func TestGeminiObeysTokenLimitAndStop(t *testing.T) {
	_, c := newGemini(t)
	config := &genai.GenerateContentConfig{MaxOutputTokens: 5}
	resp, err := c.Models.GenerateContent(t.Context(), "m", genai.Text(filing), config)
	if err != nil || resp.Candidates[0].FinishReason != "MAX_TOKENS" || resp.UsageMetadata.CandidatesTokenCount != 5 {
		t.Errorf("%+v, %v", resp, err)
	}
	config = &genai.GenerateContentConfig{StopSequences: []string{" rose"}}
	resp, err = c.Models.GenerateContent(t.Context(), "m", genai.Text(filing), config)
	if err != nil || resp.Text() != "[emulated] Net debt" {
		t.Errorf("%+v, %v", resp, err)
	}
}

func TestGeminiDescribesImages(t *testing.T) {
	s, c := newGemini(t)
	resp, err := c.Models.GenerateContent(t.Context(), "m", []*genai.Content{{Role: "user", Parts: []*genai.Part{
		{InlineData: &genai.Blob{MIMEType: "image/png", Data: flag()}},
		{FileData: &genai.FileData{FileURI: "https://example.com/a.png"}},
		{Text: "What is this?"},
	}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Text(); !strings.Contains(got, "60 × 40 pixels, landscape. Main colours: blue (#2040d0) 67 %") ||
		!strings.Contains(got, "does not open") {
		t.Errorf("answer %q", got)
	}
	if x := s.Calls()[0]; x.Kind != ai.KindImage {
		t.Errorf("kind %v", x.Kind)
	}
}

func TestGeminiEmbedsWithLengthOneAtFullDimensionsOnly(t *testing.T) {
	_, c := newGemini(t)
	for _, dimensions := range []int32{0, 3072, 768} {
		config := new(genai.EmbedContentConfig)
		if dimensions > 0 {
			config.OutputDimensionality = &dimensions
		}
		contents := []*genai.Content{genai.NewContentFromText("net debt", "user"), genai.NewContentFromText("the sea", "user")}
		resp, err := c.Models.EmbedContent(t.Context(), "gemini-embedding-001", contents, config)
		if err != nil || len(resp.Embeddings) != 2 {
			t.Fatalf("%+v, %v", resp, err)
		}
		want, unit := 3072, true
		if dimensions == 768 {
			want, unit = 768, false
		}
		for _, e := range resp.Embeddings {
			if len(e.Values) != want || (math.Abs(length(e.Values)-1) < 1e-5) != unit {
				t.Errorf("%d dimensions asked for: %d, length %v", dimensions, len(e.Values), length(e.Values))
			}
		}
	}
}

func TestGeminiRefusesWhatTheServiceRefuses(t *testing.T) {
	s := mocks.NewGemini()
	defer s.Close()
	const generate, embed = "/v1beta/models/m:generateContent", "/v1beta/models/m:batchEmbedContents"
	one := `{"model":"models/m","content":{"parts":[{"text":"a"}]}}`
	tests := []struct {
		name, path, body, status string
	}{
		{"no JSON", generate, `{`, "INVALID_ARGUMENT"},
		{"no contents", generate, `{"contents":[]}`, "INVALID_ARGUMENT"},
		{"no parts", generate, `{"contents":[{"role":"user"}]}`, "INVALID_ARGUMENT"},
		{"empty part", generate, `{"contents":[{"parts":[{}]}]}`, "INVALID_ARGUMENT"},
		{"unknown role", generate, `{"contents":[{"role":"boss","parts":[{"text":"a"}]}]}`, "INVALID_ARGUMENT"},
		{"hot", generate, `{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"temperature":9}}`, "INVALID_ARGUMENT"},
		{"broken base64", generate, `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"!"}}]}]}`, "INVALID_ARGUMENT"},
		{"unreadable image", generate, `{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}`, "INVALID_ARGUMENT"},
		{"no inputs", embed, `{"requests":[]}`, "INVALID_ARGUMENT"},
		{"too many inputs", embed, `{"requests":[` + one + strings.Repeat(","+one, 100) + `]}`, "INVALID_ARGUMENT"},
		{"empty input", embed, `{"requests":[{"model":"models/m","content":{}}]}`, "INVALID_ARGUMENT"},
		{"another model", embed, `{"requests":[{"model":"models/n","content":{"parts":[{"text":"a"}]}}]}`, "INVALID_ARGUMENT"},
		{"too long a vector", embed, `{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]},"output_dimensionality":4000}]}`, "INVALID_ARGUMENT"},
		{"unknown method", "/v1beta/models/m:sing", `{}`, "NOT_FOUND"},
		{"unknown path", "/elsewhere", `{}`, "NOT_FOUND"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := post(t, s, tt.path, "X-Goog-Api-Key", "any", tt.body)
			if status < 400 || !strings.Contains(body, `"status":"`+tt.status+`"`) {
				t.Errorf("status %d, %s", status, body)
			}
		})
	}
	if status, body := post(t, s, generate, "X-Goog-Api-Key", "", `{"contents":[{"parts":[{"text":"a"}]}]}`); status != 403 {
		t.Errorf("without a key: %d %s", status, body)
	}
}
