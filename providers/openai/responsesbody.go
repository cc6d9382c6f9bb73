package openai

import (
	"encoding/json"

	"github.com/finbrain/ai"
)

const responsesPath = "/responses"

// The types of items.
const (
	itemMessage   = "message"
	itemReasoning = "reasoning"
	itemCall      = "function_call"
	itemResult    = "function_call_output"
)

// responsesBody is the body of a request to the Responses API
// (https://platform.openai.com/docs/api-reference/responses/create). Nothing is
// kept at the service: what the model thought travels with the conversation.
type responsesBody struct {
	Model           string            `json:"model"`
	Instructions    string            `json:"instructions,omitempty"`
	Input           []inputItem       `json:"input"`
	MaxOutputTokens int               `json:"max_output_tokens,omitempty"`
	Temperature     *float64          `json:"temperature,omitempty"`
	Tools           []responsesTool   `json:"tools,omitempty"`
	ToolChoice      any               `json:"tool_choice,omitempty"` // a string or a responsesTool
	Text            *responsesText    `json:"text,omitempty"`
	Reasoning       *responsesEffort  `json:"reasoning,omitempty"`
	Include         []string          `json:"include,omitempty"`
	Store           bool              `json:"store"`
	Stream          bool              `json:"stream,omitempty"`
	StreamOptions   *responsesOptions `json:"stream_options,omitempty"`
}

type responsesTool struct {
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"` // left out, it means true here
}

type responsesText struct {
	Format responsesFormat `json:"format"`
}

type responsesFormat struct {
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
	Strict bool            `json:"strict"`
}

type responsesEffort struct {
	Effort string `json:"effort"`
}

type responsesOptions struct {
	// IncludeObfuscation pads every event to hide its length; off.
	IncludeObfuscation bool `json:"include_obfuscation"`
}

// inputItem is a part of the conversation: a message, a call, its result, or
// what the model thought.
type inputItem struct {
	Type      string          `json:"type"`
	Role      string          `json:"role,omitempty"`
	Content   any             `json:"content,omitempty"` // a string or []inputPart
	CallID    string          `json:"call_id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments string          `json:"arguments,omitempty"`
	Output    *string         `json:"output,omitempty"`
	Summary   json.RawMessage `json:"summary,omitempty"`
	Encrypted string          `json:"encrypted_content,omitempty"`
}

type inputPart struct {
	Type     string `json:"type"`
	Text     string `json:"text,omitempty"`
	ImageURL string `json:"image_url,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Filename string `json:"filename,omitempty"`
	FileData string `json:"file_data,omitempty"`
	FileURL  string `json:"file_url,omitempty"`
}

// responsesRequest writes the request as the Responses API wants it. It has no
// seed, which is passed over.
func (p *Provider) responsesRequest(req *ai.Request, model string, stream bool) *responsesBody {
	body := &responsesBody{
		Model: model, Instructions: req.Instruction, MaxOutputTokens: req.MaxTokens, Temperature: req.Temperature,
		Tools: responsesTools(req.Tools, model), ToolChoice: responsesToolChoice(req), Stream: stream,
	}
	switch {
	case len(req.Schema) == 0:
	case !ofObject(req.Schema):
		body.Instructions = schemaInWords(req)
	default:
		body.Text = &responsesText{responsesFormat{Type: "json_schema", Name: schemaName, Schema: req.Schema, Strict: isStrict(req.Schema, model)}}
	}
	if effort := p.effortFor(req.Effort, model); effort != "" {
		body.Reasoning = &responsesEffort{effort}
	}
	if thinks(model) { // others refuse the field
		body.Include = []string{"reasoning.encrypted_content"}
	}
	if stream && p.official {
		body.StreamOptions = &responsesOptions{}
	}
	body.Input = p.items(req)
	return body
}

func responsesTools(tools []ai.Tool, model string) []responsesTool {
	list := make([]responsesTool, len(tools))
	for i, t := range tools {
		parameters := toolParameters(t)
		list[i] = responsesTool{
			Type: "function", Name: t.Name, Description: t.Description, Parameters: parameters, Strict: new(isStrict(parameters, model)),
		}
	}
	return list
}

func responsesToolChoice(req *ai.Request) any {
	switch {
	case req.ToolChoice == ai.ToolAuto, len(req.Tools) == 0:
		return nil
	case req.ToolChoice == ai.ToolNone, req.ToolChoice == ai.ToolRequired:
		return string(req.ToolChoice)
	}
	return responsesTool{Type: "function", Name: string(req.ToolChoice)}
}

// items lays the conversation out.
func (p *Provider) items(req *ai.Request) []inputItem {
	items := make([]inputItem, 0, len(req.History)+1)
	from := p.origin()
	for i := range req.History {
		m := &req.History[i]
		switch m.Role {
		case ai.RoleTool:
			for _, result := range m.ToolResults {
				items = append(items, inputItem{Type: itemResult, CallID: callID(result.CallID), Output: new(result.Content)})
			}
		case ai.RoleAssistant:
			if m.Text != "" {
				items = append(items, inputItem{Type: itemMessage, Role: "assistant", Content: m.Text})
			}
			for _, c := range m.ToolCalls {
				for _, thought := range reasoningIn(c.State, from) {
					items = append(items, inputItem{Type: itemReasoning, Summary: thought.Summary, Encrypted: thought.Encrypted})
				}
				arguments := "{}"
				if len(c.Arguments) > 0 {
					arguments = string(c.Arguments)
				}
				items = append(items, inputItem{Type: itemCall, CallID: callID(c.ID), Name: c.Name, Arguments: arguments})
			}
		default:
			items = append(items, p.userItem(m.Text, m.Images, m.Documents))
		}
	}
	if req.Prompt == "" && len(req.Images)+len(req.Documents) == 0 {
		return items // the model goes on with the results of its calls
	}
	return append(items, p.userItem(req.Prompt, req.Images, req.Documents))
}

// userItem puts the parts of a turn in the order of userTurn.
func (p *Provider) userItem(text string, images []ai.Image, documents []ai.Document) inputItem {
	item := inputItem{Type: itemMessage, Role: "user", Content: text}
	if len(images)+len(documents) == 0 {
		return item
	}
	parts := make([]inputPart, 0, len(images)+len(documents)+1)
	for _, d := range documents {
		if d.URL != "" { // the service takes no name beside an address
			parts = append(parts, inputPart{Type: "input_file", FileURL: d.URL})
			continue
		}
		parts = append(parts, inputPart{Type: "input_file", Filename: documentName(d), FileData: dataURL(d.Type(), d.Data)})
	}
	if text != "" {
		parts = append(parts, inputPart{Type: "input_text", Text: text})
	}
	for _, image := range images {
		parts = append(parts, inputPart{Type: "input_image", ImageURL: imageURL(image), Detail: string(p.detail)})
	}
	item.Content = parts
	return item
}
