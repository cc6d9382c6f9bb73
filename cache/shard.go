package cache

import (
	"sync"
	"sync/atomic"
	"time"

	gocache "github.com/patrickmn/go-cache"
)

const (
	// step is the most entries that are looked at under one hold of a lock.
	step = 256

	// holdingCost is what an entry takes beside its key and value: the item (48
	// bytes), its map slot at an ordinary load (about 70), its place in the
	// queue (8 to 16), and what the allocator rounds up.
	holdingCost = 160

	// Above this size the allocator hands out whole pages.
	largeObject = 32 << 10
	pageSize    = 8 << 10
)

// item is immutable but for its mark and its place. Key and value are one
// string: one allocation, a value that nobody can change, and a key that does
// not keep alive a larger string of which the caller's was a part.
type item struct {
	data    string
	keyLen  int
	expires time.Duration // on the clock of the Memory
	place   int           // index in the shard's queue, guarded by its mu
	read    atomic.Bool   // since the hand last passed
}

func newItem(key string, value []byte, expires time.Duration) *item {
	return &item{data: key + string(value), keyLen: len(key), expires: expires}
}

func (it *item) key() string                    { return it.data[:it.keyLen] }
func (it *item) value() string                  { return it.data[it.keyLen:] }
func (it *item) expired(now time.Duration) bool { return now >= it.expires }

// cost is what the entry counts for against MaxBytes.
func (it *item) cost() int64 {
	n := int64(len(it.data))
	if n > largeObject {
		n = (n + pageSize - 1) / pageSize * pageSize
	}
	return n + holdingCost
}

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
	queue      []*item // in no order but that in which the hand goes round
	hand       int     // index in queue of the next to be looked at
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

func (s *shard) get(key string, now time.Duration) ([]byte, bool) {
	it := s.find(key)
	if it != nil && it.expired(now) {
		s.free(it)
		it = nil
	}
	if it == nil {
		s.misses.Add(1)
		return nil, false
	}
	if !it.read.Load() {
		it.read.Store(true)
	}
	s.hits.Add(1)
	return []byte(it.value()), true
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
		stored, open := s.trySet(it, now)
		if stored || !open {
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
		// Looked up again each time: the hand may have taken it.
		old := s.find(it.key())
		if s.fits(it, old) {
			s.put(it, old)
			return true, true
		}
		budget -= s.evict(now, budget)
	}
	return false, true
}

// fits reports whether the bounds hold once it has taken the place of old.
func (s *shard) fits(it, old *item) bool {
	bytes, entries := s.bytes+it.cost(), len(s.queue)
	if old != nil {
		bytes -= old.cost()
	} else {
		entries++
	}
	return bytes <= s.maxBytes && entries <= s.maxEntries
}

func (s *shard) put(it, old *item) {
	if old != nil {
		it.place = old.place
		s.queue[it.place] = it
		s.bytes -= old.cost()
	} else {
		it.place = len(s.queue)
		s.queue = append(s.queue, it)
	}
	s.bytes += it.cost()
	s.items.Set(it.key(), it, gocache.NoExpiration)
}

// evict removes the first item from the hand on that has expired or was not read
// since the hand last passed, or the last of limit items if there is none such.
// It returns how many it has looked at. The queue must not be empty.
func (s *shard) evict(now time.Duration, limit int) (looked int) {
	for {
		if s.hand >= len(s.queue) {
			s.hand = 0
		}
		it := s.queue[s.hand]
		s.hand++ // past the item that remove puts here, the newest
		looked++
		switch {
		case it.expired(now):
			s.expired++
		case !it.read.Swap(false) || looked == limit:
			s.evictions++
		default:
			continue
		}
		s.remove(it)
		return looked
	}
}

// remove takes the item out; the last of the queue moves to its place.
func (s *shard) remove(it *item) {
	last := s.queue[len(s.queue)-1]
	s.queue[it.place] = last
	last.place = it.place
	s.queue[len(s.queue)-1] = nil
	s.queue = s.queue[:len(s.queue)-1]
	s.bytes -= it.cost()
	s.items.Delete(it.key())
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

// clear forgets all items and the memory of map and queue, which never shrink.
func (s *shard) clear() {
	s.items.Flush()
	s.queue, s.hand, s.bytes = nil, 0, 0
}

func (s *shard) addTo(sum *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum.Entries += len(s.queue)
	sum.Bytes += s.bytes
	sum.Hits += s.hits.Load()
	sum.Misses += s.misses.Load()
	sum.Evictions += s.evictions
	sum.Expired += s.expired
	sum.Refused += s.refused
}
