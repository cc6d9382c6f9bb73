package resilience

import (
	"math"
	"math/rand/v2"
	"time"
)

// recovery is how far a half-open breaker has come: first the probes, then a
// growing share of the calls.
type recovery struct {
	successes int           // of probes
	stage     int           // index into BreakerConfig.Readmit
	stageEnd  time.Duration // when the stage is over
	asked     int           // calls in the stage
}

// readmits lets an exact share of the calls pass, the first one of each stage
// among them.
func (r *recovery) readmits(shares []float64) bool {
	s := shares[r.stage]
	before := math.Ceil(float64(r.asked) * s)
	r.asked++
	return math.Ceil(float64(r.asked)*s) > before
}

// The methods below need mu.

// probe grants a probe its place.
func (b *Breaker) probe(now time.Duration) grant {
	g := grant{word: b.load(), flight: &flight{start: now, probe: true}}
	b.flights.add(g.flight)
	b.fillPlaces()
	return g
}

// fillPlaces tells whether there is a place for another probe: they pass once
// each, except that one that told nothing makes room for another.
func (b *Breaker) fillPlaces() {
	if b.recovery.successes+b.flights.n < b.cfg.Probes {
		b.shift(phaseHalfOpen)
		return
	}
	b.setRefusal(b.load().to(phaseProbing), after(b.flights.first.start, b.cfg.ProbeLease), ReasonProbing)
	b.shift(phaseProbing)
}

// endLeases takes their places from the probes that have held them too long.
func (b *Breaker) endLeases(now time.Duration) {
	lost := false
	for b.flights.takeBefore(now-b.cfg.ProbeLease) != nil {
		lost = true
	}
	if lost {
		b.fillPlaces()
	}
}

// settleProbe lets the outcome of a probe take effect. f is nil if it comes
// without a permit.
func (b *Breaker) settleProbe(f *flight, o Outcome, now time.Duration) (counted bool) {
	if !o.tells() {
		b.fillPlaces()
		return false
	}
	b.countCall(f, o, now)
	switch {
	case o == Failure:
		b.countFailure(now)
		b.trip(now, ReasonProbeFailed)
	case b.slow(f, now):
		b.trip(now, ReasonProbeSlow)
	default:
		if b.recovery.successes++; b.recovery.successes < b.cfg.Probes {
			b.fillPlaces()
			break
		}
		b.recovered(now)
	}
	return true
}

// recovered closes the breaker, at once or by and by.
func (b *Breaker) recovered(now time.Duration) {
	if len(b.cfg.Readmit) == 0 {
		b.close(b.closedPhase(), now, ReasonProbeSucceeded)
		return
	}
	b.forget(now)
	b.enter(phaseReadmitting)
	b.readmit(0, now)
}

// readmit begins a stage.
func (b *Breaker) readmit(stage int, now time.Duration) {
	*b.recovery = recovery{stage: stage, stageEnd: after(now, b.cfg.ReadmitFor)}
	b.setRefusal(b.load(), b.recovery.stageEnd, ReasonReadmitting)
}

// readmitMore goes on to the stage whose time it is.
func (b *Breaker) readmitMore(now time.Duration) {
	for b.recovery.stageEnd <= now {
		next := b.recovery.stage + 1
		if next == len(b.cfg.Readmit) {
			b.close(b.closedPhase(), now, ReasonReadmitted)
			return
		}
		b.readmit(next, b.recovery.stageEnd)
	}
}

// endRow forgets the openings in a row if the breaker has been closed for long
// enough. It must be asked before every opening, which ends that time.
func (b *Breaker) endRow(now time.Duration) {
	if b.load().phase().state() == Closed && now-b.closedAt > b.cfg.Window {
		b.row = 0
	}
}

// openTime is how long the breaker stays open this time.
func (b *Breaker) openTime() time.Duration {
	cfg := b.cfg
	d := cfg.OpenFor
	if cfg.OpenGrowth > 1 {
		grown := float64(d) * math.Pow(cfg.OpenGrowth, float64(b.row-1))
		if d = cfg.MaxOpenFor; grown < float64(d) {
			d = time.Duration(grown)
		}
	}
	if cfg.OpenJitter > 0 {
		d = after(d, time.Duration(rand.Float64()*cfg.OpenJitter*float64(d))) //nolint:gosec // jitter
	}
	return d
}
