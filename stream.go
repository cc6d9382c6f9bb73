package ai

import (
	"context"
	"iter"
	"strings"
)

// Streamer is an optional ability of an Analyzer: to answer piece by piece.
// Without it a Client streams the whole answer as one piece.
type Streamer interface {
	// Stream answers like Analyze. The sequence asks the provider when it is
	// ranged over, which is done once; leaving the loop, or the end of ctx, ends
	// the exchange and frees all it holds. It ends with a Delta that has a
	// Response, or with a *Error beside a nil Delta; nothing follows either. A
	// stream that ends without a finish reason has been cut: CodeBadResponse.
	//
	// Deltas belong to the caller. The Response of the last one may leave Text
	// and ToolCalls empty: who reads the stream has put them together.
	Stream(ctx context.Context, req *Request) iter.Seq2[*Delta, error]
}

// Delta is a piece of a streamed answer.
type Delta struct {
	// Text is the next part of the answer's text.
	Text string
	// ToolCall is the next part of a tool call.
	ToolCall *ToolCallDelta
	// Usage counts the tokens so far, when the provider has said so.
	Usage *Usage
	// FinishReason is set once, when the text has ended.
	FinishReason FinishReason
	// Response is the answer, on the last Delta only. That of a Client is whole,
	// with what Analyze would have said of where it comes from.
	Response *Response
}

// empty reports whether d carries nothing but that the stream is alive.
func (d *Delta) empty() bool { return !d.content() && d.Usage == nil && d.FinishReason == "" }

// content reports whether d carries anything of the answer itself.
func (d *Delta) content() bool { return d.Text != "" || d.ToolCall != nil }

// ToolCallDelta is a piece of a ToolCall. The first one of a call has its ID
// and Name; the Arguments of all, put together, are the call's.
type ToolCallDelta struct {
	// Index counts the calls of the answer from 0, in the order in which they
	// begin.
	Index     int
	ID        string
	Name      string
	Arguments string
	State     []byte
}

// Collect reads a stream to its end and returns the answer that Analyze would
// have returned. Its error is the stream's; what had come before it is lost.
func Collect(stream iter.Seq2[*Delta, error]) (*Response, error) {
	var g gathered
	for d, err := range stream {
		if err != nil {
			return nil, err
		}
		if err := g.add(d); err != nil {
			return nil, err
		}
		if d.Response != nil {
			g.complete(d.Response)
			return d.Response, nil
		}
	}
	return nil, &Error{Code: CodeBadResponse, Detail: "the stream ended without an answer"}
}

// maxGathered is how large a streamed answer may become, in bytes; a tool call
// counts as callSize more than its parts.
const (
	maxGathered = 64 << 20
	callSize    = 128
)

// gathered is what has come of a streamed answer.
type gathered struct {
	text   strings.Builder
	calls  []ToolCall
	usage  Usage
	finish FinishReason
	size   int
}

func (g *gathered) add(d *Delta) error {
	if d == nil {
		return &Error{Code: CodeBadResponse, Detail: "the adapter streamed neither a piece nor an error"}
	}
	g.size += len(d.Text)
	g.text.WriteString(d.Text)
	if d.ToolCall != nil && !g.addCall(d.ToolCall) {
		return &Error{Code: CodeBadResponse, Detail: "a piece of a tool call came out of order"}
	}
	if d.Usage != nil {
		g.usage = *d.Usage
	}
	if d.FinishReason != "" {
		g.finish = d.FinishReason
	}
	if g.size > maxGathered {
		return &Error{Code: CodeBadResponse, Detail: "the streamed answer is too large"}
	}
	return nil
}

// addCall reports whether the piece is of a call that has begun, or begins the
// next.
func (g *gathered) addCall(part *ToolCallDelta) bool {
	if part.Index < 0 || part.Index > len(g.calls) {
		return false
	}
	if part.Index == len(g.calls) {
		g.calls = append(g.calls, ToolCall{})
		g.size += callSize
	}
	g.size += len(part.ID) + len(part.Name) + len(part.Arguments) + len(part.State)
	c := &g.calls[part.Index]
	if part.ID != "" {
		c.ID = part.ID
	}
	if part.Name != "" {
		c.Name = part.Name
	}
	c.Arguments = append(c.Arguments, part.Arguments...)
	c.State = append(c.State, part.State...)
	return true
}

// complete puts what has come into an answer that lacks it.
func (g *gathered) complete(r *Response) {
	if r.Text == "" {
		r.Text = g.text.String()
	}
	if len(r.ToolCalls) == 0 {
		r.ToolCalls = g.calls
	}
	if r.Usage == (Usage{}) {
		r.Usage = g.usage
	}
	if r.FinishReason == "" {
		r.FinishReason = g.finish
	}
}
