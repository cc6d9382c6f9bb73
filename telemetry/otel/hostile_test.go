package otel_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	global "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/baggage"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestTokensOfAnAnswerThatNoProviderGaveAreNotCounted(t *testing.T) {
	for source, want := range map[ai.Source]int64{ai.SourceCache: 0, ai.SourceStatic: 0, ai.SourceProvider: 5, "": 5, "made up": 5} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, otel.Config{})
			caching := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
				return &ai.Response{Text: "a", Source: source, Usage: ai.Usage{InputTokens: 5}}, nil
			})
			_, _ = l.Wrap(caching).Analyze(t.Context(), ai.Text("q"))
			if got := sums(t, l.collect(t)["gen_ai.client.token.usage"], "gen_ai.token.type")["input"]; got != want {
				t.Errorf("source %q: counted %d, want %d", source, got, want)
			}
			if _, on := (*attributeSet(l.calls()[0].Attributes)).Value("gen_ai.usage.input_tokens"); on != (want > 0) {
				t.Errorf("source %q: usage on the span: %t", source, on)
			}
		})
	}
}

func TestTheBytesOfAnImageAreNeverRecorded(t *testing.T) {
	for _, scheme := range []string{"data:", "DATA:", " data:"} {
		l := newLab(t, otel.Config{Content: true})
		req := ai.ImageAnalysis("q", ai.ImageURL(scheme+"image/png;base64,"+canary), ai.ImageBytes([]byte(png+canary)))
		_, _ = l.Wrap(l.client(t, ai.WithProvider("openai", answers("gpt-4o", 0)))).Analyze(t.Context(), req)
		if shown := value(l.calls()[0], "gen_ai.input.messages").String(); strings.Contains(shown, canary) || strings.Count(shown, "blob") != 2 {
			t.Errorf("recorded %s", shown)
		}
	}
}

// panics is a Planner that never plans, and answers all the same.
type panics struct{ *provider }

func (panics) Plan(*ai.Request) (ai.Plan, error) { panic("secret") }

func TestAPlannerThatPanicsSpoilsNoCall(t *testing.T) {
	l := newLab(t, otel.Config{})
	resp, err := l.Wrap(panics{answers("gpt-4o", 0)}).Analyze(t.Context(), &ai.Request{Prompt: "q", Model: "deep"})
	if err != nil || resp.Text != "answer" || len(l.calls()) != 1 || l.calls()[0].Name != "chat deep" {
		t.Errorf("got %+v, %v and %+v", resp, err, l.calls())
	}
}

func TestACallWhoseCallerLeftIsMeasuredToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, otel.Config{})
		ctx, leave := context.WithCancel(t.Context())
		leaving := ai.AnalyzerFunc(func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
			leave()
			return nil, &ai.Error{Code: ai.CodeCanceled, Cause: ctx.Err()}
		})
		_, _ = l.Wrap(leaving).Analyze(ctx, ai.Text("q"))
		if got := seriesOf(t, l.collect(t)["gen_ai.client.operation.duration"], "error.type"); got["canceled"] != 1 {
			t.Errorf("measured %v", got)
		}
	})
}

func TestTheCallersBaggageReachesTheProvider(t *testing.T) {
	l := newLab(t, otel.Config{})
	member, err := baggage.NewMember("tenant", "a")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	var got baggage.Baggage
	_, _ = l.Wrap(ai.AnalyzerFunc(func(ctx context.Context, _ *ai.Request) (*ai.Response, error) {
		got = baggage.FromContext(ctx)
		return &ai.Response{Text: "a"}, nil
	})).Analyze(baggage.ContextWithBaggage(t.Context(), bag), ai.Text("q"))
	if got.String() != "tenant=a" {
		t.Errorf("got %q", got.String())
	}
	if value(l.calls()[0], "tenant").AsString() != "" {
		t.Error("baggage became an attribute")
	}
}

// The only test that touches the global providers, which can be set once.
func TestTheZeroConfigUsesTheGlobalProvidersAlsoWhenTheyAreSetLater(t *testing.T) {
	telemetry, err := otel.New(otel.Config{})
	if err != nil {
		t.Fatal(err)
	}
	analyzer := telemetry.Wrap(answers("gpt-4o", 0))
	_, _ = analyzer.Analyze(t.Context(), ai.Text("q")) // nobody watches yet

	spans, reader := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	global.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)))
	global.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	_, _ = analyzer.Analyze(t.Context(), ai.Text("q"))
	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	if len(spans.GetSpans()) != 1 || len(data.ScopeMetrics) != 1 {
		t.Fatalf("%d spans, %d scopes", len(spans.GetSpans()), len(data.ScopeMetrics))
	}
	names := map[string]bool{}
	for _, m := range data.ScopeMetrics[0].Metrics {
		names[m.Name] = true
	}
	if !names["gen_ai.client.operation.duration"] || !names["gen_ai.client.token.usage"] || !names["finbrain.ai.events.dropped"] {
		t.Errorf("measured %v", names)
	}
}
