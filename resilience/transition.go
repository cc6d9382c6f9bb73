package resilience

import (
	"cmp"
	"time"
)

// The methods in this file need mu.

// refresh reads the clock and lets happen what its passing brings.
func (b *Breaker) refresh() (now time.Duration) {
	now = b.clock.now()
	switch b.load().phase() {
	case phaseOpen:
		if now >= b.refusal.Load().until {
			b.recovery = &recovery{}
			b.enter(phaseHalfOpen)
			b.changed(Open, now, ReasonOpenTimeOver)
		}
	case phaseHalfOpen, phaseProbing:
		b.endLeases(now)
	case phaseCounted, phaseForcedClosed:
		b.countSlow(now)
	case phaseReadmitting:
		if b.countSlow(now); b.load().phase() == phaseReadmitting {
			b.readmitMore(now)
		}
	}
	return now
}

// apply lets an outcome that belongs to the present era take effect, f being
// its flight if it has one. Outcomes of probes are settleProbe's.
func (b *Breaker) apply(f *flight, o Outcome, now time.Duration) (counted bool) {
	switch b.load().phase() {
	case phaseOpen, phaseForcedOpen, phaseDisabled:
		return false
	}
	if !o.tells() {
		return false
	}
	b.countCall(f, o, now)
	if o == Failure {
		b.countFailure(now)
	}
	b.judge(now)
	return true
}

// countCall counts a call that has ended, f being its flight if it has one. One
// that was counted when it became slow moves to where it ended.
func (b *Breaker) countCall(f *flight, o Outcome, now time.Duration) {
	if b.calls == nil {
		return
	}
	c := counts{calls: 1, ended: 1}
	if o == Failure {
		c.failures = 1
	}
	if f != nil && f.slow && b.calls.holds(f.step, now) {
		b.calls.addTo(f.step, counts{calls: -1, slow: -1})
	}
	if b.slow(f, now) {
		c.slow = 1
	}
	b.calls.add(now, c)
}

// slow tells whether a call is, f being its flight if it has one.
func (b *Breaker) slow(f *flight, now time.Duration) bool {
	return f != nil && b.cfg.SlowRate > 0 && now-f.start >= b.cfg.SlowAfter
}

// countSlow counts the calls under way that have become slow.
func (b *Breaker) countSlow(now time.Duration) {
	if b.cfg.SlowRate == 0 {
		return
	}
	found := false
	for f := b.flights.takeBefore(now - b.cfg.SlowAfter); f != nil; f = b.flights.takeBefore(now - b.cfg.SlowAfter) {
		f.slow, f.step = true, b.calls.add(now, counts{calls: 1, slow: 1})
		found = true
	}
	if found {
		b.judge(now)
	}
}

// track grants a call whose end must be known.
func (b *Breaker) track(now time.Duration) grant {
	g := grant{word: b.load()}
	if b.cfg.SlowRate > 0 {
		g.flight = &flight{start: now}
		b.flights.add(g.flight)
	}
	return g
}

// judge opens the breaker if what is counted is too much.
func (b *Breaker) judge(now time.Duration) {
	switch b.load().phase() {
	case phaseClosed, phaseCounted, phaseReadmitting:
		if reason := b.excess(now); reason != "" {
			b.trip(now, reason)
		}
	}
}

// excess is the reason why the breaker must open, or "".
func (b *Breaker) excess(now time.Duration) string {
	cfg := b.cfg
	full := b.window.full(now, cfg.Window)
	if b.calls == nil {
		if full {
			return ReasonFailures
		}
		return ""
	}
	c := b.calls.within(now)
	switch {
	case full && c.failureRate() >= cfg.MinFailureRate:
		return ReasonFailures
	case cfg.FailureRate > 0 && c.ended >= cfg.MinCalls && c.failureRate() >= cfg.FailureRate:
		return ReasonFailureRate
	case cfg.SlowRate > 0 && c.calls >= cfg.MinCalls && c.slowRate() >= cfg.SlowRate:
		return ReasonSlowRate
	}
	return ""
}

// begin sets the mode that the breaker starts in, which is no transition.
func (b *Breaker) begin(m Mode) {
	p := b.closedPhase()
	switch m {
	case ForcedOpen:
		p = phaseForcedOpen
		b.setRefusal(word(0).to(p), forever, ReasonForced)
	case ForcedClosed:
		p = phaseForcedClosed
	case Disabled:
		p = phaseDisabled
	}
	w := word(0).to(p)
	if m == MetricsOnly {
		w |= dryBit
	}
	b.word.Store(uint64(w))
}

