package resilience

import "time"

// Snapshot is what a breaker looks like at one moment. The totals count since
// the breaker was made; in mode [MetricsOnly] they count also what would have
// been: trips, and refusals of calls that passed.
type Snapshot struct {
	Name         string
	State        State
	Mode         Mode
	Shadow       State         // in MetricsOnly, what the state would be; else State
	Reason       string        // why calls are refused; empty while Closed and while HalfOpen with a place for a probe
	FailureCount int           // failures within the window, at most BreakerConfig.Failures unless that is 0
	Calls        int           // within the window; 0 unless a rate is configured, as are the next two
	FailureRate  float64       // the share of those that have ended, which failed; Calls has slow ones under way as well
	SlowRate     float64       // the share of Calls that were slow
	LastFailure  time.Time     // zero if there was none
	OpenedAt     time.Time     // when it last opened; zero if it never did
	Until        time.Time     // until when calls are refused; zero if they are not, or nobody knows
	RetryAfter   time.Duration // what is left until Until; never negative
	Era          uint64        // rises with every transition
	Failures     uint64        // failures counted
	Refusals     uint64        // calls refused
	Trips        uint64        // times it opened
}

// Snapshot returns all there is to see, as of one moment. Of a breaker that is
// closed and counts failures alone, open, or waiting for its probes it takes the
// lock only once after each change: its readers hold up no call.
func (b *Breaker) Snapshot() Snapshot {
	now, w := b.clock.now(), b.load() // before seen: what is of w still holds
	if s := b.seen.Load(); s != nil && s.word == w && now < s.until {
		return s.at(now, b.refused.Load())
	}
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now = b.refresh()
	s := b.look(now)
	if now < s.until {
		b.seen.Store(new(s))
	}
	return s.at(now, b.refused.Load())
}

// State returns the present state, [Closed] in mode [MetricsOnly]. Asking is
// enough to end an open time that is over.
func (b *Breaker) State() State {
	switch w := b.load(); w.phase() {
	case phaseClosed, phaseHalfOpen, phaseProbing, phaseForcedOpen, phaseForcedClosed, phaseDisabled:
		return shown(w)
	case phaseOpen:
		if b.holding(w) != nil {
			return shown(w)
		}
	}
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	b.refresh()
	return shown(b.load())
}

// shown is the state that callers are to act on.
func shown(w word) State {
	if w.dry() {
		return Closed
	}
	return w.phase().state()
}

// IsOpen tells whether the state is [Open]. It takes no permit: a half-open
// breaker is not open, yet only its probes pass.
func (b *Breaker) IsOpen() bool { return b.State() == Open }

// IsHalfOpen tells whether the state is [HalfOpen].
func (b *Breaker) IsHalfOpen() bool { return b.State() == HalfOpen }

// Mode returns who decides the state.
func (b *Breaker) Mode() Mode { return b.load().mode() }

// FailureCount returns the failures within the window, as in [Snapshot].
// Closing forgets them.
func (b *Breaker) FailureCount() int { return b.Snapshot().FailureCount }

// LastFailure returns when the last failure was counted; zero if none was.
func (b *Breaker) LastFailure() time.Time { return b.Snapshot().LastFailure }

// RetryAfter returns how long calls are still refused: 0 while they are not
// or nobody knows.
func (b *Breaker) RetryAfter() time.Duration { return b.Snapshot().RetryAfter }
