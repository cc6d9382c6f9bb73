package resilience

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// throttle makes every error a rate limit with its hint.
type throttle time.Duration

func (throttle) Error() string { return "429" }

// quota makes every error an exhausted quota for that long.
type quota time.Duration

func (quota) Error() string { return "quota" }

func gateVerdict(err error) Verdict {
	switch err := err.(type) {
	case throttle:
		return Verdict{Retry: true, Throttled: true, After: time.Duration(err), Reason: "rate_limited"}
	case quota:
		return Verdict{Block: time.Duration(err), Reason: "quota_exhausted"}
	}
	return defaultVerdict(err)
}

// once calls g without retries or waiting.
func once(g *Guard, key string, err error) error {
	_, got := RunCall(context.Background(), g, Call{Key: key, Hurry: true}, func(context.Context) (int, error) { return 0, err })
	return got
}

// wantGate checks when the gate of key lets its next call go; 0: it is open.
func wantGate(t *testing.T, g *Guard, key string, left time.Duration) {
	t.Helper()
	for _, gate := range g.Gates() {
		if gate.Key == key {
			if got := time.Until(gate.Until); got != left {
				t.Fatalf("the gate of %q is closed for %v, want %v", key, got, left)
			}
			return
		}
	}
	if left != 0 {
		t.Fatalf("the gate of %q is open, want it closed for %v", key, left)
	}
}

func newGateGuard(t *testing.T) *Guard { return newTestGuard(t, Policy{}, gateVerdict) }

func TestARateLimitClosesTheGateOfItsKeyOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "gpt-5", throttle(7*time.Second))
		refused, ok := errors.AsType[*OpenError](once(g, "gpt-5", nil))
		if !ok || refused.Name != "openai/text/gpt-5" || refused.Reason != "rate_limited" || refused.State != Open || refused.RetryAfter() != 7*time.Second {
			t.Fatalf("refused with %+v", refused)
		}
		if !errors.Is(refused, ErrOpen) {
			t.Fatal("the refusal is not ErrOpen")
		}
		if again := once(g, "gpt-5", nil); again != error(refused) {
			t.Fatal("two refusals of one closing are two values")
		}
		if err := once(g, "gpt-5-mini", nil); err != nil {
			t.Fatalf("another key: %v", err)
		}
		if s := g.Breaker().Snapshot(); s.State != Closed || s.Failures != 0 || s.Refusals != 0 {
			t.Fatalf("the breaker was touched: %+v", s)
		}
		elapse(7 * time.Second)
		if err := once(g, "gpt-5", nil); err != nil {
			t.Fatalf("after the hint: %v", err)
		}
		if gates := g.Gates(); len(gates) != 0 {
			t.Fatalf("gates left: %+v", gates)
		}
	})
}

func TestOneCallGoesFirstThroughAGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "m", throttle(time.Second))
		elapse(time.Second)
		hold := make(chan error)
		trial := func() {
			_, _ = RunCall(context.Background(), g, Call{Key: "m", Hurry: true}, func(context.Context) (int, error) { return 0, <-hold })
		}
		go trial()
		synctest.Wait()
		refused, _ := errors.AsType[*OpenError](once(g, "m", nil))
		if refused == nil || refused.State != HalfOpen || refused.RetryAfter() != 30*time.Second {
			t.Fatalf("refused with %+v", refused)
		}
		hold <- errDown // not throttled: that is enough
		synctest.Wait()
		wantGate(t, g, "m", 0)

		_ = once(g, "m", throttle(time.Second))
		elapse(time.Second)
		go trial()
		synctest.Wait()
		elapse(30 * time.Second) // the lease
		if err := once(g, "m", throttle(9*time.Second)); errors.Is(err, ErrOpen) {
			t.Fatal("a trial that never returned kept its place")
		}
		hold <- nil
		synctest.Wait()
		wantGate(t, g, "m", 9*time.Second)
	})
}

func TestAGateWithoutAHintDoublesFromOneSecondToTwenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		for _, want := range []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 20e9, 20e9} {
			_ = once(g, "m", throttle(0))
			wantGate(t, g, "m", want)
			elapse(want)
		}
		_ = once(g, "m", nil)
		_ = once(g, "m", throttle(0))
		wantGate(t, g, "m", time.Second)
	})
}

func TestOneBurstClosesAGateOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		hold := make(chan error)
		for range 10 {
			go func() {
				_, _ = RunCall(context.Background(), g, Call{Key: "m", Hurry: true}, func(context.Context) (int, error) { return 0, <-hold })
			}()
		}
		synctest.Wait()
		for range 8 {
			hold <- throttle(0)
			synctest.Wait()
		}
		wantGate(t, g, "m", time.Second)
		hold <- throttle(5 * time.Second)
		synctest.Wait()
		wantGate(t, g, "m", 5*time.Second)
		hold <- nil // begun before the gate closed: it does not open it
		synctest.Wait()
		wantGate(t, g, "m", 5*time.Second)
	})
}

func TestClosingAGateAgainNeverShortensIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		hold := make(chan error)
		for range 3 {
			go func() {
				_, _ = RunCall(context.Background(), g, Call{Key: "m", Hurry: true}, func(context.Context) (int, error) { return 0, <-hold })
			}()
		}
		synctest.Wait()
		for _, err := range []error{quota(10 * time.Minute), throttle(time.Second), quota(time.Minute)} {
			hold <- err
			synctest.Wait()
		}
		wantGate(t, g, "m", 10*time.Minute)
		if gates := g.Gates(); gates[0].Reason != "quota_exhausted" || gates[0].State != Open {
			t.Fatalf("gates %+v", gates)
		}
	})
}

func TestAnExhaustedQuotaIsNotRetriedAndNotAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		s := newScript(quota(10 * time.Minute))
		if _, err := Run(t.Context(), g, s.call); err != quota(10*time.Minute) || len(s.at) != 1 {
			t.Fatalf("%d calls, error %v", len(s.at), err)
		}
		if n := g.Breaker().FailureCount(); n != 0 {
			t.Fatalf("%d failures", n)
		}
		_ = once(g, "forever", quota(forever))
		wantGate(t, g, "forever", 24*time.Hour)
	})
}

func TestARunWaitsForAGateWithoutPayingUnlessHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "", throttle(40*time.Second))
		g.budget.take(10)
		start := time.Now()
		if err := once(g, "", nil); !errors.Is(err, ErrOpen) || time.Since(start) != 0 {
			t.Fatalf("hurried: %v after %v", err, time.Since(start))
		}
		if _, err := Run(t.Context(), g, succeed); err != nil || time.Since(start) != 40*time.Second {
			t.Fatalf("error %v after %v, want an answer after 40s", err, time.Since(start))
		}
		if left := g.BudgetLeft(); left != 491 {
			t.Fatalf("%d tokens left, want 490 and the credit of a success at the first attempt", left)
		}
	})
}

func TestARunDoesNotWaitForAGateInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "", throttle(61*time.Second))
		soon, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		start := time.Now()
		for _, ctx := range []context.Context{t.Context(), soon} {
			if _, err := Run(ctx, g, succeed); !errors.Is(err, ErrOpen) || time.Since(start) != 0 {
				t.Fatalf("error %v after %v", err, time.Since(start))
			}
			elapse(2 * time.Second) // 59 s left: within patience, not within the deadline
			start = time.Now()
		}
	})
}

func TestPatienceForGatesIsSpentOncePerRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "", throttle(25*time.Second))
		for i := range 5 { // whenever it is about to open, it closes again
			time.AfterFunc(time.Duration(i+1)*25*time.Second-1, func() {
				g.gates.close("", 0, &Verdict{Throttled: true, After: 25*time.Second + 1})
			})
		}
		start := time.Now()
		_, err := Run(t.Context(), g, succeed)
		if !errors.Is(err, ErrOpen) || time.Since(start) != 50*time.Second {
			t.Fatalf("error %v after %v, want a refusal after 50s", err, time.Since(start))
		}
	})
}

func TestAThrottledRunsOwnRetryGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		s := newScript(throttle(0), nil)
		if _, err := Run(t.Context(), g, s.call); err != nil || s.at[1] != time.Second {
			t.Fatalf("called at %v, error %v", s.at, err)
		}
		wantGate(t, g, "", 0)
	})
}

func TestEverybodyWhoWaitsForAGateGetsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateGuard(t)
		_ = once(g, "", throttle(10*time.Second))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				_, err := Run(t.Context(), g, func(context.Context) (int, error) { elapse(time.Second); return 0, nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestManyKeysAreForgottenSoonestFirstAndWithoutAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{OnEvent: func(e Event) {
			if e.Kind == EventGateOpened {
				t.Errorf("told that %q opened", e.Key)
			}
		}}, gateVerdict)
		for i := range maxGates {
			_ = once(g, fmt.Sprint(i), throttle(time.Duration(i+1)*time.Second))
		}
		_ = once(g, "full", throttle(time.Hour))
		if n := len(g.Gates()); n != maxGates {
			t.Fatalf("%d gates", n)
		}
		if err := once(g, "0", nil); err != nil {
			t.Fatalf("the gate that would have opened first is still there: %v", err)
		}
		elapse(time.Minute)
		_ = once(g, "expired go first", throttle(time.Hour))
		if n := len(g.Gates()); n != maxGates-59+1 {
			t.Fatalf("%d gates, want those of 60 s and less gone", n)
		}
	})
}
