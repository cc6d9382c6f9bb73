package resilience

import (
	"context"
	"sync/atomic"
	"time"
)

// late is a context with a deadline and a cancel that becomes one of package
// context only when somebody asks for Done: most attempts are over before, and
// then cost neither a timer nor a place among their parent's children. It
// answers as a context.WithDeadline of the same parent would.
//
// Everything that waits asks for Done first, context.WithCancel and AfterFunc
// included; from then on Value finds the real context, so that these attach to
// it without a goroutine.
type late struct {
	parent context.Context //nolint:containedctx // a context is what this is
	clock  *clock
	until  time.Duration // its own deadline; forever if the parent's is not later
	state  atomic.Pointer[lateState]
}

// lateState takes over the answers of a late context, once and for all.
type lateState struct {
	ctx    context.Context //nolint:containedctx // what the late one has become
	cancel context.CancelFunc
	err    error // how it ended before anybody asked for Done; nil: ctx knows
}

var (
	lateCanceled = endedState(context.Canceled, context.Canceled)
	lateExpired  = endedState(context.DeadlineExceeded, context.DeadlineExceeded)
)

// endedState needs no parent: it holds the cause for [context.Cause] and a
// closed channel, nothing else.
func endedState(err, cause error) *lateState {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	return &lateState{ctx: ctx, cancel: func() {}, err: err}
}

// set makes l the context of an attempt.
func (l *late) set(parent context.Context, g *Guard, r *run, a *admission) {
	l.parent, l.clock, l.until = parent, &g.clock, a.until
	if r.deadline < a.until {
		l.until = forever
	}
}

// Deadline returns the earlier of the parent's deadline and its own.
func (l *late) Deadline() (time.Time, bool) {
	if l.until == forever {
		return l.parent.Deadline()
	}
	return l.clock.time(l.until), true
}

// Done makes the context a real one.
func (l *late) Done() <-chan struct{} {
	s := l.state.Load()
	if s == nil {
		s = l.arm()
	}
	return s.ctx.Done()
}

func (l *late) arm() *lateState {
	var s lateState
	if l.until == forever {
		s.ctx, s.cancel = context.WithCancel(l.parent)
	} else {
		s.ctx, s.cancel = context.WithDeadline(l.parent, l.clock.time(l.until))
	}
	if !l.state.CompareAndSwap(nil, &s) {
		s.cancel()
	}
	return l.state.Load()
}

// Err asks parent and clock as long as nobody asked for Done.
func (l *late) Err() error {
	s := l.state.Load()
	if s == nil {
		if s = l.ended(); s == nil {
			return nil
		}
		if !l.state.CompareAndSwap(nil, s) {
			s = l.state.Load()
		}
	}
	if s.err != nil {
		return s.err
	}
	return s.ctx.Err()
}

func (l *late) ended() *lateState {
	if err := l.parent.Err(); err != nil {
		return endedState(err, context.Cause(l.parent))
	}
	if l.until != forever && l.clock.now() >= l.until {
		return lateExpired
	}
	return nil
}

// Value returns the parent's values. What package context looks for here is
// how this context ended, which the parent need not know. Only what ended
// before anybody asked for Done does not ask the parent itself.
func (l *late) Value(key any) any {
	if s := l.state.Load(); s != nil {
		if v := s.ctx.Value(key); v != nil || s.err == nil {
			return v
		}
	}
	return l.parent.Value(key)
}

// String keeps the parent's values out of what prints a context.
func (l *late) String() string { return "resilience.attempt" }

func (l *late) cancel() {
	if !l.state.CompareAndSwap(nil, lateCanceled) {
		l.state.Load().cancel()
	}
}
