package ai

import (
	"encoding/json"
	"slices"
	"time"
)

// KindHealth says what could answer requests of one kind that name no model
// and bring no fallback policy of their own. In JSON RetryAfter is whole
// seconds, rounded up, and left out when it is 0.
type KindHealth struct {
	Kind Kind
	// Available is true when a provider could be asked: when, of a route that
	// such a request can come to, the circuit is not open and the gate of the
	// default model not shut. A half-open circuit counts: it is finding out. A
	// shut gate does not, though a call that has nothing else to ask waits for it
	// for as long as resilience.RetryPolicy.MaxWait lets it.
	Available bool
	// RetryAfter is when the first of these routes can be asked again, 0 if
	// Available or nobody knows.
	RetryAfter time.Duration
	// Cache is true when there is a cache that may answer, for as long as
	// CachePolicy and the order of the fallback let it; whether it holds the
	// answer to a request only that request shows.
	Cache bool
	// Static is true when a static answer stands behind the others.
	Static bool
}

// Answerable reports whether anything is there that may answer: a provider, the
// cache or the static answer.
func (h KindHealth) Answerable() bool { return h.Available || h.Cache || h.Static }

// KindHealth returns what could answer requests of one kind now, without
// looking at the circuits of the others. For a kind that no route serves
// nothing could.
func (c *Client) KindHealth(kind Kind) KindHealth {
	if kind == 0 || kind >= requestKindEnd {
		return KindHealth{Kind: kind}
	}
	var circuits []Circuit
	for _, r := range c.routes {
		if g := r.guards[kind]; g != nil {
			circuits = append(circuits, circuitOf(r, kind, g))
		}
	}
	h, _ := c.kindHealth(kind, circuits)
	return h
}

// kindHealth works out what the circuits, which may be those of other kinds
// too, mean to requests of kind. It asks what a call would: which route is its
// primary, which may stand in for that one, and which models they would use.
func (c *Client) kindHealth(kind Kind, circuits []Circuit) (h KindHealth, served bool) {
	h.Kind = kind
	l := &call{client: c, req: specimen(kind), kind: kind, policy: &c.fallback, seats: make([]seat, len(c.routes))}
	l.choosePrimary(c)
	for i := range circuits {
		circuit := &circuits[i]
		r := c.byName[circuit.Provider]
		if circuit.Kind != kind || !l.reaches(r) {
			continue
		}
		served = true
		refuses, wait := circuit.refuses(l.seat(r).plan.Model)
		if !refuses {
			h.Available = true
		}
		if wait > 0 && (h.RetryAfter == 0 || wait < h.RetryAfter) {
			h.RetryAfter = wait
		}
	}
	if !served || c.closed.Load() {
		return KindHealth{Kind: kind}, served
	}
	if h.Available {
		h.RetryAfter = 0
	}
	steps := c.fallback.order()
	// A cache without fresh answers has stale ones: CachePolicy sees to that.
	h.Cache = c.answers != nil && (c.answers.ages.Fresh > 0 || slices.Contains(steps, StepCache))
	h.Static = c.statics[kind] != nil && slices.Contains(steps, StepStatic)
	return h, served
}

// reaches reports whether the call may come to r.
func (l *call) reaches(r *route) bool {
	return l.seat(r).serves() && (r == l.primary || (slices.Contains(l.policy.order(), StepProvider) && l.sameSpace(r)))
}

// specimen returns a request of which only the kind is told.
func specimen(kind Kind) *Request {
	switch kind {
	case KindEmbedding:
		return Embedding("text")
	case KindImage:
		return ImageAnalysis("text", ImageURL("https://example.com/image.png"))
	case KindImageGeneration:
		return ImageGeneration("text")
	default:
		return Text("text")
	}
}

type kindHealthJSON struct {
	Kind       Kind  `json:"kind"`
	Available  bool  `json:"available"`
	RetryAfter int64 `json:"retry_after,omitzero"`
	Cache      bool  `json:"cache"`
	Static     bool  `json:"static"`
}

// MarshalJSON writes the wait in whole seconds.
func (h KindHealth) MarshalJSON() ([]byte, error) {
	return json.Marshal(kindHealthJSON{h.Kind, h.Available, seconds(h.RetryAfter), h.Cache, h.Static})
}
