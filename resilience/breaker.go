package resilience

import (
	"sync"
	"sync/atomic"
	"time"
)

// Breaker is a circuit breaker. Make one with [NewBreaker]; it is safe for
// concurrent use, has no goroutine and no timer, and needs no closing.
type Breaker struct {
	word    atomic.Uint64           // a word; written under mu only
	refusal atomic.Pointer[refusal] // what refuses, while open or probing; set before word says so
	refused atomic.Uint64

	name  string
	cfg   BreakerConfig // defaults filled in
	clock clock

	mu          sync.Mutex
	window      window
	callbacks   callbacks
	failures    uint64 // counted since the start
	trips       uint64
	lastFailure time.Duration // meaningful if failures > 0
	openedAt    time.Duration // meaningful if trips > 0
}

// NewBreaker returns a closed breaker, or an error that names what is wrong
// with its arguments. The name appears in refusals, events and snapshots.
func NewBreaker(name string, cfg BreakerConfig) (*Breaker, error) {
	if name == "" {
		return nil, errNoName
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Breaker{name: name, cfg: cfg, clock: newClock(), window: newWindow(cfg.Failures)}, nil
}

// Name returns the name given to [NewBreaker].
func (b *Breaker) Name() string { return b.name }

// Acquire takes a permit for one call, whose outcome must be told with
// [Permit.Done]. The error is an [*OpenError]: the call must not be made. While
// the breaker is half-open one permit at a time is given, the probe's.
func (b *Breaker) Acquire() (Permit, error) {
	g := grant{b.load()}
	if !g.word.closed() {
		var refused *OpenError
		if g, refused = b.admitGuarded(); refused != nil {
			return Permit{}, refused
		}
	}
	return Permit{breaker: b, grant: g}, nil
}

// RecordSuccess tells of a success without a permit. It closes a half-open
// breaker and is ignored by an open one.
func (b *Breaker) RecordSuccess() {
	if b.load().phase() != phaseClosed {
		b.record(Success)
	}
}

// RecordFailure tells of a failure without a permit. It counts while the
// breaker is closed, opens a half-open one and is ignored by an open one.
func (b *Breaker) RecordFailure() { b.record(Failure) }

func (b *Breaker) load() word { return word(b.word.Load()) }

// admit lets a call pass, giving what to settle it with, or refuses it.
func (b *Breaker) admit() (grant, *OpenError) {
	if w := b.load(); w.closed() {
		return grant{w}, nil
	}
	return b.admitGuarded()
}

func (b *Breaker) admitGuarded() (grant, *OpenError) {
	if r := b.refuses(); r != nil {
		return grant{}, r
	}
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	now := b.refresh()
	switch w := b.load(); w.phase() {
	case phaseOpen, phaseForcedOpen:
		return grant{}, b.refuse()
	case phaseProbing:
		if now < b.refusal.Load().until {
			return grant{}, b.refuse()
		}
		return grant{b.probe(now)}, nil
	case phaseHalfOpen:
		return grant{b.probe(now)}, nil
	default:
		return grant{w}, nil
	}
}

// refuses is the refusal that holds now, or nil. It takes no lock: whoever asks
// while a transition is going on gets the answer of one side of it.
func (b *Breaker) refuses() *OpenError {
	switch b.load().phase() {
	case phaseOpen, phaseProbing, phaseForcedOpen:
		if b.clock.now() < b.refusal.Load().until {
			return b.refuse()
		}
	}
	return nil
}

func (b *Breaker) refuse() *OpenError {
	b.refused.Add(1)
	return &b.refusal.Load().OpenError
}

// refusesIn tells whether, as things stand, a call made that much later is refused.
func (b *Breaker) refusesIn(wait time.Duration) bool {
	switch b.load().phase() {
	case phaseOpen, phaseProbing, phaseForcedOpen:
		return after(b.clock.now(), wait) < b.refusal.Load().until
	}
	return false
}

// settle tells the outcome of a call admitted with g and whether it counted. A
// word that has changed belongs to an earlier era, and the result with it.
func (b *Breaker) settle(g grant, o Outcome) bool {
	if o == Success && g.word.closed() {
		return b.load() == g.word
	}
	return b.settleGuarded(g, o)
}

func (b *Breaker) settleGuarded(g grant, o Outcome) bool {
	w := g.word
	if b.load() != w || o == Neutral && w.phase() != phaseProbing {
		return false
	}
	b.mu.Lock()
	defer b.callbacks.unlock(&b.mu)
	if b.load() != w {
		return false
	}
	now := b.clock.now()
	if w.phase() == phaseProbing && (o == Neutral || now >= b.refusal.Load().until) {
		b.enter(phaseHalfOpen)
		return false
	}
	return b.apply(w.phase(), o, now)
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
	b.apply(b.load().phase(), o, now)
}

// The methods below need mu.

// apply lets an outcome that belongs to the present era take effect.
func (b *Breaker) apply(p phase, o Outcome, now time.Duration) (counted bool) {
	switch p {
	case phaseClosed, phaseForcedClosed:
		if o == Failure {
			b.countFailure(now)
			if p == phaseClosed && b.window.full(now, b.cfg.Window) {
				b.open(now, after(now, b.cfg.OpenFor), ReasonFailures)
			}
		}
		return o != Neutral
	case phaseHalfOpen, phaseProbing:
		switch o {
		case Success:
			b.close(phaseClosed, now, ReasonProbeSucceeded)
		case Failure:
			b.countFailure(now)
			b.open(now, after(now, b.cfg.OpenFor), ReasonProbeFailed)
		}
		return o != Neutral
	}
	return false
}

// refresh reads the clock and ends an open time that is over.
func (b *Breaker) refresh() (now time.Duration) {
	now = b.clock.now()
	if b.load().phase() == phaseOpen && now >= b.refusal.Load().until {
		b.enter(phaseHalfOpen)
		b.changed(Open, now, ReasonOpenTimeOver)
	}
	return now
}

func (b *Breaker) enter(p phase) word {
	w := b.load().next(p)
	b.word.Store(uint64(w))
	return w
}

func (b *Breaker) probe(now time.Duration) word {
	b.setRefusal(HalfOpen, after(now, b.cfg.ProbeLease), ReasonProbing)
	return b.enter(phaseProbing)
}

// open refuses every call until then; forever is ForceOpen's.
func (b *Breaker) open(now, until time.Duration, reason string) {
	from := b.load().phase().state()
	b.setRefusal(Open, until, reason)
	if until == forever {
		b.enter(phaseForcedOpen)
	} else {
		b.enter(phaseOpen)
	}
	if from != Open {
		b.trips++
		b.openedAt = now
	}
	b.changed(from, now, reason)
}

// close enters one of the phases that let every call pass, with nothing counted yet.
func (b *Breaker) close(p phase, now time.Duration, reason string) {
	from := b.load().phase().state()
	b.window.clear()
	b.enter(p)
	b.changed(from, now, reason)
}

func (b *Breaker) setRefusal(s State, until time.Duration, reason string) {
	b.refusal.Store(&refusal{
		OpenError: OpenError{Name: b.name, State: s, Until: b.clock.time(until), Reason: reason},
		until:     until,
	})
}

func (b *Breaker) countFailure(now time.Duration) {
	b.window.add(now)
	b.failures++
	b.lastFailure = now
	if call := b.cfg.OnFailure; call != nil {
		e := FailureEvent{
			Name:         b.name,
			At:           b.clock.time(now),
			State:        b.load().phase().state(),
			FailureCount: b.window.within(now, b.cfg.Window),
		}
		b.callbacks.add(func() { call(e) })
	}
}

// changed reports the transition from from to the present state, if it is one.
func (b *Breaker) changed(from State, now time.Duration, reason string) {
	to, call := b.load().phase().state(), b.cfg.OnStateChange
	if to == from || call == nil {
		return
	}
	e := StateChange{
		Name:         b.name,
		From:         from,
		To:           to,
		At:           b.clock.time(now),
		FailureCount: b.window.within(now, b.cfg.Window),
		Window:       b.cfg.Window,
		Reason:       reason,
	}
	if r := b.refusal.Load(); to == Open && r.until != forever {
		e.Until, e.OpenFor = r.Until, r.until-now
	}
	b.callbacks.add(func() { call(e) })
}
