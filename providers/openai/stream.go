package openai

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// lastWords is how long the usage and the end of a stream are waited for once
// the finish reason has come: the answer is whole by then.
const lastWords = 2 * time.Second

// Stream answers a text or image request piece by piece, in one call to the
// service, and any other as one piece. Reading stops at the first error the
// service tells of. One event takes at most 8 MiB, the whole stream 256 MiB,
// and the arguments of its at most 256 tool calls 8 MiB; beyond that it is
// CodeBadResponse.
func (p *Provider) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		if err := p.stream(ctx, req, yield); err != nil {
			yield(nil, err)
		}
	}
}

// stream returns nil when the whole answer was passed on or the consumer left.
func (p *Provider) stream(ctx context.Context, req *ai.Request, yield func(*ai.Delta, error) bool) error {
	if err := p.check(req); err != nil {
		return err
	}
	if kind := req.ResolvedKind(); kind != ai.KindText && kind != ai.KindImage {
		resp, err := p.Analyze(ctx, req)
		if err == nil {
			yield(&ai.Delta{FinishReason: resp.FinishReason, Response: resp}, nil)
		}
		return err
	}
	model, _ := p.model(req)
	if err := ended(ctx, model); err != nil {
		return err
	}
	recorded, call := p.record(ctx)
	resp, err := call.openStream(recorded, req, model)
	if err != nil {
		return call.failure(ctx, model)
	}
	defer func() { _ = resp.Body.Close() }()
	s := &stream{call: call, yield: yield, body: resp.Body, events: transport.NewEvents(resp.Body)}
	s.calls.req, s.take = req, s.takeChat
	if p.responds(req, model) {
		s.from, s.take = p.origin(), s.takeResponse
	}
	s.resp = ai.Response{
		Source: ai.SourceProvider, Provider: providerName, Model: model,
		RequestID: transport.RequestID(call.exchange.Header),
	}
	problem := s.read(ctx, model)
	if problem != nil {
		return call.locate(problem, model)
	}
	if (s.events.Done() || s.ended) && resp.ProtoMajor < 2 {
		transport.Drain(resp.Body)
	}
	return nil
}

// openStream makes the request and returns the response, with its body unread.
func (c *call) openStream(ctx context.Context, req *ai.Request, model string) (*http.Response, error) {
	if c.provider.responds(req, model) {
		return c.openResponse(ctx, req, model)
	}
	body, err := c.provider.chat(req, model, true)
	if err != nil {
		return nil, err
	}
	sent, err := c.provider.chatRequest(ctx, model, body, true)
	if err != nil {
		return nil, err
	}
	return c.open(sent)
}

// stream is an answer that is being read.
type stream struct {
	call   *call
	yield  func(*ai.Delta, error) bool
	body   io.Closer
	events *transport.Events
	take   func(event transport.Event, model string) *ai.Error // passes on what an event holds

	replies
	resp  ai.Response // what is known of it so far
	text  bool        // there has been some
	ended bool        // all has come, and no terminator will
	left  bool        // the consumer has gone
}

// read passes the answer on until it ends or the consumer leaves.
func (s *stream) read(ctx context.Context, model string) *ai.Error {
	for !s.left {
		if s.ended {
			s.pass(&ai.Delta{Response: &s.resp})
			return nil
		}
		event, err := s.next()
		whole := s.resp.FinishReason != ""
		switch {
		case err != nil && whole:
			s.pass(&ai.Delta{Response: &s.resp})
			return nil
		case errors.Is(err, io.EOF) && ctx.Err() == nil:
			return &ai.Error{Code: ai.CodeBadResponse, Detail: "the stream ended without a finish reason"}
		case err != nil || ctx.Err() != nil && !whole:
			s.call.err = err
			return s.call.failure(ctx, model)
		}
		if problem := s.take(event, model); problem != nil {
			return problem
		}
	}
	return nil
}

// next returns the next event; once the answer is whole, it does not wait for
// long.
func (s *stream) next() (transport.Event, error) {
	if s.resp.FinishReason != "" {
		timer := time.AfterFunc(lastWords, func() { _ = s.body.Close() })
		defer timer.Stop()
	}
	return s.events.Next()
}

// takeChat passes on what an event of chat completions holds.
func (s *stream) takeChat(event transport.Event, model string) *ai.Error {
	var piece completion
	err := piece.decode(event.Data)
	switch {
	case event.Failed(), err == nil && piece.failed():
		s.call.body.Write(event.Data)
		return s.call.noAnswer(model, "the service told of an error")
	case event.Stray:
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the service sent no stream"}
	case err != nil:
		return &ai.Error{Code: ai.CodeBadResponse, Detail: "the stream holds something that is not JSON"}
	}
	if piece.Model != "" {
		s.resp.Model = piece.Model
	}
	if choice := piece.choice(); choice != nil && s.resp.FinishReason == "" {
		if problem := s.choice(choice); problem != nil {
			return problem
		}
	}
	if used := piece.usage().counted(); used != (ai.Usage{}) && used != s.resp.Usage {
		s.resp.Usage = used
		s.pass(&ai.Delta{Usage: &used})
	}
	return nil
}

// choice passes on the text, the tool calls and the finish reason of a piece.
func (s *stream) choice(choice *completionChoice) *ai.Error {
	piece := &choice.Delta
	if piece.Refusal != "" {
		return refused()
	}
	if piece.Content != "" {
		s.text = true
		s.pass(&ai.Delta{Text: string(piece.Content)})
	}
	pieces := piece.calls()
	for i := range pieces {
		if problem := s.calls.add(&pieces[i]); problem != nil {
			return problem
		}
	}
	finish := choice.FinishReason
	if finish == "" || finish == "null" {
		if len(pieces) > 0 {
			s.passCalls()
		}
		return nil
	}
	reason, problem := ending(finish, s.text, &s.calls)
	if problem != nil {
		return problem
	}
	s.passCalls()
	s.resp.FinishReason = reason
	s.pass(&ai.Delta{FinishReason: reason})
	return nil
}

// passCalls passes on what is new of the tool calls, each after the one before
// it has been announced.
func (s *stream) passCalls() {
	if len(s.calls.req.Tools) == 0 {
		return // the answer will be refused
	}
	for i := range s.calls.calls {
		if piece := s.calls.piece(i); piece != nil {
			s.pass(&ai.Delta{ToolCall: piece})
		}
		if !s.calls.calls[i].announced {
			return
		}
	}
}

// pass hands a piece on, unless the consumer has gone.
func (s *stream) pass(d *ai.Delta) {
	s.left = s.left || !s.yield(d, nil)
}
