package resilience

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// way is a way to make a call under a breaker: it begins the call and returns
// how to end it, or the refusal.
type way func(b *Breaker) (end func(how string), refused error)

// The promises that hold whichever way calls are made.
func TestPromisesOfEveryWayToCall(t *testing.T) {
	ways := map[string]way{
		"Do": underBreaker(Do[int]),
		"Protect": underBreaker(func(ctx context.Context, b *Breaker, fn func(context.Context) (int, error)) (int, error) {
			return Protect(b, fn)(ctx)
		}),
		"Acquire and Done": withPermit,
	}
	for promise, keep := range promises {
		for name, begin := range ways {
			t.Run(promise+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { keep(t, begin) })
			})
		}
	}
	for _, promise := range []string{"four failures at 59 s and one at 61 s open", "failures 59.1 s apart count together"} {
		t.Run(promise+"/RecordFailure", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { promises[promise](t, recorded) })
		})
	}
}

func underBreaker(run func(context.Context, *Breaker, func(context.Context) (int, error)) (int, error)) way {
	return func(b *Breaker) (func(string), error) {
		ctx, cancel := context.WithCancel(context.Background())
		how, begun, over := make(chan string), make(chan bool, 2), make(chan bool)
		var refused error
		go func() {
			defer close(over)
			defer func() { _ = recover() }()
			defer cancel()
			_, refused = run(ctx, b, func(context.Context) (int, error) {
				begun <- true
				switch <-how {
				case "succeeds":
					return 1, nil
				case "panics":
					panic("ended")
				case "exits":
					runtime.Goexit()
				case "is cancelled":
					cancel()
				}
				return 0, errDown
			})
			begun <- false
		}()
		if !<-begun {
			<-over
			return nil, refused
		}
		return func(s string) { how <- s; <-over }, nil
	}
}

func withPermit(b *Breaker) (func(string), error) {
	p, err := b.Acquire()
	return func(how string) {
		over := make(chan bool)
		go func() {
			defer close(over)
			defer func() { _ = recover() }()
			defer p.Abandon()
			switch how {
			case "succeeds":
				p.Done(Success)
			case "fails":
				p.Done(Failure)
			case "panics":
				panic("ended")
			case "exits":
				runtime.Goexit()
			case "is cancelled":
				p.Done(Neutral)
			}
		}()
		<-over
	}, err
}

func recorded(b *Breaker) (func(string), error) { return func(string) { b.RecordFailure() }, nil }

// passes begins a call that must not be refused.
func (begin way) passes(t *testing.T, b *Breaker) (end func(string)) {
	t.Helper()
	end, err := begin(b)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	return end
}

func (begin way) refused(t *testing.T, b *Breaker) {
	t.Helper()
	if _, err := begin(b); err == nil {
		t.Fatal("not refused")
	}
}

func (begin way) fail(t *testing.T, b *Breaker, n int) {
	t.Helper()
	for range n {
		begin.passes(t, b)("fails")
	}
}

// freesItsPlace is the promise about a probe that ends without a result.
func freesItsPlace(how string) func(*testing.T, way) {
	return func(t *testing.T, begin way) {
		b := recovering(t, BreakerConfig{})
		probe := begin.passes(t, b)
		begin.refused(t, b)
		probe(how)
		wantState(t, b, HalfOpen)
		if n := b.Snapshot().Failures; n != 0 {
			t.Fatalf("%d failures counted", n)
		}
		begin.passes(t, b)("succeeds")
		wantState(t, b, Closed)
	}
}

var promises = map[string]func(*testing.T, way){
	"four failures at 59 s and one at 61 s open": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		elapse(59 * time.Second)
		begin.fail(t, b, 4)
		elapse(2 * time.Second)
		wantState(t, b, Closed)
		begin.fail(t, b, 1)
		wantState(t, b, Open)
	},
	"failures 59.1 s apart count together": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{Failures: 2})
		begin.fail(t, b, 1)
		elapse(59100 * time.Millisecond)
		begin.fail(t, b, 1)
		wantState(t, b, Open)
	},
	"half-open lets 1 of 64 through": func(t *testing.T, begin way) {
		b := recovering(t, BreakerConfig{})
		probe := begin.passes(t, b)
		for range 63 {
			begin.refused(t, b)
		}
		probe("succeeds")
		wantState(t, b, Closed)
	},
	"a success begun earlier does not close": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		early, late := begin.passes(t, b), begin.passes(t, b)
		begin.fail(t, b, 5)
		early("succeeds")
		wantState(t, b, Open)
		elapse(30 * time.Second)
		late("succeeds")
		wantState(t, b, HalfOpen)
	},
	"a failure begun earlier does not reopen": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		early, late := begin.passes(t, b), begin.passes(t, b)
		begin.fail(t, b, 5)
		elapse(30 * time.Second)
		wantState(t, b, HalfOpen)
		early("fails")
		wantState(t, b, HalfOpen)
		begin.passes(t, b)("succeeds")
		late("fails")
		if s := b.Snapshot(); s.State != Closed || s.Failures != 5 {
			t.Fatalf("%+v", s)
		}
	},
	"failures of an old era do not trip the new one": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		var old []func(string)
		for range 10 {
			old = append(old, begin.passes(t, b))
		}
		begin.fail(t, b, 5)
		elapse(30 * time.Second)
		begin.passes(t, b)("succeeds")
		for _, end := range old {
			end("fails")
		}
		begin.fail(t, b, 4)
		wantState(t, b, Closed)
	},
	"a probe that panics frees its place":       freesItsPlace("panics"),
	"a probe that exits frees its place":        freesItsPlace("exits"),
	"a probe that is cancelled frees its place": freesItsPlace("is cancelled"),
	"a probe that never returns frees its place": func(t *testing.T, begin way) {
		b := recovering(t, BreakerConfig{})
		stuck := begin.passes(t, b)
		elapse(30*time.Second - 1)
		begin.refused(t, b)
		elapse(1)
		next := begin.passes(t, b)
		stuck("fails")
		wantState(t, b, HalfOpen)
		next("succeeds")
		wantState(t, b, Closed)
	},
	"five cancels by the caller do not open": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		for range 5 {
			begin.passes(t, b)("is cancelled")
		}
		if s := b.Snapshot(); s.State != Closed || s.Failures != 0 {
			t.Fatalf("%+v", s)
		}
	},
	"a call that panics or exits has failed": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{Failures: 2})
		begin.passes(t, b)("panics")
		begin.passes(t, b)("exits")
		wantState(t, b, Open)
	},
	"a callback may ask for the state": func(t *testing.T, begin way) {
		var b *Breaker
		var seen []State
		b = newTestBreaker(t, BreakerConfig{
			OnStateChange: func(StateChange) { seen = append(seen, b.State()) },
			OnFailure:     func(FailureEvent) { seen = append(seen, b.Snapshot().State) },
		})
		begin.fail(t, b, 5)
		if len(seen) != 6 || seen[5] != Open {
			t.Fatalf("saw %v", seen)
		}
	},
	"calls run in parallel": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		first, second := begin.passes(t, b), begin.passes(t, b)
		second("succeeds")
		first("succeeds")
	},
	"one call counts once": func(t *testing.T, begin way) {
		b := newTestBreaker(t, BreakerConfig{})
		begin.fail(t, b, 1)
		if n := b.FailureCount(); n != 1 {
			t.Fatalf("%d failures", n)
		}
	},
}
