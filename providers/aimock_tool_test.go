package providers_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/finbrain/ai"
)

var aimockTools = []ai.Tool{
	{Name: "quote", Description: "The price of a share.", Parameters: json.RawMessage(`{"type":"object","properties":{"symbol":{"type":"string"}},"required":["symbol"]}`)},
	{Name: "today", Description: "The date."},
}

// aimockCalls are played before the results, aimockWords after them.
const (
	aimockCalls = `{"match": {"toolName": "quote", "hasToolResult": false}, "response": {"toolCalls": [
		{"name": "quote", "arguments": {"symbol": "FIN"}}, {"name": "today", "arguments": {}}]}}`
	aimockWords = `{"match": {"toolName": "quote", "hasToolResult": true}, "response": {"content": "It stands at 412.5."}}`
)

func TestAnIndependentServerCallsTools(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		a.plays(t, aimockCalls, aimockWords)
		for _, way := range ways {
			t.Run(way.name, func(t *testing.T) {
				req := &ai.Request{Prompt: question, Tools: aimockTools}
				resp, err := way.ask(bounded(t), p, req)
				if err != nil {
					t.Fatal(err)
				}
				calls := resp.ToolCalls
				if resp.FinishReason != ai.FinishToolCalls || len(calls) != 2 || calls[0].Name != "quote" || calls[1].Name != "today" ||
					string(calls[0].Arguments) != `{"symbol":"FIN"}` || string(calls[1].Arguments) != `{}` {
					t.Fatalf("%+v", resp)
				}
				if declared := a.last(t).Body.Tools; len(declared) != 2 || declared[0].Function.Name != "quote" ||
					declared[0].Function.Description != "The price of a share." || declared[1].Function.Name != "today" {
					t.Errorf("understood %+v", declared)
				}

				resp, err = way.ask(bounded(t), p, answered(req, calls))
				if err != nil || resp.Text != "It stands at 412.5." || resp.FinishReason != ai.FinishStop {
					t.Fatalf("%+v, %v", resp, err)
				}
				a.wantResults(t, calls)
			})
		}
	})
}

// answered is the request after the tools were called: the prompt is now a
// turn, and so are the calls and their results.
func answered(req *ai.Request, calls []ai.ToolCall) *ai.Request {
	next := *req
	next.Prompt = ""
	next.History = []ai.Message{
		{Role: ai.RoleUser, Text: req.Prompt},
		{Role: ai.RoleAssistant, ToolCalls: calls},
		{Role: ai.RoleTool, ToolResults: []ai.ToolResult{
			{CallID: calls[0].ID, Content: `{"price": 412.5}`}, {CallID: calls[1].ID, Content: "Tuesday"},
		}},
	}
	return &next
}

// wantResults checks that the server tied each result to its call.
func (a *aimock) wantResults(t *testing.T, calls []ai.ToolCall) {
	t.Helper()
	heard := a.last(t)
	if heard.roles() != "user assistant tool tool" {
		t.Fatalf("understood %s", heard.roles())
	}
	var called, answered []string
	for _, m := range heard.Body.Messages {
		for _, c := range m.ToolCalls {
			called = append(called, c.ID)
			if c.Function.Name != calls[len(called)-1].Name {
				t.Errorf("understood %+v", c)
			}
		}
		if m.ToolCallID != "" {
			answered = append(answered, m.ToolCallID)
		}
	}
	if len(called) != 2 || !slices.Equal(called, answered) {
		t.Errorf("calls %q, results %q", called, answered)
	}
}

func TestAnIndependentServersConversationGoesOnElsewhere(t *testing.T) {
	a := connect(t)
	a.plays(t, aimockCalls, aimockWords)
	list := a.opens(t, openaiThere+","+geminiThere)
	for i := range list {
		first, then := list[i], list[1-i]
		t.Run(first.Route+" to "+then.Route, func(t *testing.T) {
			req := &ai.Request{Prompt: question, Tools: aimockTools, ToolChoice: ai.ToolRequired}
			resp, err := first.Analyzer.Analyze(bounded(t), req)
			if err != nil {
				t.Fatal(err)
			}
			next := answered(req, resp.ToolCalls)
			next.ToolChoice = ai.ToolNone
			if resp, err = then.Analyzer.Analyze(bounded(t), next); err != nil || resp.Text != "It stands at 412.5." {
				t.Fatalf("%+v, %v", resp, err)
			}
			a.wantResults(t, next.History[1].ToolCalls)
		})
	}
}

// The server writes OpenAI's arguments as they are; Gemini's it reads as
// JavaScript numbers before.
func TestAnIndependentServersLargeIntegersStayExact(t *testing.T) {
	each(t, func(t *testing.T, a *aimock, p provider) {
		if a.played == "gemini" {
			t.Skip("aimock itself rounds them")
		}
		a.plays(t, `{"response": {"toolCalls": [{"name": "quote", "arguments": "{\"symbol\":9007199254740993}"}]}}`)
		for _, way := range ways {
			resp, err := way.ask(bounded(t), p, &ai.Request{Prompt: question, Tools: aimockTools})
			if err != nil || len(resp.ToolCalls) != 1 || string(resp.ToolCalls[0].Arguments) != `{"symbol":9007199254740993}` {
				t.Errorf("%s: %+v, %v", way.name, resp, err)
			}
		}
	})
}
