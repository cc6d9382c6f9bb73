package openai

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// The interfaces that answer text and image requests, by their names in
// Config.API.
const (
	apiChat      = "chat"
	apiResponses = "responses"
)

// responds reports whether a text or image request goes to the Responses API
// rather than to chat completions: where Config.API says so; of OpenAI's own
// models, where only it will do: models that think refuse tools elsewhere from
// GPT-5.4 on, and only there is what they thought kept from one call of a tool
// to the next.
func (p *Provider) responds(req *ai.Request, model string) bool {
	switch {
	case p.api != "" || !p.official:
		return p.api == apiResponses
	case documentsByURL(req), respondsOnly(model):
		return true
	case len(req.Tools) == 0 || len(req.Stop) > 0: // it knows no stop texts
		return false
	}
	return thinks(model) && p.effortFor(req.Effort, model) != string(ai.EffortNone)
}

// thinks reports whether the model is known to think before it answers.
func thinks(model string) bool {
	known, levels := efforts(model)
	return known && len(levels) > 0
}

// respondsOnly reports whether a model has no chat completions
// (https://platform.openai.com/docs/models).
func respondsOnly(model string) bool {
	name, _ := baseModel(model)
	for _, part := range [...]string{"codex", "deep-research", "computer-use"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return thinks(model) && (strings.HasSuffix(name, "-pro") || strings.Contains(name, "-pro-"))
}

// respond answers a text or image request through the Responses API.
func (p *Provider) respond(ctx context.Context, req *ai.Request, model string) (*ai.Response, error) {
	c, err := p.ask(ctx, http.MethodPost, p.endpoint(responsesPath, nil), model, p.responsesRequest(req, model, false))
	if err != nil {
		return nil, err
	}
	var answer response
	if err := c.decode(&answer); err != nil {
		return nil, c.noAnswer(model, "the response is not of the documented shape")
	}
	resp := &ai.Response{
		Source: ai.SourceProvider, Provider: providerName, Model: model,
		RequestID: transport.RequestID(c.exchange.Header),
	}
	answer.describe(resp)
	r := replies{calls: gathering{req: req}, from: p.origin()}
	finish, problem := answer.finish()
	for i := range answer.Output {
		if problem == nil {
			problem = r.add(i, &answer.Output[i])
		}
	}
	resp.Text = r.text.String()
	if problem == nil {
		resp.FinishReason, problem = ending(finish, resp.Text != "", &r.calls)
	}
	switch {
	case problem != nil && problem.Code == ai.CodeBadResponse:
		return nil, c.noAnswer(model, problem.Detail)
	case problem != nil:
		return nil, c.locate(problem, model)
	}
	resp.ToolCalls = r.list()
	return resp, nil
}

// openResponse makes the request for a stream and returns the response, with
// its body unread.
func (c *call) openResponse(ctx context.Context, req *ai.Request, model string) (*http.Response, error) {
	body, err := encode(c.provider.responsesRequest(req, model, true))
	if err != nil {
		return nil, err
	}
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, c.provider.endpoint(responsesPath, nil), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header.Set("Content-Type", "application/json")
	sent.Header.Set("Accept", "text/event-stream")
	return c.open(sent)
}

// replies is what an answer holds, put together from its items.
type replies struct {
	text  strings.Builder
	calls gathering
	from  string

	reasoning []reasoning // that no call has taken along
	states    [][]byte    // by call
}

// add takes an item that has come whole, at its place in the output.
func (r *replies) add(at int, item *outputItem) *ai.Error {
	switch item.Type {
	case "message":
		for i := range item.Content {
			if item.Content[i].Refusal != "" {
				return refused()
			}
			r.text.WriteString(string(item.Content[i].Text))
		}
	case itemReasoning:
		r.think(item)
	case itemCall:
		_, problem := r.called(at, item)
		return problem
	}
	return nil
}

// think keeps what the model thought for the next call.
func (r *replies) think(item *outputItem) {
	if item.EncryptedContent != "" {
		r.reasoning = append(r.reasoning, reasoning{Summary: item.Summary, Encrypted: string(item.EncryptedContent)})
	}
}

// called takes a call that has come whole, and returns its position among the
// calls.
func (r *replies) called(at int, item *outputItem) (int, *ai.Error) {
	piece := item.piece(at)
	if problem := r.calls.add(piece); problem != nil {
		return 0, problem
	}
	i := r.calls.find(piece)
	if c := &r.calls.calls[i]; len(c.arguments) == 0 { // none has come in pieces
		piece.Function.Arguments = item.Arguments
		if problem := r.calls.add(piece); problem != nil {
			return 0, problem
		}
	}
	for len(r.states) <= i {
		r.states = append(r.states, nil)
	}
	if len(r.reasoning) > 0 && len(r.states[i]) == 0 {
		r.states[i], r.reasoning = stateOf(r.from, r.reasoning), nil
	}
	return i, nil
}

// list returns the completed calls.
func (r *replies) list() []ai.ToolCall {
	list := r.calls.list()
	for i := range list {
		if i < len(r.states) {
			list[i].State = r.states[i]
		}
	}
	return list
}
