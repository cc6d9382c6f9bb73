package resilience

import (
	"context"
	"time"
)

// waiter is a call in the queue of a limiter.
type waiter struct {
	placed     chan struct{} // closed when the call has its place
	prev, next *waiter       // nil once it has left the queue
}

// queue is a ring of waiters, first come, first served. Its root, which is no
// call, lies between the last and the first.
type queue struct{ root waiter }

func (q *queue) empty() bool { return q.root.next == nil || q.root.next == &q.root }

func (q *queue) push(w *waiter) {
	if q.root.next == nil {
		q.root.prev, q.root.next = &q.root, &q.root
	}
	w.prev, w.next = q.root.prev, &q.root
	w.prev.next, w.next.prev = w, w
}

func (q *queue) first() *waiter { return q.root.next }

func (w *waiter) remove() {
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next = nil, nil
}

// wait takes a place within that time, or says why there was none.
func (l *Limiter) wait(ctx context.Context, most time.Duration) error {
	patience := most
	if deadline, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(deadline))
	}
	w, refused := l.join(patience)
	if refused != nil {
		return refused
	}
	if w == nil {
		return nil
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-w.placed:
	case <-ctx.Done():
	case <-timer.C:
	}
	placed := !l.leave(w)
	if err := ctx.Err(); err != nil {
		if placed {
			l.Release()
		}
		return &waitEnded{name: l.name, ended: err}
	}
	if !placed {
		return &l.refusals.Load().queueWait
	}
	return nil
}

// join puts a call at the end of the queue if its turn can be expected in time.
// It returns neither waiter nor refusal if a place has become free instead.
func (l *Limiter) join(patience time.Duration) (*waiter, *LimitError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.now()
	for {
		p := l.load()
		ahead := p.waiting()
		switch {
		case p.free():
			if l.TryAcquire() {
				return nil, nil
			}
			continue
		case ahead >= l.policy.Queue:
			return nil, &l.refusals.Load().queueFull
		case ahead > 0 && l.pace.turn(ahead+1, p.limit(), now) > patience:
			return nil, &l.refusals.Load().queueSlow
		}
		if l.places.CompareAndSwap(uint64(p), uint64(p+oneWaiting)) {
			break
		}
	}
	if l.queue.empty() {
		l.pace.resume(now)
	}
	w := &waiter{placed: make(chan struct{})}
	l.queue.push(w)
	return w, nil
}

// leave takes a call out of the queue and reports whether it was still there:
// if not, it has a place.
func (l *Limiter) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.next == nil {
		return false
	}
	w.remove()
	l.change(0, oneWaiting)
	l.pace.pass(l.clock.now())
	return true
}

// handOver gives back a place if somebody waits for it.
func (l *Limiter) handOver() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queue.empty() {
		return false
	}
	l.pace.end(l.clock.now(), l.load().limit())
	l.change(0, onePlace)
	l.serve()
	return true
}

// serve gives the places that are free to those who wait. It needs mu.
func (l *Limiter) serve() {
	for !l.queue.empty() && l.load().vacant() {
		w := l.queue.first()
		w.remove()
		l.change(onePlace, oneWaiting)
		close(w.placed)
	}
}

func (l *Limiter) change(plus, minus places) { l.places.Add(uint64(plus - minus)) }
