package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/sashabaranov/go-openai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// complete answers a text or image request.
func (p *Provider) complete(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	if err := ended(ctx, model); err != nil {
		return nil, err
	}
	recorded, call, client := p.newCall(ctx)
	answer, err := client.CreateChatCompletion(recorded, p.chat(call, req, model))
	if err != nil && !call.readable(err, &answer) {
		return nil, call.failure(ctx, err, model)
	}
	if len(answer.Choices) == 0 || call.disturbed() {
		return nil, call.noAnswer(model, "the response has no choices")
	}
	choice := &answer.Choices[0]
	text, reason, problem := read(choice)
	if problem != nil {
		return nil, call.locate(problem, model)
	}
	resp := &ai.Response{
		Text:         text,
		Usage:        usage(&answer.Usage),
		FinishReason: reason,
		Source:       ai.SourceProvider,
		Provider:     providerName,
		Model:        answer.Model,
		RequestID:    transport.RequestID(call.exchange.Header),
	}
	if resp.Model == "" {
		resp.Model = model
	}
	return resp, nil
}

// disturbed reports whether the body of a success holds an error object, beside
// whatever else: a router whose upstream broke off says so.
func (c *call) disturbed() bool {
	body := c.body.Bytes()
	return bytes.Contains(body, []byte(`"error"`)) && readErrorBody(body).enveloped
}

// readable reports whether all that the library failed on is a field beside the
// answer, such as a fractional "created": encoding/json reads the rest.
func (c *call) readable(err error, answer *openai.ChatCompletionResponse) bool {
	_, mistyped := errors.AsType[*json.UnmarshalTypeError](err)
	return mistyped && len(answer.Choices) > 0 && answer.Choices[0].Message.Content != ""
}

// chat writes the request in the library's terms.
func (p *Provider) chat(call *call, req *ai.Request, model string) openai.ChatCompletionRequest {
	chat := openai.ChatCompletionRequest{
		Model:           model,
		Messages:        p.messages(req),
		Stop:            req.Stop,
		ReasoningEffort: p.effort,
	}
	if p.legacyMaxTokens {
		chat.MaxTokens = req.MaxTokens
	} else {
		chat.MaxCompletionTokens = req.MaxTokens
	}
	call.temperature = req.Temperature
	if req.Seed != nil {
		chat.Seed = new(int(*req.Seed))
	}
	return chat
}

// messages lays the conversation out in OpenAI's turns.
func (p *Provider) messages(req *ai.Request) []openai.ChatCompletionMessage {
	turns := make([]openai.ChatCompletionMessage, 0, len(req.History)+2)
	if req.Instruction != "" {
		turns = append(turns, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: req.Instruction})
	}
	for i := range req.History {
		m := &req.History[i]
		turns = append(turns, p.message(string(m.Role), m.Text, m.Images))
	}
	return append(turns, p.message(openai.ChatMessageRoleUser, req.Prompt, req.Images))
}

func (p *Provider) message(role, text string, images []ai.Image) openai.ChatCompletionMessage {
	if len(images) == 0 {
		return openai.ChatCompletionMessage{Role: role, Content: text}
	}
	return openai.ChatCompletionMessage{Role: role, MultiContent: p.parts(text, images)}
}

// read returns the text of a choice and why it ended, or why it is no answer.
// The library returns refusals, filtered and empty answers without an error.
func read(choice *openai.ChatCompletionChoice) (string, ai.FinishReason, *ai.Error) {
	m := &choice.Message
	text := m.Content
	if text == "" && len(m.MultiContent) > 0 {
		text = join(m.MultiContent)
	}
	switch {
	case m.Refusal != "":
		return "", "", &ai.Error{Code: ai.CodeContentFiltered, Detail: "the model refused to answer"}
	case choice.FinishReason == openai.FinishReasonContentFilter:
		return "", "", &ai.Error{Code: ai.CodeContentFiltered, Detail: "the answer was blocked"}
	case len(m.ToolCalls) > 0 || m.FunctionCall != nil ||
		choice.FinishReason == openai.FinishReasonToolCalls || choice.FinishReason == openai.FinishReasonFunctionCall:
		return "", "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool that the request does not have"}
	case truncated(choice.FinishReason) && text == "":
		return "", "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached before any text"}
	case truncated(choice.FinishReason):
		return text, ai.FinishLength, nil
	case choice.FinishReason == "insufficient_system_resource" || choice.FinishReason == "error":
		return "", "", &ai.Error{Code: ai.CodeUnavailable, Detail: "the service broke the answer off"}
	case !finished(choice.FinishReason):
		return "", "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model stopped without an answer"}
	case text == "":
		return "", "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer is empty"}
	default:
		return text, ai.FinishStop, nil
	}
}

// finished reports whether a reason says that the model had finished.
// Compatible servers leave it out, or name the token or the stop text that
// ended the answer.
func finished(reason openai.FinishReason) bool {
	switch openai.FinishReason(strings.ToLower(string(reason))) {
	case openai.FinishReasonStop, openai.FinishReasonNull, "", "eos", "eos_token", "end_turn", "stop_sequence":
		return true
	}
	return false
}

// truncated reports whether the token limit ended the answer.
func truncated(reason openai.FinishReason) bool {
	switch openai.FinishReason(strings.ToLower(string(reason))) {
	case openai.FinishReasonLength, "max_tokens", "model_length":
		return true
	}
	return false
}

// join puts together an answer that came in parts, as some compatible servers
// send it.
func join(parts []openai.ChatMessagePart) string {
	var b strings.Builder
	for i := range parts {
		b.WriteString(parts[i].Text)
	}
	return b.String()
}

func usage(u *openai.Usage) ai.Usage {
	counted := ai.Usage{InputTokens: u.PromptTokens, OutputTokens: u.CompletionTokens, TotalTokens: u.TotalTokens}
	if d := u.PromptTokensDetails; d != nil {
		counted.CachedTokens = d.CachedTokens
	}
	if d := u.CompletionTokensDetails; d != nil {
		counted.ReasoningTokens = d.ReasoningTokens
	}
	return counted
}
