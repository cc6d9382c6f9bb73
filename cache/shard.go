package cache

import (
	"sync"
	"sync/atomic"
	"time"

	gocache "github.com/patrickmn/go-cache"
)

// step is the most entries that are looked at under one hold of a lock.
const step = 256

// shard is a part of a Memory with its own lock and bounds.
//
// items is read without mu, by its own lock, and written only under mu. Its
// items never expire as go-cache understands it, and it has no janitor: the
// janitor ends only with the garbage collector and sweeps all under one lock.
type shard struct {
	items *gocache.Cache // key → *item

	hits, misses atomic.Uint64

	mu         sync.Mutex
	closed     bool
	maxBytes   int64
	maxEntries int
	bytes      int64
	queue      queue
	sweepAt    *item // the next that the sweep in progress looks at
	evictions  uint64
	expired    uint64
	refused    uint64
}

func (s *shard) init(maxBytes int64, maxEntries int) {
	s.items = gocache.New(gocache.NoExpiration, 0)
	s.maxBytes, s.maxEntries = maxBytes, maxEntries
}

func (s *shard) find(key string) *item {
	if v, ok := s.items.Get(key); ok {
		return v.(*item)
	}
	return nil
}

func (s *shard) get(key string, now time.Duration) (string, bool) {
	it := s.find(key)
	if it != nil && it.expired(now) {
		s.free(it)
		it = nil
	}
	if it == nil {
		s.misses.Add(1)
		return "", false
	}
	if !it.read.Load() { // writing it each time would cost readers the cache line
		it.read.Store(true)
	}
	s.hits.Add(1)
	return it.value(), true
}

// free removes an expired item unless another has taken its place.
func (s *shard) free(it *item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(it.key()) == it {
		s.remove(it)
		s.expired++
	}
}

// set stores the item, or refuses it if it is too large. It reports false if the
// shard is closed.
func (s *shard) set(it *item, now time.Duration) bool {
	for {
		if done, open := s.trySet(it, now); done || !open {
			return open
		}
	}
}

// trySet makes room for the item by looking at no more than step others, and
// stores it if that was enough.
func (s *shard) trySet(it *item, now time.Duration) (done, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, false
	}
	if it.cost() > s.maxBytes {
		if old := s.find(it.key()); old != nil {
			s.remove(old)
		}
		s.refused++
		return true, true
	}
	for budget := step; budget > 0; {
		// Looked up again each time: it may have been evicted.
		old := s.find(it.key())
		if s.fits(it, old) {
			s.put(it, old)
			return true, true
		}
		budget -= s.evict(now, budget)
	}
	return false, true
}

// fits reports whether the bounds hold once the item has replaced old, which may
// be nil.
func (s *shard) fits(it, old *item) bool {
	bytes, entries := s.bytes+it.cost(), s.queue.len+1
	if old != nil {
		bytes, entries = bytes-old.cost(), entries-1
	}
	return bytes <= s.maxBytes && entries <= s.maxEntries
}

// put stores the item in place of old. Readers find the one or the other.
func (s *shard) put(it, old *item) {
	if old != nil {
		s.unlink(old)
	}
	s.queue.push(it)
	s.bytes += it.cost()
	s.items.Set(it.key(), it, gocache.NoExpiration)
}

// evict removes the oldest item that has expired or was not read since it joined
// the queue. Those that were read join it anew. If limit items in a row were, it
// removes the last of them. It returns how many it has looked at. The queue must
// not be empty.
func (s *shard) evict(now time.Duration, limit int) (looked int) {
	for {
		it := s.queue.first
		looked++
		switch {
		case it.expired(now):
			s.expired++
		case !it.read.Swap(false) || looked == limit:
			s.evictions++
		default:
			s.requeue(it)
			continue
		}
		s.remove(it)
		return looked
	}
}

func (s *shard) requeue(it *item) {
	s.unlink(it)
	s.queue.push(it)
	s.bytes += it.cost()
}

func (s *shard) remove(it *item) {
	s.unlink(it)
	s.items.Delete(it.key())
}

// unlink takes the item out of the queue and out of the sweep's way.
func (s *shard) unlink(it *item) {
	if s.sweepAt == it {
		s.sweepAt = it.next
	}
	s.queue.remove(it)
	s.bytes -= it.cost()
}

func (s *shard) delete(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.find(key); it != nil {
		s.remove(it)
	}
}

func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.clear()
}

// clear forgets all items, and the memory of the map, which never shrinks.
func (s *shard) clear() {
	s.items.Flush()
	s.queue, s.sweepAt, s.bytes = queue{}, nil, 0
}

func (s *shard) addTo(sum *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum.Entries += s.queue.len
	sum.Bytes += s.bytes
	sum.Hits += s.hits.Load()
	sum.Misses += s.misses.Load()
	sum.Evictions += s.evictions
	sum.Expired += s.expired
	sum.Refused += s.refused
}
