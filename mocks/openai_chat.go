package mocks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/finbrain/ai/mocks/internal/emulate"
)

type openAIChatRequest struct {
	Model               string          `json:"model"`
	Messages            []openAIMessage `json:"messages"`
	MaxTokens           int             `json:"max_tokens"`
	MaxCompletionTokens int             `json:"max_completion_tokens"`
	Temperature         float64         `json:"temperature"`
	Stop                texts           `json:"stop"`
	Stream              bool            `json:"stream"`
	StreamOptions       struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	Tools []struct {
		Type     string         `json:"type"`
		Function openAIFunction `json:"function"`
	} `json:"tools"`
	ToolChoice     openAIToolChoice `json:"tool_choice"`
	ResponseFormat openAIFormat     `json:"response_format"`
}

type openAIFunction struct {
	Name       string          `json:"name"`
	Parameters json.RawMessage `json:"parameters"`
	Strict     bool            `json:"strict"`
}

type openAIMessage struct {
	Role       string      `json:"role"`
	Content    openAIParts `json:"content"`
	ToolCallID string      `json:"tool_call_id"`
	ToolCalls  []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string  `json:"name"`
			Arguments *string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

// openAIParts is a message's content: one text, or parts.
type openAIParts []openAIPart

type openAIPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
	File struct {
		Filename string `json:"filename"`
		FileData string `json:"file_data"`
		FileID   string `json:"file_id"`
	} `json:"file"`
}

// UnmarshalJSON takes a text for a list of one part.
func (c *openAIParts) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("[")) {
		return json.Unmarshal(data, (*[]openAIPart)(c))
	}
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	if text != nil {
		*c = openAIParts{{Type: "text", Text: *text}}
	}
	return nil
}

// openAIToolChoice is "none", "auto", "required", or the tool that must be
// called, named in its own way by each API.
type openAIToolChoice struct {
	mode string
	name string
}

// UnmarshalJSON takes both forms.
func (c *openAIToolChoice) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte("{")) {
		var named struct {
			Name     string `json:"name"`
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		}
		err := json.Unmarshal(data, &named)
		c.name = named.Name + named.Function.Name
		return err
	}
	return json.Unmarshal(data, &c.mode)
}

// force finds the tool that must be called.
func (q *question) force(c openAIToolChoice, tools []tool) *problem {
	for i, t := range tools {
		if t.name == "" {
			return wrong(fmt.Sprintf("tools[%d]", i), "The tool has no name.")
		}
	}
	switch {
	case c.name != "":
		i := slices.IndexFunc(tools, func(t tool) bool { return t.name == c.name })
		if i < 0 {
			return wrong("tool_choice", "The parameter 'tool_choice' names no tool.")
		}
		q.forced = &tools[i]
	case c.mode == "" || c.mode == "auto" || c.mode == "none":
	case c.mode != "required":
		return wrong("tool_choice", "The parameter 'tool_choice' is not one there is.")
	case len(tools) == 0:
		return wrong("tool_choice", "The parameter 'tool_choice' is for calls with tools.")
	default:
		q.forced = &tools[0]
	}
	return nil
}

func (q *question) readChat(body []byte) *problem {
	var req openAIChatRequest
	err := json.Unmarshal(body, &req)
	q.model, q.stream = req.Model, req.Stream
	q.openAI.usage = req.StreamOptions.IncludeUsage
	switch {
	case err != nil:
		return wrong("", "The body is not the JSON of a chat request.")
	case len(req.Messages) == 0:
		return wrong("messages", "The list 'messages' is empty.")
	case req.Temperature < 0 || req.Temperature > 2:
		return wrong("temperature", "The parameter 'temperature' is not from 0 to 2.")
	case req.MaxTokens < 0 || req.MaxCompletionTokens < 0:
		return wrong("max_completion_tokens", "The token limit is negative.")
	case req.StreamOptions.IncludeUsage && !req.Stream:
		return wrong("stream_options", "The parameter 'stream_options' is for streams.")
	}
	q.ask.MaxTokens = max(req.MaxCompletionTokens, req.MaxTokens)
	q.ask.Stop = req.Stop
	tools := make([]tool, len(req.Tools))
	for i, t := range req.Tools {
		tools[i] = tool{t.Function.Name, t.Function.Parameters}
		if p := strict(t.Function.Strict, t.Function.Parameters, fmt.Sprintf("tools[%d].function.parameters", i)); p != nil {
			return p
		}
	}
	if p := q.force(req.ToolChoice, tools); p != nil {
		return p
	}
	if p := q.readFormat(req.ResponseFormat.Type, req.ResponseFormat.JSONSchema, "response_format"); p != nil {
		return p
	}
	return q.readMessages(req.Messages)
}

func (q *question) readMessages(messages []openAIMessage) *problem {
	last := -1 // the user's turn to answer
	var open []string
	for i, m := range messages {
		at := fmt.Sprintf("messages[%d]", i)
		if m.Role != "tool" && len(open) > 0 {
			return wrong(at+".role", "A message with 'tool_calls' must be followed by tool messages for each of them.")
		}
		switch m.Role {
		case "user":
			last = i
		case "system", "developer":
		case "assistant":
			for j, c := range m.ToolCalls {
				if c.ID == "" || c.Function.Name == "" || c.Function.Arguments == nil {
					return wrong(fmt.Sprintf("%s.tool_calls[%d]", at, j), "The tool call lacks an id, a name or arguments.")
				}
				open = append(open, c.ID)
				q.ask.ContextTokens += emulate.Tokens(*c.Function.Arguments)
			}
			if m.Content == nil && len(m.ToolCalls) == 0 {
				return wrong(at+".content", "The message has neither content nor tool calls.")
			}
		case "tool":
			j := slices.Index(open, m.ToolCallID)
			if j < 0 {
				return wrong(at+".role", "A message with the role 'tool' must answer one of the 'tool_calls' before it.")
			}
			open = slices.Delete(open, j, j+1)
		default:
			return wrong(at+".role", "There is no such role.")
		}
	}
	if len(open) > 0 {
		return wrong("messages", "A message with 'tool_calls' must be followed by tool messages for each of them.")
	}
	for i, m := range messages {
		for j, part := range m.Content {
			if p := q.readPart(part, i == last || i > last && m.Role == "tool"); p != nil {
				p.param = fmt.Sprintf("messages[%d].content[%d]", i, j)
				return p
			}
		}
	}
	return nil
}

// readPart takes a part of a message for part of the question or, in an
// earlier message, for context. Images and documents are looked at wherever
// they stand.
func (q *question) readPart(part openAIPart, asks bool) *problem {
	switch part.Type {
	case "text":
		q.say(part.Text, asks)
		return nil
	case "image_url":
		return q.show(part.ImageURL.URL)
	case "file":
		return q.attach("", part.File.FileID, part.File.FileData, part.File.Filename)
	default:
		return wrong("", "There is no such type of content.")
	}
}
