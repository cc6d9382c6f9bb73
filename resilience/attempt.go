package resilience

import (
	"context"
	"errors"
	"time"
)

// run is what bounds one run and how far it has come. It is filled in and
// passed on by reference: copying it costs more than the rest of a run.
type run struct {
	deadline time.Duration // of the caller's context
	share    time.Duration
	now      time.Duration // when these were worked out, until the first attempt has used it
	fresh    bool
	timed    bool // an attempt needs the clock
	streams  bool // attempts are read in pieces
	attempts int  // calls of fn, hedges apart
}

func (r *run) begin(ctx context.Context, g *Guard, share time.Duration, streams bool) {
	r.deadline, r.share, r.timed, r.streams = forever, forever, g.timed, streams
	deadline, ok := ctx.Deadline()
	if !ok && share == 0 {
		return
	}
	now := time.Now()
	r.now, r.fresh, r.timed = now.Sub(g.clock.base), true, true
	if ok {
		r.deadline = after(r.now, deadline.Sub(now))
	}
	if share != 0 {
		r.share = after(r.now, share)
	}
}

// end is when the run must be over.
func (r *run) end() time.Duration { return min(r.deadline, r.share) }

// take reads the clock, unless that was done just before.
func (r *run) take(c *clock) time.Duration {
	if r.fresh {
		r.fresh = false
		return r.now
	}
	return c.now()
}

// place takes a place within the limit, where it may wait for one.
func (g *Guard) place(ctx context.Context, c *Call, r *run) error {
	if g.limiter.TryAcquire() {
		return nil
	}
	if r.now >= r.end() {
		return context.DeadlineExceeded
	}
	r.fresh = false
	most := forever
	if c.Hurry {
		most = 0
	} else if c.Share != 0 {
		most = c.Share
	}
	err := g.limiter.acquire(ctx, most)
	if full, ok := errors.AsType[*LimitError](err); ok {
		g.events.send(Event{Kind: EventLimitRefused, Call: c.ID, Key: c.Key, Reason: full.Reason, Limit: full.Limit})
	}
	return err
}

// failure is why an attempt gave no answer.
type failure struct {
	err     error
	verdict Verdict
	refused bool // fn was not called
}

// admission is what an attempt was let through with, and what became of it.
type admission struct {
	grant      grant
	trial      pass
	until      time.Duration // when it must be over; forever if the caller's context alone knows
	start, end time.Duration // of the call that decided it; both 0 if the run is not timed
	hedged     bool          // there was a second call
	won        bool          // and it answered
	gate       EventKind     // what became of the gate; 0 if nothing did
	closed     time.Duration // how long the gate is closed now
	reading    *Reading      // nil: the answer comes in one piece
}

// attempt calls fn or twin once, if breaker and gate let it.
func attempt[T any](ctx context.Context, g *Guard, c *Call, r *run, fn, twin func(context.Context) (T, error), f *failure) (v T, ok bool) {
	var a admission
	if !g.admit(c, r, &a, f) {
		return v, false
	}
	told := false
	defer func() {
		if !told {
			g.abandon(c, r, &a)
		}
	}()
	var delay time.Duration
	if twin != nil {
		fn, delay = twin, g.hedge(&a)
	}
	var err error
	switch {
	case delay > 0:
		v, err = hedged(ctx, g, c, r, &a, delay, twin)
	case r.streams:
		s := g.read(ctx, c, &a)
		defer a.reading.close()
		v, err = fn(s) //nolint:contextcheck // s inherits from ctx
	case a.until < forever:
		l := new(late)
		l.set(ctx, g, r, &a)
		defer l.cancel()
		v, err = fn(l) //nolint:contextcheck // l inherits from ctx
	default:
		v, err = fn(ctx)
	}
	if r.timed {
		a.end = g.clock.now()
	}
	a.reading.conclude(r, &a)
	if err == nil {
		told = true
		g.succeeded(c, r, &a)
		return v, true
	}
	f.err = err
	heard := g.judge(ctx, r, &a, f)
	if a.begun() {
		f.verdict.Retry = false
	}
	told = true
	g.failed(c, r, &a, heard, f)
	return v, false
}

