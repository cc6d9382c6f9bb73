// Package thresholds is an experiment about the thresholds of a breaker: how
// often it opens on the few failures of a healthy service, how soon on an
// outage, and how it copes with a service that only half fails. It runs in
// virtual time, in a bubble of testing/synctest, with the real breaker.
package thresholds

import (
	"math/rand/v2"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Traffic is what passes through a breaker: calls at random moments (a Poisson
// process) that return at once, each failing or not whatever the others did.
// Real failures come in bursts and open a breaker more often.
type Traffic struct {
	Rate    float64 // calls per second
	Failing float64 // share of the calls that fail
}

// Caller makes calls under a breaker, one after another.
type Caller struct {
	breaker *resilience.Breaker
	random  *rand.Rand
	late    time.Duration // how far the clock is behind the calls
	step    time.Duration // how far it may be
	count   Count
}

// Count is what became of calls.
type Count struct{ Calls, Failed, Refused int }

// NewCaller returns a caller with a breaker of that configuration. Its calls
// follow from the seed.
func NewCaller(cfg resilience.BreakerConfig, seed uint64) (*Caller, error) {
	b, err := resilience.NewBreaker("service", cfg)
	if err != nil {
		return nil, err
	}
	window := cfg.Window
	if window == 0 {
		window = time.Minute
	}
	return &Caller{
		breaker: b,
		random:  rand.New(rand.NewPCG(seed, 0)), //nolint:gosec // the same calls for each seed
		// The resolution of the breaker's rates. What a closed breaker is told
		// of successes may be late; nothing else is.
		step: window / 60,
	}, nil
}

// Run calls for that long, or until stop says so, and returns what became of
// the calls and how long it took. stop is asked after each failure and may be
// nil.
func (c *Caller) Run(traffic Traffic, d time.Duration, stop func() bool) (Count, time.Duration) {
	begun := time.Now()
	c.count = Count{}
	for {
		c.late += time.Duration(c.random.ExpFloat64() / traffic.Rate * float64(time.Second))
		if c.late >= d-time.Since(begun) {
			c.late = 0
			<-time.After(d - time.Since(begun))
			return c.count, d
		}
		failed := c.call(c.random.Float64() < traffic.Failing)
		if failed && stop != nil && stop() {
			return c.count, time.Since(begun)
		}
	}
}

// call makes one call and tells whether it was made and failed.
func (c *Caller) call(fails bool) bool {
	if fails || c.late >= c.step || !c.Closed() {
		<-time.After(c.late)
		c.late = 0
	}
	c.count.Calls++
	permit, err := c.breaker.Acquire()
	switch {
	case err != nil:
		c.count.Refused++
		return false
	case fails:
		c.count.Failed++
		permit.Done(resilience.Failure)
		return true
	default:
		permit.Done(resilience.Success)
		return false
	}
}

// Opened is how often the breaker has opened so far.
func (c *Caller) Opened() int { return int(c.breaker.Snapshot().Trips) }

// Closed tells whether every call passes.
func (c *Caller) Closed() bool { return c.breaker.State() == resilience.Closed }
