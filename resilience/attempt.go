package resilience

import (
	"context"
	"time"
)

// limits are the instants that bound a run. They are filled in and passed on
// by reference: copying them costs more than a run's other work.
type limits struct {
	deadline time.Duration // of the caller's context
	share    time.Duration
	now      time.Duration // when they were worked out, until the first attempt has used it
	fresh    bool
	timed    bool // an attempt needs the clock
}

func (lim *limits) set(ctx context.Context, g *Guard, share time.Duration) {
	lim.deadline, lim.share, lim.timed = forever, forever, g.timed
	deadline, ok := ctx.Deadline()
	if !ok && share == 0 {
		return
	}
	now := time.Now()
	lim.now, lim.fresh, lim.timed = now.Sub(g.clock.base), true, true
	if ok {
		lim.deadline = after(lim.now, deadline.Sub(now))
	}
	if share != 0 {
		lim.share = after(lim.now, share)
	}
}

// end is when the run must be over.
func (lim *limits) end() time.Duration { return min(lim.deadline, lim.share) }

// take reads the clock, unless that was done just before.
func (lim *limits) take(c *clock) time.Duration {
	if lim.fresh {
		lim.fresh = false
		return lim.now
	}
	return c.now()
}

// failure is why an attempt gave no answer.
type failure struct {
	err     error
	verdict Verdict
	refused bool // fn was not called
}

// admission is what an attempt was let through with.
type admission struct {
	grant grant
	trial pass
	start time.Duration // if the run is timed
}

// attempt calls fn once, if breaker and gate let it.
func attempt[T any](ctx context.Context, g *Guard, c *Call, lim *limits, fn func(context.Context) (T, error), f *failure) (v T, ok bool) {
	a, ok := g.admit(c, lim, f)
	if !ok {
		return v, false
	}
	told := false
	defer func() {
		if !told {
			g.breaker.abandon(a.grant)
			g.gates.release(c.Key, a.trial)
		}
	}()
	var err error
	if until := g.until(lim, a.start); until < forever {
		l := &late{parent: ctx, clock: &g.clock, until: until}
		if lim.deadline < until {
			l.until = forever
		}
		defer l.cancel()
		v, err = fn(l)
	} else {
		v, err = fn(ctx)
	}
	if err == nil {
		told = true
		g.succeeded(c, lim, a)
		return v, true
	}
	f.err = err
	heard := g.judge(ctx, lim, a.start, f)
	told = true
	g.failed(c, a, heard, f)
	return v, false
}

// admit lets an attempt begin or fills in why not.
func (g *Guard) admit(c *Call, lim *limits, f *failure) (a admission, ok bool) {
	if lim.timed {
		if a.start = lim.take(&g.clock); a.start >= lim.end() {
			*f = failure{err: context.DeadlineExceeded, refused: true}
			return a, false
		}
	}
	var refused *OpenError
	if a.grant, refused = g.breaker.admit(); refused != nil {
		*f = failure{err: refused, refused: true}
		return a, false
	}
	if a.trial, refused = g.gates.enter(c.Key); refused != nil {
		g.breaker.settle(a.grant, Neutral)
		*f = refusedByGate(refused, c.Hurry)
		return a, false
	}
	return a, true
}

// until is when an attempt begun at start must be over, forever if the
// caller's context alone knows.
func (g *Guard) until(lim *limits, start time.Duration) time.Duration {
	if g.policy.Timeout <= 0 {
		return lim.share
	}
	return min(after(start, g.policy.Timeout), lim.share)
}

func (g *Guard) succeeded(c *Call, lim *limits, a admission) {
	if lim.timed {
		g.latency.record(g.clock.now() - a.start)
	}
	if a.trial != 0 {
		g.gates.open(c.Key, a.trial)
	}
	g.breaker.settle(a.grant, Success)
}

// failed lets a verdict take effect. What the service was not heard to say is
// nothing to the gates.
func (g *Guard) failed(c *Call, a admission, heard bool, f *failure) {
	if heard {
		f.verdict.After = max(f.verdict.After, g.gates.settle(c.Key, a.trial, &f.verdict))
	} else {
		g.gates.release(c.Key, a.trial)
	}
	g.breaker.settle(a.grant, f.verdict.Outcome)
}

// judge fills in the verdict on a failed attempt. It asks first who ended it,
// the caller before anybody else, and reports whether the service was heard.
func (g *Guard) judge(ctx context.Context, lim *limits, start time.Duration, f *failure) (heard bool) {
	if cancelled(ctx) {
		return false
	}
	if !lim.timed {
		f.verdict = g.classify(f.err)
		return true
	}
	now := g.clock.now()
	if now >= lim.end() || ctx.Err() != nil {
		if now-start >= g.minTrial() {
			f.verdict.Outcome = Failure
		}
		return false
	}
	f.verdict = g.classify(f.err)
	f.verdict.TimedOut = f.verdict.TimedOut || g.policy.Timeout > 0 && now-start >= g.policy.Timeout
	return true
}
