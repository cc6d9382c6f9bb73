package aiprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// metrics are those that events move.
type metrics struct {
	calls          *prometheus.CounterVec
	callSeconds    *prometheus.HistogramVec
	callFirst      *prometheus.HistogramVec
	fallbacks      *prometheus.CounterVec
	attempts       *prometheus.CounterVec
	attemptSeconds *prometheus.HistogramVec
	attemptFirst   *prometheus.HistogramVec
	tokens         *prometheus.CounterVec
	cost           *prometheus.CounterVec
	unpriced       *prometheus.CounterVec
	lookups        *prometheus.CounterVec
	retries        *prometheus.CounterVec
	retryWaits     *prometheus.CounterVec
	budgetsEmpty   *prometheus.CounterVec
	refusals       *prometheus.CounterVec
	transitions    *prometheus.CounterVec
	gateClosings   *prometheus.CounterVec
	hedges         *prometheus.CounterVec

	all []prometheus.Collector
}

func newMetrics(c Config) *metrics {
	m := &metrics{}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return keep(m, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels))
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return keep(m, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: c.Buckets}, labels))
	}

	m.calls = counter("ai_calls_total",
		"Calls that ended, by the route that answered or whose answer was cached.", "provider", "kind", "code", "source")
	m.callSeconds = histogram("ai_call_duration_seconds",
		"How long callers waited, for an answer or an error, and read, if it was a stream.", "kind", "source")
	m.callFirst = histogram("ai_call_first_content_seconds",
		"How long callers waited for the first piece of a stream.", "kind", "source")
	m.fallbacks = counter("ai_fallbacks_total",
		"Calls answered by something other than their primary, and why it did not.", "primary", "kind", "reason", "source", "provider")

	m.attempts = counter("ai_attempts_total",
		"Requests sent to providers, by what came of them.", "provider", "kind", "model", "code")
	m.attemptSeconds = histogram("ai_attempt_duration_seconds",
		"How long providers took, apart for what they answered, what failed and what was no longer needed; streams take as long as they are read.", "provider", "kind", "outcome")
	m.attemptFirst = histogram("ai_attempt_first_content_seconds",
		"How long providers took to the first piece of a stream.", "provider", "kind")
	m.tokens = counter("ai_tokens_total",
		"Tokens that providers reported, each under one type: input_cached is not in input, nor output_reasoning in output.",
		"provider", "kind", "model", "type")
	m.cost = keep(m, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ai_cost_total", Help: "What the tokens cost, where their price is known.",
		ConstLabels: prometheus.Labels{"currency": c.Currency},
	}, []string{"provider", "kind", "model"}))
	m.unpriced = counter("ai_unpriced_attempts_total",
		"Attempts that are missing from the cost: answers without reported tokens, and tokens without a price.", "provider", "kind")
	m.lookups = counter("ai_cache_lookups_total",
		"Looks into the cache for an answer of a route, by what was found; a call may look for a fresh one, a stale one and those of substitutes.", "provider", "kind", "result")

	m.retries = counter("ai_retries_total",
		"Waits before another attempt, after one that failed or was refused.", "circuit")
	m.retryWaits = counter("ai_retry_wait_seconds_total",
		"Time planned for those waits.", "circuit")
	m.budgetsEmpty = counter("ai_retry_budget_exhausted_total",
		"Attempts not made because the retry budget was spent.", "circuit")
	m.refusals = counter("ai_refusals_total",
		"Attempts not made because breaker, gate or limit refused them.", "circuit", "by")
	m.transitions = counter("ai_circuit_transitions_total",
		"Changes of state; in mode metrics_only they had no effect.", "circuit", "from", "to", "mode")
	m.gateClosings = counter("ai_gate_closings_total",
		"Times that a model was left alone for a while.", "circuit", "reason")
	m.hedges = counter("ai_hedges_total",
		"Second attempts beside slow ones, by whether they answered first.", "circuit", "outcome")
	return m
}

// begin gives the counters of a Client's circuit the value 0: of a series that
// begins with its first event Prometheus shows no increase.
func (m *metrics) begin(circuit string) {
	for _, c := range []*prometheus.CounterVec{m.retries, m.retryWaits, m.budgetsEmpty} {
		c.WithLabelValues(circuit)
	}
	for _, by := range []ai.Refuser{ai.RefusedByBreaker, ai.RefusedByGate, ai.RefusedByLimit} {
		m.refusals.WithLabelValues(circuit, string(by))
	}
	for _, change := range [][2]resilience.State{
		{resilience.Closed, resilience.Open}, {resilience.Open, resilience.HalfOpen},
		{resilience.HalfOpen, resilience.Open}, {resilience.HalfOpen, resilience.Closed},
	} {
		m.transitions.WithLabelValues(circuit, change[0].String(), change[1].String(), resilience.Automatic.String())
	}
	for _, reason := range []ai.Code{ai.CodeRateLimited, ai.CodeQuotaExhausted} {
		m.gateClosings.WithLabelValues(circuit, string(reason))
	}
}

// keep notes a metric among all.
func keep[C prometheus.Collector](m *metrics, c C) C {
	m.all = append(m.all, c)
	return c
}
