package mocks

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"

	"github.com/finbrain/ai"
)

const plainJSON = "application/json"

type openAICompletion struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	Created           int64          `json:"created"`
	Model             string         `json:"model"`
	Choices           []openAIChoice `json:"choices"`
	Usage             openAIUsage    `json:"usage"`
	SystemFingerprint string         `json:"system_fingerprint"`
}

type openAIChoice struct {
	Index        int          `json:"index"`
	Message      openAIAnswer `json:"message"`
	FinishReason string       `json:"finish_reason"`
}

type openAIAnswer struct {
	Role      string           `json:"role"`
	Content   *string          `json:"content"`
	Refusal   *string          `json:"refusal"`
	ToolCalls []openAIToolCall `json:"tool_calls,omitempty"`
}

type openAIToolCall struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type openAIUsage struct {
	PromptTokens      int                `json:"prompt_tokens"`
	CompletionTokens  int                `json:"completion_tokens"`
	TotalTokens       int                `json:"total_tokens"`
	CompletionDetails *openAIUsageDetail `json:"completion_tokens_details,omitempty"`
}

type openAIUsageDetail struct {
	ReasoningTokens int `json:"reasoning_tokens"`
}

func (w openAI) answer(q question) (reply, *problem) {
	if q.kind == ai.KindEmbedding {
		return w.vectors(q), nil
	}
	a, err := q.ask.Answer()
	if err != nil {
		return reply{}, &problem{code: ai.CodeInvalidRequest, param: "messages", message: err.Error() + "."}
	}
	finish := "stop"
	if a.Truncated {
		finish = "length"
	}
	return w.completion(q, openAIChoice{Message: openAIAnswer{Content: &a.Text}, FinishReason: finish}, openAIUsage{
		PromptTokens: a.InputTokens, CompletionTokens: a.OutputTokens,
	}), nil
}

func (w openAI) completion(q question, choice openAIChoice, usage openAIUsage) reply {
	choice.Message.Role = "assistant"
	usage.TotalTokens = usage.PromptTokens + usage.CompletionTokens
	return w.identified(q, marshal(http.StatusOK, plainJSON, openAICompletion{
		ID: "chatcmpl-" + q.id, Object: "chat.completion", Model: q.model,
		Choices: []openAIChoice{choice}, Usage: usage, SystemFingerprint: "emulated",
	}))
}

func (openAI) identified(q question, out reply) reply {
	out.header.Set("X-Request-Id", "req_"+q.id)
	return out
}

type openAIEmbeddingList struct {
	Object string            `json:"object"`
	Data   []openAIEmbedding `json:"data"`
	Model  string            `json:"model"`
	Usage  openAITotals      `json:"usage"`
}

type openAIEmbedding struct {
	Object    string       `json:"object"`
	Index     int          `json:"index"`
	Embedding openAIVector `json:"embedding"`
}

type openAITotals struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

// openAIVector is written as a list of numbers, or as the base64 of its
// little-endian 32-bit floats.
type openAIVector struct {
	values []float32
	base64 bool
}

// MarshalJSON writes the vector in the format asked for.
func (v openAIVector) MarshalJSON() ([]byte, error) {
	if !v.base64 {
		return json.Marshal(v.values)
	}
	packed := make([]byte, 0, 4*len(v.values))
	for _, x := range v.values {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
	}
	return json.Marshal(base64.StdEncoding.EncodeToString(packed))
}

func (w openAI) vectors(q question) reply {
	vectors, tokens := q.embed()
	list := openAIEmbeddingList{
		Object: "list", Model: q.model, Data: make([]openAIEmbedding, len(vectors)),
		Usage: openAITotals{PromptTokens: tokens, TotalTokens: tokens},
	}
	for i, v := range vectors {
		list.Data[i] = openAIEmbedding{Object: "embedding", Index: i, Embedding: openAIVector{v, q.base64}}
	}
	return w.identified(q, marshal(http.StatusOK, plainJSON, list))
}
