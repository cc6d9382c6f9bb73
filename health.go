package ai

import (
	"encoding/json"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Health is a snapshot of a Client. It holds no key, prompt, answer or raw
// error.
type Health struct {
	// Kinds says for every kind that a route serves what could answer it, in the
	// order of Kinds. It is worked out from Circuits, so that both agree.
	Kinds []KindHealth `json:"kinds"`
	// Circuits lists every breaker, in the order of the routes.
	Circuits []Circuit `json:"circuits"`
	// DroppedEvents counts the events that observers were too slow for.
	DroppedEvents uint64 `json:"dropped_events"`
	// Closed is true after Client.Close.
	Closed bool `json:"closed"`
}

// Circuit is the state of one route for one kind of request. In JSON times are
// RFC 3339 in UTC to the millisecond, and RetryAfter is whole seconds, rounded
// up; what is zero is left out, except State, FailureCount and the totals.
type Circuit struct {
	// Name is "route/kind", or the name of a breaker that is no Client's.
	Name string
	// State is the breaker's: "closed", "open" or "half_open". Shadow is the same,
	// except in resilience.MetricsOnly: there it is what the state would be, and
	// shown where that is another.
	State, Shadow resilience.State
	// FailureCount is how many failures the window holds now.
	FailureCount int
	// LastFailure and OpenedAt are zero when there was none.
	LastFailure time.Time
	OpenedAt    time.Time
	// RetryAfter is when to ask again, 0 if calls are not refused or nobody
	// knows; while a call is out to see whether the circuit can close, at most a
	// second.
	RetryAfter time.Duration
	// Reason is why calls are refused, a constant of package resilience or what
	// Breaker.Trip was given.
	Reason string
	// Mode is who decides the state.
	Mode resilience.Mode
	// Provider and Kind are zero for a breaker that is no Client's.
	Provider string
	Kind     Kind
	// Failures, Refusals and Trips count since the breaker was made.
	Failures uint64
	Refusals uint64
	Trips    uint64
	// Gates lists the models that are left alone for now, because of a rate
	// limit or a used-up quota.
	Gates []Gate
}

// Gate is a model that its provider asked to leave alone.
type Gate struct {
	Model  string
	Reason Code
	Until  time.Time
	// RetryAfter is what is left until Until.
	RetryAfter time.Duration
}

// Health returns what every circuit looks like now, and what could answer each
// kind of request. Like any look at a breaker, it ends an open time that is
// over. It takes each breaker's lock for a fraction of a microsecond; by default
// no call needs that while the provider answers or the breaker refuses.
func (c *Client) Health() Health {
	h := Health{Kinds: []KindHealth{}, DroppedEvents: c.events.droppedEvents(), Closed: c.closed.Load()}
	for _, r := range c.routes {
		for k, g := range r.guards {
			if g != nil {
				h.Circuits = append(h.Circuits, circuitOf(r, Kind(k), g))
			}
		}
	}
	for _, k := range Kinds() {
		if kind, served := c.kindHealth(k, h.Circuits); served {
			h.Kinds = append(h.Kinds, kind)
		}
	}
	return h
}

func circuitOf(r *route, k Kind, g *resilience.Guard) Circuit {
	circuit := CircuitOf(g.Breaker().Snapshot())
	circuit.Provider, circuit.Kind = r.name, k
	for _, gate := range g.Gates() {
		if left := time.Until(gate.Until); left > 0 { // else it only waits for a call to show that it is over
			circuit.Gates = append(circuit.Gates, Gate{gate.Key, Code(gate.Reason), gate.Until, left})
		}
	}
	return circuit
}

// CircuitOf returns the Circuit of a breaker that is no Client's, to be shown
// beside those of a Client.
func CircuitOf(s resilience.Snapshot) Circuit {
	if s.State == resilience.HalfOpen {
		s.RetryAfter = min(s.RetryAfter, probeHint)
	}
	return Circuit{
		Name: s.Name, State: s.State, Shadow: s.Shadow, FailureCount: s.FailureCount,
		LastFailure: s.LastFailure, OpenedAt: s.OpenedAt, RetryAfter: s.RetryAfter,
		Reason: s.Reason, Mode: s.Mode,
		Failures: s.Failures, Refusals: s.Refusals, Trips: s.Trips,
	}
}

// refuses tells whether a call of the model is refused, and until when that
// lasts; 0 if nobody knows. A half-open circuit is finding out, and refuses
// nobody for long.
func (c *Circuit) refuses(model string) (refuses bool, wait time.Duration) {
	for _, gate := range c.Gates {
		if gate.Model == model {
			refuses, wait = true, gate.RetryAfter
		}
	}
	switch {
	case c.State != resilience.Open:
		return refuses, wait
	case c.RetryAfter == 0:
		return true, 0
	}
	return true, max(wait, c.RetryAfter)
}

type circuitJSON struct {
	Name         string           `json:"name"`
	State        resilience.State `json:"state"`
	Shadow       resilience.State `json:"shadow_state,omitzero"`
	FailureCount int              `json:"failure_count"`
	LastFailure  time.Time        `json:"last_failure_time,omitzero"`
	OpenedAt     time.Time        `json:"opened_at,omitzero"`
	RetryAfter   int64            `json:"retry_after,omitzero"`
	Reason       string           `json:"reason,omitempty"`
	Mode         resilience.Mode  `json:"mode,omitzero"`
	Provider     string           `json:"provider,omitempty"`
	Kind         Kind             `json:"kind,omitzero"`
	Failures     uint64           `json:"failures"`
	Refusals     uint64           `json:"refusals"`
	Trips        uint64           `json:"trips"`
	Gates        []Gate           `json:"gates,omitempty"`
}

// MarshalJSON writes times to the millisecond and waits in whole seconds.
func (c Circuit) MarshalJSON() ([]byte, error) {
	shadow := c.Shadow
	if shadow == c.State {
		shadow = 0 // to be left out
	}
	return json.Marshal(circuitJSON{
		c.Name, c.State, shadow, c.FailureCount, stamp(c.LastFailure), stamp(c.OpenedAt), seconds(c.RetryAfter), c.Reason, c.Mode,
		c.Provider, c.Kind, c.Failures, c.Refusals, c.Trips, c.Gates,
	})
}

type gateJSON struct {
	Model      string    `json:"model,omitempty"`
	Reason     Code      `json:"reason"`
	Until      time.Time `json:"until"`
	RetryAfter int64     `json:"retry_after"`
}

// MarshalJSON writes the time to the millisecond and the wait in whole seconds.
func (g Gate) MarshalJSON() ([]byte, error) {
	return json.Marshal(gateJSON{g.Model, g.Reason, stamp(g.Until), seconds(g.RetryAfter)})
}

// seconds rounds up: whoever waits that long does not come too early. It is
// never negative.
func seconds(d time.Duration) int64 {
	s := int64(d / time.Second)
	if d%time.Second > 0 {
		s++
	}
	return max(s, 0)
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
