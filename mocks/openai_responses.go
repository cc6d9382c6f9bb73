package mocks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/finbrain/ai/mocks/internal/emulate"
)

type responsesRequest struct {
	Model           string         `json:"model"`
	Input           responsesInput `json:"input"`
	Instructions    string         `json:"instructions"`
	MaxOutputTokens int            `json:"max_output_tokens"`
	Temperature     float64        `json:"temperature"`
	Stream          bool           `json:"stream"`
	Include         []string       `json:"include"`
	Tools           []struct {
		Type string `json:"type"`
		openAIFunction
	} `json:"tools"`
	ToolChoice openAIToolChoice `json:"tool_choice"`
	Text       struct {
		Format struct {
			Type string `json:"type"`
			openAIJSONSchema
		} `json:"format"`
	} `json:"text"`
}

// responsesInput is a list of items, or one text of the user's.
type responsesInput []responsesItem

type responsesItem struct {
	Type      string           `json:"type"`
	Role      string           `json:"role"`
	Content   responsesContent `json:"content"`
	CallID    string           `json:"call_id"`
	Name      string           `json:"name"`
	Arguments string           `json:"arguments"`
	Output    responsesContent `json:"output"`
}

// responsesContent is one text, or parts.
type responsesContent []responsesPart

type responsesPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Refusal  string `json:"refusal"`
	ImageURL string `json:"image_url"`
	FileID   string `json:"file_id"`
	FileURL  string `json:"file_url"`
	FileData string `json:"file_data"`
	Filename string `json:"filename"`
}

// UnmarshalJSON takes a text for a list of one message.
func (in *responsesInput) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]responsesItem)(in))
	}
	item := responsesItem{Role: "user"}
	*in = responsesInput{item}
	return json.Unmarshal(data, &(*in)[0].Content)
}

// UnmarshalJSON takes a text for a list of one part.
func (c *responsesContent) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]responsesPart)(c))
	}
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text != nil {
		*c = responsesContent{{Type: "input_text", Text: *text}}
	}
	return nil
}

// readResponses reads a call of the Responses API
// (https://platform.openai.com/docs/api-reference/responses/create).
func (q *question) readResponses(body []byte) *problem {
	var req responsesRequest
	err := json.Unmarshal(body, &req)
	q.model, q.stream = req.Model, req.Stream
	q.openAI.responses = true
	q.openAI.encrypted = slices.Contains(req.Include, "reasoning.encrypted_content")
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of a response request.")
	case len(req.Input) == 0:
		return wrong("input", "The parameter 'input' is empty.")
	case req.Temperature < 0 || req.Temperature > 2:
		return wrong("temperature", "The parameter 'temperature' is not from 0 to 2.")
	case req.MaxOutputTokens < 0 || req.MaxOutputTokens > 0 && req.MaxOutputTokens < 16:
		return wrong("max_output_tokens", "Invalid 'max_output_tokens': the minimum is 16.")
	}
	q.ask.MaxTokens = req.MaxOutputTokens
	q.ask.ContextTokens = emulate.Tokens(req.Instructions)
	tools := make([]tool, len(req.Tools))
	for i, t := range req.Tools {
		tools[i] = tool{t.Name, t.Parameters}
		if p := strict(t.Strict, t.Parameters, fmt.Sprintf("tools[%d].parameters", i)); p != nil {
			return p
		}
	}
	if p := q.force(req.ToolChoice, tools); p != nil {
		return p
	}
	format := req.Text.Format
	if p := q.readFormat(format.Type, format.openAIJSONSchema, "text.format"); p != nil {
		return p
	}
	return q.readItems(req.Input)
}

func (q *question) readItems(items []responsesItem) *problem {
	last := -1 // the user's turn to answer
	open := map[string]bool{}
	for i, item := range items {
		at := fmt.Sprintf("input[%d]", i)
		switch item.Type {
		case "", "message":
			switch item.Role {
			case "user":
				last = i
			case "assistant", "system", "developer":
			default:
				return wrong(at+".role", "There is no such role.")
			}
		case "function_call":
			if item.CallID == "" || item.Name == "" {
				return wrong(at, "The function call lacks a call_id or a name.")
			}
			open[item.CallID] = true
			q.ask.ContextTokens += emulate.Tokens(item.Arguments)
		case "function_call_output":
			if !open[item.CallID] {
				return wrong("input", "No tool call found for a function call output.")
			}
			delete(open, item.CallID)
		}
	}
	if len(open) > 0 {
		return wrong("input", "No tool output found for a function call.")
	}
	for i, item := range items {
		asks := i == last || i > last && item.Type == "function_call_output"
		for j, part := range slices.Concat(item.Content, item.Output) {
			if p := q.readResponsesPart(part, asks); p != nil {
				p.param = fmt.Sprintf("input[%d].content[%d]", i, j)
				return p
			}
		}
	}
	return nil
}

func (q *question) readResponsesPart(part responsesPart, asks bool) *problem {
	switch part.Type {
	case "input_text", "output_text", "refusal", "reasoning_text", "summary_text":
		q.say(part.Text+part.Refusal, asks)
		return nil
	case "input_image":
		return q.show(part.ImageURL)
	case "input_file":
		return q.attach(part.FileURL, part.FileID, part.FileData, part.Filename)
	default:
		return wrong("", "There is no such type of content.")
	}
}
