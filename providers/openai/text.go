package openai

import (
	"context"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// complete answers a text or image request. It writes the body and reads the
// answer itself: the library drops zeros and has no files, refuses by the
// beginning of a model's name what the service takes, and gives an answer up
// for one field of an unexpected type.
func (p *Provider) complete(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	if err := ended(ctx, model); err != nil {
		return nil, err
	}
	if p.responds(req, model) {
		return p.respond(ctx, req, model)
	}
	recorded, call := p.record(ctx)
	if err := call.chat(recorded, req, model); err != nil {
		return nil, call.failure(ctx, model)
	}
	var answer completion
	if err := answer.decode(call.body.Bytes()); err != nil {
		return nil, call.failure(ctx, model)
	}
	choice := answer.choice()
	if choice == nil || answer.failed() {
		return nil, call.noAnswer(model, "the response has no choices")
	}
	resp := &ai.Response{
		Usage:     answer.usage().counted(),
		Source:    ai.SourceProvider,
		Provider:  providerName,
		Model:     answer.Model,
		RequestID: transport.RequestID(call.exchange.Header),
	}
	if resp.Model == "" {
		resp.Model = model
	}
	if problem := read(choice, req, resp); problem != nil {
		return nil, call.locate(problem, model)
	}
	return resp, nil
}

// chat makes the exchange and leaves the answer in the call's body.
func (c *call) chat(ctx context.Context, req *ai.Request, model string) error {
	body, err := c.provider.chat(req, model, false)
	if err != nil {
		return err
	}
	sent, err := c.provider.chatRequest(ctx, model, body, false)
	if err != nil {
		return err
	}
	return c.send(sent)
}

// read puts the text and the tool calls of a whole answer into resp, or says
// why it is no answer.
func read(choice *completionChoice, req *ai.Request, resp *ai.Response) *ai.Error {
	if choice.Message.Refusal != "" {
		return refused()
	}
	calls := gathering{req: req}
	pieces := choice.Message.calls()
	for i := range pieces {
		pieces[i].Index = &i // each is a call of its own, whatever it says
		if problem := calls.add(&pieces[i]); problem != nil {
			return problem
		}
	}
	finish := choice.FinishReason
	if finish == "" {
		finish = finishStop // which compatible servers leave out
	}
	var problem *ai.Error
	resp.Text = string(choice.Message.Content)
	if resp.FinishReason, problem = ending(finish, resp.Text != "", &calls); problem != nil {
		return problem
	}
	resp.ToolCalls = calls.list()
	return nil
}

func refused() *ai.Error {
	return &ai.Error{Code: ai.CodeContentFiltered, Detail: "the model refused to answer"}
}

// ending says why an answer ended, or why it is none, and completes its tool
// calls.
func ending(finish string, text bool, calls *gathering) (ai.FinishReason, *ai.Error) {
	called := len(calls.calls) > 0
	finish = strings.ToLower(finish)
	if problem := brokenOff(finish); problem != nil {
		return "", problem
	}
	switch {
	case called && len(calls.req.Tools) == 0:
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool that the request does not have"}
	case truncated(finish) && called:
		return "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached within a tool call"}
	case truncated(finish) && !text:
		return "", &ai.Error{Code: ai.CodeMaxTokens, Detail: "the token limit was reached before any text"}
	case truncated(finish):
		return ai.FinishLength, nil
	case called && (finished(finish) || finish == "tool_calls" || finish == "function_call"):
		return ai.FinishToolCalls, calls.complete()
	case finish == "tool_calls" || finish == "function_call":
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model called a tool without saying which"}
	case !finished(finish):
		return "", &ai.Error{Code: ai.CodeModelFailed, Detail: "the model stopped without an answer"}
	case !text:
		return "", &ai.Error{Code: ai.CodeBadResponse, Detail: "the answer is empty"}
	}
	return ai.FinishStop, nil
}

// brokenOff is the error that a reason, in lower case, is by itself, nil for
// any other.
func brokenOff(reason string) *ai.Error {
	reason, _, _ = strings.Cut(reason, ":") // Gemini: "content_filter: PROHIBITED_CONTENT"
	switch reason {
	case "content_filter", "sensitive":
		return &ai.Error{Code: ai.CodeContentFiltered, Detail: "the answer was blocked"}
	case "insufficient_system_resource", "network_error", "error":
		return &ai.Error{Code: ai.CodeUnavailable, Detail: "the service broke the answer off"}
	}
	return nil
}

const finishStop = "stop"

// finished reports whether a reason, in lower case, says that the model had
// finished. Compatible servers name the token or the stop text that ended the
// answer.
func finished(reason string) bool {
	switch reason {
	case finishStop, "null", "eos", "eos_token", "end_turn", "stop_sequence":
		return true
	}
	return false
}

// truncated reports whether the token limit ended the answer.
func truncated(reason string) bool {
	switch reason {
	case "length", "max_tokens", "model_length", "model_context_window_exceeded":
		return true
	}
	return false
}
