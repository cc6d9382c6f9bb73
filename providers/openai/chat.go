package openai

import (
	"encoding/json"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
)

// chatBody is the body of a chat completions request. Its fields are those of
// the library's, in its order, with the differences that temperature has a
// zero, that messages may be empty and hold files, and that nothing is refused
// by the beginning of a model's name.
type chatBody struct {
	Model               string                               `json:"model"`
	Messages            []chatMessage                        `json:"messages"`
	MaxTokens           int                                  `json:"max_tokens,omitempty"`
	MaxCompletionTokens int                                  `json:"max_completion_tokens,omitempty"`
	Temperature         *float64                             `json:"temperature,omitempty"`
	Stream              bool                                 `json:"stream"`
	Stop                []string                             `json:"stop,omitempty"`
	ResponseFormat      *openai.ChatCompletionResponseFormat `json:"response_format,omitempty"`
	Seed                *int64                               `json:"seed,omitempty"`
	Tools               []openai.Tool                        `json:"tools,omitempty"`
	ToolChoice          any                                  `json:"tool_choice,omitempty"` // a string or an openai.ToolChoice
	StreamOptions       *openai.StreamOptions                `json:"stream_options,omitempty"`
	ReasoningEffort     string                               `json:"reasoning_effort,omitempty"`
}

// chatMessage is one turn of the conversation.
type chatMessage struct {
	Role       string            `json:"role"`
	Content    any               `json:"content,omitempty"` // a string or []chatPart; nil is left out, an empty string is not
	ToolCalls  []openai.ToolCall `json:"tool_calls,omitempty"`
	ToolCallID string            `json:"tool_call_id,omitempty"`
}

// chatPart is a part of a turn that is not text alone.
type chatPart struct {
	Type     string                      `json:"type"`
	Text     string                      `json:"text,omitempty"`
	ImageURL *openai.ChatMessageImageURL `json:"image_url,omitempty"`
	File     *chatFile                   `json:"file,omitempty"`
}

// chat writes the request as the body of a chat completions request.
func (p *Provider) chat(req *ai.Request, model string, stream bool) ([]byte, error) {
	format, instruction := answerFormat(req, model)
	body := chatBody{
		Model:           model,
		Messages:        p.messages(req, instruction),
		Temperature:     req.Temperature,
		Stream:          stream,
		Stop:            req.Stop,
		ResponseFormat:  format,
		Seed:            req.Seed,
		Tools:           chatTools(req.Tools),
		ToolChoice:      chatToolChoice(req),
		ReasoningEffort: p.effortFor(req.Effort, model),
	}
	if p.legacyMaxTokens {
		body.MaxTokens = req.MaxTokens
	} else {
		body.MaxCompletionTokens = req.MaxTokens
	}
	if stream {
		body.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	return json.Marshal(&body)
}

// messages lays the conversation out in OpenAI's turns.
func (p *Provider) messages(req *ai.Request, instruction string) []chatMessage {
	turns := make([]chatMessage, 0, len(req.History)+2)
	if instruction != "" {
		turns = append(turns, chatMessage{Role: openai.ChatMessageRoleSystem, Content: instruction})
	}
	for i := range req.History {
		m := &req.History[i]
		switch m.Role {
		case ai.RoleTool:
			for _, result := range m.ToolResults {
				turns = append(turns, chatMessage{Role: openai.ChatMessageRoleTool, Content: result.Content, ToolCallID: callID(result.CallID)})
			}
		case ai.RoleAssistant:
			turn := chatMessage{Role: openai.ChatMessageRoleAssistant, ToolCalls: chatCalls(m.ToolCalls)}
			if m.Text != "" {
				turn.Content = m.Text
			}
			turns = append(turns, turn)
		default:
			turns = append(turns, p.userTurn(m.Text, m.Images, m.Documents))
		}
	}
	if req.Prompt == "" && len(req.Images)+len(req.Documents) == 0 {
		return turns // the model goes on with the results of its calls
	}
	return append(turns, p.userTurn(req.Prompt, req.Images, req.Documents))
}

// userTurn puts documents before the text that asks about them, and images
// after it: the orders of OpenAI's own examples.
func (p *Provider) userTurn(text string, images []ai.Image, documents []ai.Document) chatMessage {
	turn := chatMessage{Role: openai.ChatMessageRoleUser, Content: text}
	if len(images)+len(documents) == 0 {
		return turn
	}
	parts := make([]chatPart, 0, len(images)+len(documents)+1)
	for _, document := range documents {
		parts = append(parts, chatPart{Type: "file", File: &chatFile{Name: documentName(document), Data: dataURL(document.Type(), document.Data)}})
	}
	if text != "" {
		parts = append(parts, chatPart{Type: "text", Text: text})
	}
	for _, image := range images {
		parts = append(parts, chatPart{Type: "image_url", ImageURL: &openai.ChatMessageImageURL{URL: imageURL(image), Detail: p.detail}})
	}
	turn.Content = parts
	return turn
}
