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

// sweep goes through every shard once.
func (m *Memory) sweep() {
	now := m.now()
	for i := range m.shards {
		m.shards[i].sweep(now, m.closed.Load)
	}
}

// sweep frees what has expired by now, in steps between which others get the
// lock, until it is through or stopped.
func (s *shard) sweep(now time.Duration, stopped func() bool) {
	for left := s.sweepStart(); left > 0 && !stopped(); left -= step {
		s.sweepStep(now, min(left, step))
	}
}

// sweepStart returns the number of items to look at. What joins the queue later
// is younger than this sweep: if it expires at once, the next sweep frees it.
func (s *shard) sweepStart() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweepAt = s.queue.first
	return s.queue.len
}

// sweepStep looks at the next n items and frees the expired.
func (s *shard) sweepStep(now time.Duration, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; n > 0 && s.sweepAt != nil; n-- {
		it := s.sweepAt
		s.sweepAt = it.next
		if it.expired(now) {
			s.remove(it)
			s.expired++
		}
	}
	if s.queue.len == 0 {
		s.clear()
	}
}
