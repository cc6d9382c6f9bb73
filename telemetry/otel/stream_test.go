package otel_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/telemetry/otel"
)

// piece is part of a stream, and how long it lets its reader wait.
type piece struct {
	after time.Duration
	delta *ai.Delta
	err   error
}

// streams is a provider that streams, each time anew.
type streams struct {
	*provider
	pieces []piece
	asked  int
	left   bool // by its reader
}

func (s *streams) Stream(ctx context.Context, _ *ai.Request) iter.Seq2[*ai.Delta, error] {
	return func(yield func(*ai.Delta, error) bool) {
		s.asked++
		for _, p := range s.pieces {
			select {
			case <-time.After(p.after):
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			}
			d := p.delta
			if d != nil {
				d = new(*d)
			}
			if s.left = !yield(d, p.err); s.left {
				return
			}
		}
	}
}

func said(after time.Duration, text string) piece {
	return piece{after: after, delta: &ai.Delta{Text: text}}
}

// ended are the last pieces of an answer: the finish reason, the tokens, and
// then the answer without its text.
func ended(model string) []piece {
	usage := ai.Usage{InputTokens: 120, OutputTokens: 40, TotalTokens: 160}
	return []piece{
		{100 * time.Millisecond, &ai.Delta{FinishReason: ai.FinishStop}, nil},
		{100 * time.Millisecond, &ai.Delta{Usage: &usage}, nil},
		{100 * time.Millisecond, &ai.Delta{Response: &ai.Response{Model: model + "-2026-01-01", RequestID: "req_1", Provider: "openai"}}, nil},
	}
}

// streaming makes a provider whose first content comes after a while.
func streaming(model string, first time.Duration) *streams {
	s := &streams{provider: answers(model, first)}
	s.pieces = append([]piece{{first / 2, &ai.Delta{}, nil}, said(first-first/2, "ans"), said(time.Second, "wer")}, ended(model)...)
	return s
}

// read ranges over a stream to its end.
func read(t *testing.T, analyzer ai.Analyzer, req *ai.Request) (*ai.Response, error) {
	t.Helper()
	return ai.Collect(analyzer.(ai.Streamer).Stream(t.Context(), req))
}

// leave ranges over a stream until it has come so far.
func leave(t *testing.T, analyzer ai.Analyzer, when func(*ai.Delta) bool) {
	t.Helper()
	for d, err := range analyzer.(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
		if err != nil {
			t.Fatal(err)
		}
		if when(d) {
			return
		}
	}
	t.Fatal("the stream ended before it was left")
}

func atContent(d *ai.Delta) bool { return d.Text != "" }
func atFinish(d *ai.Delta) bool  { return d.FinishReason != "" }

// Streams that went well, from a substitute and from the cache, one that broke
// off, and two that were left: every span and metric, as exported.
func TestStreamsLookLikeThis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l := newLab(t, otel.Config{})
		first, second := streaming("gpt-4o", 400*time.Millisecond), streaming("gemini-3-flash", 600*time.Millisecond)
		analyzer := l.Wrap(l.client(t, ai.WithProvider("openai", first), ai.WithProvider("gemini", second),
			ai.WithPolicy("", 0, resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}}),
			ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour})))
		_, _ = read(t, analyzer, ai.Text("one"))
		_, _ = read(t, analyzer, ai.Text("one")) // from the cache
		down := piece{200 * time.Millisecond, nil, &ai.Error{Code: ai.CodeUnavailable, Status: 503}}
		whole := first.pieces
		first.pieces = []piece{down}
		_, _ = read(t, analyzer, ai.Text("two")) // the substitute answers
		first.pieces = append(whole[:2:2], down)
		_, _ = read(t, analyzer, ai.Text("three")) // it broke off
		first.pieces = whole
		leave(t, analyzer, atContent)
		leave(t, analyzer, atFinish)
		compare(t, "stream.spans.golden", renderSpans(l.spans.GetSpans(), began))
		compare(t, "stream.metrics.golden", renderMetrics(l.collect(t)))
	})
}

func TestTheSpanOfAStreamEndsWithItsLastPiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		for d, err := range l.Wrap(streaming("gpt-4o", time.Second)).(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
			if err != nil {
				t.Fatal(err)
			}
			if spans := l.calls(); (d.Response != nil) != (len(spans) == 1) {
				t.Errorf("%d spans have ended at %+v", len(spans), d)
			}
			if d.Response != nil { // what its owner does to it is no concern of the span
				d.Response.Model = "changed"
				elapse(time.Minute)
			}
		}
		s := l.calls()[0]
		if got := s.EndTime.Sub(s.StartTime); got != 2300*time.Millisecond || len(l.calls()) != 1 {
			t.Errorf("it took %v", got)
		}
		if value(s, "gen_ai.response.model").AsString() != "gpt-4o-2026-01-01" || !value(s, "gen_ai.request.stream").AsBool() {
			t.Errorf("got %v", s.Attributes)
		}
		_, _ = l.Wrap(answers("gpt-4o", 0)).Analyze(t.Context(), ai.Text("q"))
		if value(l.calls()[1], "gen_ai.request.stream").Type() != attribute.EMPTY {
			t.Error("what was not streamed says that it was")
		}
	})
}