func (b *Breaker) closedPhase() phase {
	if b.calls != nil {
		return phaseCounted
	}
	return phaseClosed
}

// enter begins an era: nothing that was admitted before is heard any more.
func (b *Breaker) enter(p phase) {
	b.flights.clear()
	b.word.Store(uint64(b.load().next().to(p)))
}

// setDry decides whether calls are refused at all. What MetricsOnly made of the
// state ends with it.
func (b *Breaker) setDry(dry bool, now time.Duration, reason string) {
	w := b.load()
	if w.dry() && !dry && w.phase().state() != Closed {
		b.close(b.closedPhase(), now, reason)
		w = b.load()
	}
	if w &^= dryBit; dry {
		w |= dryBit
	}
	b.word.Store(uint64(w))
}

// shift enters another phase of the same era.
func (b *Breaker) shift(p phase) { b.word.Store(uint64(b.load().to(p))) }

// trip opens the breaker because of what the calls told.
func (b *Breaker) trip(now time.Duration, reason string) {
	b.endRow(now)
	b.row++
	b.open(phaseOpen, now, after(now, b.openTime()), reason)
}

// open refuses every call until then.
func (b *Breaker) open(p phase, now, until time.Duration, reason string) {
	from := b.load().phase().state()
	b.setRefusal(b.load().next().to(p), until, reason)
	b.enter(p)
	b.recovery = nil
	if from != Open {
		b.trips++
		b.openedAt = now
	}
	b.changed(from, now, reason)
}

// close enters one of the phases that let every call pass, with nothing counted
// yet.
func (b *Breaker) close(p phase, now time.Duration, reason string) {
	from := b.load().phase().state()
	b.forget(now)
	b.enter(p)
	b.recovery, b.closedAt = nil, now
	b.changed(from, now, reason)
}

// forget empties the window.
func (b *Breaker) forget(now time.Duration) {
	b.window.clear()
	if b.calls != nil {
		b.calls.clear(now)
	}
}

// block opens the breaker for as long as a verdict says.
func (b *Breaker) block(v Verdict, now time.Duration) {
	if v.Block > 0 {
		b.tripUntil(now, after(now, v.Block), v.Reason)
	}
}

// tripUntil opens the breaker until then, or keeps it open if that is later.
func (b *Breaker) tripUntil(now, until time.Duration, reason string) {
	switch b.load().phase() {
	case phaseForcedOpen, phaseForcedClosed, phaseDisabled:
		return
	case phaseOpen:
		if until <= b.refusal.Load().until {
			return
		}
	}
	b.endRow(now)
	b.open(phaseOpen, now, until, cmp.Or(reason, ReasonTripped))
}

// setRefusal tells what refuses while the word is w.
func (b *Breaker) setRefusal(w word, until time.Duration, reason string) {
	b.unseen()
	b.refusal.Store(&refusal{
		OpenError: OpenError{Name: b.name, State: w.phase().state(), Until: b.clock.time(until), Reason: reason},
		word:      w,
		until:     until,
	})
}

func (b *Breaker) countFailure(now time.Duration) {
	b.window.add(now)
	b.failures++
	b.lastFailure = now
	b.unseen()
	if call := b.cfg.OnFailure; call != nil {
		e := FailureEvent{
			Name:         b.name,
			At:           b.clock.time(now),
			State:        b.load().phase().state(),
			FailureCount: b.failureCount(now),
		}
		b.callbacks.add(func() { call(e) })
	}
}

// failureCount is exact where failures are counted exactly.
func (b *Breaker) failureCount(now time.Duration) int {
	if b.cfg.Failures == 0 {
		return b.calls.within(now).failures
	}
	return b.window.within(now, b.cfg.Window)
}

// changed reports the transition from from to the present state, if it is one.
func (b *Breaker) changed(from State, now time.Duration, reason string) {
	w, call := b.load(), b.cfg.OnStateChange
	to := w.phase().state()
	if to == from || call == nil {
		return
	}
	e := StateChange{
		Name:         b.name,
		From:         from,
		To:           to,
		Mode:         w.mode(),
		At:           b.clock.time(now),
		FailureCount: b.failureCount(now),
		Window:       b.cfg.Window,
		Reason:       reason,
	}
	if r := b.refusal.Load(); to == Open && r.until != forever {
		e.Until, e.OpenFor = r.Until, r.until-now
	}
	b.callbacks.add(func() { call(e) })
}
