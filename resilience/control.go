package resilience

import "time"

// Trip opens the breaker until then and gives reason (a constant of the
// caller's, such as "maintenance") to its refusals. While it is open a later
// deadline lengthens the open time and an earlier one changes nothing. A
// deadline that has passed, and a breaker in another mode than [Automatic],
// change nothing either.
func (b *Breaker) Trip(until time.Time, reason string) {
	left := time.Until(until)
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	p := b.load().phase()
	if left <= 0 || p.mode() != Automatic {
		return
	}
	end := after(now, left)
	if p == phaseOpen && end <= b.refusal.Load().until {
		return
	}
	b.open(now, end, reason)
}

// ForceOpen refuses every call until ForceClosed, Disable or Reset.
func (b *Breaker) ForceOpen() {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	b.open(b.refresh(), forever, ReasonForced)
}

// ForceClosed lets every call pass, counting failures but never opening, until
// ForceOpen, Disable or Reset.
func (b *Breaker) ForceClosed() { b.forceTo(phaseForcedClosed, ReasonForced) }

// Disable lets every call pass and counts nothing until ForceOpen, ForceClosed
// or Reset.
func (b *Breaker) Disable() { b.forceTo(phaseDisabled, ReasonForced) }

// Reset makes the breaker closed and automatic, with an empty window. What was
// counted since the start is kept.
func (b *Breaker) Reset() { b.forceTo(phaseClosed, ReasonReset) }

func (b *Breaker) forceTo(p phase, reason string) {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	b.close(p, b.refresh(), reason)
}
