package mocks_test

import (
	"encoding/json"
	"strings"
	"testing"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/mocks"
)

const pdf = "data:application/pdf;base64,JVBERi0xLjcK"

func TestOpenAICallsToolsAndTakesTheirResults(t *testing.T) {
	s, c := newOpenAI(t)
	s.Answer(mocks.Answer{
		Text:      "Let me look.",
		ToolCalls: []ai.ToolCall{{ID: "call_1", Name: "price", Arguments: json.RawMessage(`{"id":9007199254740993}`)}, {Name: "today"}},
		Usage:     ai.Usage{InputTokens: 7, OutputTokens: 5, CachedTokens: 2, ReasoningTokens: 1},
	})
	req := goopenai.ChatCompletionRequest{
		Model:    "m",
		Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "What is the price?"}},
		Tools: []goopenai.Tool{
			{Type: "function", Function: &goopenai.FunctionDefinition{Name: "price"}},
			{Type: "function", Function: &goopenai.FunctionDefinition{Name: "today"}},
		},
	}
	resp, err := c.CreateChatCompletion(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	choice := resp.Choices[0]
	calls := choice.Message.ToolCalls
	if choice.FinishReason != "tool_calls" || choice.Message.Content != "Let me look." || len(calls) != 2 ||
		calls[0].ID != "call_1" || calls[0].Function.Arguments != `{"id":9007199254740993}` ||
		calls[1].ID == "" || calls[1].Function.Arguments != "{}" {
		t.Errorf("%+v", choice)
	}
	if u := resp.Usage; u.TotalTokens != 12 || u.PromptTokensDetails.CachedTokens != 2 || u.CompletionTokensDetails.ReasoningTokens != 1 {
		t.Errorf("%+v", u)
	}
	req.Messages = append(req.Messages, choice.Message)
	if _, err := c.CreateChatCompletion(t.Context(), req); seen(err) != "400 0" {
		t.Errorf("calls without results: %v", err)
	}
	for _, call := range calls {
		req.Messages = append(req.Messages, goopenai.ChatCompletionMessage{
			Role: "tool", ToolCallID: call.ID, Content: "The price of " + call.Function.Name + " rose to 612."})
	}
	resp, err = c.CreateChatCompletion(t.Context(), req)
	if err != nil || !strings.Contains(resp.Choices[0].Message.Content, "612") {
		t.Errorf("%+v, %v", resp, err)
	}
	req.Messages[len(req.Messages)-1].ToolCallID = "call_unknown"
	if _, err := c.CreateChatCompletion(t.Context(), req); seen(err) != "400 0" {
		t.Errorf("a result of no call: %v", err)
	}
}

func TestOpenAICallsTheToolThatMustBeCalled(t *testing.T) {
	_, c := newOpenAI(t)
	parameters := json.RawMessage(`{"type":"object","properties":{"isin":{"type":"string"},"day":{"type":"integer","minimum":1}}}`)
	tools := []goopenai.Tool{
		{Type: "function", Function: &goopenai.FunctionDefinition{Name: "today"}},
		{Type: "function", Function: &goopenai.FunctionDefinition{Name: "price", Parameters: parameters}},
	}
	for choice, want := range map[any]string{
		"required": "today {}",
		goopenai.ToolChoice{Type: "function", Function: goopenai.ToolFunction{Name: "price"}}: `price {"day":1,"isin":"[emulated]"}`,
		"auto": "", "none": "",
	} {
		resp, err := c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{
			Model: "m", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "x"}}, Tools: tools, ToolChoice: choice,
		})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, call := range resp.Choices[0].Message.ToolCalls {
			got += call.Function.Name + " " + call.Function.Arguments
		}
		if got != want {
			t.Errorf("%v: %s, want %s", choice, got, want)
		}
	}
}

func TestOpenAIFollowsASchema(t *testing.T) {
	_, c := newOpenAI(t)
	ask := func(strict bool, schema string) (string, error) {
		resp, err := c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{
			Model: "m", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "x"}},
			ResponseFormat: &goopenai.ChatCompletionResponseFormat{Type: "json_schema", JSONSchema: &goopenai.ChatCompletionResponseFormatJSONSchema{
				Name: "risk", Strict: strict, Schema: json.RawMessage(schema),
			}},
		})
		if err != nil {
			return "", err
		}
		return resp.Choices[0].Message.Content, nil
	}
	got, err := ask(true, `{"type":"object","properties":{"risk":{"$ref":"#/$defs/risk"}},"required":["risk"],"additionalProperties":false,
		"$defs":{"risk":{"enum":["high","low"]}}}`)
	if err != nil || got != `{"risk":"high"}` {
		t.Errorf("%s, %v", got, err)
	}
	open := `{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{}}}}}}`
	if got, err = ask(false, open); err != nil || got != `{"a":[{"b":null}]}` {
		t.Errorf("%s, %v", got, err)
	}
	for _, lax := range []string{
		open, `{"type":"string"}`,
		`{"type":"object","properties":{"a":{}},"required":[],"additionalProperties":false}`,
		`{"type":"object","properties":{"a":{"type":"object"}},"required":["a"],"additionalProperties":false}`,
		`{"type":"object","properties":{"a":{"anyOf":[{"type":"null"},{"type":"object"}]}},"required":["a"],"additionalProperties":false}`,
		`{"type":"object","properties":{},"additionalProperties":false,"$defs":{"x":{"properties":{}}}}`,
	} {
		if _, err := ask(true, lax); seen(err) != "400 0" || !strings.Contains(err.Error(), "chema") {
			t.Errorf("%s: %v", lax, err)
		}
	}
	resp, err := c.CreateChatCompletion(t.Context(), goopenai.ChatCompletionRequest{
		Model: "m", Messages: []goopenai.ChatCompletionMessage{{Role: "user", Content: "x"}},
		ResponseFormat: &goopenai.ChatCompletionResponseFormat{Type: "json_object"},
	})
	if err != nil || !json.Valid([]byte(resp.Choices[0].Message.Content)) {
		t.Errorf("%+v, %v", resp, err)
	}
}

func TestOpenAITakesDocuments(t *testing.T) {
	s := mocks.NewOpenAI()
	defer s.Close()
	ask := func(file string) (int, string) {
		return post(t, s, "/v1/chat/completions", "Authorization", "Bearer any",
			`{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"},{"type":"file","file":`+file+`}]}]}`)
	}
	if status, body := ask(`{"filename":"a.pdf","file_data":"` + pdf + `"}`); status != 200 || !strings.Contains(body, "A PDF document of 9 bytes.") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := ask(`{"file_id":"file-1"}`); status != 200 || !strings.Contains(body, "does not open") {
		t.Errorf("%d %s", status, body)
	}
	for _, wrong := range []string{`{"file_data":"` + pdf + `"}`, `{"filename":"a","file_data":"data:text/plain;base64,AAAA"}`, `{}`} {
		if status, body := ask(wrong); status != 400 || !strings.Contains(body, `"param":"messages[0].content[1]"`) {
			t.Errorf("%s: %d %s", wrong, status, body)
		}
	}
	if x := s.Calls()[0]; x.Kind != ai.KindText {
		t.Errorf("kind %v", x.Kind)
	}
}
