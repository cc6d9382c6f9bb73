package resilience

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

type lateKey struct{}

func newLate(parent context.Context, limit time.Duration) *late {
	c := newClock()
	l := &late{parent: parent, clock: &c, until: forever}
	if limit < forever {
		l.until = after(c.now(), limit)
	}
	return l
}

// twins are a late context and one of package context with the same history.
type twins struct {
	late, real   context.Context
	cancelLate   func()
	cancelReal   context.CancelFunc
	cancelParent context.CancelCauseFunc
	children     [][2]context.Context
	called       [2]int // of AfterFuncs
	mu           sync.Mutex
}

func newTwins(base context.Context, limit, parentLimit time.Duration) *twins {
	parent, cancelParent := context.WithCancelCause(context.WithValue(base, lateKey{}, "value"))
	w := &twins{cancelParent: cancelParent}
	if parentLimit < limit {
		limited, cancel := context.WithTimeout(parent, parentLimit)
		context.AfterFunc(parent, cancel)
		parent, limit = limited, forever
	}
	l := newLate(parent, limit)
	w.late, w.cancelLate = l, l.cancel
	if limit == forever {
		w.real, w.cancelReal = context.WithCancel(parent)
	} else {
		w.real, w.cancelReal = context.WithTimeout(parent, limit)
	}
	return w
}

func (w *twins) each(f func(i int, ctx context.Context)) { f(0, w.late); f(1, w.real) }

func (w *twins) compare(t *rapid.T) {
	synctest.Wait()
	same := func(what string, a, b context.Context) {
		if a.Err() != b.Err() || context.Cause(a) != context.Cause(b) {
			t.Fatalf("%s: error %v (%v), want %v (%v)", what, a.Err(), context.Cause(a), b.Err(), context.Cause(b))
		}
	}
	same("the context", w.late, w.real)
	for _, c := range w.children {
		same("a child", c[0], c[1])
	}
	at, ok := w.late.Deadline()
	if want, wanted := w.real.Deadline(); !at.Equal(want) || ok != wanted {
		t.Fatalf("deadline %v %v, want %v %v", at, ok, want, wanted)
	}
	if w.late.Value(lateKey{}) != "value" || w.late.Value(errDown) != nil {
		t.Fatal("wrong values")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.called[0] != w.called[1] {
		t.Fatalf("%d functions called, want %d", w.called[0], w.called[1])
	}
}

func TestALateContextAnswersAsTheStandardOne(t *testing.T) {
	actions := map[string]func(*rapid.T, *twins){
		"time passes":   func(rt *rapid.T, _ *twins) { elapse(time.Duration(rapid.IntRange(1, 3).Draw(rt, "s")) * time.Second) },
		"parent ends":   func(_ *rapid.T, w *twins) { w.cancelParent(errDown) },
		"parent cancel": func(_ *rapid.T, w *twins) { w.cancelParent(nil) },
		"cancel":        func(_ *rapid.T, w *twins) { w.cancelLate(); w.cancelReal() },
		"nothing":       func(*rapid.T, *twins) {},
		"done": func(rt *rapid.T, w *twins) {
			var closed [2]bool
			w.each(func(i int, ctx context.Context) {
				select {
				case <-ctx.Done():
					closed[i] = true
				default:
				}
			})
			if closed[0] != closed[1] {
				rt.Fatalf("done %v, want %v", closed[0], closed[1])
			}
		},
		"child": func(_ *rapid.T, w *twins) {
			var pair [2]context.Context
			w.each(func(i int, ctx context.Context) {
				child, cancel := context.WithCancel(context.WithValue(ctx, errDown, 1))
				pair[i] = child
				context.AfterFunc(child, cancel)
			})
			w.children = append(w.children, pair)
		},
		"detached child": func(_ *rapid.T, w *twins) {
			w.children = append(w.children, [2]context.Context{context.WithoutCancel(w.late), context.WithoutCancel(w.real)})
		},
		"call after": func(_ *rapid.T, w *twins) {
			w.each(func(i int, ctx context.Context) {
				context.AfterFunc(ctx, func() {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.called[i]++
				})
			})
		},
	}
	names := slices.Sorted(maps.Keys(actions))
	limits := rapid.SampledFrom([]time.Duration{0, 2 * time.Second, 5 * time.Second, forever})
	rapid.Check(t, func(rt *rapid.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newTwins(t.Context(), limits.Draw(rt, "limit"), limits.Draw(rt, "parent"))
			defer w.cancelParent(nil)
			w.compare(rt)
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 0, 12).Draw(rt, "actions") {
				actions[name](rt, w)
				w.compare(rt)
			}
		})
	})
}

