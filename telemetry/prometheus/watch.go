package aiprom

import (
	"errors"
	"fmt"
	"slices"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Watch adds the circuits of a client to what each scrape reads, and gives
// their counters a zero, so that a first transition or refusal shows as an
// increase. It returns an error if another client has a circuit of the same
// name, "route/kind": such clients need a Collector each, registered with
// prometheus.WrapRegistererWith and a label that tells them apart. Clients
// that are closed by then are watched no more, so another may take the place of
// one.
func (c *Collector) Watch(client *ai.Client) error {
	if client == nil {
		return errors.New("aiprom: Watch: client is nil")
	}
	closed := c.closed() // not under the lock: breakers may call the application
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := make(map[string]bool)
	for _, other := range c.clients {
		if _, is := closed[other]; is && other != client {
			continue
		}
		for _, g := range other.Guards() {
			taken[text(g.Name())] = true
		}
	}
	guards := client.Guards()
	for _, g := range guards {
		name := text(g.Name())
		if taken[name] {
			return fmt.Errorf("aiprom: Watch: circuit %q is watched already", name)
		}
		taken[name] = true
	}
	for _, g := range guards {
		c.metrics.begin(text(g.Name()))
	}
	c.clients = append(slices.DeleteFunc(c.clients, func(other *ai.Client) bool {
		missed, is := closed[other]
		c.missed += missed
		return is
	}), client)
	return nil
}

// closed returns the watched clients that are closed, with the events they
// dropped.
func (c *Collector) closed() map[*ai.Client]uint64 {
	c.mu.Lock()
	clients := slices.Clone(c.clients)
	c.mu.Unlock()
	closed := make(map[*ai.Client]uint64)
	for _, client := range clients {
		if h := client.Health(); h.Closed {
			closed[client] = h.DroppedEvents
		}
	}
	return closed
}

// WatchRegistry adds the breakers of a registry, those to come included: file
// storage, e-mail, a database. A breaker whose name another one has, a client's
// circuit or one of a registry that was added before, is not shown, but counted
// with those that are too many.
func (c *Collector) WatchRegistry(r *resilience.Registry) error {
	if r == nil {
		return errors.New("aiprom: WatchRegistry: registry is nil")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.registries = append(c.registries, r)
	return nil
}

// watched is what a scrape is to read.
type watched struct {
	clients  []*ai.Client
	breakers []*resilience.Breaker // of registries
	leftOut  int                   // breakers of registries
	missed   uint64                // events, by clients that are watched no more
}

// watched chooses the breakers of registries that are shown: those that were
// shown before, then others as long as there is room.
func (c *Collector) watched() watched {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := watched{clients: slices.Clone(c.clients), missed: c.missed}
	own, seen := make(map[string]bool), make(map[*resilience.Breaker]bool)
	for _, client := range w.clients {
		for _, b := range client.Breakers() {
			own[text(b.Name())], seen[b] = true, true
		}
	}
	for _, r := range c.registries {
		for b := range r.All() {
			if seen[b] {
				continue
			}
			seen[b] = true
			if name := text(b.Name()); !own[name] && c.admit(name, b) {
				w.breakers = append(w.breakers, b)
			} else {
				w.leftOut++
			}
		}
	}
	return w
}

// admit reports whether b is the breaker that is shown under name. It needs mu.
func (c *Collector) admit(name string, b *resilience.Breaker) bool {
	if c.admitted[name] == nil && len(c.admitted) < c.maxCircuits {
		c.admitted[name] = b
	}
	return c.admitted[name] == b
}
