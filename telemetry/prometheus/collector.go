package aiprom

import (
	"cmp"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Collector turns the events of a Client into metrics, and reads the state of
// its circuits at each scrape. It is an [ai.Observer] and a
// [prometheus.Collector]; make one with [New]. It is safe for concurrent use
// and needs no closing.
type Collector struct {
	metrics     *metrics
	readings    *readings
	series      series
	models      models
	prices      map[routeModel]Price
	maxCircuits int

	mu         sync.Mutex
	clients    []*ai.Client
	missed     uint64 // events, by clients that are watched no more
	registries []*resilience.Registry
	admitted   map[string]*resilience.Breaker // of registries, by the label that shows them
}

var (
	_ ai.Observer          = (*Collector)(nil)
	_ prometheus.Collector = (*Collector)(nil)
)

// New returns a Collector without any values yet, or an error that names the
// wrong field.
func New(c Config) (*Collector, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	m := newMetrics(c)
	return &Collector{
		metrics: m, readings: newReadings(), series: newSeries(m), models: c.models(), prices: c.prices(),
		maxCircuits: c.MaxCircuits, admitted: make(map[string]*resilience.Breaker),
	}, nil
}

// Observe counts an event. Clients call it; the counters of several add up.
func (c *Collector) Observe(e ai.Event) {
	m := c.metrics
	switch e := e.(type) {
	case ai.CallEnded:
		c.series.calls.get(callKey{e.Provider, e.Kind, codeLabel(e.Code), e.Source}).add(e.Duration)
		if e.FirstContent > 0 {
			m.callFirst.WithLabelValues(e.Kind.String(), orNone(string(e.Source))).Observe(seconds(e.FirstContent))
		}
	case ai.FellBack:
		reason := codeLabel(cmp.Or(e.Reason, other)) // a provider's own fallback may have none
		m.fallbacks.WithLabelValues(text(e.Primary), e.Kind.String(), reason, string(e.Source), orNone(text(e.Provider))).Inc()
	case ai.AttemptEnded:
		c.attempt(e)
	case ai.CacheLooked:
		m.lookups.WithLabelValues(text(e.Provider), e.Kind.String(), string(e.Result)).Inc()
	case ai.RetryWaiting:
		m.retries.WithLabelValues(text(e.Circuit)).Inc()
		m.retryWaits.WithLabelValues(text(e.Circuit)).Add(seconds(e.Wait))
	case ai.BudgetEmpty:
		m.budgetsEmpty.WithLabelValues(text(e.Circuit)).Inc()
	case ai.Refused:
		m.refusals.WithLabelValues(text(e.Circuit), string(e.By)).Inc()
	case ai.StateChanged:
		m.transitions.WithLabelValues(text(e.Circuit), e.From.String(), e.To.String(), e.Mode.String()).Inc()
	case ai.GateChanged:
		if e.Closed {
			m.gateClosings.WithLabelValues(text(e.Circuit), codeLabel(e.Reason)).Inc()
		}
	case ai.Hedged:
		if e.Stage != ai.HedgeStarted { // every hedge ends
			m.hedges.WithLabelValues(text(e.Circuit), string(e.Stage)).Inc()
		}
	}
}

// attempt counts what a provider was asked, and what that used and cost.
func (c *Collector) attempt(e ai.AttemptEnded) {
	model, used := c.models.label(e.Model), tokensOf(e.Usage)
	c.series.attempts.get(attemptKey{e.Provider, e.Kind, model, codeLabel(e.Code)}).add(e.Duration)
	if e.FirstContent > 0 {
		c.metrics.attemptFirst.WithLabelValues(text(e.Provider), e.Kind.String()).Observe(seconds(e.FirstContent))
	}
	if used == (tokens{}) {
		if e.Code == "" && slices.Contains(ai.Kinds(), e.Kind) { // work on jobs and files uses no tokens
			c.unpriced(e)
		}
		return
	}
	key := usageKey{e.Provider, e.Kind, model}
	c.series.usages.get(key).add(used)
	if cost, known := c.prices[routeModel{e.Provider, model}].of(used); known {
		c.series.costs.get(key).Add(cost)
	} else {
		c.unpriced(e)
	}
}

func (c *Collector) unpriced(e ai.AttemptEnded) {
	c.metrics.unpriced.WithLabelValues(text(e.Provider), e.Kind.String()).Inc()
}

// Describe implements [prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.metrics.all {
		m.Describe(ch)
	}
	for _, d := range c.readings.all {
		ch <- d
	}
}

// Collect implements [prometheus.Collector]. It asks every breaker that is
// watched for its state, which is enough to end an open time that is over.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.collectWatched(ch)
	for _, m := range c.metrics.all {
		m.Collect(ch)
	}
}
