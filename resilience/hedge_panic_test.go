package resilience

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPanicOfTheSecondCallReachesTheCaller(t *testing.T) {
	for name, first := range map[string]said{
		"the first is cancelled":     {after: time.Hour},
		"the first has failed":       {after: 2 * second, err: errDown},
		"the first succeeds anyway":  {after: 5 * second, deaf: true},
		"the first fails afterwards": {after: 5 * second, deaf: true, err: errDown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTestGuard(t, Policy{Hedge: doubled, Breaker: BreakerConfig{Failures: 1}}, nil)
				c := calls{say: []said{first, {after: 2 * second, panics: "boom"}}}
				defer func() {
					if p := recover(); p != "boom" {
						t.Errorf("panic %v", p)
					}
					wantState(t, g.Breaker(), Open)
				}()
				_, err := RunHedged(t.Context(), g, Call{}, c.fn)
				t.Errorf("returned %v", err)
			})
		})
	}
}

func TestAGoexitOfTheSecondCallEndsTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled, Breaker: BreakerConfig{Failures: 1}}, nil)
		c := calls{say: []said{{after: time.Hour}, {last: runtime.Goexit}}}
		returned, done := false, make(chan struct{})
		start := time.Now()
		go func() {
			defer close(done)
			_, _ = RunHedged(t.Context(), g, Call{}, c.fn)
			returned = true
		}()
		<-done
		if returned || time.Since(start) != second {
			t.Fatalf("returned: %v after %v", returned, time.Since(start))
		}
		wantState(t, g.Breaker(), Open)
	})
}

func TestAPanicThatNobodyWaitsForIsOnlyTold(t *testing.T) {
	for name, then := range map[string]func(Event){
		"told":                 func(Event) {},
		"a listener panics":    func(Event) { panic("listener") },
		"a listener ends here": func(Event) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told recorder
				g := newTestGuard(t, Policy{Hedge: doubled, OnEvent: func(e Event) {
					told.add(e)
					if e.Kind == EventHedgePanicked {
						then(e)
					}
				}}, nil)
				c := calls{say: []said{{after: 2 * second}, {after: 9 * second, deaf: true, panics: "boom"}}}
				if answer, err := RunHedged(t.Context(), g, Call{}, c.fn); answer != 1 || err != nil {
					t.Fatalf("%d, %v", answer, err)
				}
				elapse(9 * second)
				want := []EventKind{EventHedgeStarted, EventHedgeLost, EventAttempt, EventHedgePanicked}
				if got := told.kinds(); !slices.Equal(got, want) {
					t.Fatalf("events %v", got)
				}
			})
		})
	}
}

func TestAListenersPanicInTheSecondCallReachesTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newTestGuard(t, Policy{Hedge: doubled, OnEvent: func(e Event) {
			if e.Kind == EventHedgeStarted {
				panic("listener")
			}
		}}, nil)
		start := time.Now()
		defer func() {
			if p := recover(); p != "listener" || time.Since(start) != second {
				t.Errorf("panic %v after %v", p, time.Since(start))
			}
		}()
		c := calls{say: []said{{after: time.Hour}, {}}}
		_, _ = RunHedged(t.Context(), g, Call{}, c.fn)
		t.Error("returned")
	})
}

func TestAPanicOfTheFirstCallEndsTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Hedge: doubled, OnEvent: told.add}, nil)
		c := calls{say: []said{{after: 2 * second, panics: "boom"}, {after: time.Hour}}}
		start := time.Now()
		func() {
			defer func() { _ = recover() }()
			_, _ = RunHedged(t.Context(), g, Call{}, c.fn)
		}()
		synctest.Wait()
		if ctxs, _ := c.seen(); ctxs[1].Err() != context.Canceled || time.Since(start) != 2*second {
			t.Fatalf("the second call's context: %v", ctxs[1].Err())
		}
		want := []EventKind{EventHedgeStarted, EventFailure, EventHedgeLost, EventAttempt}
		if got := told.kinds(); !slices.Equal(got, want) {
			t.Fatalf("events %v", got)
		}
	})
}

// The listener holds up the second call until the first has returned.
func TestASecondCallThatComesTooLateIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told recorder
		g := newTestGuard(t, Policy{Hedge: doubled, OnEvent: func(e Event) {
			told.add(e)
			if e.Kind == EventHedgeStarted {
				elapse(5 * second)
			}
		}}, nil)
		c := calls{say: []said{{after: 2 * second}, {}}}
		_, err := RunHedged(t.Context(), g, Call{}, c.fn)
		elapse(5 * second)
		want := []EventKind{EventHedgeStarted, EventAttempt, EventHedgeLost}
		if got := told.kinds(); err != nil || c.count() != 1 || !slices.Equal(got, want) {
			t.Fatalf("%d calls, error %v, events %v", c.count(), err, got)
		}
	})
}

func TestManyHedgedRunsKeepTheirAnswersApart(t *testing.T) {
	g := newTestGuard(t, Policy{Timeout: time.Minute, Hedge: HedgePolicy{MaxShare: 1, Delay: 1}, Retry: RetryPolicy{BaseDelay: 1}, Breaker: BreakerConfig{Failures: maxFailures}}, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 200 {
				want := i*1000 + n
				var calls atomic.Int32
				got, err := RunHedged(t.Context(), g, Call{}, func(ctx context.Context) (int, error) {
					if call := calls.Add(1); n%3 == 0 && call == 1 && ctx.Err() == nil {
						runtime.Gosched()
						return 0, errDown
					}
					runtime.Gosched()
					return want, nil
				})
				if err != nil || got != want {
					t.Errorf("%d, %v, want %d", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}
