package mocks

import (
	"encoding/base64"

	"github.com/finbrain/ai"
)

// openAIResponse is an answer of the Responses API
// (https://platform.openai.com/docs/api-reference/responses/object).
type openAIResponse struct {
	ID                string             `json:"id"`
	Object            string             `json:"object"`
	CreatedAt         int64              `json:"created_at"`
	Status            string             `json:"status"`
	Error             *struct{}          `json:"error"`
	IncompleteDetails *incompleteDetails `json:"incomplete_details"`
	Model             string             `json:"model"`
	Output            []outputItem       `json:"output"`
	Usage             *responseUsage     `json:"usage"`
	Metadata          struct{}           `json:"metadata"`
}

type incompleteDetails struct {
	Reason string `json:"reason"`
}

// outputItem is a message, a function call or a reasoning item.
type outputItem struct {
	ID               string        `json:"id"`
	Type             string        `json:"type"`
	Status           string        `json:"status,omitempty"`
	Role             string        `json:"role,omitempty"`
	Content          *[]outputPart `json:"content,omitempty"`
	CallID           string        `json:"call_id,omitempty"`
	Name             string        `json:"name,omitempty"`
	Arguments        *string       `json:"arguments,omitempty"`
	Summary          *[]struct{}   `json:"summary,omitempty"`
	EncryptedContent string        `json:"encrypted_content,omitempty"`
}

type outputPart struct {
	Type        string      `json:"type"`
	Text        *string     `json:"text,omitempty"`
	Annotations *[]struct{} `json:"annotations,omitempty"`
	Refusal     *string     `json:"refusal,omitempty"`
}

type responseUsage struct {
	InputTokens  int `json:"input_tokens"`
	InputDetails struct {
		CachedTokens int `json:"cached_tokens"`
	} `json:"input_tokens_details"`
	OutputTokens  int `json:"output_tokens"`
	OutputDetails struct {
		ReasoningTokens int `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
	TotalTokens int `json:"total_tokens"`
}

const (
	inProgress = "in_progress"
	completed  = "completed"
	incomplete = "incomplete"
)

// opened returns the response before it has any output.
func opened(q question) openAIResponse {
	return openAIResponse{
		ID: "resp_" + q.id, Object: "response", Status: inProgress, Model: q.model, Output: []outputItem{},
	}
}

func responseOf(q question, a said) openAIResponse {
	r := opened(q)
	r.Status = completed
	switch {
	case a.finish == ai.FinishLength:
		r.Status, r.IncompleteDetails = incomplete, &incompleteDetails{"max_output_tokens"}
	case a.finish == "content_filter":
		r.Status, r.IncompleteDetails = incomplete, &incompleteDetails{"content_filter"}
	}
	r.Output = outputOf(q, a, r.Status)
	u := &responseUsage{InputTokens: a.usage.InputTokens, OutputTokens: a.usage.OutputTokens, TotalTokens: a.usage.TotalTokens}
	u.InputDetails.CachedTokens, u.OutputDetails.ReasoningTokens = a.usage.CachedTokens, a.usage.ReasoningTokens
	r.Usage = u
	return r
}

// outputOf writes an answer as items: what was thought, said and called.
func outputOf(q question, a said, status string) []outputItem {
	items := []outputItem{}
	think := func(state []byte) {
		item := outputItem{ID: "rs_" + q.id, Type: "reasoning", Summary: &[]struct{}{}}
		if q.openAI.encrypted {
			item.EncryptedContent = base64.StdEncoding.EncodeToString(state)
		}
		items = append(items, item)
	}
	if a.usage.ReasoningTokens > 0 && (len(a.calls) == 0 || len(a.calls[0].State) == 0) {
		think([]byte("emulated"))
	}
	if a.text != "" || a.refusal != "" || len(a.calls) == 0 && a.code == "" {
		part := outputPart{Type: "refusal", Refusal: &a.refusal}
		if a.refusal == "" {
			part = outputPart{Type: "output_text", Text: &a.text, Annotations: &[]struct{}{}}
		}
		items = append(items, outputItem{
			ID: "msg_" + q.id, Type: "message", Status: status, Role: "assistant", Content: &[]outputPart{part},
		})
	}
	for i, c := range a.calls {
		if len(c.State) > 0 {
			think(c.State)
		}
		id := q.callID(a, i)
		items = append(items, outputItem{
			ID: "fc_" + id, Type: "function_call", Status: completed, CallID: id, Name: c.Name,
			Arguments: new(string(arguments(c))),
		})
	}
	return items
}
