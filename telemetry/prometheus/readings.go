package aiprom

import "github.com/prometheus/client_golang/prometheus"

// readings are the metrics that are read at a scrape.
type readings struct {
	state, mode                  *prometheus.Desc
	windowFailures, threshold    *prometheus.Desc
	failureRatio, ratioThreshold *prometheus.Desc
	ratioRequired                *prometheus.Desc
	failures, refusals, openings *prometheus.Desc
	lastFailure, opened          *prometheus.Desc
	gates                        *prometheus.Desc
	budget, budgetCapacity       *prometheus.Desc
	concurrent, limit, queued    *prometheus.Desc
	leftOut, dropped             *prometheus.Desc

	all []*prometheus.Desc
}

func newReadings() *readings {
	r := &readings{}
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc(name, help, labels, nil)
		r.all = append(r.all, d)
		return d
	}
	r.state = describe("ai_circuit_state",
		"1 for the state that the circuit is in, 0 for the others.", "circuit", "state")
	r.mode = describe("ai_circuit_mode",
		"1 for the mode that decides the state, 0 for the others.", "circuit", "mode")
	r.windowFailures = describe("ai_circuit_window_failures",
		"Failures within the window now.", "circuit")
	r.threshold = describe("ai_circuit_failure_threshold",
		"Failures within the window that open the circuit; absent where the share of failed calls alone does.", "circuit")
	r.failureRatio = describe("ai_circuit_failure_ratio",
		"Share of the calls within the window that failed; absent where it does not matter, and while there are too few calls to judge.", "circuit")
	r.ratioThreshold = describe("ai_circuit_failure_ratio_threshold",
		"Share of failed calls that opens the circuit; absent where none does.", "circuit")
	r.ratioRequired = describe("ai_circuit_failure_ratio_required",
		"Share of failed calls below which the number of failures does not open the circuit; absent where it always does.", "circuit")
	r.failures = describe("ai_circuit_failures_total",
		"Failures counted.", "circuit")
	r.refusals = describe("ai_circuit_refusals_total",
		"Calls that the breaker refused; in mode metrics_only, would have.", "circuit")
	r.openings = describe("ai_circuit_openings_total",
		"Times that the circuit opened; in mode metrics_only, would have.", "circuit")
	r.lastFailure = describe("ai_circuit_last_failure_timestamp_seconds",
		"When the last failure was counted; absent before the first.", "circuit")
	r.opened = describe("ai_circuit_opened_timestamp_seconds",
		"When the circuit last opened; absent before it ever did.", "circuit")
	r.gates = describe("ai_gates_closed",
		"Models that are left alone for now, by what their provider said.", "circuit", "reason")
	r.budget = describe("ai_retry_budget_tokens",
		"Tokens left in the retry budget.", "circuit")
	r.budgetCapacity = describe("ai_retry_budget_capacity_tokens",
		"Tokens in a full retry budget.", "circuit")
	r.concurrent = describe("ai_concurrent_calls",
		"Calls under way, where their number is limited.", "circuit")
	r.limit = describe("ai_concurrent_calls_limit",
		"How many calls may be under way; absent where there is no limit.", "circuit")
	r.queued = describe("ai_queued_calls",
		"Calls that wait for a place within the limit.", "circuit")
	r.leftOut = describe("ai_circuits_left_out",
		"Breakers of registries that are not shown, because there are too many.")
	r.dropped = describe("ai_events_dropped_total",
		"Events that came too fast to be observed: the counters that they move are that much too low.")
	return r
}
