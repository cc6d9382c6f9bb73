package resilience

import (
	"context"
	"sync/atomic"
	"time"
)

// Reading is an attempt of [RunStream] to read an answer that comes in pieces.
// It is for the goroutine of the attempt only, and of no use after it.
type Reading struct {
	guard  *Guard
	cancel context.CancelCauseFunc
	call   uint64 // Call.ID
	key    string // Call.Key
	grant  grant  // of the attempt
	trial  pass   // likewise

	timer   *time.Timer // runs unless paused
	paused  bool
	began   bool
	expired atomic.Bool
	since   time.Duration // the present wait for a piece
	first   time.Duration // when the first piece came; meaningful if began
}

// read makes the context of an attempt to read a stream. Its limits move with
// the pieces, which no deadline of a context could: they cancel it.
func (g *Guard) read(ctx context.Context, c *Call, a *admission) *reading {
	r := &Reading{guard: g, call: c.ID, key: c.Key, grant: a.grant, trial: a.trial, since: a.start}
	attempt, cancel := context.WithCancelCause(ctx)
	r.cancel = cancel
	r.timer = time.AfterFunc(min(a.until, after(a.start, g.policy.Stream.First))-a.start, r.expire)
	a.reading = r
	return &reading{attempt, r}
}

// Pause says that a piece has come, which the caller is now busy with. The error
// is [context.DeadlineExceeded] if it came too late: the attempt's context has
// then been cancelled with that cause. Pausing again does nothing.
//
// At the first piece a breaker or a gate may open or close: what a callback
// panics with passes through.
func (r *Reading) Pause() error {
	if r.paused {
		return nil
	}
	if !r.timer.Stop() {
		r.expire()
		return context.DeadlineExceeded
	}
	r.paused = true
	if !r.began {
		r.begin()
	}
	return nil
}

// Resume says that the caller waits for the next piece, or for the end. It
// must follow Pause unless the caller wants no more.
func (r *Reading) Resume() {
	if !r.paused {
		return
	}
	r.paused, r.since = false, r.guard.clock.now()
	r.timer.Reset(r.guard.policy.Stream.Silence)
}

func (r *Reading) expire() {
	r.expired.Store(true)
	r.cancel(context.DeadlineExceeded)
}

// begin lets the first piece take effect.
func (r *Reading) begin() {
	r.began, r.first = true, r.guard.clock.now()
	opened, _ := r.guard.gates.settle(r.key, r.trial, &Verdict{Outcome: Success})
	r.grant = r.guard.breaker.begun(r.grant)
	if opened != 0 {
		r.guard.events.send(Event{Kind: opened, Call: r.call, Key: r.key})
	}
}

// close ends the attempt's context.
func (r *Reading) close() {
	r.timer.Stop()
	r.cancel(context.Canceled)
}

// conclude tells the attempt what its stream has changed.
func (r *Reading) conclude(run *run, a *admission) {
	if r == nil || !r.began {
		return
	}
	a.grant, run.share = r.grant, forever
}

// The following are asked of attempts without a stream, too.

// left tells whether the caller ended the attempt, by taking no more.
func (a *admission) left() bool { return a.reading != nil && a.reading.paused }

// begun tells whether the caller has part of the answer.
func (a *admission) begun() bool { return a.reading != nil && a.reading.began }

// silent is for how long the service had nothing to say when the attempt ended.
func (a *admission) silent() time.Duration {
	if a.reading != nil {
		return a.end - a.reading.since
	}
	return a.end - a.start
}

// latency is how long the service took to answer.
func (a *admission) latency() time.Duration {
	if a.begun() {
		return a.reading.first - a.start
	}
	return a.end - a.start
}

// overran tells whether the attempt used up a limit of its own.
func (a *admission) overran(timeout time.Duration) bool {
	if a.reading != nil {
		return a.reading.expired.Load()
	}
	return a.end-a.start >= timeout
}
