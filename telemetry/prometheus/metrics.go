package aiprom

import "github.com/prometheus/client_golang/prometheus"

// metrics are those that events move.
type metrics struct {
	calls          *prometheus.CounterVec
	callSeconds    *prometheus.HistogramVec
	fallbacks      *prometheus.CounterVec
	attempts       *prometheus.CounterVec
	attemptSeconds *prometheus.HistogramVec
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
		"How long callers waited, for an answer or an error.", "kind", "source")
	m.fallbacks = counter("ai_fallbacks_total",
		"Calls answered by something other than their primary, and why it did not.", "primary", "kind", "reason", "source", "provider")

	m.attempts = counter("ai_attempts_total",
		"Requests sent to providers, by what came of them.", "provider", "kind", "model", "code")
	m.attemptSeconds = histogram("ai_attempt_duration_seconds",
		"How long providers took, apart for what they answered, what failed and what was no longer needed.", "provider", "kind", "outcome")
	m.tokens = counter("ai_tokens_total",
		"Tokens that providers reported, each under one type: input_cached is not in input, nor output_reasoning in output.",
		"provider", "kind", "model", "type")
	m.cost = keep(m, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "ai_cost_total", Help: "What the tokens cost, where their price is known.",
		ConstLabels: prometheus.Labels{"currency": c.Currency},
	}, []string{"provider", "kind", "model"}))
	m.unpriced = counter("ai_unpriced_attempts_total",
		"Answers that are missing from the cost, for want of a price or of reported tokens.", "provider", "kind")
	m.lookups = counter("ai_cache_lookups_total",
		"Looks into the cache for an answer of a route, by what was found.", "provider", "kind", "result")

	m.retries = counter("ai_retries_total",
		"Attempts made because an earlier one failed.", "circuit")
	m.retryWaits = counter("ai_retry_wait_seconds_total",
		"Time planned for waiting before those attempts.", "circuit")
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

// keep notes a metric among all.
func keep[C prometheus.Collector](m *metrics, c C) C {
	m.all = append(m.all, c)
	return c
}
