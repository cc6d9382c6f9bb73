package resilience

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// startTrial makes a call that ends with what is sent to the channel.
func startTrial(g *Guard, key string) chan<- error {
	end := make(chan error)
	go func() {
		_, _ = RunCall(context.Background(), g, Call{Key: key, Hurry: true}, func(context.Context) (int, error) { return 0, <-end })
	}()
	synctest.Wait()
	return end
}

func TestATrialDoesNotOpenAGateThatClosedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		early := startTrial(g, "m")
		_ = once(g, "m", throttle(time.Second))
		elapse(time.Second)
		trial := startTrial(g, "m")
		early <- quota(time.Hour)
		synctest.Wait()
		trial <- nil
		synctest.Wait()
		wantGate(t, g, "m", time.Hour)
	})
}

func TestATrialThatItsCallerCutLeavesTheGateAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "", throttle(time.Second))
		elapse(time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		_, _ = Run(ctx, g, func(context.Context) (int, error) { cancel(); return 0, errDown })
		_, _ = RunCall(t.Context(), g, Call{Share: time.Second}, hang)
		_, _ = RunCall(t.Context(), g, Call{Share: time.Minute}, hang) // long enough to be a failure
		if gates := g.Gates(); len(gates) != 1 || gates[0].State != HalfOpen {
			t.Fatalf("gates %+v", gates)
		}
		if err := once(g, "", nil); err != nil {
			t.Fatalf("the next trial: %v", err)
		}
	})
}

func TestALateTrialDoesNotFreeThePlaceOfTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "m", throttle(time.Second))
		elapse(time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = RunCall(ctx, g, Call{Key: "m"}, hang) }()
		synctest.Wait()
		elapse(30 * time.Second) // its lease
		second := startTrial(g, "m")
		cancel()
		synctest.Wait()
		if err := once(g, "m", nil); !errors.Is(err, ErrOpen) {
			t.Fatalf("a third call passed beside the second: %v", err)
		}
		second <- nil
		synctest.Wait()
		wantGate(t, g, "m", 0)
	})
}

func TestACallRefusedByItsGateLeavesTheProbeToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "m", quota(time.Hour))
		halfOpen(t, g.Breaker())
		if refused, _ := errors.AsType[*OpenError](once(g, "m", nil)); refused == nil || refused.Reason != "quota_exhausted" {
			t.Fatalf("refused with %+v", refused)
		}
		if err := once(g, "other", nil); err != nil {
			t.Fatalf("another key's probe: %v", err)
		}
		wantState(t, g.Breaker(), Closed)
	})
}

func TestThoseWhoWaitForATrialAskAgainAtThePaceOfThrottledCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Retry: RetryPolicy{BaseDelay: 1, ThrottleDelay: 10 * time.Second}}, gateVerdict)
		_ = once(g, "", throttle(time.Second))
		elapse(time.Second)
		trial := startTrial(g, "")
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := Run(t.Context(), g, succeed); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		trial <- nil
		wg.Wait()
		if took := time.Since(start); took < time.Second || took > 10*time.Second+1 {
			t.Fatalf("the last of 50 asked again after %v, want between 1s and 10s", took)
		}
	})
}

func TestATrialThatHitTheTimeLimitDoesNotOpenItsGate(t *testing.T) {
	const limit = 10 * time.Second
	for name, tt := range map[string]struct {
		took time.Duration
		err  error
		open bool
	}{
		"it hung":                      {limit, errDown, false},
		"it failed in time":            {limit - 1, errDown, true},
		"it succeeded too late":        {limit, nil, true},
		"it was throttled again, late": {limit, throttle(time.Hour), false},
		"its quota is gone, late":      {limit, quota(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Timeout: limit, Retry: RetryPolicy{MaxAttempts: 1}}, gateVerdict)
				_ = once(g, "m", throttle(time.Second))
				elapse(time.Second)
				_, _ = RunCall(t.Context(), g, Call{Key: "m"}, func(context.Context) (int, error) { elapse(tt.took); return 0, tt.err })
				gates := g.Gates()
				if open := len(gates) == 0; open != tt.open {
					t.Fatalf("gates %+v", gates)
				}
				if tt.open {
					return
				}
				refuses := tt.err != errDown // until the hint is over
				if err := once(g, "m", nil); errors.Is(err, ErrOpen) != refuses {
					t.Fatalf("the next call: %v", err)
				}
				if refuses {
					wantGate(t, g, "m", time.Hour)
				} else {
					wantGate(t, g, "m", 0)
				}
			})
		})
	}
}
