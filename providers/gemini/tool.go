package gemini

import (
	"bytes"
	"encoding/json"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
)

// declarations are the request's tools, nil when it has none.
func declarations(tools []ai.Tool, model string) []*genai.Tool {
	if len(tools) == 0 {
		return nil
	}
	list := make([]*genai.FunctionDeclaration, len(tools))
	for i := range tools {
		list[i] = &genai.FunctionDeclaration{Name: tools[i].Name, Description: tools[i].Description}
		if len(tools[i].Parameters) > 0 {
			list[i].ParametersJsonSchema = dialect(tools[i].Parameters, model)
		}
	}
	return []*genai.Tool{{FunctionDeclarations: list}}
}

// toolConfig says whether the model must call a tool, nil when it decides. The
// API refuses a choice where there are no tools.
func toolConfig(req *ai.Request) *genai.ToolConfig {
	config := new(genai.FunctionCallingConfig)
	switch {
	case req.ToolChoice == ai.ToolAuto || len(req.Tools) == 0:
		return nil
	case req.ToolChoice == ai.ToolNone:
		config.Mode = genai.FunctionCallingConfigModeNone
	case req.ToolChoice == ai.ToolRequired:
		config.Mode = genai.FunctionCallingConfigModeAny
	default:
		config.Mode = genai.FunctionCallingConfigModeAny
		config.AllowedFunctionNames = []string{string(req.ToolChoice)}
	}
	return &genai.ToolConfig{FunctionCallingConfig: config}
}

// unsigned stands for the thought signature of a call that another model made,
// of Google's or not: from Gemini 3 on, the first call of a turn must have one
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
const unsigned = "skip_thought_signature_validator"

// callParts are the calls of one of the model's turns.
func callParts(calls []ai.ToolCall, model string) []*genai.Part {
	list := make([]*genai.Part, len(calls))
	for i := range calls {
		list[i] = &genai.Part{
			FunctionCall:     &genai.FunctionCall{ID: calls[i].ID, Name: calls[i].Name, Args: exact(calls[i].Arguments)},
			ThoughtSignature: signature(calls[i].State, model),
		}
	}
	if len(list) > 0 && list[0].ThoughtSignature == nil && generationOf(model) >= gemini3 {
		list[0].ThoughtSignature = []byte(unsigned)
	}
	return list
}

// exact is a JSON object whose values are sent as they are: as Go values, large
// integers would lose digits.
func exact(object json.RawMessage) map[string]any {
	var fields map[string]json.RawMessage
	if len(object) == 0 || json.Unmarshal(object, &fields) != nil {
		return nil
	}
	values := make(map[string]any, len(fields))
	for name, value := range fields {
		values[name] = value
	}
	return values
}

// resultParts are the results of tools. Each names its tool, and holds the
// result under the key that the API reads as output or as an error.
func resultParts(req *ai.Request, results []ai.ToolResult) []*genai.Part {
	list := make([]*genai.Part, len(results))
	for i, result := range results {
		key := "output"
		if result.Failed {
			key = "error"
		}
		answer := &genai.FunctionResponse{ID: result.CallID, Response: map[string]any{key: content(result.Content)}}
		if call := req.ToolCall(result.CallID); call != nil {
			answer.Name = call.Name
		}
		list[i] = &genai.Part{FunctionResponse: answer}
	}
	return list
}

// content is a result as JSON, if it is an object or a list, else as a text.
func content(text string) any {
	data := bytes.TrimSpace([]byte(text))
	if len(data) > 0 && (data[0] == '{' || data[0] == '[') && json.Valid(data) {
		return json.RawMessage(data)
	}
	return text
}

// stateTag begins the State of calls that this package returned.
const stateTag = "gemini:"

// state keeps a thought signature for the way back, with the model it is of.
func state(signature []byte, model string) []byte {
	if len(signature) == 0 {
		return nil
	}
	return append([]byte(stateTag+model+" "), signature...)
}

// signature is the thought signature in a State, nil in that of another model:
// the API refuses signatures that are not the model's own.
func signature(state []byte, model string) []byte {
	signature, ok := bytes.CutPrefix(state, []byte(stateTag+model+" "))
	if !ok || len(signature) == 0 {
		return nil
	}
	return signature
}
