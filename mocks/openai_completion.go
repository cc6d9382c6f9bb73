package mocks

import (
	"slices"

	"github.com/finbrain/ai"
)

const plainJSON = "application/json"

type openAICompletion struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Created           int64          `json:"created"`
	Model             string         `json:"model"`
	Choices           []openAIChoice `json:"choices"`
	Usage             *openAIUsage   `json:"usage,omitempty"`
	SystemFingerprint string         `json:"system_fingerprint"`
}

type openAIChoice struct {
	Index        int           `json:"index"`
	Message      *openAIAnswer `json:"message,omitempty"`
	Delta        *openAIDelta  `json:"delta,omitempty"`
	Logprobs     *struct{}     `json:"logprobs"`
	FinishReason *string       `json:"finish_reason"`
}

type openAIAnswer struct {
	Role      string           `json:"role"`
	Content   *string          `json:"content"`
	Refusal   *string          `json:"refusal"`
	ToolCalls []openAIToolCall `json:"tool_calls,omitempty"`
}

// openAIDelta is a piece of an answer: what it does not carry is left out.
type openAIDelta struct {
	Role      string           `json:"role,omitempty"`
	Content   *string          `json:"content,omitempty"`
	Refusal   *string          `json:"refusal,omitempty"`
	ToolCalls []openAIToolCall `json:"tool_calls,omitempty"`
}

type openAIToolCall struct {
	Index    *int   `json:"index,omitempty"` // in streams
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type openAIUsage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
	PromptDetails    struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionDetails struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

func chatUsage(u ai.Usage) *openAIUsage {
	usage := &openAIUsage{PromptTokens: u.InputTokens, CompletionTokens: u.OutputTokens, TotalTokens: u.TotalTokens}
	usage.PromptDetails.CachedTokens = u.CachedTokens
	usage.CompletionDetails.ReasoningTokens = u.ReasoningTokens
	return usage
}

// completionOf writes an answer as a chat completion.
func completionOf(q question, a said) openAICompletion {
	answer := &openAIAnswer{Role: "assistant", ToolCalls: make([]openAIToolCall, len(a.calls))}
	switch {
	case a.refusal != "":
		answer.Refusal = &a.refusal
	case a.text != "" || len(a.calls) == 0:
		answer.Content = &a.text
	}
	for i, c := range a.calls {
		call := openAIToolCall{ID: q.callID(a, i), Type: "function"}
		call.Function.Name, call.Function.Arguments = c.Name, string(arguments(c))
		answer.ToolCalls[i] = call
	}
	return openAICompletion{
		ID: "chatcmpl-" + q.id, Object: "chat.completion", Model: q.model, SystemFingerprint: "emulated",
		Choices: []openAIChoice{{Message: answer, FinishReason: new(string(a.finish))}}, Usage: chatUsage(a.usage),
	}
}

// openAIChunk is a piece of a streamed chat completion. Its usage is left out
// unless it was asked for; then it is null but on the last one.
type openAIChunk struct {
	openAICompletion
	Usage any `json:"usage,omitempty"`
}

// chatChunks writes an answer as the stream of a chat completion
// (https://platform.openai.com/docs/api-reference/chat-streaming).
func chatChunks(q question, a said) []chunk {
	whole := openAICompletion{
		ID: "chatcmpl-" + q.id, Object: "chat.completion.chunk", Model: q.model, SystemFingerprint: "emulated",
	}
	write := func(usage *openAIUsage, choices ...openAIChoice) []byte {
		piece := openAIChunk{openAICompletion: whole}
		piece.Choices = slices.Concat([]openAIChoice{}, choices)
		if q.openAI.usage {
			piece.Usage = usage
		}
		return mustMarshal(piece)
	}
	delta := func(d openAIDelta) []byte { return write(nil, openAIChoice{Delta: &d}) }

	opening := openAIDelta{Role: "assistant"}
	switch {
	case a.refusal != "":
		opening.Refusal = new("")
	case a.text != "" || len(a.calls) == 0:
		opening.Content = new("")
	}
	chunks := []chunk{{data: delta(opening)}}
	for _, piece := range pieces(a.text, a.chunks) {
		chunks = append(chunks, chunk{data: delta(openAIDelta{Content: &piece}), content: true})
	}
	for _, piece := range pieces(a.refusal, a.chunks) {
		chunks = append(chunks, chunk{data: delta(openAIDelta{Refusal: &piece}), content: true})
	}
	for i, c := range a.calls {
		head := openAIToolCall{Index: &i, ID: q.callID(a, i), Type: "function"}
		head.Function.Name = c.Name
		chunks = append(chunks, chunk{data: delta(openAIDelta{ToolCalls: []openAIToolCall{head}}), content: true})
		for _, piece := range argumentPieces(string(arguments(c)), a.chunks) {
			part := openAIToolCall{Index: &i}
			part.Function.Arguments = piece
			chunks = append(chunks, chunk{data: delta(openAIDelta{ToolCalls: []openAIToolCall{part}}), content: true})
		}
	}
	chunks = append(chunks, chunk{
		data: write(nil, openAIChoice{Delta: &openAIDelta{}, FinishReason: new(string(a.finish))}),
		bare: delta(openAIDelta{}), finish: true,
	})
	if q.openAI.usage {
		chunks = append(chunks, chunk{data: write(chatUsage(a.usage))})
	}
	return append(chunks, chunk{data: []byte("[DONE]"), end: true})
}
