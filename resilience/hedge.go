package resilience

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// HedgePolicy lets a second call of the function of [RunHedged] begin beside one
// that is slow; the first success is the answer. It follows "The Tail at Scale"
// (Dean and Barroso, 2013). The zero value never hedges.
//
// Both calls run at the same time with contexts of their own under one permit
// and one time limit, so the function must be safe to call concurrently with
// itself, what it captures included, and harmless to carry out twice. The
// context of the one that is not needed any more is cancelled; what that one
// returns goes nowhere, so it must not need closing. A second call that fails
// says nothing: if both fail, the first call's result is the attempt's.
//
// The attempt ends when its first call has succeeded or both have ended; the
// second call's success cancels the first, and a second call that ignores the
// end of its context is left behind. If the second call panics or ends its
// goroutine before that, the first is cancelled and the same happens to the
// run's caller (a panic without the second call's stack); later there is only
// [EventHedgePanicked].
//
// Neither the breaker's probe nor the first call through a gate is hedged, and
// none is while the breaker or the key's gate refuses calls.
type HedgePolicy struct {
	// MaxShare of the calls may be doubled in the long run: above 0, which is
	// off, up to 1. Calls earn the right to a hedge at that rate, beginning with
	// none, and it is kept for ten hedges at most: a quiet hour does not pay for
	// the hedges of an outage.
	MaxShare float64
	// Delay is how long the first call runs alone, less than Policy.Timeout.
	// Default: the 95th percentile of the recent successful attempts
	// ([Guard.P95]), and no hedge before 20 of them are known.
	Delay time.Duration
}

const (
	hedgeBurst   = 10
	hedgeCost    = 1 << 32 // in the credit that calls earn
	hedgeSamples = 20      // successes before the latency is believed
	hedgeRefresh = 16      // successes between two looks at it
)

func (p HedgePolicy) validate() error {
	if p.MaxShare == 0 && p.Delay > 0 {
		return invalid("HedgePolicy.MaxShare is 0: must be set for HedgePolicy.Delay (%v) to have a meaning", p.Delay)
	}
	return firstError(
		share("HedgePolicy.MaxShare", p.MaxShare),
		notNegative("HedgePolicy.Delay", p.Delay),
	)
}

// hedger decides for a guard which calls are hedged, and when.
type hedger struct {
	credit bucket
	earned int64         // by each call; 0: hedging is off
	fixed  time.Duration // HedgePolicy.Delay
	known  atomic.Int64  // the observed delay; 0: none yet
}

func (h *hedger) set(p HedgePolicy) {
	h.earned, h.fixed = int64(p.MaxShare*hedgeCost), p.Delay
	h.credit.capacity = hedgeBurst * hedgeCost
}

func (h *hedger) on() bool { return h.earned > 0 }

// call is told of each call and returns when to hedge it; 0 if not at all.
func (h *hedger) call() time.Duration {
	h.credit.put(h.earned)
	if h.fixed > 0 {
		return h.fixed
	}
	return time.Duration(h.known.Load())
}

// learn looks at the latency from time to time: that takes longer than a call.
func (h *hedger) learn(l *latency, samples int) {
	if h.on() && h.fixed == 0 && samples >= hedgeSamples && samples%hedgeRefresh == hedgeSamples%hedgeRefresh {
		p95, _ := l.quantile(0.95)
		h.known.Store(int64(p95))
	}
}

// hedge is an attempt that may become two calls. The first one stays in the
// goroutine of the run's caller, with its stack and its panics; a timer begins
// the second one in another.
type hedge[T any] struct {
	guard         *Guard
	id            uint64 // Call.ID
	key           string
	attempt       int
	fn            func(context.Context) (T, error)
	first, second late
	begun         time.Duration // the second call

	mu      sync.Mutex
	over    bool // the second call is not needed any more
	started bool // it was made
	ended   bool // nothing more comes of it; what follows is set

	done     chan struct{} // closed when ended
	v        T
	err      error
	panicked any
	exited   bool // by Goexit
}

// hedged calls fn, and once more after delay. It corrects in a what depends on
// which of the two decided.
func hedged[T any](ctx context.Context, g *Guard, c *Call, r *run, a *admission, delay time.Duration, fn func(context.Context) (T, error)) (T, error) {
	h := &hedge[T]{guard: g, id: c.ID, key: c.Key, attempt: r.attempts, fn: fn, done: make(chan struct{})}
	h.first.set(ctx, g, r, a)
	h.second.set(ctx, g, r, a)
	timer := time.AfterFunc(delay, h.run)
	defer func() {
		timer.Stop()
		a.hedged = h.close()
	}()
	v, err := fn(&h.first) //nolint:contextcheck // it inherits from ctx
	if !h.decides(err) {
		return v, err
	}
	switch {
	case h.panicked != nil:
		panic(h.panicked)
	case h.exited:
		runtime.Goexit()
	}
	a.won, a.start = true, h.begun
	return h.v, nil
}

// decides waits for the second call, if it is out and the first one failed
// with err, and tells whether the attempt ends as the second call did.
func (h *hedge[T]) decides(err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && h.started && !h.ended {
		h.mu.Unlock()
		select {
		case <-h.done:
		case <-h.second.Done():
		}
		h.mu.Lock()
	}
	h.over = true
	return h.ended && (h.panicked != nil || h.exited || h.started && h.err == nil)
}

// close ends what may still go on and reports whether there was a second call.
// It is deferred: the first call need not have returned.
func (h *hedge[T]) close() bool {
	h.mu.Lock()
	h.over = true
	started := h.started
	h.mu.Unlock()
	h.first.cancel()
	h.second.cancel()
	return started
}

// run is the second call, in a goroutine of its own.
func (h *hedge[T]) run() {
	exited := true
	defer func() {
		p := recover()
		h.end(p, exited && p == nil)
	}()
	if h.begin() {
		h.v, h.err = h.fn(&h.second)
	}
	exited = false
}

// begin tells whether to make the second call.
func (h *hedge[T]) begin() bool {
	g := h.guard
	if h.first.Err() != nil || !g.admits(h.key) || !g.hedger.credit.take(hedgeCost) {
		return false
	}
	h.tell(EventHedgeStarted)
	h.begun = g.clock.now()
	h.mu.Lock()
	h.started = !h.over
	h.mu.Unlock()
	if !h.started {
		h.tell(EventHedgeLost)
	}
	return h.started
}

// end tells the run what came of the second call: nothing if it was not made.
func (h *hedge[T]) end(panicked any, exited bool) {
	h.mu.Lock()
	over := h.over
	h.panicked, h.exited, h.ended = panicked, exited, true
	h.mu.Unlock()
	close(h.done)
	h.second.cancel()
	switch {
	case !over:
		if panicked != nil || exited || h.started && h.err == nil {
			h.first.cancel()
		}
	case panicked != nil:
		// A listener that panics too has nobody left to tell.
		defer func() { _ = recover() }()
		h.tell(EventHedgePanicked)
	}
}

func (h *hedge[T]) tell(kind EventKind) {
	h.guard.events.send(Event{Kind: kind, Call: h.id, Key: h.key, Attempt: h.attempt})
}
