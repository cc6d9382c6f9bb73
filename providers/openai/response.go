package openai

import (
	"encoding/json"
	"errors"

	"github.com/finbrain/ai"
)

// response is an answer of the Responses API. A field of another type than
// documented is passed over.
type response struct {
	Status     string
	Model      string
	Error      json.RawMessage
	Incomplete struct{ Reason string } `json:"incomplete_details"`
	Output     []outputItem
	Usage      struct {
		Input   number `json:"input_tokens"`
		Output  number `json:"output_tokens"`
		Total   number `json:"total_tokens"`
		Details struct {
			Cached number `json:"cached_tokens"`
		} `json:"input_tokens_details"`
		OutputDetails struct {
			Reasoning number `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
}

// outputItem is a message, a call, what the model thought, or something that is
// passed over.
type outputItem struct {
	Type             string
	Content          []outputPart
	CallID           string `json:"call_id"`
	Name             string
	Arguments        arguments
	Summary          json.RawMessage
	EncryptedContent content `json:"encrypted_content"`
}

type outputPart struct {
	Text    content
	Refusal content
}

// decode reads JSON. What is of another type than documented stays zero.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); mistyped {
		return nil
	}
	return err
}

// finish returns why the answer ended, in the words of chat completions, or
// why there is none.
func (r *response) finish() (string, *ai.Error) {
	switch r.Status {
	case "failed":
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the service failed to answer"}
	case "cancelled":
		return "error", nil
	case "queued", "in_progress":
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer is not finished"}
	case "incomplete":
		if r.Incomplete.Reason == "max_output_tokens" {
			return "length", nil
		}
		return r.Incomplete.Reason, nil
	}
	if len(r.Error) > 0 && string(r.Error) != "null" {
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "an error came as a success"}
	}
	return finishStop, nil
}

// describe says which model answered and what it cost.
func (r *response) describe(resp *ai.Response) {
	if r.Model != "" {
		resp.Model = r.Model
	}
	u := &r.Usage
	resp.Usage = ai.Usage{
		InputTokens: int(u.Input), OutputTokens: int(u.Output), TotalTokens: int(u.Total),
		CachedTokens: int(u.Details.Cached), ReasoningTokens: int(u.OutputDetails.Reasoning),
	}
	if resp.Usage.TotalTokens == 0 {
		resp.Usage.TotalTokens = resp.Usage.InputTokens + resp.Usage.OutputTokens
	}
}

// piece is the beginning of a call, without its arguments.
func (o *outputItem) piece(at int) *completionCall {
	return &completionCall{Index: &at, ID: o.CallID, Function: completionFunction{Name: o.Name}}
}
