package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var errUpstream = errors.New("upstream failed")

// upstream counts the calls that reach it. Each takes a second unless its
// context ends first.
type upstream struct{ started, cut atomic.Int64 }

func (u *upstream) call(ctx context.Context) (int64, error) {
	n := u.started.Add(1)
	select {
	case <-time.After(time.Second):
		return n, nil
	case <-ctx.Done():
		u.cut.Add(1)
		return 0, fmt.Errorf("call %d: %w", n, ctx.Err())
	}
}

// flown is what Do returned, and when.
type flown struct {
	value  int64
	shared bool
	err    error
	after  time.Duration
}

// caller is a Do that runs beside the test.
type caller struct{ landed chan flown }

func (f *Flight[T]) assertEmpty(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) != 0 {
		t.Errorf("%d keys are left in the flight", len(f.calls))
	}
}

func start(ctx context.Context, f *Flight[int64], fn func(context.Context) (int64, error)) caller {
	c := caller{make(chan flown, 1)}
	go func() {
		began := time.Now()
		v, shared, err := f.Do(ctx, "key", fn)
		c.landed <- flown{v, shared, err, time.Since(began)}
	}()
	synctest.Wait()
	return c
}

func (c caller) want(t *testing.T, want flown) {
	t.Helper()
	got := <-c.landed
	if !errors.Is(got.err, want.err) || (want.err == nil) != (got.err == nil) {
		t.Errorf("error %v, want %v", got.err, want.err)
	}
	if got.err = want.err; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestALoneCallerSharesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		start(t.Context(), &f, u.call).want(t, flown{value: 1, after: time.Second})
		start(t.Context(), &f, u.call).want(t, flown{value: 2, after: time.Second})
		f.assertEmpty(t)
	})
}

func TestAThousandIdenticalMissesMakeOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		var all sync.WaitGroup
		for i := range 1000 {
			all.Go(func() {
				// As of callers that set the same timeout at nearly the same moment.
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Duration(i*37%1000)*time.Microsecond)
				defer cancel()
				if v, shared, err := f.Do(ctx, "key", u.call); v != 1 || !shared || err != nil {
					t.Errorf("got %d, %t, %v", v, shared, err)
				}
			})
		}
		all.Wait()
		if n := u.started.Load(); n != 1 {
			t.Errorf("%d calls, want 1", n)
		}
		f.assertEmpty(t)
	})
}

func TestDifferentKeysFlyApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[string]
		var all sync.WaitGroup
		for i := range 20 {
			key := fmt.Sprint(i)
			all.Go(func() {
				v, shared, err := f.Do(t.Context(), key, func(context.Context) (string, error) {
					pass(time.Second)
					return key, nil
				})
				if v != key || shared || err != nil {
					t.Errorf("key %s got %s, %t, %v", key, v, shared, err)
				}
			})
		}
		all.Wait()
	})
}

func TestAFailureIsSharedOnceAndThenForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flight[int64]
		var u upstream
		fail := func(ctx context.Context) (int64, error) {
			_, _ = u.call(ctx)
			return 0, errUpstream
		}
		one, two := start(t.Context(), &f, fail), start(t.Context(), &f, fail)
		one.want(t, flown{shared: true, err: errUpstream, after: time.Second})
		two.want(t, flown{shared: true, err: errUpstream, after: time.Second})
		start(t.Context(), &f, u.call).want(t, flown{value: 2, after: time.Second})
	})
}

func TestTheCallHasTheValuesAndTheDeadlineOfItsFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var f Flight[int64]
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), 5*time.Second)
		defer cancel()
		_, _, err := f.Do(ctx, "key", func(fly context.Context) (int64, error) {
			want, _ := ctx.Deadline()
			if got, ok := fly.Deadline(); !ok || !got.Equal(want) {
				t.Errorf("deadline %v, want %v", got, want)
			}
			if fly.Value(key{}) != "value" {
				t.Error("the value is lost")
			}
			return 0, nil
		})
		if err != nil {
			t.Error(err)
		}
		_, _, _ = f.Do(t.Context(), "key", func(fly context.Context) (int64, error) {
			if d, ok := fly.Deadline(); ok {
				t.Errorf("deadline %v, want none", d)
			}
			return 0, nil
		})
	})
}

func TestACallerWhoseContextHasEndedCallsNobody(t *testing.T) {
	var f Flight[int64]
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var u upstream
	if _, shared, err := f.Do(ctx, "key", u.call); shared || !errors.Is(err, context.Canceled) || u.started.Load() != 0 {
		t.Errorf("got %t, %v after %d calls", shared, err, u.started.Load())
	}
}
