package resilience

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Breaker is a circuit breaker. Make one with [NewBreaker]; it is safe for
// concurrent use, has no goroutine and no timer, and needs no closing.
type Breaker struct {
	word    atomic.Uint64           // a word; written under mu only
	refusal atomic.Pointer[refusal] // what refuses, if it belongs to word; set before that
	seen    atomic.Pointer[seen]    // nil: nobody has looked since the last change; written under mu only

	name  string
	cfg   *BreakerConfig // never written: breakers may share it
	clock clock

	mu          sync.Mutex
	callbacks   callbacks
	window      window
	calls       *tally        // nil: only failures are counted
	flights     flights       // the probes, or the calls that may become slow
	recovery    *recovery     // while half-open
	row         int           // openings in a row
	closedAt    time.Duration // meaningful if row > 0 and the breaker is closed
	failures    uint64        // counted since the start
	trips       uint64
	lastFailure time.Duration // meaningful if failures > 0
	openedAt    time.Duration // meaningful if trips > 0

	refused atomic.Uint64 // away from word, which those who count here have to read
}

// NewBreaker returns a closed breaker, or one in BreakerConfig.Mode, or an
// error that names what is wrong with its arguments. The name appears in
// refusals, events and snapshots.
func NewBreaker(name string, cfg BreakerConfig) (*Breaker, error) {
	if name == "" {
		return nil, errNoName
	}
	inForce, err := cfg.inForce()
	if err != nil {
		return nil, err
	}
	return newBreaker(name, inForce), nil
}

func newBreaker(name string, cfg *BreakerConfig) *Breaker {
	b := &Breaker{name: name, cfg: cfg, clock: newClock(), window: newWindow(cfg.Failures)}
	if cfg.counted() {
		b.calls = newTally(cfg.Window, b.clock.now())
	}
	b.begin(cfg.Mode)
	return b
}

// Name returns the name given to [NewBreaker].
func (b *Breaker) Name() string { return b.name }

// Config returns the configuration in force, with its defaults filled in.
func (b *Breaker) Config() BreakerConfig {
	cfg := *b.cfg
	cfg.Readmit = slices.Clone(cfg.Readmit) // breakers share it
	return cfg
}

// Acquire takes a permit for one call, whose outcome must be told with
// [Permit.Done]. The error is an [*OpenError]: the call must not be made. While
// the breaker is half-open only its probes get a permit.
func (b *Breaker) Acquire() (Permit, error) {
	g := grant{word: b.load()}
	if !g.word.closed() {
		var refused *OpenError
		if g, refused = b.admitGuarded(); refused != nil {
			return Permit{}, refused
		}
	}
	return Permit{breaker: b, grant: g}, nil
}

// RecordSuccess tells of a success without a permit. While probes decide it
// counts as one of theirs; an open breaker ignores it.
func (b *Breaker) RecordSuccess() {
	if !b.load().closed() {
		b.record(Success)
	}
}

// RecordFailure tells of a failure without a permit. While probes decide it
// counts as one of theirs; an open breaker ignores it.
func (b *Breaker) RecordFailure() { b.record(Failure) }

func (b *Breaker) load() word { return word(b.word.Load()) }

// admit lets a call pass, giving what to settle it with, or refuses it.
func (b *Breaker) admit() (grant, *OpenError) {
	if w := b.load(); w.closed() {
		return grant{word: w}, nil
	}
	return b.admitGuarded()
}

func (b *Breaker) admitGuarded() (g grant, refused *OpenError) {
	if r := b.refusing(); r != nil {
		return b.refuse(r)
	}
	b.mu.Lock()
	g, refused = b.decide()
	told := false
	defer func() {
		if !told { // a callback panicked: nobody gets the grant
			b.settle(g, Neutral)
		}
	}()
	b.callbacks.unlock(&b.mu)
	told = true
	return g, refused
}

