package resilience

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Keys come from requests: more gates than this are not remembered.
	maxGates = 1024
	// However long a service asks for, one call a day finds out.
	longestBlock = 24 * time.Hour
)

// gates refuses the calls of single keys until a time that the service named,
// then lets one call, the trial, go first. Only a trial's result opens a gate.
type gates struct {
	known atomic.Int32 // len(byKey); while it is 0 a call passes on one load

	name  string
	clock *clock
	retry RetryPolicy   // ThrottleDelay and MaxDelay, defaults filled in
	lease time.Duration // how long a trial holds its place

	mu    sync.Mutex
	byKey map[string]*gate
	last  pass // the last trial given out
}

// gate is closed, or waits for its trial, for as long as it is remembered.
type gate struct {
	name    string        // in refusals
	reason  string        // why it closed
	until   time.Duration // closed until then
	refusal *refusal      // immutable; holds until until, or while the trial's lease runs
	trial   pass          // the trial that is out; 0 if none is
	delay   time.Duration // the last one chosen for want of a hint; doubles
}

// pass identifies a trial; 0 is a call that met no gate.
type pass uint64

// enter lets a call pass or refuses it.
func (g *gates) enter(key string) (pass, *OpenError) {
	if g.known.Load() == 0 {
		return 0, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	held, ok := g.byKey[key]
	if !ok {
		return 0, nil
	}
	now := g.clock.now()
	if now < held.refusal.until {
		return 0, &held.refusal.OpenError
	}
	g.last++
	held.trial = g.last
	held.refuse(g.clock, HalfOpen, after(now, g.lease))
	return held.trial, nil
}

// settle tells a gate what came of a call that entered as p. It returns what
// that did to the gate: an EventKind, or 0 for nothing, and for how long it is
// now closed.
func (g *gates) settle(key string, p pass, v *Verdict) (did EventKind, closed time.Duration) {
	switch {
	case v.Throttled || v.Block > 0:
		var anew bool
		if closed, anew = g.close(key, p, v); anew {
			did = EventGateClosed
		}
	case p != 0 && g.open(key, p):
		did = EventGateOpened
	}
	return did, closed
}

// close reports whether the gate is now closed for longer than it was.
func (g *gates) close(key string, p pass, v *Verdict) (closed time.Duration, anew bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.now()
	held, ok := g.byKey[key]
	if !ok {
		held = g.add(key, now)
	}
	d := max(v.Block, v.After)
	if d <= 0 {
		// Calls that began before the gate closed belong to the throttling that
		// closed it; they neither double the time nor start it again.
		if ok && (p == 0 || held.trial != p) {
			return max(0, held.until-now), false
		}
		held.delay = min(max(2*held.delay, g.retry.ThrottleDelay), g.retry.MaxDelay)
		d = held.delay
	}
	if until := after(now, min(d, longestBlock)); !ok || until > held.until {
		held.until, held.reason, held.trial = until, v.Reason, 0
		held.refuse(g.clock, Open, until)
		anew = true
	}
	return held.until - now, anew
}

// open forgets the gate of key, if p is its trial.
func (g *gates) open(key string, p pass) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	held, ok := g.byKey[key]
	if !ok || held.trial != p {
		return false
	}
	g.remove(key)
	return true
}

// release gives back the place of a trial that told nothing.
func (g *gates) release(key string, p pass) {
	if p == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if held, ok := g.byKey[key]; ok && held.trial == p {
		held.trial = 0
		held.refuse(g.clock, Open, held.until)
	}
}

// add needs mu. A full map first loses the gates that are no longer closed,
// else the one that opens first.
func (g *gates) add(key string, now time.Duration) *gate {
	if len(g.byKey) >= maxGates {
		soonest, first := "", forever
		for k, held := range g.byKey {
			if held.refusal.until <= now {
				g.remove(k)
			} else if held.refusal.until < first {
				soonest, first = k, held.refusal.until
			}
		}
		if len(g.byKey) >= maxGates {
			g.remove(soonest)
		}
	}
	if g.byKey == nil {
		g.byKey = make(map[string]*gate)
	}
	name := g.name
	if key != "" {
		name += "/" + key
	}
	held := &gate{name: name}
	g.byKey[key] = held
	g.known.Store(int32(len(g.byKey)))
	return held
}

// remove needs mu.
func (g *gates) remove(key string) {
	delete(g.byKey, key)
	g.known.Store(int32(len(g.byKey)))
}

func (held *gate) refuse(c *clock, s State, until time.Duration) {
	held.refusal = &refusal{
		OpenError: OpenError{Name: held.name, State: s, Until: c.time(until), Reason: held.reason},
		until:     until,
	}
}

// GateSnapshot is a gate of a guard that is not open.
type GateSnapshot struct {
	Key    string    // Call.Key
	State  State     // Open until Until, then HalfOpen until one call has found out
	Until  time.Time // when the gate was, or is, to let that call go
	Reason string    // Verdict.Reason
}

func (g *gates) snapshot() []GateSnapshot {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.now()
	all := make([]GateSnapshot, 0, len(g.byKey))
	for key, held := range g.byKey {
		s := Open
		if now >= held.until {
			s = HalfOpen
		}
		all = append(all, GateSnapshot{Key: key, State: s, Until: g.clock.time(held.until), Reason: held.reason})
	}
	slices.SortFunc(all, func(a, b GateSnapshot) int { return cmp.Compare(a.Key, b.Key) })
	return all
}
