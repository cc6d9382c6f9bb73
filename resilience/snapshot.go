package resilience

import "time"

// Snapshot is what a breaker looks like at one moment. The totals count since
// the breaker was made.
type Snapshot struct {
	Name         string
	State        State
	Mode         Mode
	Reason       string        // why calls are refused; empty while Closed and while HalfOpen without a probe
	FailureCount int           // failures within the window, at most BreakerConfig.Failures
	LastFailure  time.Time     // zero if there was none
	OpenedAt     time.Time     // when it last opened; zero if it never did
	Until        time.Time     // until when calls are refused; zero if they are not, or nobody knows
	RetryAfter   time.Duration // what is left until Until; never negative
	Era          uint64        // rises with every transition and every probe
	Failures     uint64        // failures counted
	Refusals     uint64        // calls refused
	Trips        uint64        // times it opened
}

// Snapshot returns all there is to see, as of one moment.
func (b *Breaker) Snapshot() Snapshot {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	w := b.load()
	s := Snapshot{
		Name:         b.name,
		State:        w.phase().state(),
		Mode:         w.phase().mode(),
		FailureCount: b.window.within(now, b.cfg.Window),
		Era:          w.era(),
		Failures:     b.failures,
		Refusals:     b.refused.Load(),
		Trips:        b.trips,
	}
	if b.failures > 0 {
		s.LastFailure = b.clock.time(b.lastFailure)
	}
	if b.trips > 0 {
		s.OpenedAt = b.clock.time(b.openedAt)
	}
	switch w.phase() {
	case phaseOpen, phaseForcedOpen, phaseProbing:
		r := b.refusal.Load()
		s.Reason, s.Until = r.Reason, r.Until
		if r.until != forever {
			s.RetryAfter = max(0, r.until-now)
		}
	}
	return s
}

// State returns the present state. Asking is enough to end an open time that
// is over.
func (b *Breaker) State() State {
	switch w := b.load(); w.phase() {
	case phaseOpen:
		if b.clock.now() < b.refusal.Load().until {
			return Open
		}
		b.mu.Lock()
		defer b.callbacks.unlock(&b.mu)
		b.refresh()
		return b.load().phase().state()
	default:
		return w.phase().state()
	}
}

// IsOpen tells whether the state is [Open]. It takes no permit: a half-open
// breaker is not open, yet only its probe passes.
func (b *Breaker) IsOpen() bool { return b.State() == Open }

// IsHalfOpen tells whether the state is [HalfOpen].
func (b *Breaker) IsHalfOpen() bool { return b.State() == HalfOpen }

// Mode returns who decides the state.
func (b *Breaker) Mode() Mode { return b.load().phase().mode() }

// FailureCount returns the failures within the window, at most
// BreakerConfig.Failures. Closing forgets them.
func (b *Breaker) FailureCount() int { return b.Snapshot().FailureCount }

// LastFailure returns when the last failure was counted; zero if none was.
func (b *Breaker) LastFailure() time.Time { return b.Snapshot().LastFailure }

// RetryAfter returns how long calls are still refused: 0 while they are not
// or nobody knows.
func (b *Breaker) RetryAfter() time.Duration { return b.Snapshot().RetryAfter }
