package mocks

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/finbrain/ai"
)

// Stream takes the next step of the script when the sequence is ranged over,
// and yields its answer piece by piece: the text in the step's deltas, else in
// its words; each tool call; the usage with the finish reason; then the
// Response, without the text and the calls that have come.
func (a *Analyzer) Stream(ctx context.Context, req *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		a.tb.Helper()
		s, resp, err := a.take(ctx, req)
		if err != nil {
			yield(nil, err)
			return
		}
		s.stream(ctx, resp)(yield)
	}
}

// Deltas adds a step that answers a text or image request with a text in these
// pieces. Analyze answers with all of them in one.
func (a *Analyzer) Deltas(pieces ...string) *Analyzer {
	s := textStep("Deltas", strings.Join(pieces, ""))
	s.pieces = slices.Clone(pieces)
	return a.add(s)
}

// Pause makes the last step wait for d before each of its deltas but the first
// (see After). Analyze waits as long in all.
func (a *Analyzer) Pause(d time.Duration) *Analyzer {
	a.tb.Helper()
	a.modify("Pause", d >= 0, func() { a.script[len(a.script)-1].between = d })
	return a
}

// ThenFail makes the last step, behind the deltas of its text and tool calls,
// fail with err, as Fail would. Analyze fails with it too:
//
//	m.Deltas("Net ", "debt ").ThenFail(ai.CodeUnavailable)
func (a *Analyzer) ThenFail(err error) *Analyzer {
	a.tb.Helper()
	err = a.sound("ThenFail", err)
	return a.then("ThenFail", func(_ context.Context, model string) error { return failure(err, model) })
}

// ThenHang makes the last step, behind the deltas of its text and tool calls,
// give nothing more until the call's context ends.
func (a *Analyzer) ThenHang() *Analyzer {
	a.tb.Helper()
	return a.then("ThenHang", func(ctx context.Context, _ string) error {
		<-ctx.Done()
		return ended(ctx)
	})
}

// ThenCut makes the last step end as a cut stream does, behind the deltas of
// its text and tool calls: with CodeBadResponse.
func (a *Analyzer) ThenCut() *Analyzer {
	a.tb.Helper()
	return a.then("ThenCut", func(_ context.Context, model string) error {
		return &ai.Error{Code: ai.CodeBadResponse, Provider: name, Model: model, Detail: "the stream was cut"}
	})
}

func (a *Analyzer) then(method string, ending func(ctx context.Context, model string) error) *Analyzer {
	a.tb.Helper()
	a.modify(method, true, func() { a.script[len(a.script)-1].ending = ending })
	return a
}

// streamsOnly reports whether the step's answer is known only when its stream
// has been read.
func (s step) streamsOnly() bool { return s.between > 0 || s.ending != nil }

// stream yields the answer in the step's way.
func (s step) stream(ctx context.Context, resp *ai.Response) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		first := true
		for d := range s.deltas(resp) {
			if !first {
				if err := wait(ctx, s.between); err != nil {
					yield(nil, err)
					return
				}
			}
			first = false
			if err := ended(ctx); err != nil {
				yield(nil, err)
				return
			}
			if !yield(d, nil) {
				return
			}
		}
		if s.ending != nil {
			yield(nil, s.ending(ctx, resp.Model))
			return
		}
		if !yield(&ai.Delta{Usage: new(resp.Usage), FinishReason: resp.FinishReason}, nil) {
			return
		}
		last := *resp
		last.Text, last.ToolCalls = "", nil
		yield(&ai.Delta{Response: &last}, nil)
	}
}

// deltas yields the pieces of the text and of the tool calls.
func (s step) deltas(resp *ai.Response) iter.Seq[*ai.Delta] {
	return func(yield func(*ai.Delta) bool) {
		texts := s.pieces
		if texts == nil {
			texts = pieces(resp.Text, 0)
		}
		for _, text := range texts {
			if !yield(&ai.Delta{Text: text}) {
				return
			}
		}
		for i, c := range resp.ToolCalls {
			head := &ai.ToolCallDelta{Index: i, ID: c.ID, Name: c.Name, State: c.State}
			if !yield(&ai.Delta{ToolCall: head}) {
				return
			}
			for _, piece := range argumentPieces(string(c.Arguments), 0) {
				if !yield(&ai.Delta{ToolCall: &ai.ToolCallDelta{Index: i, Arguments: piece}}) {
					return
				}
			}
		}
	}
}
