package resilience

import (
	"testing"
	"testing/synctest"
)

func TestAnAbandonedCallIsAFailureAndOfAProbeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestBreaker(t, BreakerConfig{Failures: 1})
		p := mustAcquire(t, b)
		p.Abandon()
		wantState(t, b, Open)
		if p.Done(Success) {
			t.Error("an abandoned permit was heard again")
		}
		elapse(b.cfg.OpenFor)
		p = mustAcquire(t, b)
		p.Abandon()
		wantState(t, b, HalfOpen)
		p.Abandon()
		mustAcquire(t, b).Done(Success)
		wantState(t, b, Closed)
	})
}

func TestAbandonAfterDoneDoesNothing(t *testing.T) {
	b := newTestBreaker(t, BreakerConfig{Failures: 1})
	p := mustAcquire(t, b)
	p.Done(Success)
	p.Abandon()
	wantState(t, b, Closed)
	new(Permit).Abandon()
}
