package ai

import (
	"time"

	"github.com/finbrain/ai/resilience"
)

// Health is a snapshot of a Client. It holds no key, prompt, answer or raw
// error.
type Health struct {
	// Circuits lists every breaker, in the order of the routes.
	Circuits []Circuit `json:"circuits"`
	// DroppedEvents counts the events that observers were too slow for.
	DroppedEvents uint64 `json:"dropped_events"`
	// Closed is true after Client.Close.
	Closed bool `json:"closed"`
}

// Circuit is the state of one route for one kind of request.
type Circuit struct {
	// Name is "route/kind".
	Name     string `json:"name"`
	Provider string `json:"provider"`
	Kind     Kind   `json:"kind"`
	// State is the breaker's: "closed", "open" or "half_open".
	State resilience.State `json:"state"`
	// FailureCount is how many failures the window holds now.
	FailureCount int `json:"failure_count"`
	// LastFailure and OpenedAt are zero when there was none.
	LastFailure time.Time `json:"last_failure,omitzero"`
	OpenedAt    time.Time `json:"opened_at,omitzero"`
	// RetryAfter is how long the circuit stays open, in nanoseconds in JSON.
	RetryAfter time.Duration `json:"retry_after_ns,omitzero"`
	// Failures, Refusals and Trips count since the Client was made.
	Failures uint64 `json:"failures"`
	Refusals uint64 `json:"refusals"`
	Trips    uint64 `json:"trips"`
	// Gates lists the models that are left alone for now, because of a rate
	// limit or a used-up quota.
	Gates []Gate `json:"gates,omitempty"`
}

// Gate is a model that its provider asked to leave alone.
type Gate struct {
	Model  string    `json:"model,omitempty"`
	Until  time.Time `json:"until"`
	Reason Code      `json:"reason"`
}

// Health returns what every circuit looks like now.
func (c *Client) Health() Health {
	h := Health{DroppedEvents: c.events.droppedEvents(), Closed: c.closed.Load()}
	for _, r := range c.routes {
		for k, g := range r.guards {
			if g != nil {
				h.Circuits = append(h.Circuits, circuitOf(r, Kind(k), g))
			}
		}
	}
	return h
}

func circuitOf(r *route, k Kind, g *resilience.Guard) Circuit {
	s := g.Breaker().Snapshot()
	circuit := Circuit{
		Name: s.Name, Provider: r.name, Kind: k, State: s.State, FailureCount: s.FailureCount,
		LastFailure: s.LastFailure, OpenedAt: s.OpenedAt, RetryAfter: s.RetryAfter,
		Failures: s.Failures, Refusals: s.Refusals, Trips: s.Trips,
	}
	for _, gate := range g.Gates() {
		if gate.State != resilience.Open {
			continue // over, and only waiting for a call to show it
		}
		circuit.Gates = append(circuit.Gates, Gate{Model: gate.Key, Until: gate.Until, Reason: Code(gate.Reason)})
	}
	return circuit
}
