package otel_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

// seriesOf are the values of a label of a histogram.
func seriesOf(t *testing.T, m metricdata.Metrics, key attribute.Key) map[string]uint64 {
	t.Helper()
	values := map[string]uint64{}
	add := func(set attribute.Set, n uint64) {
		v, _ := set.Value(key)
		values[v.AsString()] += n
	}
	switch d := m.Data.(type) {
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			add(p.Attributes, p.Count)
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			add(p.Attributes, p.Count)
		}
	}
	return values
}

// echoes answers with the model it was asked for.
func echoes() *provider {
	p := answers("gpt-4o", 0)
	p.do = func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		return &ai.Response{Text: "a", Model: req.Model, Provider: "openai", Usage: ai.Usage{InputTokens: 1, OutputTokens: 1}}, nil
	}
	return p
}

func TestModelsThatRequestsMakeUpAreNoLabelsUntilTheyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, options := range map[string][]ai.Option{
			"failed": nil,
			"static": {ai.WithStatic(&ai.Response{Text: "sorry"})},
		} {
			l := newLab(t, otel.Config{})
			refuses := ai.AnalyzerFunc(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
				if strings.HasPrefix(req.Model, "made-up") {
					return nil, &ai.Error{Code: ai.CodeNotAvailable, Model: req.Model}
				}
				return &ai.Response{Text: "a", Model: req.Model}, nil
			})
			analyzer := l.Wrap(l.client(t, append(options, ai.WithProvider("openai", refuses))...))
			for i := range 500 {
				_, _ = analyzer.Analyze(t.Context(), &ai.Request{Prompt: "q", Model: fmt.Sprint("made-up-", i)})
			}
			if _, err := analyzer.Analyze(t.Context(), &ai.Request{Prompt: "q", Model: "true"}); err != nil {
				t.Fatal(err)
			}
			got := seriesOf(t, l.collect(t)["gen_ai.client.operation.duration"], "gen_ai.request.model")
			if len(got) != 2 || got["_OTHER"] != 500 || got["true"] != 1 {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

func TestAModelThatOnceAnsweredIsNamedWhenItFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		p := echoes()
		analyzer := l.Wrap(ai.AnalyzerFunc(func(ctx context.Context, req *ai.Request) (*ai.Response, error) { return p.do(ctx, req) }))
		ask := func() { _, _ = analyzer.Analyze(t.Context(), &ai.Request{Prompt: "q", Model: "deep"}) }
		ask()
		p.do = failing(&ai.Error{Code: ai.CodeTimeout})
		ask()
		got := seriesOf(t, l.collect(t)["gen_ai.client.operation.duration"], "gen_ai.request.model")
		if len(got) != 1 || got["deep"] != 2 {
			t.Errorf("got %v", got)
		}
	})
}

func TestALabelHasAHundredNamesAndOneForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		answering := l.Wrap(ai.AnalyzerFunc(echoes().do))
		failing := l.Wrap(ai.AnalyzerFunc(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
			return nil, &ai.Error{Code: ai.Code("code-" + req.Model), Provider: "route-" + req.Model}
		}))
		for range 2 {
			for i := range 300 {
				req := &ai.Request{Prompt: "q", Model: fmt.Sprint("m-", i)}
				_, _ = answering.Analyze(t.Context(), req)
				_, _ = failing.Analyze(t.Context(), req)
				l.Observe(ai.AttemptEnded{Origin: ai.Origin{Circuit: "openai/text", Provider: "openai", Kind: ai.KindText}, Code: ai.Code(req.Model)})
				l.Observe(ai.Refused{Origin: ai.Origin{Circuit: "openai/text"}, Reason: req.Model})
			}
		}
		all := l.collect(t)
		for _, label := range []struct{ metric, key string }{
			{"gen_ai.client.operation.duration", "gen_ai.request.model"}, {"gen_ai.client.operation.duration", "gen_ai.response.model"},
			{"gen_ai.client.operation.duration", "error.type"}, {"gen_ai.client.operation.duration", "gen_ai.provider.name"},
			{"gen_ai.client.token.usage", "gen_ai.request.model"}, {"gen_ai.client.token.usage", "gen_ai.response.model"},
			{"finbrain.ai.attempt.duration", "error.type"},
		} {
			got := seriesOf(t, all[label.metric], attribute.Key(label.key))
			delete(got, "")
			if len(got) > 101 || got["_OTHER"] == 0 {
				t.Errorf("%s has %d values of %s", label.metric, len(got), label.key)
			}
		}
		if got := sums(t, all["finbrain.ai.refusals"], "finbrain.ai.reason"); len(got) > 101 || got["_OTHER"] == 0 {
			t.Errorf("refusals have %d reasons", len(got))
		}
		got := seriesOf(t, all["gen_ai.client.token.usage"], "gen_ai.response.model")
		if len(got) != 101 || got["m-99"] != 4 || got["_OTHER"] != 800 {
			t.Errorf("%d models, m-99 %d, others %d", len(got), got["m-99"], got["_OTHER"])
		}
	})
}

func TestManyCallersAtOnceAreCountedEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		analyzer := l.Wrap(ai.AnalyzerFunc(echoes().do))
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for i := range 150 {
					_, _ = analyzer.Analyze(t.Context(), &ai.Request{Prompt: "q", Model: fmt.Sprint("m-", i)})
				}
			})
		}
		callers.Wait()
		calls := uint64(0)
		for _, n := range seriesOf(t, l.collect(t)["gen_ai.client.operation.duration"], "gen_ai.request.model") {
			calls += n
		}
		if calls != 8*150 {
			t.Errorf("%d calls", calls)
		}
	})
}

func TestWhateverANameHoldsItIsExportable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{Content: true})
		const bad = "bad\xff\xfe"
		long := strings.Repeat("ä", 1000)
		for _, s := range []string{bad, long, strings.Repeat("a", 255) + "ä", strings.Repeat("\x80", 1000)} {
			do := func(_ context.Context, req *ai.Request) (*ai.Response, error) {
				return &ai.Response{Text: bad, Model: s, Provider: s, RequestID: s, FinishReason: ai.FinishReason(s), Usage: ai.Usage{InputTokens: 1}}, nil
			}
			fail := func(context.Context, *ai.Request) (*ai.Response, error) {
				return nil, &ai.Error{Code: ai.Code(s), Provider: s, Model: s}
			}
			req := &ai.Request{Prompt: bad, Instruction: bad, Model: s, Stop: []string{bad}, History: []ai.Message{{Role: ai.Role(bad), Text: bad}},
				Images: []ai.Image{{URL: "https://example.com/" + bad, MediaType: bad}}}
			for _, a := range []ai.Analyzer{
				ai.AnalyzerFunc(do), ai.AnalyzerFunc(fail),
				l.client(t, ai.WithProvider("r"+bad, ai.AnalyzerFunc(fail)), ai.WithProvider("openai", ai.AnalyzerFunc(do)), ai.WithLogger(slog.New(slog.DiscardHandler))),
			} {
				_, _ = l.Wrap(a).Analyze(t.Context(), req)
				_, _ = l.Wrap(a).Analyze(t.Context(), &ai.Request{Prompt: "q", Model: s})
			}
			at := ai.Origin{Circuit: s, Provider: s, Kind: ai.KindText, Model: s}
			for _, e := range []ai.Event{
				ai.AttemptEnded{Origin: at, Code: ai.Code(s)}, ai.AttemptEnded{Origin: at, Usage: ai.Usage{InputTokens: 1}},
				ai.StateChanged{Origin: at, Reason: s}, ai.Refused{Origin: at, Reason: s}, ai.GateChanged{Origin: at, Closed: true, Reason: ai.Code(s)},
				ai.FellBack{Origin: at, Primary: s, Reason: ai.Code(s)}, ai.RetryWaiting{Origin: at},
			} {
				l.Observe(e)
			}
		}
		check := func(where string, limit int, values ...string) {
			for _, v := range values {
				if !utf8.ValidString(v) || len(v) > limit {
					t.Errorf("%s holds %.40q of %d bytes", where, v, len(v))
				}
			}
		}
		const most = 3*256 + len("generate_content ") // what is invalid grows threefold
		for _, s := range l.spans.GetSpans() {
			check("a span's name", most, s.Name)
			check("a status", most, s.Status.Description)
			for _, e := range s.Events {
				for _, kv := range e.Attributes {
					check(string(kv.Key), most, kv.Value.String())
				}
			}
			for _, kv := range s.Attributes {
				check(string(kv.Key), 4*most, kv.Value.String())
				switch kv.Value.Type() {
				case attribute.SLICE:
					checkSlice(t, kv.Value)
				case attribute.STRINGSLICE:
					check(string(kv.Key), most, kv.Value.AsStringSlice()...)
				case attribute.STRING:
					check(string(kv.Key), most, kv.Value.AsString())
				}
			}
		}
		for _, m := range l.collect(t) {
			for _, line := range pointsOf(m.Data) {
				check(m.Name, 8*most, line)
			}
		}
	})
}

// checkSlice looks for text that is not valid within content.
func checkSlice(t *testing.T, v attribute.Value) {
	t.Helper()
	switch v.Type() {
	case attribute.STRING:
		if !utf8.ValidString(v.AsString()) {
			t.Errorf("content holds %q", v.AsString())
		}
	case attribute.SLICE:
		for _, part := range v.AsSlice() {
			checkSlice(t, part)
		}
	case attribute.MAP:
		for _, kv := range v.AsMap() {
			checkSlice(t, kv.Value)
		}
	}
}
