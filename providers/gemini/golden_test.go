package gemini_test

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/gemini"
)

// What goes out is what genai sends when it is asked the same, as far as genai
// can say it: it has no integers beyond 2⁵³.
func TestRequestsEqualThoseOfTheLibrary(t *testing.T) {
	user := func(parts ...*genai.Part) *genai.Content { return &genai.Content{Role: genai.RoleUser, Parts: parts} }
	image := &genai.Part{InlineData: &genai.Blob{Data: png, MIMEType: "image/png"}}
	x := &genai.Part{Text: "x"}
	schema := map[string]any{"type": "object", "properties": map[string]any{"risk": map[string]any{"type": "integer", "maximum": 10}}}
	written, _ := json.Marshal(schema)
	args := map[string]any{"day": 7, "deep": map[string]any{"a": []any{"<b>", nil, 1.5}}}
	arguments, _ := json.Marshal(args)
	for _, c := range []struct {
		name     string
		req      ai.Request
		contents []*genai.Content
		config   genai.GenerateContentConfig
	}{
		{"text", ai.Request{Prompt: "x"}, []*genai.Content{user(x)}, genai.GenerateContentConfig{}},
		{"settings", ai.Request{Prompt: "x", Instruction: "i", MaxTokens: 5, Temperature: new(0.0), Stop: []string{"<END>"}, Seed: new(int64(0)), Effort: ai.EffortHigh},
			[]*genai.Content{user(x)}, genai.GenerateContentConfig{
				SystemInstruction: genai.NewContentFromText("i", genai.RoleUser), MaxOutputTokens: 5, Temperature: new(float32(0)),
				StopSequences: []string{"<END>"}, Seed: new(int32(0)), ThinkingConfig: &genai.ThinkingConfig{ThinkingLevel: genai.ThinkingLevelHigh}}},
		{"no thinking", ai.Request{Prompt: "x", Model: "gemini-2.5-flash", Effort: ai.EffortNone}, []*genai.Content{user(x)},
			genai.GenerateContentConfig{ThinkingConfig: &genai.ThinkingConfig{ThinkingBudget: new(int32(0))}}},
		{"image", ai.Request{Prompt: "x", Images: []ai.Image{ai.ImageBytes(png), ai.ImageURL("https://example.com/a.png")}},
			[]*genai.Content{user(image, genai.NewPartFromURI("https://example.com/a.png", "image/png"), x)}, genai.GenerateContentConfig{}},
		{"document", ai.Request{Prompt: "x", Documents: []ai.Document{ai.DocumentBytes(pdf), ai.DocumentURL("https://example.com/a")}},
			[]*genai.Content{user(genai.NewPartFromBytes(pdf, "application/pdf"), genai.NewPartFromURI("https://example.com/a", "application/pdf"), x)}, genai.GenerateContentConfig{}},
		{"schema", ai.Request{Prompt: "x", Schema: written}, []*genai.Content{user(x)},
			genai.GenerateContentConfig{ResponseMIMEType: "application/json", ResponseJsonSchema: schema}},
		{"tools", ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "f", Description: "d & e", Parameters: written}, {Name: "g"}}, ToolChoice: "f"},
			[]*genai.Content{user(x)}, genai.GenerateContentConfig{
				Tools: []*genai.Tool{{FunctionDeclarations: []*genai.FunctionDeclaration{{Name: "f", Description: "d & e", ParametersJsonSchema: schema}, {Name: "g"}}}},
				ToolConfig: &genai.ToolConfig{FunctionCallingConfig: &genai.FunctionCallingConfig{
					Mode: genai.FunctionCallingConfigModeAny, AllowedFunctionNames: []string{"f"}}}}},
		{"tools in history", ai.Request{History: []ai.Message{
			{Role: ai.RoleUser, Text: "x"},
			{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "1", Name: "f", Arguments: arguments, State: []byte("gemini:gemini-3.8-flash \xff\x00")}, {ID: "2", Name: "g"}}},
			{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "1", Content: "fine"}, {CallID: "2", Content: "broken", Failed: true}}},
		}}, []*genai.Content{user(x),
			{Role: genai.RoleModel, Parts: []*genai.Part{
				{FunctionCall: &genai.FunctionCall{ID: "1", Name: "f", Args: args}, ThoughtSignature: []byte("\xff\x00")},
				{FunctionCall: &genai.FunctionCall{ID: "2", Name: "g"}}}},
			user(&genai.Part{FunctionResponse: &genai.FunctionResponse{ID: "1", Name: "f", Response: map[string]any{"output": "fine"}}},
				&genai.Part{FunctionResponse: &genai.FunctionResponse{ID: "2", Name: "g", Response: map[string]any{"error": "broken"}}})},
			genai.GenerateContentConfig{}},
		{"image generation", ai.Request{Prompt: "x", Output: &ai.ImageOutput{Width: 2048, Height: 2048}}, []*genai.Content{user(x)},
			genai.GenerateContentConfig{ResponseModalities: []string{"IMAGE"}, ImageConfig: &genai.ImageConfig{AspectRatio: "1:1", ImageSize: "2K"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := wiretest.Answering(200, answer("{}")), wiretest.Answering(200, answer("{}"))
			p := provider(t, ours)
			plan, err := p.Plan(&c.req)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = p.Analyze(t.Context(), &c.req)
			client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
				APIKey: testKey, Backend: genai.BackendGeminiAPI, HTTPClient: &http.Client{Transport: theirs}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Models.GenerateContent(t.Context(), plan.Model, c.contents, &c.config); err != nil {
				t.Fatal(err)
			}
			got, sent := ours.Only(t)
			want, raw := theirs.Only(t)
			if !reflect.DeepEqual(sent, raw) {
				t.Errorf("sent %s\nraw  %s", got.Body, want.Body)
			}
			want.Header.Del("X-Goog-Api-Key")
			got.Header.Del("X-Goog-Api-Key")
			if got.Method != want.Method || got.URL != want.URL || !reflect.DeepEqual(got.Header, want.Header) {
				t.Errorf("sent %s %s %v\nraw  %s %s %v", got.Method, got.URL, got.Header, want.Method, want.URL, want.Header)
			}
		})
	}
}

func TestEmbeddingRequestsEqualThoseOfTheLibrary(t *testing.T) {
	ours, theirs := wiretest.Answering(200, vectors([]float64{3, 4})), wiretest.Answering(200, vectors([]float64{3, 4}))
	p := provider(t, ours, func(c *gemini.Config) { c.EmbeddingTask = "CLUSTERING" })
	if _, err := p.Analyze(t.Context(), &ai.Request{Inputs: []string{"<x>"}, Dimensions: 2}); err != nil {
		t.Fatal(err)
	}
	client, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: testKey, Backend: genai.BackendGeminiAPI, HTTPClient: &http.Client{Transport: theirs}})
	if err != nil {
		t.Fatal(err)
	}
	config := &genai.EmbedContentConfig{TaskType: "CLUSTERING", OutputDimensionality: new(int32(2))}
	if _, err := client.Models.EmbedContent(t.Context(), gemini.DefaultModels().Embedding, genai.Text("<x>"), config); err != nil {
		t.Fatal(err)
	}
	got, sent := ours.Only(t)
	if want, raw := theirs.Only(t); !reflect.DeepEqual(sent, raw) {
		t.Errorf("sent %s\nraw  %s", got.Body, want.Body)
	}
}
