// Package aiprom shows a Client to Prometheus: what its callers got, what its
// providers did and cost, and the state of every circuit, its own and those of
// other services.
//
//	metrics, err := aiprom.New(aiprom.Config{})
//	client, err := ai.New(ai.WithProvider("openai", provider), ai.WithObserver(metrics))
//	err = metrics.Watch(client)
//	registry.MustRegister(metrics)
//
// The package is called aiprom, although its folder is called prometheus,
// because whoever imports it imports client_golang's package of that name too.
//
// # Where values come from
//
// Counters of calls, attempts, fallbacks, tokens and so on are moved by the
// Client's events, a moment after what they tell of. Under more load than its
// observers keep up with a Client drops events, changes of state last, and these
// counters are too low by what ai_events_dropped_total counts. Calls that are
// refused before they begin, as invalid, late or of a closed Client, make no
// event. Every caller's call counts, even where several share one attempt;
// tokens and cost count once per attempt. States, thresholds, budgets, gates and the ai_circuit counters except
// ai_circuit_transitions_total are read from the breakers at each scrape; they
// miss nothing.
//
// # Labels
//
// No label holds a tenant, a prompt, a key or an error's text, and none grows
// with the requests:
//   - provider and primary are the routes of the Client, circuit is a route and
//     a kind, "openai/text", or a name in a registry (Config.MaxCircuits);
//   - kind is one of the kinds of request;
//   - model is a name that Config.Models or Config.Prices lists, else "other".
//     It is the provider's own name of the model that is asked (see Price.Model),
//     not a longer, dated one that the answer may name;
//   - code and reason are a Code of package ai, "ok" without a failure, else
//     "other";
//   - source is "provider", "cache" or "static", and "none" without an answer,
//     as is the provider of what no route answered;
//   - state, mode, by, result, type and outcome have the handful of values that
//     their metrics' help or the types of packages ai and resilience name.
//
// Per route and kind, events make at most 26 series for each model that is
// shown, 21 for each route and 150 more, most of them for codes that never come.
// The histograms of durations have 17 series per kind and source (at most 4), and
// per route, kind and outcome (3); those of a stream's first content as many per
// kind and source, and per route and kind. At each scrape up to 26 series are read of every circuit
// of a Client, 18 of every breaker of a registry.
//
// # Alerts and dashboard
//
// Beside this file lie alerts.yml, with its unit test for promtool, and
// dashboard.json for Grafana.
package aiprom
