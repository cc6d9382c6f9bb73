package gemini

import (
	"context"
	"net/http"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// generate answers a text or image request.
func (p *Provider) generate(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	turns, config := contents(req), p.config(req)
	answer, exchange, err := ask(ctx, model, func(ctx context.Context) (*genai.GenerateContentResponse, error) {
		return p.client.Models.GenerateContent(ctx, model, turns, config)
	})
	if err != nil {
		return nil, err
	}
	resp, problem := response(answer)
	if problem != nil {
		problem.RequestID = requestID(answer.ResponseID)
		return nil, locate(problem, exchange, model)
	}
	if resp.Model == "" {
		resp.Model = model
	}
	if resp.RequestID == "" {
		resp.RequestID = transport.RequestID(exchange.Header)
	}
	return resp, nil
}

// config is the call's own configuration: genai writes to what it is given, so
// no call shares it with another.
func (p *Provider) config(req *ai.Request) *genai.GenerateContentConfig {
	config := &genai.GenerateContentConfig{
		// Left on, genai asks again, unseen and billed, as long as a response
		// carries a continuation token.
		AutomaticContinuation: new(false),
		MaxOutputTokens:       int32(req.MaxTokens),
		StopSequences:         req.Stop,
		MediaResolution:       p.options.resolution,
		ThinkingConfig:        p.options.thinking(),
	}
	if req.Instruction != "" {
		config.SystemInstruction = genai.NewContentFromText(req.Instruction, genai.RoleUser)
	}
	if req.Temperature != nil {
		config.Temperature = new(float32(*req.Temperature))
	}
	if req.Seed != nil {
		config.Seed = new(seed32(*req.Seed))
	}
	return config
}

func (o *options) thinking() *genai.ThinkingConfig {
	if o.thinkingLevel == "" && o.thinkingBudget == nil {
		return nil
	}
	config := &genai.ThinkingConfig{ThinkingLevel: o.thinkingLevel}
	if o.thinkingBudget != nil {
		config.ThinkingBudget = new(*o.thinkingBudget)
	}
	return config
}

// seed32 folds a seed into the 32 bits that Gemini takes, so that seeds of any
// size stay repeatable and small ones stay what they are.
func seed32(seed int64) int32 {
	if small := int32(seed); int64(small) == seed {
		return small
	}
	return int32(seed) ^ int32(seed>>32)
}

// contents lays the conversation out in Gemini's turns.
func contents(req *ai.Request) []*genai.Content {
	turns := make([]*genai.Content, 0, len(req.History)+1)
	for i := range req.History {
		m := &req.History[i]
		role := genai.RoleUser
		if m.Role == ai.RoleAssistant {
			role = genai.RoleModel
		}
		turns = append(turns, &genai.Content{Role: role, Parts: parts(m.Images, m.Text)})
	}
	return append(turns, &genai.Content{Role: genai.RoleUser, Parts: parts(req.Images, req.Prompt)})
}

// response reads an answer, or says why it is none: genai returns a nil error
// for blocked prompts, filtered answers, error objects and empty bodies.
func response(answer *genai.GenerateContentResponse) (*ai.Response, *ai.Error) {
	if f := answer.PromptFeedback; f != nil && f.BlockReason != "" {
		return nil, &ai.Error{Code: ai.CodeContentFiltered, Detail: "the prompt was blocked"}
	}
	if len(answer.Candidates) == 0 {
		return nil, &ai.Error{Code: ai.CodeBadResponse, Detail: "the response has no candidates"}
	}
	candidate := answer.Candidates[0]
	text, called := read(candidate.Content)
	reason, problem := finish(candidate.FinishReason, text != "", called)
	if problem != nil {
		return nil, problem
	}
	return &ai.Response{
		Text:         text,
		Usage:        usage(answer.UsageMetadata),
		FinishReason: reason,
		Source:       ai.SourceProvider,
		Provider:     providerName,
		Model:        modelName(answer.ModelVersion),
		RequestID:    requestID(answer.ResponseID),
	}, nil
}

// requestID returns the identifier that Gemini puts into the body, unless it
// is something else that had better not be printed.
func requestID(id string) string {
	return transport.RequestID(http.Header{"X-Request-Id": {id}})
}

// read returns the text of the answer itself, without the model's thoughts,
// and whether the model called a tool.
func read(content *genai.Content) (text string, called bool) {
	if content == nil {
		return "", false
	}
	for _, part := range content.Parts {
		if part != nil && !part.Thought {
			text += part.Text
			called = called || part.FunctionCall != nil
		}
	}
	return text, called
}

// finish turns the reason for which a candidate ended into that of an answer,
// or into a failure.
func finish(reason genai.FinishReason, hasText, called bool) (ai.FinishReason, *ai.Error) {
	switch reason {
	case genai.FinishReasonStop, genai.FinishReasonUnspecified, "":
		switch {
		case called:
			return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool that the request does not have"}
		case hasText:
			return ai.FinishStop, nil
		}
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer is empty"}
	case genai.FinishReasonMaxTokens, genai.FinishReasonContinuation:
		if hasText {
			return ai.FinishLength, nil
		}
		return "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached before any text"}
	case genai.FinishReasonSafety, genai.FinishReasonBlocklist, genai.FinishReasonProhibitedContent, genai.FinishReasonSPII,
		genai.FinishReasonImageSafety, genai.FinishReasonImageProhibitedContent, finishReasonModelArmor:
		return "", &ai.Error{Code: ai.CodeContentFiltered, Detail: "the answer was blocked"}
	case genai.FinishReasonRecitation, genai.FinishReasonImageRecitation:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the answer recited protected material"}
	case genai.FinishReasonMalformedFunctionCall, genai.FinishReasonUnexpectedToolCall, genai.FinishReasonTooManyToolCalls:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool that the request does not have"}
	default:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model stopped without an answer"}
	}
}

// finishReasonModelArmor is on the wire but not among genai's constants.
const finishReasonModelArmor genai.FinishReason = "MODEL_ARMOR"

func usage(u *genai.GenerateContentResponseUsageMetadata) ai.Usage {
	if u == nil {
		return ai.Usage{}
	}
	return ai.Usage{
		InputTokens:     int(u.PromptTokenCount) + int(u.ToolUsePromptTokenCount),
		OutputTokens:    int(u.CandidatesTokenCount) + int(u.ThoughtsTokenCount),
		TotalTokens:     int(u.TotalTokenCount),
		CachedTokens:    int(u.CachedContentTokenCount),
		ReasoningTokens: int(u.ThoughtsTokenCount),
	}
}
