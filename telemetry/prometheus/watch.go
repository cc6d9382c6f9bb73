package aiprom

import (
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Watch adds the circuits of a client to what each scrape reads, for as long as
// the Collector lives. It returns an error if another client has a circuit of
// the same name, "route/kind": such clients need a Collector each, registered
// with [prometheus.WrapRegistererWith] and a label that tells them apart.
func (c *Collector) Watch(client *ai.Client) error {
	if client == nil {
		return errors.New("aiprom: Watch: client is nil")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	breakers := client.Breakers()
	for _, b := range breakers {
		if c.circuits[b.Name()] {
			return fmt.Errorf("aiprom: Watch: circuit %q is watched already", b.Name())
		}
	}
	for _, b := range breakers {
		c.circuits[b.Name()] = true
	}
	c.clients = append(c.clients, client)
	return nil
}

// WatchRegistry adds the breakers of a registry, those to come included: file
// storage, e-mail, a database. A breaker whose name is taken, by a client's
// circuit or in a registry that was added before, is not shown again.
func (c *Collector) WatchRegistry(r *resilience.Registry) error {
	if r == nil {
		return errors.New("aiprom: WatchRegistry: registry is nil")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.registries = append(c.registries, r)
	return nil
}

func (c *Collector) collectWatched(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	clients, registries := slices.Clone(c.clients), slices.Clone(c.registries)
	c.mu.Unlock()

	s := scrape{readings: c.readings, ch: ch}
	shown, dropped := make(map[string]bool), uint64(0)
	for _, client := range clients {
		for _, g := range client.Guards() {
			shown[text(g.Name())] = true
			s.guard(g)
		}
		dropped += client.Health().DroppedEvents
	}
	own := len(shown)
	leftOut := 0
	for _, r := range registries {
		for b := range r.All() {
			switch name := text(b.Name()); {
			case shown[name]:
			case len(shown)-own == c.maxCircuits:
				leftOut++
			default:
				shown[name] = true
				s.breaker(b)
			}
		}
	}
	s.gauge(s.leftOut, float64(leftOut))
	s.counter(s.dropped, float64(dropped))
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
		if now.Calls >= cfg.MinCalls {
			s.gauge(s.failureRatio, now.FailureRate, name)
		}
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