func TestALateContextThatNobodyAskedSaysLessOfItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLate(t.Context(), time.Second)
		elapse(time.Minute)
		l.cancel()
		if l.Err() != context.Canceled || context.Cause(l) != context.Canceled {
			t.Errorf("cancelled when its time was over: %v", l.Err())
		}
		parent, cancel := context.WithCancelCause(t.Context())
		l = newLate(parent, time.Second)
		elapse(time.Minute)
		cancel(errDown)
		if l.Err() != context.Canceled || context.Cause(l) != errDown {
			t.Errorf("ended twice: %v, cause %v", l.Err(), context.Cause(l))
		}
	})
}

func TestALateContextsEndIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancelCause(t.Context())
		l := newLate(parent, time.Second)
		if elapse(time.Second - 1); l.Err() != nil {
			t.Fatalf("ended a nanosecond early: %v", l.Err())
		}
		if elapse(1); l.Err() != context.DeadlineExceeded {
			t.Fatalf("not ended: %v", l.Err())
		}
		cancel(errDown)
		l.cancel()
		select {
		case <-l.Done():
		default:
			t.Fatal("Done is not closed")
		}
		if l.Err() != context.DeadlineExceeded || context.Cause(l) != context.DeadlineExceeded {
			t.Fatalf("error %v, cause %v", l.Err(), context.Cause(l))
		}
		child, stop := context.WithCancel(l)
		defer stop()
		if child.Err() != context.DeadlineExceeded {
			t.Fatalf("a child's error is %v", child.Err())
		}
	})
}

// foreign hides from package context what it is made of.
type foreign struct {
	context.Context
	done chan struct{}
}

func (f foreign) Done() <-chan struct{} { return f.done }

func (f foreign) Err() error {
	select {
	case <-f.done:
		return context.Canceled
	default:
		return nil
	}
}

func TestChildrenOfALateContextNeedNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLate(t.Context(), time.Minute)
		before := runtime.NumGoroutine()
		for range 100 {
			_, cancel := context.WithCancel(context.WithValue(l, lateKey{}, 1))
			defer cancel()
		}
		if n := runtime.NumGoroutine() - before; n > 10 {
			t.Fatalf("%d goroutines for 100 children", n)
		}
		l.cancel()
	})
}

func TestACancelledLateContextLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which waits for every goroutine
		parent := foreign{t.Context(), make(chan struct{})}
		for _, limit := range []time.Duration{time.Minute, forever} {
			l := newLate(parent, limit)
			l.Done()
			synctest.Wait()
			l.cancel()
			if <-l.Done(); l.Err() != context.Canceled {
				t.Fatalf("error %v", l.Err())
			}
			unused := newLate(parent, limit)
			unused.cancel()
			if <-unused.Done(); unused.Err() != context.Canceled {
				t.Fatalf("error %v", unused.Err())
			}
		}
		ending := newLate(parent, time.Minute)
		close(parent.done)
		if <-ending.Done(); ending.Err() != context.Canceled {
			t.Fatalf("the parent's end: %v", ending.Err())
		}
		ending.cancel()
	})
}

func TestALateContextEndsOnceForAll(t *testing.T) {
	for range 200 {
		parent, cancelParent := context.WithCancel(t.Context())
		l := newLate(parent, time.Nanosecond)
		seen := make([]error, 4)
		var wg sync.WaitGroup
		for i, f := range []func(){l.cancel, cancelParent, func() { l.Done() }, func() { _ = l.Value(lateKey{}) }} {
			wg.Go(func() {
				f()
				<-l.Done()
				seen[i] = l.Err()
			})
		}
		wg.Wait()
		for _, err := range seen {
			if err == nil || !errors.Is(err, l.Err()) {
				t.Fatalf("errors %v, at last %v", seen, l.Err())
			}
		}
	}
}

func TestALateContextDoesNotPrintWhatItCarries(t *testing.T) {
	if s := newLate(t.Context(), 0).String(); s != "resilience.attempt" {
		t.Fatalf("it prints %q", s)
	}
}

// counting counts how often it is asked for a value.
type counting struct {
	context.Context
	asked *int
}

func (c counting) Value(key any) any {
	*c.asked++
	return c.Context.Value(key)
}

func TestALateContextAsksItsParentOnceForAValue(t *testing.T) {
	for name, reach := range map[string]func(*late){
		"fresh":     func(*late) {},
		"real":      func(l *late) { l.Done() },
		"cancelled": func(l *late) { l.cancel() },
	} {
		asked := 0
		l := newLate(counting{t.Context(), &asked}, time.Minute)
		reach(l)
		asked = 0
		if v := l.Value(lateKey{}); v != nil || asked != 1 {
			t.Errorf("%s: got %v, asked %d times", name, v, asked)
		}
		l.cancel()
	}
}
