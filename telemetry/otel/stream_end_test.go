package otel_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// streamerFunc lets a function be a Streamer.
type streamerFunc struct {
	*provider
	stream func(yield func(*ai.Delta, error) bool)
}

func (s streamerFunc) Stream(context.Context, *ai.Request) iter.Seq2[*ai.Delta, error] {
	return s.stream
}

func TestAStreamThatNeverEndsWellEndsItsSpanToo(t *testing.T) {
	text := &ai.Delta{Text: "a"}
	for name, test := range map[string]struct {
		stream func(yield func(*ai.Delta, error) bool)
		reader func()
		want   string
	}{
		"the provider panics":       {func(yield func(*ai.Delta, error) bool) { yield(text, nil); panic("secret") }, func() {}, "_OTHER"},
		"it ends its goroutine":     {func(yield func(*ai.Delta, error) bool) { yield(text, nil); runtime.Goexit() }, func() {}, "_OTHER"},
		"it is cut":                 {func(yield func(*ai.Delta, error) bool) { yield(text, nil) }, func() {}, "bad_response"},
		"it says nothing":           {func(func(*ai.Delta, error) bool) {}, func() {}, "bad_response"},
		"it fails":                  {func(yield func(*ai.Delta, error) bool) { yield(nil, ai.CodeTooLarge) }, func() {}, "too_large"},
		"it fails, and goes on":     {func(yield func(*ai.Delta, error) bool) { yield(nil, ai.CodeTooLarge); yield(text, nil) }, func() {}, "too_large"},
		"it gives a nil piece":      {func(yield func(*ai.Delta, error) bool) { yield(nil, nil) }, func() {}, "bad_response"},
		"the reader panics":         {func(yield func(*ai.Delta, error) bool) { yield(text, nil) }, func() { panic("its own") }, "canceled"},
		"it ends its own goroutine": {func(yield func(*ai.Delta, error) bool) { yield(text, nil) }, runtime.Goexit, "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, otel.Config{})
			over, passed := make(chan struct{}), any(nil)
			go func() {
				defer close(over)
				defer func() { passed = recover() }()
				for range l.Wrap(streamerFunc{answers("gpt-4o", 0), test.stream}).(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
					test.reader()
				}
			}()
			<-over
			s := l.calls()
			if len(s) != 1 || s[0].Status.Description != test.want || value(s[0], "error.type").AsString() != test.want {
				t.Errorf("got %+v", s)
			}
			if want := map[string]any{"the provider panics": "secret", "the reader panics": "its own"}[name]; passed != want {
				t.Errorf("the panic that arrived is %v", passed)
			}
		})
	}
}

func TestAWrappedStreamIsWhatItWas(t *testing.T) {
	l := newLab(t, otel.Config{})
	p := answers("gpt-4o", 0)
	given := []*ai.Delta{{}, {Text: "a"}, {ToolCall: &ai.ToolCallDelta{}}, {Response: &ai.Response{}}}
	s := streamerFunc{p, func(yield func(*ai.Delta, error) bool) {
		for _, d := range given {
			yield(d, nil)
		}
		yield(nil, errBroken)
	}}
	analyzer := l.Wrap(s)
	if _, ok := analyzer.(ai.Planner); !ok {
		t.Error("a wrapped Planner that streams is none")
	}
	var got []*ai.Delta
	for d, err := range analyzer.(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
		if got = append(got, d); err != nil && !errors.Is(err, errBroken) {
			t.Error(err)
		}
	}
	if !slices.Equal(got, append(given, nil)) || len(l.calls()) != 1 {
		t.Errorf("got %v, and %d spans", got, len(l.calls()))
	}
	for analyzer, want := range map[ai.Analyzer][2]bool{
		l.Wrap(p):                    {true, false},
		l.Wrap(ai.AnalyzerFunc(nil)): {false, false},
		l.Wrap(struct {
			ai.Analyzer
			ai.Streamer
		}{p, s}): {false, true},
		l.Wrap(l.client(t, ai.WithProvider("openai", p))): {false, true},
	} {
		_, plans := analyzer.(ai.Planner)
		_, streams := analyzer.(ai.Streamer)
		if plans != want[0] || streams != want[1] {
			t.Errorf("%T: a Planner %t, a Streamer %t", analyzer, plans, streams)
		}
	}
}

func TestAStreamIsAskedForWhenItIsRangedOverAndOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		s := streaming("gpt-4o", 0)
		for _, analyzer := range []ai.Analyzer{l.Wrap(s), l.Wrap(l.client(t, ai.WithProvider("openai", s)))} {
			l.spans.Reset()
			s.asked = 0
			stream := analyzer.(ai.Streamer).Stream(t.Context(), ai.Text("q"))
			if s.asked != 0 {
				t.Error("the provider was asked before anybody read")
			}
			elapse(time.Hour)
			if resp, err := ai.Collect(stream); err != nil || resp.Text != "answer" {
				t.Errorf("got %+v, %v", resp, err)
			}
			if _, err := ai.Collect(stream); ai.CodeOf(err) != ai.CodeInvalidRequest || s.asked != 1 || len(l.calls()) != 1 {
				t.Errorf("the second time: %v; asked %d times, %d spans", err, s.asked, len(l.calls()))
			}
			if span := l.calls()[0]; span.EndTime.Sub(span.StartTime) > time.Minute {
				t.Errorf("it took %v", span.EndTime.Sub(span.StartTime))
			}
		}
		l.spans.Reset()
		if _, err := read(t, l.Wrap(l.client(t, ai.WithProvider("openai", s))), nil); ai.CodeOf(err) != ai.CodeInvalidRequest || len(l.calls()) != 0 {
			t.Errorf("no request at all: got %v and %d spans", err, len(l.calls()))
		}
	})
}

