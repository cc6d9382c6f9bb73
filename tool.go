package ai

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Tool is a function of the application's that the model may ask it to call.
type Tool struct {
	// Name is 1 to 64 letters, digits, "_" and "-".
	Name string
	// Description tells the model what the function does and when to call it.
	Description string
	// Parameters is the JSON Schema of the arguments, an object's; empty means
	// that there are none.
	Parameters json.RawMessage
}

// ToolChoice says whether the model must call a tool: one of the constants, or
// the name of the one tool that it must call.
type ToolChoice string

// The choices that name no tool.
const (
	ToolAuto     ToolChoice = ""         // the model decides
	ToolNone     ToolChoice = "none"     // it must not call any
	ToolRequired ToolChoice = "required" // it must call at least one
)

// ToolCall is the model's wish that the application call a tool. To go on, the
// conversation is sent again with a turn of the assistant that holds the calls,
// and a turn of RoleTool that holds a ToolResult for each.
type ToolCall struct {
	// ID names the call within the conversation.
	ID string `json:"id"`
	// Name is that of the Tool.
	Name string `json:"name"`
	// Arguments is a JSON object as the model wrote it, not checked against
	// Tool.Parameters; numbers are as exact as the provider sent them.
	Arguments json.RawMessage `json:"arguments,omitempty"`
	// State is what the provider wants back with this call. It must be handed
	// back as it is; other providers pass over it.
	State []byte `json:"state,omitempty"`
}

// ToolResult is what came of a ToolCall.
type ToolResult struct {
	// CallID is the ToolCall's.
	CallID string
	// Content is the result, as text or JSON.
	Content string
	// Failed says that Content tells of a failure.
	Failed bool
}

// ToolCall returns the call of that ID in History, nil if there is none: what a
// provider needs that wants a result to name its tool.
func (r *Request) ToolCall(id string) *ToolCall {
	for _, turn := range slices.Backward(r.History) {
		calls := turn.ToolCalls
		for j := range calls {
			if calls[j].ID == id {
				return &calls[j]
			}
		}
	}
	return nil
}

func (t *Tool) validate(field string) error {
	switch {
	case !isToolName(t.Name):
		return invalid(field+".Name", `is not 1 to 64 letters, digits, "_" and "-"`)
	case ToolChoice(t.Name) == ToolNone || ToolChoice(t.Name) == ToolRequired:
		return invalid(field+".Name", "is a ToolChoice")
	case len(t.Parameters) > 0 && !isObject(t.Parameters):
		return invalid(field+".Parameters", "is no JSON object")
	}
	return nil
}

func isToolName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// isObject reports whether data is one JSON object.
func isObject(data json.RawMessage) bool {
	for _, c := range data {
		switch c {
		case ' ', '\t', '\r', '\n':
		default:
			return c == '{' && json.Valid(data)
		}
	}
	return false
}

func (r *Request) validateTools() error {
	for i := range r.Tools {
		field := fmt.Sprintf("Tools[%d]", i)
		if err := r.Tools[i].validate(field); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Tools[:i], func(t Tool) bool { return t.Name == r.Tools[i].Name }) {
			return invalid(field+".Name", "is given twice")
		}
	}
	switch r.ToolChoice {
	case ToolAuto, ToolNone:
		return nil
	case ToolRequired:
		if len(r.Tools) > 0 {
			return nil
		}
	default:
		if slices.ContainsFunc(r.Tools, func(t Tool) bool { return t.Name == string(r.ToolChoice) }) {
			return nil
		}
	}
	return invalid("ToolChoice", "names no tool of the request")
}

// validateCalls checks the calls of one turn; known holds the IDs of those
// before.
func validateCalls(field string, calls []ToolCall, known map[string]bool) error {
	for i := range calls {
		c := &calls[i]
		at := fmt.Sprintf("%s.ToolCalls[%d]", field, i)
		switch {
		case c.ID == "":
			return invalid(at+".ID", "is empty")
		case known[c.ID]:
			return invalid(at+".ID", "is given twice")
		case !isToolName(c.Name):
			return invalid(at+".Name", `is not 1 to 64 letters, digits, "_" and "-"`)
		case len(c.Arguments) > 0 && !isObject(c.Arguments):
			return invalid(at+".Arguments", "is no JSON object")
		}
		known[c.ID] = true
	}
	return nil
}

// validateResults checks that each result answers a call before it.
func validateResults(field string, results []ToolResult, known map[string]bool) error {
	for i := range results {
		if !known[results[i].CallID] {
			return invalid(fmt.Sprintf("%s.ToolResults[%d].CallID", field, i), "is of no call in the turns before")
		}
	}
	return nil
}
