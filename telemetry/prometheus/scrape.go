package aiprom

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func (c *Collector) collectWatched(ch chan<- prometheus.Metric) {
	w := c.watched()
	s := scrape{readings: c.readings, ch: ch}
	dropped := w.missed
	for _, client := range w.clients {
		for _, g := range client.Guards() {
			s.guard(g)
		}
		dropped += client.Health().DroppedEvents
	}
	for _, b := range w.breakers {
		s.breaker(b)
	}
	s.gauge(s.leftOut, float64(w.leftOut))
	if len(w.clients) > 0 { // else nobody knows
		s.counter(s.dropped, float64(dropped))
	}
}

// scrape is one reading of what is watched.
type scrape struct {
	*readings
	ch chan<- prometheus.Metric
}

func (s scrape) gauge(d *prometheus.Desc, value float64, labels ...string) {
	s.ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (s scrape) counter(d *prometheus.Desc, value float64, labels ...string) {
	s.ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
}

// flag is 1 for what is the case.
func (s scrape) flag(d *prometheus.Desc, is bool, labels ...string) {
	value := 0.0
	if is {
		value = 1
	}
	s.gauge(d, value, labels...)
}

func (s scrape) guard(g *resilience.Guard) {
	s.breaker(g.Breaker())
	name := text(g.Name())
	closed := map[string]int{string(ai.CodeRateLimited): 0, string(ai.CodeQuotaExhausted): 0}
	for _, gate := range g.Gates() {
		if gate.State == resilience.Open {
			closed[codeLabel(ai.Code(gate.Reason))]++
		}
	}
	for reason, n := range closed {
		s.gauge(s.gates, float64(n), name, reason)
	}
	s.gauge(s.budget, float64(g.BudgetLeft()), name)
	s.gauge(s.budgetCapacity, float64(g.Policy().Budget.Capacity), name)
	if l := g.Limiter(); l != nil {
		s.gauge(s.concurrent, float64(l.InFlight()), name)
		s.gauge(s.limit, float64(l.Limit()), name)
		s.gauge(s.queued, float64(l.Queued()), name)
	}
}

func (s scrape) breaker(b *resilience.Breaker) {
	now, cfg, name := b.Snapshot(), b.Config(), text(b.Name())
	for state := resilience.Closed; state <= resilience.HalfOpen; state++ {
		s.flag(s.state, now.State == state, name, state.String())
	}
	for mode := resilience.Automatic; mode <= resilience.MetricsOnly; mode++ {
		s.flag(s.mode, now.Mode == mode, name, mode.String())
	}
	s.gauge(s.windowFailures, float64(now.FailureCount), name)
	if cfg.Failures > 0 {
		s.gauge(s.threshold, float64(cfg.Failures), name)
	}
	if cfg.FailureRate > 0 {
		s.gauge(s.ratioThreshold, cfg.FailureRate, name)
	}
	if cfg.MinFailureRate > 0 {
		s.gauge(s.ratioRequired, cfg.MinFailureRate, name)
	}
	if cfg.FailureRate+cfg.MinFailureRate > 0 && now.Calls >= cfg.MinCalls {
		s.gauge(s.failureRatio, now.FailureRate, name)
	}
	s.counter(s.failures, float64(now.Failures), name)
	s.counter(s.refusals, float64(now.Refusals), name)
	s.counter(s.openings, float64(now.Trips), name)
	if !now.LastFailure.IsZero() {
		s.gauge(s.lastFailure, timestamp(now.LastFailure), name)
	}
	if !now.OpenedAt.IsZero() {
		s.gauge(s.opened, timestamp(now.OpenedAt), name)
	}
}
