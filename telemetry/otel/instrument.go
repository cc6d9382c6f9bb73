package otel

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/metric"

	"github.com/finbrain/ai"
)

// Bucket boundaries of the conventions, docs/gen-ai/gen-ai-metrics.md: seconds
// from 10 ms, doubling; tokens from 1, in powers of four.
func secondBuckets() metric.HistogramOption {
	return metric.WithExplicitBucketBoundaries(
		0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
}

func tokenBuckets() metric.HistogramOption {
	return metric.WithExplicitBucketBoundaries(
		1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
}

// instruments are what is measured as it happens.
type instruments struct {
	duration    metric.Float64Histogram
	firstChunk  metric.Float64Histogram
	tokens      metric.Int64Histogram
	attempts    metric.Float64Histogram
	attemptAt   metric.Float64Histogram
	transitions metric.Int64Counter
	fallbacks   metric.Int64Counter
	retries     metric.Int64Counter
	exhausted   metric.Int64Counter
	refusals    metric.Int64Counter
	lookups     metric.Int64Counter
	gates       metric.Int64Counter
	hedges      metric.Int64Counter
	limit       metric.Int64Gauge
}

// measure makes the instruments.
func (t *Telemetry) measure(meter metric.Meter) error {
	m := maker{meter: meter}
	t.instruments = instruments{
		duration: m.seconds("gen_ai.client.operation.duration", "GenAI operation duration."),
		firstChunk: m.seconds("gen_ai.client.operation.time_to_first_chunk",
			"Time to receive the first chunk, measured from when the client issues the generation request to when the first chunk is received in the response stream."),
		tokens:      m.tokens("gen_ai.client.token.usage", "Number of input and output tokens used."),
		attempts:    m.seconds("finbrain.ai.attempt.duration", "Duration of one attempt at a provider."),
		attemptAt:   m.seconds("finbrain.ai.attempt.time_to_first_chunk", "Time to the first content of one streamed attempt at a provider."),
		transitions: m.counter("finbrain.ai.breaker.transitions", "{transition}", "State changes of circuit breakers."),
		fallbacks:   m.counter("finbrain.ai.fallbacks", "{call}", "Calls answered by something other than the primary."),
		retries:     m.counter("finbrain.ai.retries", "{retry}", "Attempts repeated within a turn."),
		exhausted:   m.counter("finbrain.ai.retry_budget.exhausted", "{retry}", "Retries not made because the budget was spent."),
		refusals:    m.counter("finbrain.ai.refusals", "{refusal}", "Turns refused without asking the provider."),
		lookups:     m.counter("finbrain.ai.cache.lookups", "{lookup}", "Looks into the cache for an answer."),
		gates:       m.counter("finbrain.ai.gate.closings", "{closing}", "Times a model was left alone for a while."),
		hedges:      m.counter("finbrain.ai.hedges", "{attempt}", "Second attempts begun beside a slow one."),
		limit:       m.gauge("finbrain.ai.limit", "{call}", "Calls that an adaptive limit lets through at a time."),
	}
	if m.err != nil {
		return m.err
	}
	return t.measureHealth(meter)
}

// countTokens counts what a provider reported, by type.
func (t *Telemetry) countTokens(ctx context.Context, u ai.Usage, of usage) {
	in := &t.instruments
	if u == (ai.Usage{}) || !in.tokens.Enabled(ctx) {
		return
	}
	by := t.series.usage(of)
	in.tokens.Record(ctx, int64(u.InputTokens), by.input.record...)
	if u.OutputTokens > 0 { // embeddings have none
		in.tokens.Record(ctx, int64(u.OutputTokens), by.output.record...)
	}
}

// maker makes instruments and keeps the errors.
type maker struct {
	meter metric.Meter
	err   error
}

func (m *maker) seconds(name, description string) metric.Float64Histogram {
	h, err := m.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), secondBuckets())
	m.keep(err)
	return h
}

func (m *maker) tokens(name, description string) metric.Int64Histogram {
	h, err := m.meter.Int64Histogram(name, metric.WithUnit("{token}"), metric.WithDescription(description), tokenBuckets())
	m.keep(err)
	return h
}

func (m *maker) counter(name, unit, description string) metric.Int64Counter {
	c, err := m.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.keep(err)
	return c
}

func (m *maker) gauge(name, unit, description string) metric.Int64Gauge {
	g, err := m.meter.Int64Gauge(name, metric.WithUnit(unit), metric.WithDescription(description))
	m.keep(err)
	return g
}

func (m *maker) keep(err error) { m.err = errors.Join(m.err, err) }
