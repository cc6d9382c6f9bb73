package cache

import "time"

// sweepEvery frees expired entries until Close.
func (m *Memory) sweepEvery(interval time.Duration) {
	defer close(m.done)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-ticker.C:
			m.sweep()
		}
	}
}

// sweep goes through every shard once, in steps between which others get the
// lock and Close gets its way.
func (m *Memory) sweep() {
	now := m.now()
	for i := range m.shards {
		for end := sweepAll; end > 0 && !m.closed.Load(); {
			end = m.shards[i].sweepStep(now, end)
		}
	}
}

// sweepAll is the end from which a sweep begins: behind every item.
const sweepAll = int(^uint(0) >> 1)

// sweepStep frees the expired among the last step items before index end of the
// queue, and returns the end of the next step: zero when none is left.
//
// It goes downwards because remove fills a gap from the top: what moves into a
// gap has been looked at already, or has yet to be, but is never missed.
func (s *shard) sweepStep(now time.Duration, end int) (next int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end = min(end, len(s.queue))
	next = max(end-step, 0)
	for i := end - 1; i >= next; i-- {
		if it := s.queue[i]; it.expired(now) {
			s.remove(it)
			s.expired++
		}
	}
	if len(s.queue) == 0 {
		s.clear()
	}
	return next
}
