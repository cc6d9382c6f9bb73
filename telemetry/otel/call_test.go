package otel_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestACallIsBelowItsCallersSpanAndOverItsProviders(t *testing.T) {
	l := newLab(t, otel.Config{})
	p := answers("gpt-4o", 0)
	var inside trace.SpanContext
	answer := p.do
	p.do = func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
		inside = trace.SpanContextFromContext(ctx)
		return answer(ctx, req)
	}
	ctx, caller := l.tracers.Tracer("application").Start(t.Context(), "handler")
	if _, err := l.Wrap(l.client(t, ai.WithProvider("openai", p))).Analyze(ctx, ai.Text("q")); err != nil {
		t.Fatal(err)
	}
	call, attempt := l.calls()[0], l.attempts()[0]
	if call.Parent.SpanID() != caller.SpanContext().SpanID() || inside.SpanID() != call.SpanContext.SpanID() ||
		attempt.Parent.SpanID() != call.SpanContext.SpanID() {
		t.Errorf("caller %v, call %v below %v, attempt below %v, the provider saw %v", caller.SpanContext().SpanID(),
			call.SpanContext.SpanID(), call.Parent.SpanID(), attempt.Parent.SpanID(), inside.SpanID())
	}
}

func TestOfABareProvidersCallTheAnswerSaysWhoItWas(t *testing.T) {
	for _, test := range []struct {
		name, provider string
		req            *ai.Request
		err            error
		want, span     string
		code           string
	}{
		{"an OpenAI text", "openai", ai.Text("q"), nil, "openai", "chat m", ""},
		{"a Gemini text", "gemini", ai.Text("q"), nil, "gcp.gemini", "generate_content m", ""},
		{"a Gemini image", "gemini", ai.ImageAnalysis("q", ai.ImageURL("https://example.com/a.png")), nil, "gcp.gemini", "generate_content m", ""},
		{"a Gemini embedding", "gemini", ai.Embedding("q"), nil, "gcp.gemini", "embeddings m", ""},
		{"Vertex AI", "vertex", ai.Text("q"), nil, "gcp.vertex_ai", "generate_content m", ""},
		{"a mapped provider", "google", ai.Text("q"), nil, "gcp.gen_ai", "generate_content m", ""},
		{"Mistral's", "mistral", ai.Text("q"), nil, "mistral_ai", "chat m", ""},
		{"xAI's", "xai", ai.Text("q"), nil, "x_ai", "chat m", ""},
		{"any other", "groq", ai.Text("q"), nil, "groq", "chat m", ""},
		{"one without a name", "", ai.Text("q"), nil, "unknown", "chat m", ""},
		{"a failure", "", ai.Text("q"), &ai.Error{Code: ai.CodeTimeout, Provider: "gemini", Model: "n"}, "gcp.gemini", "generate_content n", "timeout"},
		{"a failure without a model", "", ai.Text("q"), &ai.Error{Code: ai.CodeTimeout}, "unknown", "chat m", "timeout"},
		{"a wrapped code", "", ai.Text("q"), errors.Join(ai.CodeTooLarge), "unknown", "chat m", "too_large"},
		{"an error without a code", "", ai.Text("q"), errors.New("secret"), "unknown", "chat m", "_OTHER"},
		{"an empty error", "", ai.Text("q"), &ai.Error{}, "unknown", "chat m", "_OTHER"},
		{"a nil error", "", ai.Text("q"), (*ai.Error)(nil), "unknown", "chat m", "_OTHER"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, otel.Config{Providers: map[string]string{"google": "gcp.gen_ai"}})
			p := answers("m", 0)
			answer := p.do
			p.do = func(ctx context.Context, req *ai.Request) (*ai.Response, error) {
				if test.err != nil {
					return nil, test.err
				}
				resp, err := answer(ctx, req)
				resp.Provider = test.provider
				return resp, err
			}
			_, err := l.Wrap(p).Analyze(t.Context(), test.req)
			if err != test.err {
				t.Fatalf("got %v", err)
			}
			s := l.calls()[0]
			if s.Name != test.span || value(s, "gen_ai.provider.name").AsString() != test.want || s.SpanKind != trace.SpanKindClient {
				t.Errorf("got %s %q of %s", s.SpanKind, s.Name, value(s, "gen_ai.provider.name").AsString())
			}
			status := sdktrace.Status{}
			if test.code != "" {
				status = sdktrace.Status{Code: codes.Error, Description: test.code}
			}
			if s.Status != status || value(s, "error.type").AsString() != test.code || len(s.Events) != 0 {
				t.Errorf("status %+v, error.type %q, events %v", s.Status, value(s, "error.type").AsString(), s.Events)
			}
		})
	}
}

// sampler keeps what it was asked to decide by.
type sampler struct {
	sdktrace.Sampler
	asked []sdktrace.SamplingParameters
}

func (s *sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	s.asked = append(s.asked, p)
	return s.Sampler.ShouldSample(p)
}

