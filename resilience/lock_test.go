package resilience

import (
	"testing"
	"time"
)

// Callers that the lock would make wait for each other are the cost of a
// breaker.
func TestWhatTakesNoLock(t *testing.T) {
	trip := func(b *Breaker) { b.Trip(time.Now().Add(time.Hour), "trip") }
	asItIs := func(*Breaker) {}
	rated := BreakerConfig{FailureRate: 0.5, MinCalls: 10}
	tests := map[string]struct {
		cfg   BreakerConfig
		enter func(*Breaker) // after a permit was taken
		do    func(*Breaker, *Permit)
	}{
		"a permit":                           {BreakerConfig{}, asItIs, func(b *Breaker, _ *Permit) { _, _ = b.Acquire() }},
		"a success":                          {BreakerConfig{}, asItIs, func(_ *Breaker, p *Permit) { p.Done(Success) }},
		"a neutral result":                   {BreakerConfig{}, asItIs, func(_ *Breaker, p *Permit) { p.Done(Neutral) }},
		"a success under Do":                 {BreakerConfig{}, asItIs, func(b *Breaker, _ *Permit) { _, _ = Do(t.Context(), b, succeed) }},
		"a success without a permit":         {BreakerConfig{}, asItIs, func(b *Breaker, _ *Permit) { b.RecordSuccess() }},
		"the state while closed":             {BreakerConfig{}, asItIs, func(b *Breaker, _ *Permit) { b.State() }},
		"a refusal":                          {BreakerConfig{}, trip, func(b *Breaker, _ *Permit) { _, _ = b.Acquire() }},
		"a refusal, forced":                  {BreakerConfig{}, (*Breaker).ForceOpen, func(b *Breaker, _ *Permit) { _, _ = b.Acquire() }},
		"the state while open":               {BreakerConfig{}, trip, func(b *Breaker, _ *Permit) { b.State() }},
		"a success of an earlier era":        {BreakerConfig{}, trip, func(_ *Breaker, p *Permit) { p.Done(Success) }},
		"a neutral result, rated":            {rated, asItIs, func(_ *Breaker, p *Permit) { p.Done(Neutral) }},
		"a failure of an earlier era, rated": {rated, trip, func(_ *Breaker, p *Permit) { p.Done(Failure) }},
		"whether a later call may pass":      {BreakerConfig{}, trip, func(b *Breaker, _ *Permit) { b.refusesIn(time.Second) }},
	}
	for name, tt := range tests {
		b := newTestBreaker(t, tt.cfg)
		p := mustAcquire(t, b)
		tt.enter(b)
		b.mu.Lock()
		done := make(chan struct{})
		go func() { defer close(done); tt.do(b, p) }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Errorf("%s waits for the lock", name)
		}
		b.mu.Unlock()
		<-done
	}
}
