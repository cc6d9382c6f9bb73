package outage

import (
	"context"
	"sync"
	"time"
)

// server answers requests one after another, in the order in which they
// arrived, each after the same time of work. It cannot tell which of them
// nobody waits for any more.
//
// It needs no goroutine: when a request is finished follows from those before
// it and from the stall, so each request waits for its own instant.
type server struct {
	begun time.Time
	work  time.Duration // for one request
	stall span          // no work is done in it
	cold  time.Duration // how long after the stall it works at half its speed

	mu      sync.Mutex
	free    time.Duration // the working time after which the queue is empty
	inStall int           // requests that arrived in the stall
	overall int           // and in all
}

// span is an interval of time since the beginning of the run.
type span struct{ from, to time.Duration }

func (s span) holds(at time.Duration) bool { return s.from <= at && at < s.to }

// call makes one request and waits for its answer, or for ctx.
func (s *server) call(ctx context.Context) error {
	now := time.Since(s.begun)
	answered := time.NewTimer(s.accept(now) - now)
	defer answered.Stop()
	select {
	case <-answered.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// accept queues a request and returns when it will be finished.
func (s *server) accept(now time.Duration) (finished time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.overall++
	if s.stall.holds(now) {
		s.inStall++
	}
	s.free = max(s.free, s.working(now)) + s.work
	return s.worked(s.free)
}

// working is the time at full speed in which as much could be done as until
// now.
func (s *server) working(now time.Duration) time.Duration {
	if now < s.stall.to {
		return min(now, s.stall.from)
	}
	since := now - s.stall.to
	return s.stall.from + since - min(since, s.cold)/2
}

// worked is when working has come to that much.
func (s *server) worked(working time.Duration) time.Duration {
	if working <= s.stall.from {
		return working
	}
	rest := working - s.stall.from
	return s.stall.to + rest + min(rest, s.cold/2)
}

func (s *server) attempts() (inStall, overall int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inStall, s.overall
}