// admit lets an attempt begin or fills in why not.
func (g *Guard) admit(c *Call, r *run, a *admission, f *failure) bool {
	if r.timed {
		if a.start = r.take(&g.clock); a.start >= r.end() {
			*f = failure{err: context.DeadlineExceeded, refused: true}
			return false
		}
	}
	var refused *OpenError
	if a.grant, refused = g.breaker.admit(); refused != nil {
		g.events.refused(EventBreakerRefused, c, r.attempts+1, refused)
		*f = failure{err: refused, refused: true}
		return false
	}
	if a.trial, refused = g.gates.enter(c.Key); refused != nil {
		g.breaker.settle(a.grant, Neutral)
		g.events.refused(EventGateRefused, c, r.attempts+1, refused)
		*f = refusedByGate(refused, c.Hurry)
		return false
	}
	r.attempts++
	a.until = r.share
	if g.policy.limited() {
		a.until = min(a.until, after(a.start, g.policy.Timeout))
	}
	return true
}

// hedge returns after what time the attempt becomes two calls; 0: never.
func (g *Guard) hedge(a *admission) time.Duration {
	if !g.hedger.on() || a.trial != 0 || a.grant.probe() {
		return 0
	}
	return g.hedger.call()
}

func (g *Guard) succeeded(c *Call, r *run, a *admission) {
	if r.timed && !r.streams {
		g.hedger.learn(&g.latency, g.latency.record(a.end-a.start))
	}
	v := Verdict{Outcome: Success}
	if a.trial != 0 {
		a.gate, _ = g.gates.settle(c.Key, a.trial, &v)
	}
	g.settle(c, r, a, &v)
}

// failed lets a verdict take effect. What the service was not heard to say is
// nothing to the gates.
func (g *Guard) failed(c *Call, r *run, a *admission, heard bool, f *failure) {
	v := f.verdict // After is the service's own hint to whoever listens
	if heard {
		a.gate, a.closed = g.gates.settle(c.Key, a.trial, &v)
		f.verdict.After = max(v.After, a.closed)
	} else {
		g.gates.release(c.Key, a.trial)
	}
	g.settle(c, r, a, &v)
}

// abandon settles an attempt that ended without returning.
func (g *Guard) abandon(c *Call, r *run, a *admission) {
	if r.timed {
		a.end = g.clock.now()
	}
	a.reading.conclude(r, a)
	v := Verdict{Outcome: Failure}
	if a.grant.probe() || a.left() {
		v.Outcome = Neutral
	}
	g.gates.release(c.Key, a.trial)
	g.settle(c, r, a, &v)
}

// settle tells the breaker, the limit and the listener, in this order, of an
// attempt that is nothing to its gate any more. Each may panic, for a callback
// does: by then no place is held, and the outcome has counted.
func (g *Guard) settle(c *Call, r *run, a *admission, v *Verdict) {
	g.breaker.settle(a.grant, v.Outcome)
	if g.limiter != nil {
		g.limiter.Learn(a.latency(), v.Outcome)
	}
	if g.events.watched() {
		g.events.attempted(c, r.attempts, a, v)
	}
}

// judge fills in the verdict on a failed attempt. It asks first who ended it,
// the caller before anybody else, and reports whether the service was heard:
// after the time limit, only if it asks for fewer calls.
func (g *Guard) judge(ctx context.Context, r *run, a *admission, f *failure) (heard bool) {
	if cancelled(ctx) || a.left() {
		return false
	}
	if ctx.Err() != nil || a.end >= r.end() {
		if a.silent() >= g.minTrial() {
			f.verdict.Outcome = Failure
		}
		return false
	}
	f.verdict = g.classify(f.err)
	if !a.overran(g.policy.Timeout) {
		return true
	}
	f.verdict.TimedOut = true
	return f.verdict.Throttled || f.verdict.Block > 0
}
