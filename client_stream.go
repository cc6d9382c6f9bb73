package ai

import (
	"context"
	"iter"
	"sync/atomic"
	"time"
)

// Stream answers like Analyze, piece by piece. Its last Delta has the Response
// that Analyze would have returned, with the whole text and all that says where
// it comes from; a stream that fails ends with a *Error beside a nil Delta.
//
// Nothing happens before the loop over it begins; ctx and req are those of then,
// and the sequence can be ranged over once. Leaving the loop ends the exchange at
// once and frees all it holds; the loop runs in the caller's goroutine, and no
// other is left behind. How the answer ends is told to the circuit breaker when
// it ends; a caller who leaves tells nothing, unless the FinishReason had come.
//
// The next step is tried until the first content has reached the caller, never
// after: no answer is put together from two. Then an error has the Code of what
// broke off. Providers that are no Streamer, caches and static answers are
// streamed as one piece, and so is every answer to an embedding or image
// generation request.
//
// A provider has 20 s until its first content and 30 s between chunks
// (resilience.Policy.Stream, for each route and kind: a model that thinks for
// long needs more). They count only while the caller waits for the next Delta.
// Once content has come, nothing but ctx limits how long the whole may take: the
// attempt's time limit, the route's share and DefaultDeadline are for the time
// before. A streamed answer of more than 64 MiB is a CodeBadResponse.
func (c *Client) Stream(ctx context.Context, req *Request) iter.Seq2[*Delta, error] {
	var ranged atomic.Bool
	return func(yield func(*Delta, error) bool) {
		if ranged.Swap(true) {
			yield(nil, &Error{Code: CodeInvalidRequest, Detail: "the stream has been ranged over before"})
			return
		}
		if err := c.check(ctx, req); err != nil {
			yield(nil, err)
			return
		}
		out := &outlet{yield: yield}
		resp, err := c.stream(ctx, req, out)
		switch {
		case out.left:
		case err != nil:
			yield(nil, err)
		default:
			out.end(resp)
		}
	}
}

// stream makes the call. What it returns has not reached the caller yet.
func (c *Client) stream(ctx context.Context, req *Request, out *outlet) (*Response, error) {
	l := c.newCall(ctx, req)
	l.out = out
	defer func() {
		if out.running { // the caller's loop ended by a panic
			l.tellEnd(nil, errLeft)
		}
	}()
	resp, err := l.stream(ctx)
	if err == nil {
		out.came(time.Since(l.start))
	}
	l.tellEnd(resp, err)
	c.recycle(l)
	return resp, err
}

// stream is answered by a run of its own: other callers would have to go at its
// caller's pace.
func (l *call) stream(ctx context.Context) (*Response, error) {
	if l.client.answers != nil && l.cacheable() {
		if resp := l.fresh(ctx); resp != nil {
			return resp, nil
		}
	}
	return l.run(ctx)
}
