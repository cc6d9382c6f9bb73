package health

import (
	"slices"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Status is how a service does as a whole.
type Status string

// The statuses.
const (
	OK       Status = "ok"       // everything is as it should be
	Degraded Status = "degraded" // something is wrong that something else bears
	Down     Status = "down"     // something needed cannot be had
)

// state is what the endpoints tell of one moment.
type state struct {
	ai.Health
	config *Config
}

// states are circuits by name.
type states map[string]resilience.State

func (e *Endpoints) look() state {
	s := state{e.client.Health(), &e.config}
	if services := e.config.Services; services != nil {
		for b := range services.All() {
			s.Circuits = append(s.Circuits, ai.CircuitOf(b.Snapshot()))
		}
	}
	return s
}

func (s *state) status() Status {
	switch {
	case s.down():
		return Down
	case slices.ContainsFunc(s.Circuits, troubled):
		return Degraded
	}
	return OK
}

func (s *state) down() bool {
	return slices.ContainsFunc(s.Kinds, func(k ai.KindHealth) bool { return s.needs(k.Kind) && !k.Answerable() }) ||
		slices.ContainsFunc(s.Circuits, func(c ai.Circuit) bool { return s.requires(&c) && c.State == resilience.Open })
}

func (s *state) needs(k ai.Kind) bool {
	return len(s.config.Kinds) == 0 || slices.Contains(s.config.Kinds, k)
}

// requires tells whether the circuit is of a service that is required.
func (s *state) requires(c *ai.Circuit) bool {
	return c.Provider == "" && slices.Contains(s.config.Required, c.Name)
}

func troubled(c ai.Circuit) bool { return c.State != resilience.Closed || len(c.Gates) > 0 }

func (s *state) kind(k ai.Kind) ai.KindHealth {
	for _, h := range s.Kinds {
		if h.Kind == k {
			return h
		}
	}
	return ai.KindHealth{Kind: k}
}

func (s *state) states() states {
	all := make(states, len(s.Circuits))
	for i := range s.Circuits {
		all[s.Circuits[i].Name] = s.Circuits[i].State
	}
	return all
}

// seconds rounds up: whoever waits that long does not come too early.
func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }
