package otel

import (
	"context"
	"errors"
	"slices"

	"go.opentelemetry.io/otel/metric"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// measureHealth makes the instruments that are read, not written: whenever
// metrics are collected they tell what Client.Health tells then.
func (t *Telemetry) measureHealth(meter metric.Meter) error {
	state, err1 := meter.Int64ObservableGauge("finbrain.ai.breaker.state", metric.WithUnit("1"),
		metric.WithDescription("1 for the state that the circuit breaker is in, 0 for the others."))
	failures, err2 := meter.Int64ObservableGauge("finbrain.ai.breaker.failures", metric.WithUnit("{failure}"),
		metric.WithDescription("Failures within the circuit breaker's window."))
	dropped, err3 := meter.Int64ObservableCounter("finbrain.ai.events.dropped", metric.WithUnit("{event}"),
		metric.WithDescription("Events that observers were too slow for."))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		circuits, lost := t.health()
		for i := range circuits {
			c := &circuits[i]
			circuit := named(ownCircuit, c.Name)
			o.ObserveInt64(failures, int64(c.FailureCount), metric.WithAttributes(circuit))
			for _, s := range []resilience.State{resilience.Closed, resilience.Open, resilience.HalfOpen} {
				value := int64(0)
				if s == c.State {
					value = 1
				}
				o.ObserveInt64(state, value, metric.WithAttributes(circuit, ownState.String(s.String())))
			}
		}
		o.ObserveInt64(dropped, int64(lost))
		return nil
	}, state, failures, dropped)
	return err
}

// watch measures a Client's circuits until it is closed.
func (t *Telemetry) watch(client *ai.Client) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.clients, client) {
		t.clients = append(t.clients, client)
	}
}

// health is what the Clients say of themselves, and how many events they and
// those before them dropped.
func (t *Telemetry) health() (circuits []ai.Circuit, dropped uint64) {
	t.mu.Lock()
	clients := slices.Clone(t.clients)
	t.mu.Unlock()
	for _, client := range clients { // not under mu: it may tell of a state change
		h := client.Health()
		if h.Closed {
			t.forget(client, h.DroppedEvents)
			continue
		}
		circuits, dropped = append(circuits, h.Circuits...), dropped+h.DroppedEvents
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return circuits, dropped + t.dropped
}

// forget lets go of a closed Client. Metrics may be collected twice at a time.
func (t *Telemetry) forget(client *ai.Client, dropped uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.clients, client); i >= 0 {
		t.clients = slices.Delete(t.clients, i, i+1)
		t.dropped += dropped
	}
}
