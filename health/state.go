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
	lost   bool // a required service cannot be had
}

// states are circuits by name.
type states map[string]resilience.State

func (e *Endpoints) look() state {
	s := state{Health: e.client.Health(), config: &e.config}
	if e.config.Services == nil {
		return s
	}
	for b := range e.config.Services.All() {
		c := ai.CircuitOf(b.Snapshot())
		if c.State == resilience.Open && slices.Contains(e.config.Required, c.Name) {
			s.lost = true
		}
		if !slices.Contains(e.own, b) {
			s.Circuits = append(s.Circuits, c)
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
	return s.lost || slices.ContainsFunc(s.Kinds, func(k ai.KindHealth) bool { return s.needs(k.Kind) && !k.Answerable() })
}

func (s *state) needs(k ai.Kind) bool {
	return len(s.config.Kinds) == 0 || slices.Contains(s.config.Kinds, k)
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

// states shows the worse of two circuits that have the same name.
func (s *state) states() states {
	all := make(states, len(s.Circuits))
	for i := range s.Circuits {
		c := &s.Circuits[i]
		if shown, known := all[c.Name]; !known || shown == resilience.Closed || c.State == resilience.Open {
			all[c.Name] = c.State
		}
	}
	return all
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
