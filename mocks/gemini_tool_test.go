package mocks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

func TestGeminiCallsToolsAndTakesTheirResults(t *testing.T) {
	s, c := newGemini(t)
	s.Answer(mocks.Answer{
		ToolCalls: []ai.ToolCall{{Name: "price", Arguments: json.RawMessage(`{"isin":"x"}`), State: []byte("thought")}, {ID: "7", Name: "today"}},
		Usage:     ai.Usage{InputTokens: 7, OutputTokens: 5, CachedTokens: 2, ReasoningTokens: 1},
	})
	config := &genai.GenerateContentConfig{Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: "price"}, {Name: "today"}}}}}
	history := []*genai.Content{genai.NewContentFromText("What is the price?", "user")}
	resp, err := c.Models.GenerateContent(t.Context(), "m", history, config)
	if err != nil {
		t.Fatal(err)
	}
	calls := resp.FunctionCalls()
	if len(calls) != 2 || calls[0].Args["isin"] != "x" || calls[0].ID != "" || calls[1].ID != "7" || resp.Candidates[0].FinishReason != "STOP" ||
		string(resp.Candidates[0].Content.Parts[0].ThoughtSignature) != "thought" {
		t.Errorf("%+v", resp.Candidates[0].Content)
	}
	if u := resp.UsageMetadata; u.PromptTokenCount != 7 || u.CandidatesTokenCount != 4 || u.ThoughtsTokenCount != 1 || u.CachedContentTokenCount != 2 || u.TotalTokenCount != 12 {
		t.Errorf("%+v", u)
	}
	history = append(history, resp.Candidates[0].Content)
	results := &genai.Content{Role: "user"}
	for _, call := range calls {
		results.Parts = append(results.Parts, genai.NewPartFromFunctionResponse(call.Name, map[string]any{"output": "The price rose to 612."}))
	}
	resp, err = c.Models.GenerateContent(t.Context(), "m", append(history, results), config)
	if err != nil || !strings.Contains(resp.Text(), "612") {
		t.Errorf("%+v, %v", resp, err)
	}
	results.Parts = results.Parts[:1]
	if _, err = c.Models.GenerateContent(t.Context(), "m", append(history, results), config); seen(err) != "400 INVALID_ARGUMENT" {
		t.Errorf("a result is missing: %v", err)
	}
}

func TestGeminiCallsTheToolThatMustBeCalled(t *testing.T) {
	_, c := newGemini(t)
	ask := func(mode genai.FunctionCallingConfigMode, allowed ...string) (*genai.GenerateContentResponse, error) {
		return c.Models.GenerateContent(t.Context(), "m", genai.Text("x"), &genai.GenerateContentConfig{
			Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{
				{Name: "today"},
				{Name: "price", Parameters: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"isin": {Type: genai.TypeString}}}},
			}}},
			ToolConfig: &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{Mode: mode, AllowedFunctionNames: allowed}},
		})
	}
	resp, err := ask(genai.FunctionCallingConfigModeAny, "price")
	if err != nil || len(resp.FunctionCalls()) != 1 || resp.FunctionCalls()[0].Args["isin"] != "[emulated]" {
		t.Errorf("%+v, %v", resp, err)
	}
	if resp, err = ask(genai.FunctionCallingConfigModeAuto); err != nil || len(resp.FunctionCalls()) != 0 {
		t.Errorf("%+v, %v", resp, err)
	}
	if _, err = ask(genai.FunctionCallingConfigModeAny, "unknown"); seen(err) != "400 INVALID_ARGUMENT" {
		t.Error(err)
	}
}

func TestGeminiFollowsASchemaInEitherDialect(t *testing.T) {
	_, c := newGemini(t)
	for _, config := range []*genai.GenerateContentConfig{
		{ResponseSchema: &genai.Schema{Type: genai.TypeObject, Properties: map[string]*genai.Schema{"risk": {Type: genai.TypeInteger}}}},
		{ResponseJsonSchema: map[string]any{"type": "object", "properties": map[string]any{"risk": map[string]any{"type": "integer"}}}},
	} {
		if _, err := c.Models.GenerateContent(t.Context(), "m", genai.Text("x"), config); seen(err) != "400 INVALID_ARGUMENT" {
			t.Errorf("without a media type: %v", err)
		}
		config.ResponseMIMEType = "application/json"
		if resp, err := c.Models.GenerateContent(t.Context(), "m", genai.Text("x"), config); err != nil || resp.Text() != `{"risk":0}` {
			t.Errorf("%+v, %v", resp, err)
		}
	}
}

func TestGeminiTakesDocuments(t *testing.T) {
	s, c := newGemini(t)
	resp, err := c.Models.GenerateContent(t.Context(), "m", []*genai.Content{{Role: "user", Parts: []*genai.Part{
		{InlineData: &genai.Blob{MIMEType: "application/pdf", Data: []byte("%PDF-1.7\n")}},
		{FileData: &genai.FileData{MIMEType: "application/pdf", FileURI: "https://example.com/a.pdf"}},
		{Text: "What is this?"},
	}}}, nil)
	if err != nil || resp.Text() != "[emulated] A PDF document of 9 bytes. A document given by its address, which the emulation does not open." {
		t.Errorf("%+v, %v", resp, err)
	}
	if x := s.Calls()[0]; x.Kind != ai.KindText {
		t.Errorf("kind %v", x.Kind)
	}
}

func TestGeminiMakesImages(t *testing.T) {
	s, c := newGemini(t)
	resp, err := c.Models.GenerateContent(t.Context(), "m", genai.Text("A covenant."), &genai.GenerateContentConfig{ResponseModalities: []string{"TEXT", "Image"}})
	if err != nil {
		t.Fatal(err)
	}
	if blob := resp.Candidates[0].Content.Parts[0].InlineData; blob == nil || blob.MIMEType != "image/png" || http.DetectContentType(blob.Data) != "image/png" {
		t.Errorf("%+v", resp.Candidates[0].Content)
	}
	for _, x := range s.Calls() {
		if x.Kind != ai.KindImageGeneration {
			t.Errorf("kind %v of %s", x.Kind, x.Path)
		}
	}
}
