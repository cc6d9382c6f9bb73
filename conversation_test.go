package ai_test

import (
	"testing"

	"github.com/finbrain/ai"
)

func TestAConversationGoesOnWithWhatWasAskedAnsweredAndFound(t *testing.T) {
	image, document := ai.ImageBytes(png), ai.DocumentBytes([]byte("%PDF-1.7"))
	req := &ai.Request{
		Prompt: "q", Images: []ai.Image{image}, Documents: []ai.Document{document}, Tenant: "t",
		Tools: []ai.Tool{{Name: "rate"}}, History: []ai.Message{{Role: ai.RoleUser, Text: "before"}},
	}
	call := ai.ToolCall{ID: "1", Name: "rate"}
	next := req.Continue(&ai.Response{Text: "let me see", ToolCalls: []ai.ToolCall{call}}, ai.ToolResult{CallID: "1", Content: "3.5"})
	if err := next.Validate(); err != nil {
		t.Fatal(err)
	}
	h := next.History
	if len(h) != 4 || h[1].Text != "q" || len(h[1].Images) != 1 || len(h[1].Documents) != 1 || h[1].Role != ai.RoleUser ||
		h[2].Role != ai.RoleAssistant || h[2].Text != "let me see" || len(h[2].ToolCalls) != 1 ||
		h[3].Role != ai.RoleTool || h[3].ToolResults[0].Content != "3.5" {
		t.Errorf("history = %+v", h)
	}
	if next.Prompt != "" || next.Images != nil || next.Documents != nil || next.Tenant != "t" || len(next.Tools) != 1 {
		t.Errorf("next = %+v", next)
	}
	if req.Prompt != "q" || len(req.History) != 1 {
		t.Errorf("the request was changed: %+v", req)
	}

	again := next.Continue(&ai.Response{Text: "3.5"})
	again.Prompt = "and in July?"
	if err := again.Validate(); err != nil {
		t.Fatal(err)
	}
	if h := again.History; len(h) != 5 || h[4].Text != "3.5" {
		t.Errorf("history = %+v", h)
	}
}