func TestTheTokensOfAStreamThatAnsweredAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, wrap := range map[string]func(*lab, *streams) ai.Analyzer{
			"a client's":   func(l *lab, s *streams) ai.Analyzer { return l.client(t, ai.WithProvider("openai", s)) },
			"a provider's": func(_ *lab, s *streams) ai.Analyzer { return s },
		} {
			for told, leave := range map[string]func(*ai.Delta) bool{
				"read to its end":       func(*ai.Delta) bool { return false },
				"left after the tokens": func(d *ai.Delta) bool { return d.Usage != nil && d.Usage.TotalTokens > 0 },
				"left before its end":   func(d *ai.Delta) bool { return d.Text == "wer" },
			} {
				l := newLab(t, otel.Config{})
				s := streaming("gpt-4o", 0)
				s.pieces = slices.Insert(s.pieces, 1, piece{0, &ai.Delta{Usage: &ai.Usage{InputTokens: 120, OutputTokens: 40}}, nil})
				for d, err := range l.Wrap(wrap(l, s)).(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
					if err != nil {
						t.Fatal(err)
					}
					if leave(d) {
						break
					}
				}
				want := map[string]int64{"input": 120, "output": 40}
				if told == "left before its end" {
					want = map[string]int64{}
				}
				if got := sums(t, l.collect(t)["gen_ai.client.token.usage"], "gen_ai.token.type"); !maps.Equal(got, want) {
					t.Errorf("%s, %s: tokens %v", name, told, got)
				}
				if s := l.calls()[0]; value(s, "error.type").AsString() == "" && value(s, "gen_ai.usage.input_tokens").AsInt64() != 120 {
					t.Errorf("%s, %s: %v", name, told, s.Attributes)
				}
			}
		}
	})
}

func TestTheContentOfAStreamIsRecordedWhenAskedFor(t *testing.T) {
	call := func(index int, id, arguments string) piece {
		return piece{0, &ai.Delta{ToolCall: &ai.ToolCallDelta{Index: index, ID: id, Name: "price"[:5*len(id)], Arguments: arguments, State: []byte(canary)}}, nil}
	}
	const text = `[{"finish_reason":"stop","parts":[{"content":"answer","type":"text"}],"role":"assistant"}]`
	for name, test := range map[string]struct {
		pieces []piece
		want   string
	}{
		"text":                    {append([]piece{said(0, "ans"), said(0, "wer")}, ended("gpt-4o")...), text},
		"an answer with its text": {[]piece{said(0, "ans"), said(0, "wer"), {0, &ai.Delta{FinishReason: ai.FinishStop, Response: &ai.Response{Text: "answer"}}, nil}}, text},
		"tool calls": {[]piece{call(0, "1", `{"of"`), call(0, "", `:"x"}`), call(1, "2", `{}`),
			{0, &ai.Delta{Response: &ai.Response{FinishReason: ai.FinishToolCalls}}, nil}},
			`[{"finish_reason":"tool_call","parts":[{"arguments":"{\"of\":\"x\"}","id":"1","name":"price","type":"tool_call"},` +
				`{"arguments":"{}","id":"2","name":"price","type":"tool_call"}],"role":"assistant"}]`},
		"of calls out of order nothing": {[]piece{call(7, "3", ""), call(-1, "4", ""), {0, &ai.Delta{Response: &ai.Response{FinishReason: ai.FinishToolCalls}}, nil}}, ""},
		"of what broke off nothing":     {[]piece{said(0, "ans"), {0, nil, ai.CodeUnavailable}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, asked := range []bool{true, false} {
					l := newLab(t, otel.Config{Content: asked})
					_, _ = read(t, l.Wrap(&streams{provider: answers("gpt-4o", 0), pieces: test.pieces}), ai.Text("q"))
					want := test.want
					if !asked {
						want = ""
					}
					got := ""
					if v := value(l.calls()[0], "gen_ai.output.messages"); v.Type() != attribute.EMPTY {
						got = v.String()
					}
					if got != want {
						t.Errorf("asked for: %t: recorded %s, want %s", asked, got, want)
					}
				}
			})
		})
	}
}

func TestAPieceOfAStreamCostsNothing(t *testing.T) {
	telemetry, err := otel.New(otel.Config{TracerProvider: sdktrace.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider()})
	if err != nil {
		t.Fatal(err)
	}
	cost := func(pieces int) float64 {
		d, last := &ai.Delta{Text: "a"}, &ai.Delta{Response: &ai.Response{FinishReason: ai.FinishStop}}
		analyzer := telemetry.Wrap(streamerFunc{answers("gpt-4o", 0), func(yield func(*ai.Delta, error) bool) {
			for range pieces {
				yield(d, nil)
			}
			yield(last, nil)
		}}).(ai.Streamer)
		req := ai.Text("q")
		return testing.AllocsPerRun(20, func() {
			for range analyzer.Stream(t.Context(), req) {
			}
		})
	}
	if few, many := cost(1), cost(1000); few != many {
		t.Errorf("%v allocations with one piece, %v with a thousand", few, many)
	}
}

func TestAStreamThatEndsTwiceIsMeasuredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		answer := piece{0, &ai.Delta{Response: &ai.Response{Text: "a"}}, nil}
		s := &streams{provider: answers("gpt-4o", 0), pieces: []piece{answer, {0, nil, errBroken}, answer}}
		for range l.Wrap(s).(ai.Streamer).Stream(t.Context(), ai.Text("q")) {
		}
		if got := seriesOf(t, l.collect(t)["gen_ai.client.operation.duration"], "error.type"); len(got) != 1 || got[""] != 1 {
			t.Errorf("measured %v", got)
		}
	})
}