func TestASamplerSeesWhatTheConventionsPromiseIt(t *testing.T) {
	s := &sampler{Sampler: sdktrace.NeverSample()}
	telemetry, err := otel.New(otel.Config{TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSampler(s))})
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, otel.Config{})
	client := l.client(t, ai.WithProvider("openai", answers("gpt-4o", 0), ai.OnlyKinds(ai.KindText)), ai.WithProvider("gemini", answers("gemini-3-flash", 0)))
	for _, test := range []struct {
		name     string
		analyzer ai.Analyzer
		req      *ai.Request
		want     []string
	}{
		{"a client's primary", client, ai.Text("q"), []string{"chat", "openai", ""}},
		{"the primary of the kind", client, ai.Embedding("q"), []string{"embeddings", "gcp.gemini", ""}},
		{"a model", client, &ai.Request{Prompt: "q", Model: "deep"}, []string{"chat", "openai", "deep"}},
		{"a route", client, &ai.Request{Prompt: "q", Model: "gemini/"}, []string{"generate_content", "gcp.gemini", ""}},
		{"a route and a model", client, &ai.Request{Prompt: "q", Model: "gemini/deep"}, []string{"generate_content", "gcp.gemini", "deep"}},
		{"a model with a slash", client, &ai.Request{Prompt: "q", Model: "meta/llama"}, []string{"chat", "openai", "meta/llama"}},
		{"a planner", answers("gpt-4o", 0), ai.Text("q"), []string{"chat", "unknown", "gpt-4o"}},
		{"no planner", ai.AnalyzerFunc(answers("", 0).do), &ai.Request{Prompt: "q", Model: "m"}, []string{"chat", "unknown", "m"}},
	} {
		s.asked = nil
		if _, err := telemetry.Wrap(test.analyzer).Analyze(t.Context(), test.req); err != nil {
			t.Fatal(err)
		}
		set := attributeSet(s.asked[0].Attributes)
		name := test.want[0]
		if test.want[2] != "" {
			name += " " + test.want[2]
		}
		operation, _ := set.Value("gen_ai.operation.name")
		provider, _ := set.Value("gen_ai.provider.name")
		model, _ := set.Value("gen_ai.request.model")
		if s.asked[0].Name != name || s.asked[0].Kind != trace.SpanKindClient || operation.AsString() != test.want[0] ||
			provider.AsString() != test.want[1] || model.AsString() != test.want[2] || len(s.asked) != 1 {
			t.Errorf("%s: asked %+v", test.name, s.asked)
		}
	}
}

func TestACallThatNeverReturnsEndsItsSpanToo(t *testing.T) {
	for name, do := range map[string]func(){"a panic": func() { panic("secret") }, "a Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, otel.Config{})
			over := make(chan struct{})
			go func() {
				defer close(over)
				defer func() { _ = recover() }()
				_, _ = l.Wrap(ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
					do()
					return nil, nil
				})).Analyze(t.Context(), ai.Text("q"))
			}()
			<-over
			if s := l.calls(); len(s) != 1 || s[0].Status.Description != "_OTHER" {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestAnErrorsHintIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		client := l.client(t, ai.WithProvider("openai", fails("gpt-4o", 0, &ai.Error{Code: ai.CodeQuotaExhausted, RetryAfter: 90 * time.Second})))
		_, err := l.Wrap(client).Analyze(t.Context(), ai.Text("q"))
		s := l.calls()[0]
		if ai.CodeOf(err) != ai.CodeQuotaExhausted || value(s, "finbrain.ai.retry_after").AsFloat64() != 90 ||
			value(s, "finbrain.ai.attempts").AsInt64() != 1 || value(s, "finbrain.ai.route").AsString() != "openai" || len(l.attempts()) != 1 {
			t.Errorf("got %v and %v", err, s.Attributes)
		}
	})
}

func TestWhatIsWrappedStaysWhatItWas(t *testing.T) {
	l := newLab(t, otel.Config{})
	p := answers("gpt-4o", 0)
	planner, ok := l.Wrap(p).(ai.Planner)
	if !ok {
		t.Fatal("a wrapped Planner is none")
	}
	if plan, err := planner.Plan(ai.Text("q")); err != nil || plan.Model != "gpt-4o" {
		t.Errorf("got %+v, %v", plan, err)
	}
	if _, ok := l.Wrap(ai.AnalyzerFunc(p.do)).(ai.Planner); ok {
		t.Error("Wrap made a Planner of what is none")
	}
	if _, ok := l.Wrap(l.client(t, ai.WithProvider("openai", p))).(ai.Planner); ok {
		t.Error("Wrap made a Planner of a Client")
	}
	want := &ai.Response{Text: "answer"}
	var asked *ai.Request
	same := l.Wrap(ai.AnalyzerFunc(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		asked = req
		return want, nil
	}))
	req := ai.Text("q")
	if got, err := same.Analyze(t.Context(), req); got != want || err != nil || asked != req {
		t.Error("the request or the answer was replaced")
	}
	l.spans.Reset()
	if _, err := l.Wrap(l.client(t, ai.WithProvider("openai", p))).Analyze(t.Context(), nil); ai.CodeOf(err) != ai.CodeInvalidRequest || len(l.calls()) != 0 {
		t.Errorf("no request at all: got %v and %d spans", err, len(l.calls()))
	}
}
