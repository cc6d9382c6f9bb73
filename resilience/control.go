package resilience

import "time"

// Trip opens the breaker until then and gives reason (a constant of the
// caller's, such as "maintenance"; [ReasonTripped] if it is empty) to its
// refusals. While it is open a later deadline lengthens the open time; the same
// and an earlier one change nothing. A deadline that has passed, and a breaker
// that is forced or disabled, change nothing either.
func (b *Breaker) Trip(until time.Time, reason string) {
	t := time.Now()
	at := after(t.Sub(b.clock.base), max(0, until.Sub(t))) // the same for the same deadline
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	if now := b.refresh(); now < at {
		b.tripUntil(now, at, reason)
	}
}

// ForceOpen refuses every call until another of these methods is called.
func (b *Breaker) ForceOpen() {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	b.setDry(false, now, ReasonForced)
	b.open(phaseForcedOpen, now, forever, ReasonForced)
}

// ForceClosed lets every call pass, counting failures but never opening, until
// another of these methods is called.
func (b *Breaker) ForceClosed() { b.forceTo(false, phaseForcedClosed, ReasonForced) }

// Disable lets every call pass and counts nothing until another of these
// methods is called.
func (b *Breaker) Disable() { b.forceTo(false, phaseDisabled, ReasonForced) }

// MetricsOnly lets every call pass and goes on judging, from closed and with an
// empty window: events and snapshots tell what the breaker would have done, and
// its states are shown as [Closed]. It tries thresholds on real traffic. It
// lasts until another of these methods is called.
func (b *Breaker) MetricsOnly() { b.forceTo(true, b.closedPhase(), ReasonForced) }

// Reset makes the breaker closed and automatic, with an empty window. What was
// counted since the start is kept.
func (b *Breaker) Reset() { b.forceTo(false, b.closedPhase(), ReasonReset) }

func (b *Breaker) forceTo(dry bool, p phase, reason string) {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	b.setDry(dry, now, reason)
	b.row = 0
	b.close(p, now, reason)
}
