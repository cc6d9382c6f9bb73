package otel

import (
	"maps"
	"sync"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/finbrain/ai"
)

// scope names the source of the spans and metrics.
const scope = "github.com/finbrain/ai/telemetry/otel"

// Config says where telemetry goes and what it may hold. The zero value uses
// the global providers and records no content.
type Config struct {
	// TracerProvider makes the spans; nil is the global one, also when that is
	// set later.
	TracerProvider trace.TracerProvider
	// MeterProvider makes the metrics; nil is the global one, also when that is
	// set later.
	MeterProvider metric.MeterProvider
	// Providers maps the names of routes to values of gen_ai.provider.name:
	// {"primary": "azure.ai.openai"}. Without an entry "gemini" is "gcp.gemini",
	// "vertex" "gcp.vertex_ai", "mistral" "mistral_ai" and "xai" "x_ai"; any
	// other route, "openai" among them, is its own name.
	Providers map[string]string
	// Content puts the instruction, the conversation, the prompt, the stop
	// sequences, the tool calls with their results and the answer on the spans of
	// all but embedding requests. They are likely to hold what must not leave the
	// application. The bytes of images and documents are never recorded.
	Content bool
}

// Telemetry turns calls into spans and metrics: calls through what Wrap
// returns, and what happens within a Client as the ai.Observer it is. It is
// safe for concurrent use.
type Telemetry struct {
	tracer      trace.Tracer
	instruments instruments
	series      *series
	openings    *memo[target, opening]
	providers   map[string]string
	content     bool

	mu      sync.Mutex
	clients []*ai.Client // whose circuits are measured
	dropped uint64       // by clients that are closed
}

// New returns a Telemetry. Its error is an *ai.Error with CodeInvalidRequest
// that names the wrong field of config, or that of the MeterProvider.
func New(config Config) (*Telemetry, error) {
	for route, provider := range config.Providers {
		if route == "" || provider == "" {
			return nil, &ai.Error{Code: ai.CodeInvalidRequest, Field: "Config.Providers", Detail: "has an empty key or value"}
		}
	}
	tracers, meters := config.TracerProvider, config.MeterProvider
	if tracers == nil {
		tracers = otel.GetTracerProvider()
	}
	if meters == nil {
		meters = otel.GetMeterProvider()
	}
	t := &Telemetry{
		tracer:    tracers.Tracer(scope, trace.WithSchemaURL(SchemaURL)),
		providers: maps.Clone(config.Providers),
		content:   config.Content,
	}
	t.series, t.openings = newSeries(t), newMemo(t.newOpening)
	if err := t.measure(meters.Meter(scope, metric.WithSchemaURL(SchemaURL))); err != nil {
		return nil, err
	}
	return t, nil
}

// provider is whose service a route asks, in the conventions' words.
func (t *Telemetry) provider(route string) string {
	if name, ok := t.providers[route]; ok {
		return name
	}
	return wellKnown(route)
}
