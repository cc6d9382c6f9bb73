package openai_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	library "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/wiretest"
	"github.com/finbrain/ai/providers/openai"
)

var update = flag.Bool("update", false, "write the golden files anew")

var (
	pdf        = []byte("%PDF-1.7\nrest")
	rateSchema = json.RawMessage(`{"type":"object","properties":{"of":{"type":"integer"}},"required":["of"],"additionalProperties":false}`)
)

// twins are requests that the library can say too.
func twins() map[string]struct {
	ours   *ai.Request
	theirs library.ChatCompletionRequest
} {
	user := func(text string) library.ChatCompletionMessage {
		return library.ChatCompletionMessage{Role: "user", Content: text}
	}
	return map[string]struct {
		ours   *ai.Request
		theirs library.ChatCompletionRequest
	}{
		"text": {ai.Text("x <&> \u2028 é"), library.ChatCompletionRequest{Messages: []library.ChatCompletionMessage{user("x <&> \u2028 é")}}},
		"options": {
			&ai.Request{
				Instruction: "Be brief.", Prompt: "And now?", MaxTokens: 50, Stop: []string{"END"}, Seed: new(int64(7)), Effort: ai.EffortLow,
				History: []ai.Message{{Role: ai.RoleUser, Text: "Hello"}, {Role: ai.RoleAssistant, Text: "Hi"}},
			},
			library.ChatCompletionRequest{
				Messages:            []library.ChatCompletionMessage{{Role: "system", Content: "Be brief."}, user("Hello"), {Role: "assistant", Content: "Hi"}, user("And now?")},
				MaxCompletionTokens: 50, Stop: []string{"END"}, Seed: new(7), ReasoningEffort: "low",
			},
		},
		"temperature": {
			&ai.Request{Prompt: "x", Model: "gpt-4.1", Temperature: new(0.7)},
			library.ChatCompletionRequest{Model: "gpt-4.1", Messages: []library.ChatCompletionMessage{user("x")}, Temperature: 0.7},
		},
		"images": {
			ai.ImageAnalysis("x", ai.ImageBytes(png), ai.ImageURL("https://example.com/a.png")),
			library.ChatCompletionRequest{Messages: []library.ChatCompletionMessage{{Role: "user", MultiContent: []library.ChatMessagePart{
				{Type: "text", Text: "x"},
				{Type: "image_url", ImageURL: &library.ChatMessageImageURL{URL: "data:image/png;base64," + base64.StdEncoding.EncodeToString(png)}},
				{Type: "image_url", ImageURL: &library.ChatMessageImageURL{URL: "https://example.com/a.png"}},
			}}}},
		},
		"tools": {
			&ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "rate", Description: "d", Parameters: rateSchema}, {Name: "time"}}, ToolChoice: "rate"},
			library.ChatCompletionRequest{
				Messages: []library.ChatCompletionMessage{user("x")},
				Tools: []library.Tool{
					{Type: "function", Function: &library.FunctionDefinition{Name: "rate", Description: "d", Parameters: rateSchema}},
					{Type: "function", Function: &library.FunctionDefinition{Name: "time", Parameters: json.RawMessage(`{"type":"object","properties":{}}`)}},
				},
				ToolChoice: library.ToolChoice{Type: "function", Function: library.ToolFunction{Name: "rate"}},
			},
		},
		"a choice": {
			&ai.Request{Prompt: "x", Tools: []ai.Tool{{Name: "rate", Parameters: rateSchema}}, ToolChoice: ai.ToolRequired},
			library.ChatCompletionRequest{
				Messages:   []library.ChatCompletionMessage{user("x")},
				Tools:      []library.Tool{{Type: "function", Function: &library.FunctionDefinition{Name: "rate", Parameters: rateSchema}}},
				ToolChoice: "required",
			},
		},
		"results": {
			&ai.Request{History: []ai.Message{
				{Role: ai.RoleUser, Text: "x"},
				{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "a", Name: "rate", Arguments: json.RawMessage(`{"of":9007199254740993}`)}}},
				{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "a", Content: "7 %"}}},
			}},
			library.ChatCompletionRequest{Messages: []library.ChatCompletionMessage{
				user("x"),
				{Role: "assistant", ToolCalls: []library.ToolCall{{ID: "a", Type: "function", Function: library.FunctionCall{Name: "rate", Arguments: `{"of":9007199254740993}`}}}},
				{Role: "tool", ToolCallID: "a", Content: "7 %"},
			}},
		},
		"a schema": {
			&ai.Request{Prompt: "x", Schema: rateSchema},
			library.ChatCompletionRequest{
				Messages: []library.ChatCompletionMessage{user("x")},
				ResponseFormat: &library.ChatCompletionResponseFormat{Type: "json_schema", JSONSchema: &library.ChatCompletionResponseFormatJSONSchema{
					Name: "answer", Schema: rateSchema, Strict: true,
				}},
			},
		},
	}
}