// decide is admit for a breaker that may have to change. It needs mu.
func (b *Breaker) decide() (grant, *OpenError) {
	now := b.refresh()
	switch w := b.load(); w.phase() {
	case phaseOpen, phaseProbing, phaseForcedOpen:
		return b.refuse(b.refusal.Load())
	case phaseHalfOpen:
		return b.probe(now), nil
	case phaseReadmitting:
		if !b.recovery.readmits(b.cfg.Readmit) {
			return b.refuse(b.refusal.Load())
		}
		return b.track(now), nil
	case phaseCounted, phaseForcedClosed:
		return b.track(now), nil
	default:
		return grant{word: w}, nil
	}
}

// refusing returns what refuses a call, or nil if that takes the lock to say.
func (b *Breaker) refusing() *refusal {
	w := b.load()
	switch w.phase() {
	case phaseOpen, phaseProbing, phaseForcedOpen:
		return b.holding(w)
	}
	return nil
}

// holding returns the refusal that belongs to w, unless its time is over. It
// takes no lock: one that belongs to another word is of another transition, and
// who showed it would tell of that before it has happened.
func (b *Breaker) holding(w word) *refusal {
	if r := b.refusal.Load(); r.word == w && b.clock.now() < r.until {
		return r
	}
	return nil
}

// refuse counts a refusal. In MetricsOnly the call passes unnoticed instead.
func (b *Breaker) refuse(r *refusal) (grant, *OpenError) {
	b.refused.Add(1)
	if r.word.dry() {
		return grant{word: noWord}, nil
	}
	return grant{}, &r.OpenError
}

// refusesIn tells whether, as things stand, a call made that much later is
// refused. It takes no lock: whoever asks while a transition is going on gets
// the answer of one side of it.
func (b *Breaker) refusesIn(wait time.Duration) bool {
	switch w := b.load(); w.phase() {
	case phaseOpen, phaseProbing, phaseForcedOpen:
		return !w.dry() && after(b.clock.now(), wait) < b.refusal.Load().until
	}
	return false
}

// settle tells the outcome of a call admitted with g and whether it counted.
func (b *Breaker) settle(g grant, o Outcome) bool {
	if !g.word.closed() {
		return b.settleGuarded(g, Verdict{Outcome: o})
	}
	if o == Failure {
		return b.failClosed(g.word)
	}
	return o == Success && b.load() == g.word
}

// failClosed is settleGuarded for the failure of a call that was admitted while
// only failures are counted.
func (b *Breaker) failClosed(w word) (counted bool) {
	b.mu.Lock()
	if counted = b.load() == w; counted {
		now := b.clock.now()
		b.countFailure(now)
		b.judge(now)
	}
	b.callbacks.unlock(&b.mu)
	return counted
}

// settleGuarded lets the outcome of a verdict take effect, and its Block. What
// was admitted in an earlier era is not heard.
func (b *Breaker) settleGuarded(g grant, v Verdict) (counted bool) {
	if g.flight == nil && (b.load() != g.word || v.Outcome == Neutral && v.Block <= 0) {
		return false
	}
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	switch f := g.flight; {
	case g.probe():
		if !b.flights.remove(f) {
			return false
		}
		counted = b.settleProbe(f, v.Outcome, now)
	case b.load() != g.word:
		return false
	default:
		if f != nil {
			b.flights.remove(f)
		}
		counted = b.apply(f, v.Outcome, now)
	}
	b.block(v, now)
	return counted
}

// begun tells that a call admitted with g has begun to answer, and returns what
// its end is settled with: a probe has succeeded, so that its end is not heard,
// and what was not slow so far does not become it.
func (b *Breaker) begun(g grant) grant {
	switch {
	case g.probe():
		b.settle(g, Success)
	case g.flight != nil:
		b.mu.Lock()
		defer b.callbacks.unlock(&b.mu)
		if b.refresh(); !g.flight.slow {
			b.flights.remove(g.flight)
			g.flight = nil
		}
	}
	return g
}

// abandon settles a call that ended without returning: a panic or Goexit is a
// failure of the call, but tells a probe nothing about recovery.
func (b *Breaker) abandon(g grant) {
	if g.probe() {
		b.settle(g, Neutral)
		return
	}
	b.settle(g, Failure)
}

func (b *Breaker) record(o Outcome) {
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	switch b.load().phase() {
	case phaseHalfOpen, phaseProbing:
		b.settleProbe(nil, o, now)
	default:
		b.apply(nil, o, now)
	}
}