func TestTheTimeToTheFirstChunkIsThatOfTheFirstContent(t *testing.T) {
	usage, call := &ai.Usage{InputTokens: 1}, &ai.ToolCallDelta{ID: "1", Name: "price"}
	for name, test := range map[string]struct {
		pieces []piece
		want   time.Duration // -1: none
	}{
		"text":               {[]piece{{time.Second, &ai.Delta{}, nil}, {time.Second, &ai.Delta{Usage: usage}, nil}, said(time.Second, "a"), said(time.Second, "b")}, 3 * time.Second},
		"a tool call":        {[]piece{{time.Second, &ai.Delta{FinishReason: ai.FinishStop}, nil}, {time.Second, &ai.Delta{ToolCall: call}, nil}, said(time.Second, "b")}, 2 * time.Second},
		"an answer in whole": {[]piece{{time.Second, &ai.Delta{Response: &ai.Response{Text: "a"}}, nil}}, time.Second},
		"at once":            {[]piece{said(0, "a")}, 0},
		"none":               {[]piece{{time.Second, &ai.Delta{Usage: usage}, nil}, {time.Second, nil, ai.CodeUnavailable}}, -1},
		"of what broke off":  {[]piece{said(time.Second, "a"), {time.Second, nil, ai.CodeUnavailable}}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, otel.Config{})
				_, _ = read(t, l.Wrap(&streams{provider: answers("gpt-4o", 0), pieces: test.pieces}), ai.Text("q"))
				onSpan, measured := value(l.calls()[0], "gen_ai.response.time_to_first_chunk"), l.collect(t)["gen_ai.client.operation.time_to_first_chunk"]
				if test.want < 0 {
					if onSpan.Type() != attribute.EMPTY || measured.Data != nil {
						t.Errorf("got %v and %+v", onSpan, measured)
					}
					return
				}
				points := measured.Data.(metricdata.Histogram[float64]).DataPoints
				if onSpan.AsFloat64() != test.want.Seconds() || onSpan.Type() == attribute.EMPTY || len(points) != 1 || points[0].Count != 1 || points[0].Sum != test.want.Seconds() {
					t.Errorf("got %v and %+v", onSpan, points)
				}
			})
		})
	}
}

func TestWhatACallDoesNotStreamHasNoTimeToAFirstChunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		_, _ = l.Wrap(l.client(t, ai.WithProvider("openai", streaming("gpt-4o", 0)))).Analyze(t.Context(), ai.Text("q"))
		for name := range l.collect(t) {
			if name == "gen_ai.client.operation.time_to_first_chunk" || name == "finbrain.ai.attempt.time_to_first_chunk" {
				t.Errorf("%s is measured", name)
			}
		}
	})
}

func TestAStreamThatIsLeftEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, wrap := range map[string]func(*lab, *streams) ai.Analyzer{
			"a client's":   func(l *lab, s *streams) ai.Analyzer { return l.client(t, ai.WithProvider("openai", s)) },
			"a provider's": func(_ *lab, s *streams) ai.Analyzer { return s },
		} {
			for _, test := range []struct {
				when func(*ai.Delta) bool
				code string
				took time.Duration
			}{{atContent, "canceled", 400 * time.Millisecond}, {atFinish, "", 1500 * time.Millisecond}} {
				l := newLab(t, otel.Config{})
				s := streaming("gpt-4o", 400*time.Millisecond)
				leave(t, l.Wrap(wrap(l, s)), test.when)
				span := l.calls()[0]
				if got := value(span, "error.type").AsString(); got != test.code || span.Status.Description != test.code || (span.Status.Code == codes.Error) != (test.code != "") {
					t.Errorf("%s: error.type %q, status %+v", name, got, span.Status)
				}
				if got := span.EndTime.Sub(span.StartTime); got != test.took || !s.left {
					t.Errorf("%s: ended after %v, the provider was left: %t", name, got, s.left)
				}
				if got := sums(t, l.collect(t)["gen_ai.client.token.usage"], "gen_ai.token.type"); len(got) != 0 {
					t.Errorf("%s: tokens %v, of which nobody had told yet", name, got)
				}
			}
		}
	})
}