func TestARequestIsWhatTheLibraryWouldSend(t *testing.T) {
	for name, c := range twins() {
		if c.theirs.Model == "" {
			c.theirs.Model = "gpt-5.5"
		}
		for _, stream := range []bool{false, true} {
			for _, azure := range []bool{false, true} {
				sent, raw := streamed(chunk(`"content":"x"`, `"stop"`)), streamed()
				cfg := library.DefaultConfig(testKey)
				change := func(*openai.Config) {}
				if azure {
					cfg = library.DefaultAzureConfig(testKey, "https://acme.openai.azure.com")
					cfg.APIVersion, cfg.AzureModelMapperFunc = "2024-10-21", func(model string) string { return model }
					change = func(c *openai.Config) { c.BaseURL, c.APIVersion = "https://acme.openai.azure.com", "2024-10-21" }
				}
				cfg.HTTPClient = &http.Client{Transport: raw}
				client, p := library.NewClientWithConfig(cfg), provider(t, sent, change)
				if stream {
					c.theirs.StreamOptions = &library.StreamOptions{IncludeUsage: true}
					if s, err := client.CreateChatCompletionStream(t.Context(), c.theirs); err == nil {
						_ = s.Close()
					}
					_, _ = ai.Collect(p.Stream(t.Context(), c.ours))
				} else {
					c.theirs.StreamOptions = nil
					_, _ = client.CreateChatCompletion(t.Context(), c.theirs)
					_, _ = p.Analyze(t.Context(), c.ours)
				}
				if got, want := sent.Requests(), raw.Requests(); len(got) != 1 || len(want) != 1 || show(got[0]) != show(want[0]) {
					t.Errorf("%s, stream %v, Azure %v: sent\n%s\nthe library sends\n%s", name, stream, azure, show(got), show(want))
				}
			}
		}
	}
}

// What the library drops or cannot say is in golden files.
func TestARequestHoldsWhatTheLibraryDrops(t *testing.T) {
	for name, req := range map[string]*ai.Request{
		"zeros": {
			Prompt: "x", Temperature: new(0.0), Seed: new(int64(0)),
			History: []ai.Message{
				{Role: ai.RoleAssistant, ToolCalls: []ai.ToolCall{{ID: "a", Name: "time"}, {ID: "call_of_another_provider_with_a_long_name", Name: "time"}}},
				{Role: ai.RoleTool, ToolResults: []ai.ToolResult{{CallID: "a"}, {CallID: "call_of_another_provider_with_a_long_name", Failed: true}}},
			},
		},
		"documents": {
			Prompt: "x", Documents: []ai.Document{ai.DocumentBytes(pdf), {Data: pdf, Name: "filing.pdf"}}, Images: []ai.Image{ai.ImageBytes(png)},
			History: []ai.Message{{Role: ai.RoleUser, Documents: []ai.Document{ai.DocumentBytes(pdf)}}, {Role: ai.RoleAssistant, Text: "And?"}},
		},
		"choice_without_tools": {Prompt: "x", ToolChoice: ai.ToolNone},
	} {
		w := wiretest.Answering(200, answer("x"))
		if _, err := provider(t, w).Analyze(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		_, tree := w.Only(t)
		got, _ := json.MarshalIndent(tree, "", "  ")
		file := filepath.Join("testdata", "request_"+name+".json")
		if *update {
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(file); err != nil || string(got)+"\n" != string(want) {
			t.Errorf("%s: sent %s, %v", name, got, err)
		}
	}
}
