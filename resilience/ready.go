package resilience

// Ready reports whether a run with this key would be let through if it began
// now: neither the breaker nor the key's gate refuses. It takes no permit,
// counts nothing and changes nothing, so the answer may be out of date at once.
func (g *Guard) Ready(key string) bool {
	return !g.breaker.refusesIn(0) && !g.gates.refuses(key)
}

// refuses reports whether a call with this key would be refused now.
func (g *gates) refuses(key string) bool {
	if g.known.Load() == 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	held, ok := g.byKey[key]
	return ok && g.clock.now() < held.refusal.until
}
