package resilience

import "sync/atomic"

// Permit is the right to make one call. It may outlive the function that took
// it, but is not copied after its first use. The zero Permit permits nothing.
type Permit struct {
	breaker *Breaker
	grant   grant
	done    atomic.Bool
}

// Done tells the outcome of the call and gives the permit back. It reports
// whether the outcome counted: not if it is [Neutral], if the permit was done
// before, or if its era is over, because the state changed or a probe's lease
// ran out. Done is safe for concurrent use; the first call decides.
func (p *Permit) Done(o Outcome) (counted bool) {
	if p.breaker == nil || p.done.Swap(true) {
		return false
	}
	return p.breaker.settle(p.grant, o)
}

// Judge is Done for a verdict, as [Do] hears one: its Outcome is told, and then
// its Block, if it is more than 0, opens the breaker for that long as
// [Breaker.Trip] does, whatever the Outcome. Neither is heard once the permit's
// era is over. It reports whether the Outcome counted.
func (p *Permit) Judge(v Verdict) (counted bool) {
	switch {
	case p.breaker == nil || p.done.Swap(true):
		return false
	case v.Block > 0:
		return p.breaker.settleGuarded(p.grant, v)
	}
	return p.breaker.settle(p.grant, v.Outcome)
}

// Probe tells whether the call was let through to find out if what is called
// has recovered (BreakerConfig.Probes). Such a call holds a place until it is
// done.
func (p *Permit) Probe() bool { return p.grant.probe() }

// Abandon gives the permit back for a call that ended without returning, by a
// panic or runtime.Goexit: a failure of the call, but of a probe it only frees
// the place. After Done it does nothing, so it can be deferred at once.
func (p *Permit) Abandon() {
	if p.breaker != nil && !p.done.Swap(true) {
		p.breaker.abandon(p.grant)
	}
}

// grant is what a call that was let through is settled with.
type grant struct {
	word   word
	flight *flight // nil unless the call must be known by itself
}

// noWord is no breaker's: what was granted under it is never heard.
const noWord = ^word(0)

// probe tells whether the call is to find out if what is called has recovered.
func (g grant) probe() bool { return g.flight != nil && g.flight.probe }
