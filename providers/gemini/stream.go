package gemini

import (
	"bytes"
	"context"
	"io"
	"iter"

	"google.golang.org/genai"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/internal/transport"
)

// Stream answers like Analyze, piece by piece. It asks the service when the
// sequence is ranged over, in one call, and reads on the caller's goroutine.
// Requests for embeddings and images are answered in one piece.
//
// A stream, after decompression, may have 256 MiB, and each event of it 8 MiB,
// 524,288 values and 256 levels of nesting; beyond that it is CodeBadResponse.
func (p *Provider) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		model, err := p.accept(req)
		if err != nil {
			yield(nil, err)
			return
		}
		switch req.ResolvedKind() {
		case ai.KindEmbedding, ai.KindImageGeneration:
			resp, err := p.Analyze(ctx, req)
			if err != nil {
				yield(nil, err)
				return
			}
			yield(&ai.Delta{FinishReason: resp.FinishReason, Response: resp}, nil)
		default:
			s := stream{reading: reading{req: req, asked: model}, yield: yield}
			if err := s.run(ctx, p); err != nil && !s.left {
				yield(nil, err)
			}
		}
	}
}

// stream is one streamed answer.
type stream struct {
	reading
	exchange *transport.Exchange
	watched  *watched

	yield func(*ai.Delta, error) bool
	away  bool // the caller's loop runs
	left  bool // the caller's loop has been left
}

// piece is a Delta with the usage it may point to.
type piece struct {
	ai.Delta
	usage ai.Usage
}

// run asks the service and hands on what comes. genai panics on some malformed
// events: that is the service's failure, while a panic of the caller's loop
// stays its own.
func (s *stream) run(ctx context.Context, p *Provider) (err error) {
	recorded, exchange := transport.RecordStream(ctx)
	s.exchange = exchange
	seen := watched{events: true}
	if len(s.req.Tools) > 0 {
		seen.keep = allOfIt
	}
	recorded, s.watched = watch(recorded, seen)
	defer func() {
		if s.away {
			return
		}
		if recover() != nil {
			err = s.fail(&ai.Error{Code: ai.CodeBadResponse, Detail: misshapen})
		}
	}()
	if err := ctx.Err(); err != nil {
		return s.fail(failure(ctx, exchange, err))
	}
	config := p.config(s.req, s.asked)
	for answer, err := range p.client.Models.GenerateContentStream(recorded, s.asked, nil, config) {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err == nil:
		case exchange.Fault != nil && ctx.Err() == nil:
			return s.fail(fault(exchange))
		case s.watched.err != nil:
			return s.fail(failure(ctx, exchange, s.watched.err))
		default:
			return s.fail(failure(ctx, exchange, err))
		}
		if problem := s.chunk(answer); problem != nil {
			return s.fail(problem)
		}
		if s.left {
			return nil
		}
	}
	return s.close(ctx)
}

func (s *stream) fail(problem *ai.Error) error { return s.locate(problem, s.exchange) }

// chunk hands on what one response of the stream holds. A reason to end that is
// a failure ends the stream at once.
func (s *stream) chunk(answer *genai.GenerateContentResponse) *ai.Error {
	text, calls, problem := s.take(answer, s.event())
	if problem != nil {
		return problem
	}
	first := &piece{Delta: ai.Delta{Text: text}}
	if answer.UsageMetadata != nil {
		first.usage = s.usage
		first.Usage = &first.usage
	}
	if text != "" || first.Usage != nil {
		s.send(&first.Delta)
	}
	for i := range calls {
		s.send(&ai.Delta{ToolCall: &ai.ToolCallDelta{
			Index: len(s.calls) - len(calls) + i,
			ID:    calls[i].ID, Name: calls[i].Name, Arguments: string(calls[i].Arguments), State: bytes.Clone(calls[i].State),
		}})
	}
	_, problem = finish(s.finish, true, false)
	return problem
}

// event is the JSON of the event read last.
func (s *stream) event() []byte {
	const field = "data: "
	if len(s.watched.read) < len(field) {
		return nil
	}
	return s.watched.read[len(field):]
}

func (s *stream) send(d *ai.Delta) {
	if s.left {
		return
	}
	s.away = true
	s.left = !s.yield(d, nil)
	s.away = false
}

// close ends a stream that genai has read to its end, which it finds clean
// whatever it was. What has a reason to end is complete, even if the connection
// was cut after it.
func (s *stream) close(ctx context.Context) error {
	switch {
	case s.exchange.Fault != nil:
		return s.fail(fault(s.exchange))
	case s.finish == "" && s.watched.err != nil:
		return s.fail(failure(ctx, s.exchange, s.watched.err))
	case s.finish == "" && s.exchange.Err != nil:
		return s.fail(failure(ctx, s.exchange, s.exchange.Err))
	case s.finish == "":
		return s.fail(&ai.Error{Code: ai.CodeBadResponse, Detail: "the stream ended without a finish reason", Cause: io.ErrUnexpectedEOF})
	}
	resp, problem := s.end(s.exchange)
	if problem != nil {
		return s.fail(problem)
	}
	s.send(&ai.Delta{FinishReason: resp.FinishReason, Response: resp})
	return nil
}
