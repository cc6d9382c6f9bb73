package otel_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.uber.org/goleak"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	"github.com/finbrain/ai/telemetry/otel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// elapse lets virtual time go by.
func elapse(d time.Duration) { <-time.After(d) }

// lab is a Telemetry whose spans and metrics are kept in memory.
type lab struct {
	*otel.Telemetry
	tracers *sdktrace.TracerProvider
	spans   *tracetest.InMemoryExporter
	reader  *sdkmetric.ManualReader
}

func newLab(t *testing.T, config otel.Config) *lab {
	t.Helper()
	l := &lab{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	l.tracers = sdktrace.NewTracerProvider(sdktrace.WithSyncer(l.spans))
	config.TracerProvider = l.tracers
	config.MeterProvider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(l.reader))
	telemetry, err := otel.New(config)
	if err != nil {
		t.Fatal(err)
	}
	l.Telemetry = telemetry
	return l
}

// client makes a silent Client without retries that tells the lab.
func (l *lab) client(t *testing.T, options ...ai.Option) *ai.Client {
	t.Helper()
	once := ai.WithPolicy("", 0, resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}})
	client, err := ai.New(append([]ai.Option{ai.WithLogger(slog.New(slog.DiscardHandler)), ai.WithObserver(l), once}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// calls returns the spans of calls, attempts those of attempts, in the order
// in which they ended.
func (l *lab) calls() (calls []tracetest.SpanStub) { return l.named(false) }

func (l *lab) attempts() (attempts []tracetest.SpanStub) { return l.named(true) }

func (l *lab) named(attempts bool) (spans []tracetest.SpanStub) {
	for _, s := range l.spans.GetSpans() {
		if isAttempt(s) == attempts {
			spans = append(spans, s)
		}
	}
	return spans
}

func isAttempt(s tracetest.SpanStub) bool { return len(s.Name) > 8 && s.Name[:8] == "attempt " }

// collect reads every metric, by name, once all events have been told.
func (l *lab) collect(t *testing.T) map[string]metricdata.Metrics {
	t.Helper()
	synctest.Wait()
	var data metricdata.ResourceMetrics
	if err := l.reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	all := map[string]metricdata.Metrics{}
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			all[m.Name] = m
		}
	}
	return all
}

// value is the attribute of a span, or an invalid Value.
func value(s tracetest.SpanStub, key attribute.Key) attribute.Value {
	v, _ := (*attributeSet(s.Attributes)).Value(key)
	return v
}

func attributeSet(attributes []attribute.KeyValue) *attribute.Set {
	set := attribute.NewSet(attributes...)
	return &set
}

// provider answers after a while, with a model of its own.
type provider struct {
	model  string
	vendor string
	takes  time.Duration
	do     func(ctx context.Context, req *ai.Request) (*ai.Response, error)
}

func (p *provider) Plan(req *ai.Request) (ai.Plan, error) {
	if req.ResolvedKind() == ai.KindImageGeneration {
		return ai.Plan{}, &ai.Error{Code: ai.CodeUnsupported}
	}
	plan := ai.Plan{Model: p.model}
	if req.ResolvedKind() == ai.KindEmbedding {
		plan.Space = ai.Space{Vendor: p.vendor, Model: p.model, Dimensions: 2}
	}
	return plan, nil
}

func (p *provider) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	if p.takes > 0 {
		select {
		case <-time.After(p.takes):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return p.do(ctx, req)
}

// answers makes a provider that answers with a dated name of its model.
func answers(model string, takes time.Duration) *provider {
	p := &provider{model: model, vendor: "vendor", takes: takes}
	p.do = func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		resp := &ai.Response{Model: model + "-2026-01-01", RequestID: "req_1", Provider: "openai"}
		for range req.Inputs {
			resp.Embeddings = append(resp.Embeddings, []float32{1, 0})
		}
		if len(req.Inputs) > 0 {
			resp.Space = ai.Space{Vendor: "vendor", Model: model, Dimensions: 2}
			resp.Usage = ai.Usage{InputTokens: 7, TotalTokens: 7}
			return resp, nil
		}
		resp.Text, resp.FinishReason = "answer", ai.FinishStop
		resp.Usage = ai.Usage{InputTokens: 120, OutputTokens: 40, TotalTokens: 160, CachedTokens: 20, ReasoningTokens: 8}
		return resp, nil
	}
	return p
}

func fails(model string, takes time.Duration, err error) *provider {
	p := answers(model, takes)
	p.do = func(context.Context, *ai.Request) (*ai.Response, error) { return nil, err }
	return p
}
