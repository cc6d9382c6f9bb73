package resilience

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Limiter bounds how many calls are under way at once and, by its queue, how
// many wait for that. Make one with [NewLimiter]. It is safe for concurrent use,
// has no goroutine, no timer while nobody waits, and needs no closing.
type Limiter struct {
	places   atomic.Uint64 // a places; see there who may change it
	refusals atomic.Pointer[refusals]

	name   string
	policy LimitPolicy // defaults filled in
	clock  clock

	mu        sync.Mutex
	queue     queue
	pace      pace
	adaptive  adaptive
	callbacks callbacks
}

// NewLimiter returns a limiter with every place free, or an error that names
// what is wrong with its arguments. The name appears in refusals.
func NewLimiter(name string, p LimitPolicy) (*Limiter, error) {
	if name == "" {
		return nil, errNoName
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	p = p.withDefaults()
	l := &Limiter{name: name, policy: p, clock: newClock(), adaptive: newAdaptive(p)}
	limit := p.MaxConcurrent
	switch {
	case p.Adaptive.Min > 0:
		limit = p.Adaptive.Start
	case limit == 0:
		limit = unlimited
	}
	l.places.Store(uint64(newPlaces(limit)))
	l.refusals.Store(l.newRefusals(limit))
	return l, nil
}

// Name returns the name given to [NewLimiter].
func (l *Limiter) Name() string { return l.name }

// Limit returns how many calls may be under way at once; 0 if any number may.
func (l *Limiter) Limit() int {
	if limit := l.load().limit(); limit != unlimited {
		return limit
	}
	return 0
}

// InFlight returns how many calls are under way: those that hold a place.
func (l *Limiter) InFlight() int { return l.load().inFlight() }

// Queued returns how many calls wait for a place.
func (l *Limiter) Queued() int { return l.load().waiting() }

// Acquire takes a place for one call, which [Limiter.Release] gives back. If
// none is free it waits for one, where LimitPolicy.Queue allows.
//
// The error is a [*LimitError] if the call must not be made. A call is refused
// without waiting when its turn is not to be expected before its context's
// deadline and MaxQueueWait, going by how long places have been held of late;
// only the first in line may always wait, so that a service which was slow is
// found to be fast again. If ctx ends first the error is ctx.Err(), wrapped
// together with [ErrLimit] if the call was waiting by then.
func (l *Limiter) Acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.acquire(ctx, l.policy.MaxQueueWait)
}

// TryAcquire takes a place and reports true if one is free, and nobody waits
// for it, now.
func (l *Limiter) TryAcquire() bool {
	for {
		p := l.load()
		if !p.free() {
			return false
		}
		if l.places.CompareAndSwap(uint64(p), uint64(p+onePlace)) {
			return true
		}
	}
}

// Release gives back a place taken with [Limiter.Acquire] or
// [Limiter.TryAcquire]; the first in line gets it. It panics if no place is
// taken.
func (l *Limiter) Release() {
	for {
		p := l.load()
		if p.inFlight() == 0 {
			panic("resilience: Limiter.Release without Acquire")
		}
		if p.waiting() > 0 {
			if l.handOver() {
				return
			}
		} else if l.places.CompareAndSwap(uint64(p), uint64(p-onePlace)) {
			return
		}
	}
}

// Learn tells an adaptive limit how long a call took and how it ended; a fixed
// one takes no notice, nor does either of a [Neutral] call. It is called before
// [Limiter.Release], or several times for what tries again under one place.
// Waits that are not the service's, between attempts or for a place, are no part
// of took.
func (l *Limiter) Learn(took time.Duration, o Outcome) {
	if l.policy.Adaptive.Min == 0 || o == Neutral {
		return
	}
	l.mu.Lock()
	defer l.callbacks.unlock(&l.mu)
	p := l.load()
	from, to := p.limit(), l.adaptive.learn(took, o, p.inFlight())
	if from == to {
		return
	}
	l.change(newPlaces(to), newPlaces(from))
	l.refusals.Store(l.newRefusals(to))
	l.serve()
	if call := l.policy.Adaptive.OnChange; call != nil {
		l.callbacks.add(func() { call(from, to) })
	}
}

func (l *Limiter) load() places { return places(l.places.Load()) }

// acquire is Acquire for a call that may wait for that long at most, and not at
// all if that is not positive. It does not look at ctx while a place is free.
func (l *Limiter) acquire(ctx context.Context, most time.Duration) error {
	if l.TryAcquire() {
		return nil
	}
	if l.policy.Queue == 0 || most <= 0 {
		return &l.refusals.Load().limit
	}
	return l.wait(ctx, min(most, l.policy.MaxQueueWait))
}
