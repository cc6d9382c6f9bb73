package otel

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai"
)

// Stream ranges over the stream of the wrapped Streamer, whose context holds
// the call's span. Like it, it is ranged over once.
func (s streaming) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	if req == nil {
		return s.streamer.Stream(ctx, req) // which refuses it
	}
	var ranged atomic.Bool
	return func(yield func(*ai.Delta, error) bool) {
		if ranged.Swap(true) {
			yield(nil, &ai.Error{Code: ai.CodeInvalidRequest, Detail: "the stream has been ranged over before"})
			return
		}
		in := &stream{call: s.newCall(req)}
		in.streamed = true
		ctx := in.begin(ctx, req)
		in.gathers = in.recordsContent()
		defer func() { in.close(ctx) }()
		s.streamer.Stream(ctx, req)(func(d *ai.Delta, err error) bool {
			in.take(ctx, d, err)
			in.away = true
			in.away = !yield(d, err)
			return !in.away
		})
		in.returned = true
	}
}

// The errors of streams whose end nobody told. They reach a span only.
var (
	errLeft = &ai.Error{Code: ai.CodeCanceled}
	errCut  = &ai.Error{Code: ai.CodeBadResponse}
)

// stream is one Stream under watch.
type stream struct {
	call
	ended    bool // and so is the span
	away     bool // the caller has left, or is busy with a piece
	returned bool // and did not panic

	usage   ai.Usage
	finish  ai.FinishReason
	gathers bool // what is said, too
	said    said
}

// take notes what a piece tells, and ends the call with the last: from then on
// it is the caller's.
func (s *stream) take(ctx context.Context, d *ai.Delta, err error) {
	switch {
	case s.ended:
	case err != nil:
		s.end(ctx, nil, err)
	case d != nil:
		s.note(d)
		if d.Response != nil {
			s.end(ctx, s.whole(*d.Response), nil)
		}
	}
}

func (s *stream) note(d *ai.Delta) {
	if !s.begun && (d.Text != "" || d.ToolCall != nil || d.Response != nil) {
		s.begun, s.first = true, time.Since(s.start)
	}
	if d.Usage != nil {
		s.usage = *d.Usage
	}
	if d.FinishReason != "" {
		s.finish = d.FinishReason
	}
	if s.gathers {
		s.said.add(d)
	}
}

// whole is an answer with what its stream told before.
func (s *stream) whole(resp ai.Response) *ai.Response {
	if resp.Usage == (ai.Usage{}) {
		resp.Usage = s.usage
	}
	if resp.FinishReason == "" {
		resp.FinishReason = s.finish
	}
	if resp.Text == "" {
		resp.Text = s.said.text.String()
	}
	if len(resp.ToolCalls) == 0 {
		resp.ToolCalls = s.said.calls
	}
	return &resp
}

func (s *stream) end(ctx context.Context, resp *ai.Response, err error) {
	s.ended = true
	s.call.end(ctx, resp, err)
}

// close ends a call whose stream told no end. A caller who leaves after the
// finish reason has the whole answer.
func (s *stream) close(ctx context.Context) {
	switch {
	case s.ended:
	case s.away && s.finish != "":
		s.end(ctx, s.whole(ai.Response{Provider: s.asked.route}), nil)
	case s.away:
		s.end(ctx, nil, errLeft)
	case s.returned:
		s.end(ctx, nil, errCut)
	default:
		s.end(ctx, nil, nil)
	}
}
