package resilience

import "time"

// seen is what a Snapshot found, kept for the next one. It holds while the word
// is the same and nobody has taken it away, but not from until on: then time
// alone has changed it.
type seen struct {
	Snapshot
	word  word
	ends  time.Duration // what RetryAfter counts down to; a past instant if there is nothing
	until time.Duration
}

// at is the Snapshot of that moment.
func (s *seen) at(now time.Duration, refusals uint64) Snapshot {
	shot := s.Snapshot
	shot.RetryAfter = max(0, s.ends-now)
	shot.Refusals = refusals
	return shot
}

// look finds out all but what at adds. It needs mu, and a refresh before.
func (b *Breaker) look(now time.Duration) seen {
	w := b.load()
	s := seen{
		Snapshot: Snapshot{
			Name:         b.name,
			State:        shown(w),
			Mode:         w.mode(),
			Shadow:       w.phase().state(),
			FailureCount: b.failureCount(now),
			Era:          w.era(),
			Failures:     b.failures,
			Trips:        b.trips,
		},
		word:  w,
		ends:  now,
		until: b.sameUntil(w, now),
	}
	if b.calls != nil {
		c := b.calls.within(now)
		s.Calls, s.FailureRate, s.SlowRate = c.calls, c.failureRate(), c.slowRate()
	}
	if b.failures > 0 {
		s.LastFailure = b.clock.time(b.lastFailure)
	}
	if b.trips > 0 {
		s.OpenedAt = b.clock.time(b.openedAt)
	}
	if w.dry() {
		return s
	}
	switch w.phase() {
	case phaseOpen, phaseForcedOpen, phaseProbing, phaseReadmitting:
		r := b.refusal.Load()
		s.Reason, s.Until = r.Reason, r.Until
		if r.until != forever {
			s.ends = r.until
		}
	}
	return s
}

// sameUntil tells from when on time alone changes what there is to see; now, if
// calls that come and go do. It needs mu.
func (b *Breaker) sameUntil(w word, now time.Duration) time.Duration {
	until := forever
	switch w.phase() {
	case phaseClosed, phaseDisabled:
	case phaseOpen, phaseForcedOpen, phaseProbing:
		until = b.refusal.Load().until
	default:
		return now
	}
	if b.calls != nil {
		until = min(until, b.calls.stepEnd())
	}
	return min(until, b.window.sameUntil(now, b.cfg.Window))
}

// unseen makes the next Snapshot look again. It needs mu.
func (b *Breaker) unseen() {
	if b.seen.Load() != nil {
		b.seen.Store(nil)
	}
}
