package resilience

// Ready reports whether a run with this key would be let through if it began
// now: none of the limit, the breaker and the key's gate refuses. A breaker that
// re-admits a share of the calls may refuse any of them and is not ready. Ready
// takes no permit, counts nothing and changes nothing, so the answer may be out
// of date at once.
func (g *Guard) Ready(key string) bool {
	return g.admits(key) && (g.limiter == nil || !g.limiter.load().full(g.limiter.policy.Queue))
}

// admits is Ready for a run that has its place within the limit.
func (g *Guard) admits(key string) bool {
	return !g.breaker.refusesIn(0) && !g.breaker.rations() && !g.gates.refuses(key)
}

// rations reports whether the breaker lets a share of the calls pass now. When
// the time of a share is over the next call passes, whoever notices that.
func (b *Breaker) rations() bool {
	w := b.load()
	return w.phase() == phaseReadmitting && !w.dry() && b.clock.now() < b.refusal.Load().until
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
