package openai

import (
	"context"
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
	if err != nil {
		return nil, call.failure(ctx, err, model)
	}
	if len(answer.Choices) == 0 {
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
	if req.Temperature != nil {
		chat.Temperature = float32(*req.Temperature)
		call.zeroTemperature = chat.Temperature == 0
	}
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
	case choice.FinishReason == openai.FinishReasonLength && text == "":
		return "", "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached before any text"}
	case choice.FinishReason == openai.FinishReasonLength:
		return text, ai.FinishLength, nil
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
	switch reason {
	case openai.FinishReasonStop, openai.FinishReasonNull, "", "eos", "eos_token", "end_turn", "stop_sequence":
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
