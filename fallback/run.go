package fallback

import (
	"context"
	"time"
)

// Reserve is how much of a deadline is kept for the instant steps behind a
// timed one, all of them together, but never more than a tenth of what is left.
const Reserve = 50 * time.Millisecond

// Result is how a call through a chain ended.
type Result[T any] struct {
	// Value is the answer; the zero T when no step answered.
	Value T
	// Step is the place of the step that answered, or -1.
	Step int
	// Left lists the steps that did not answer, in the order they were tried.
	Left []Left
}

// Chain decides, for one family of calls, how steps follow each other. It is
// immutable and safe for concurrent use.
type Chain[C, T any] struct {
	// Onward reports whether the step after a step that failed with err is
	// worth trying; nil means always. It is never asked about a context that
	// has ended: then nothing more is tried.
	Onward func(call C, err error) bool
}

// Run tries steps in order and returns at the first that answers. The time to
// share out ends at deadline or at the context's own, whichever is earlier; a
// zero deadline leaves it to the context alone.
//
// The first step is always tried, so Left has an error for it whenever
// Result.Step is not 0; with no steps at all Step is -1 and Left is empty.
func (c Chain[C, T]) Run(ctx context.Context, call C, deadline time.Time, steps []Step[C, T]) Result[T] {
	var left []Left
	for i := range steps {
		value, err := steps[i].Do(ctx, call, turn(ctx, call, deadline, steps[i:]))
		if err == nil {
			return Result[T]{Value: value, Step: i, Left: left}
		}
		left = append(left, Left{Step: i, Err: err})
		if ctx.Err() != nil || (c.Onward != nil && !c.Onward(call, err)) {
			break
		}
	}
	return Result[T]{Step: -1, Left: left}
}

// turn works out what steps[0] may do before the steps behind it.
func turn[C, T any](ctx context.Context, call C, deadline time.Time, steps []Step[C, T]) Turn {
	if !steps[0].Timed {
		return Turn{}
	}
	var t Turn
	var timed int
	var instant bool
	for _, s := range steps[1:] {
		if s.Ready != nil && !s.Ready(call) {
			continue
		}
		if s.Timed {
			timed++
		} else {
			instant = true
		}
		if s.Resort {
			t.Resort = true
		} else {
			t.Hurry = true
		}
	}
	own, bounded := ctx.Deadline()
	if bounded && (deadline.IsZero() || !deadline.Before(own)) {
		if timed == 0 && !instant {
			return t // the context's own end is the share
		}
		deadline = own
	}
	if deadline.IsZero() {
		return t
	}
	t.Share = time.Until(deadline)
	if instant {
		t.Share -= min(Reserve, t.Share/10)
	}
	if timed > 0 {
		t.Share = t.Share / time.Duration(2*timed+3) * 3
	}
	// A share of nothing would mean no bound at all: a spent one is the
	// shortest there is.
	t.Share = max(t.Share, 1)
	return t
}
