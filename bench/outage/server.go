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

	mu      sync.Mutex
	free    time.Duration // the working time after which the queue is empty
	inStall int           // requests that arrived in the stall
	overall int           // and in all
}

// span is an interval of time since the beginning of the run.
type span struct{ from, to time.Duration }

func (s span) length() time.Duration       { return s.to - s.from }
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
	if s.free <= s.stall.from {
		return s.free
	}
	return s.free + s.stall.length()
}

// working is the part of the time until now in which work could be done.
func (s *server) working(now time.Duration) time.Duration {
	return now - min(max(now-s.stall.from, 0), s.stall.length())
}

func (s *server) attempts() (inStall, overall int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inStall, s.overall
}
