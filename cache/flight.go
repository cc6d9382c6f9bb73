package cache

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// deadlineSlack is how much later than a caller's deadline that of a flight may
// be for the caller still to join it, at most a tenth of what the caller has
// left. Callers that set the same timeout at nearly the same moment are to
// share one call, in whichever order they arrive.
const deadlineSlack = 25 * time.Millisecond

// Flight lets concurrent callers that want the same thing share one call. The
// zero value is ready. It is safe for concurrent use and must not be copied.
type Flight[T any] struct {
	mu    sync.Mutex
	calls map[string][]*call[T] // that may still be joined
}

// Do returns the result of fn, or that of a call of the same key which is
// running already. shared reports that others were given the same result: it
// must not be changed, only cloned.
//
// Each caller keeps its own cancellation: one whose context ends returns with
// its own ctx.Err() at once, and the others go on. (Where fn's own time was up
// no later, fn has 25 ms to say what came of it.) fn runs in a goroutine of its
// own with a context that has the values and the deadline of the caller that
// started it, but not its cancellation: it is cancelled when the last caller has
// left, and from then on joined by no one.
//
// Nobody gives up time by sharing. A caller joins only a call that has to end
// about as early as its own deadline, or earlier (the slack is 25 ms, at most a
// tenth of the caller's own time), and that has at least half of the caller's
// time left: a call made in a hurry may settle for less. Else it starts its own,
// which others may join. If a call fails after running out of the time of the
// caller that started it, those that have more than the slack left start over.
//
// A panic of fn is raised, with the same value, in every caller that waits for
// it, and runtime.Goexit ends their goroutines too. With no one waiting, both end
// with the call.
//
// fn must honour its context. The goroutine ends when fn returns. An fn that
// gives up before its deadline, for want of time, fails all its callers alike:
// the one that knows its errors may call Do again for who has time left.
func (f *Flight[T]) Do(ctx context.Context, key string, fn func(context.Context) (T, error)) (v T, shared bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return v, false, err
		}
		c := f.board(ctx, key, fn)
		select {
		case <-c.done:
		case <-ctx.Done():
			if !c.landsWith(ctx) {
				f.leave(key, c)
				return v, false, ctx.Err()
			}
		}
		if c.outOfTime && c.leavesTime(ctx) {
			continue
		}
		v, err = c.result()
		return v, c.shared, err
	}
}

// board joins a call that suits ctx or starts one.
func (f *Flight[T]) board(ctx context.Context, key string, fn func(context.Context) (T, error)) *call[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls[key] {
		if c.suits(ctx) {
			c.waiting++
			c.shared = true
			return c
		}
	}
	c := &call[T]{waiting: 1, done: make(chan struct{})}
	c.deadline, c.limited = ctx.Deadline()
	ctx = context.WithoutCancel(ctx)
	if c.limited {
		ctx, c.cancel = context.WithDeadline(ctx, c.deadline)
	} else {
		ctx, c.cancel = context.WithCancel(ctx)
	}
	if f.calls == nil {
		f.calls = make(map[string][]*call[T])
	}
	f.calls[key] = append(f.calls[key], c)
	go f.fly(ctx, key, c, fn)
	return c
}

// leave takes one caller off the call and cancels it if that was the last.
func (f *Flight[T]) leave(key string, c *call[T]) {
	f.mu.Lock()
	c.waiting--
	last := c.waiting == 0
	if last {
		f.remove(key, c)
	}
	f.mu.Unlock()
	if last {
		c.cancel()
	}
}

// fly runs fn and hands its result, its panic or its Goexit to those waiting.
func (f *Flight[T]) fly(ctx context.Context, key string, c *call[T], fn func(context.Context) (T, error)) {
	defer func() {
		if c.ending == exited {
			if p := recover(); p != nil {
				c.ending, c.panicked = panicked, p
			}
		}
		c.outOfTime = c.err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded)
		f.mu.Lock()
		f.remove(key, c)
		f.mu.Unlock()
		c.cancel()
		close(c.done)
	}()
	c.value, c.err = fn(ctx)
	c.ending = returned
}

// remove takes the call off the board, if it is still there.
func (f *Flight[T]) remove(key string, c *call[T]) {
	rest := slices.DeleteFunc(f.calls[key], func(other *call[T]) bool { return other == c })
	if len(rest) == 0 {
		delete(f.calls, key)
	} else {
		f.calls[key] = rest
	}
}

// How a call ended. A call that neither returned nor panicked called Goexit.
type ending uint8

const (
	exited ending = iota
	returned
	panicked
)

// call is one run of fn and those who wait for it.
type call[T any] struct {
	deadline time.Time // of fn's context, if limited
	limited  bool
	cancel   context.CancelFunc

	// Guarded by Flight.mu. shared does not change once the call is off the
	// board, which is before done is closed.
	waiting int
	shared  bool

	done chan struct{}
	// Written before done is closed, read after.
	value     T
	err       error
	ending    ending
	panicked  any
	outOfTime bool // failed when fn's context had passed its deadline
}

// suits reports whether a caller with ctx gives up no time by joining: the call
// ends about as early as the caller must, and was not begun in a hurry that the
// caller is not in.
func (c *call[T]) suits(ctx context.Context) bool {
	if c.limited && time.Until(c.deadline) <= 0 {
		return false
	}
	own, limited := ctx.Deadline()
	if !limited {
		return true
	}
	slack := min(deadlineSlack, time.Until(own)/10)
	return c.limited && !c.deadline.After(own.Add(slack)) && time.Until(c.deadline) >= time.Until(own)/2
}

// leavesTime reports whether ctx goes on for long enough after the call's end
// to be worth another.
func (c *call[T]) leavesTime(ctx context.Context) bool {
	own, limited := ctx.Deadline()
	return ctx.Err() == nil && c.limited && (!limited || own.After(c.deadline.Add(deadlineSlack)))
}

// landsWith reports whether the call has ended, or ends within the slack
// because its own time was up no later than that of ctx, which has ended: what
// fn says of it is worth more than that the time was up.
func (c *call[T]) landsWith(ctx context.Context) bool {
	own, limited := ctx.Deadline()
	if !c.limited || !limited || c.deadline.After(own) || ctx.Err() != context.DeadlineExceeded {
		return c.isDone()
	}
	timer := time.NewTimer(deadlineSlack)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return c.isDone()
	}
}

func (c *call[T]) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

func (c *call[T]) result() (T, error) {
	switch c.ending {
	case panicked:
		panic(c.panicked)
	case exited:
		runtime.Goexit()
	}
	return c.value, c.err
}
