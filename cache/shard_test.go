package cache

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// checkShards fails unless map, queue and byte count of every shard agree and
// keep the bounds.
func checkShards(t interface{ Fatalf(string, ...any) }, m *Memory) {
	for i := range m.shards {
		checkShard(t, &m.shards[i])
	}
}

func checkShard(t interface{ Fatalf(string, ...any) }, s *shard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var bytes int64
	var last *item
	n := 0
	for it := range s.each() {
		if it.prev != last || s.find(it.key()) != it {
			t.Fatalf("queue and map disagree about %q", it.key())
		}
		bytes += it.cost()
		last = it
		n++
	}
	if last != s.queue.last || n != s.queue.len || n != s.items.ItemCount() || bytes != s.bytes {
		t.Fatalf("%d items in the queue, %d counted, %d in the map; %d bytes held, %d counted",
			n, s.queue.len, s.items.ItemCount(), bytes, s.bytes)
	}
	if bytes > s.maxBytes || n > s.maxEntries {
		t.Fatalf("%d bytes in %d entries are over the bounds %d and %d", bytes, n, s.maxBytes, s.maxEntries)
	}
}

// each goes through the queue from the oldest.
func (s *shard) each() iter.Seq[*item] {
	return func(yield func(*item) bool) {
		for it := s.queue.first; it != nil && yield(it); it = it.next {
		}
	}
}

// keys are those in the queue, from the oldest.
func (s *shard) keys() (keys []string) {
	for it := range s.each() {
		keys = append(keys, it.key())
	}
	return keys
}

func TestAnEntryCountsForWhatHoldingItTakes(t *testing.T) {
	for size, want := range map[int]int64{
		0:          holdingCost,
		10:         holdingCost + 10,
		32 << 10:   holdingCost + 32<<10,
		32<<10 + 1: holdingCost + 40<<10, // whole pages of 8 KiB
		40 << 10:   holdingCost + 40<<10,
		40<<10 + 1: holdingCost + 48<<10,
	} {
		split := size / 3
		if got := newItem(strings.Repeat("k", split), make([]byte, size-split), 0).cost(); got != want {
			t.Errorf("%d bytes cost %d, want %d", size, got, want)
		}
	}
}

// modelled is what a plain map knows of a stored value.
type modelled struct {
	value   string
	expires time.Time
}

func TestRandomLoadKeepsTheBoundsAndNeverLies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inBubble := struct{ rapid.TB }{t} // which has no deadline to be asked for
		rapid.Check(inBubble, func(r *rapid.T) {
			m := NewMemory(MemoryConfig{
				MaxBytes:   rapid.Int64Range(1, 20_000).Draw(r, "bytes"),
				MaxEntries: rapid.IntRange(1, 20).Draw(r, "entries"),
				Shards:     rapid.IntRange(0, 4).Draw(r, "shards"),
				SweepEvery: 5 * time.Second,
			})
			defer func() { _ = m.Close() }()
			model := map[string]modelled{}
			keys := rapid.SampledFrom([]string{"", "a", "b", "c", "longer key", "\x00", "g", "h"})
			r.Repeat(map[string]func(*rapid.T){
				"set": func(r *rapid.T) {
					key, ttl := keys.Draw(r, "key"), time.Duration(rapid.IntRange(1, 20).Draw(r, "ttl"))*time.Second
					value := strings.Repeat(key+".", rapid.IntRange(0, 3000).Draw(r, "size"))
					set(t, m, key, value, ttl)
					model[key] = modelled{value, time.Now().Add(ttl)}
				},
				"get": func(r *rapid.T) {
					key := keys.Draw(r, "key")
					got, ok, _ := m.Get(t.Context(), key)
					want, known := model[key]
					if ok && (!known || string(got) != want.value || !time.Now().Before(want.expires)) {
						r.Fatalf("Get(%q) returned a value that was not to be had", key)
					}
					clear(got)
				},
				"delete": func(r *rapid.T) {
					key := keys.Draw(r, "key")
					_ = m.Delete(t.Context(), key)
					delete(model, key)
				},
				"pass": func(r *rapid.T) {
					pass(time.Duration(rapid.IntRange(1, 7000).Draw(r, "ms")) * time.Millisecond)
					synctest.Wait() // for the sweeper
				},
				"": func(r *rapid.T) { checkShards(r, m) },
			})
		})
	})
}

func TestARoomyStoreForgetsNothing(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := NewMemory(MemoryConfig{})
		defer func() { _ = m.Close() }()
		model := map[string]string{}
		for range rapid.IntRange(0, 300).Draw(r, "operations") {
			key := fmt.Sprint(rapid.IntRange(0, 50).Draw(r, "key"))
			if rapid.Bool().Draw(r, "delete") {
				_ = m.Delete(t.Context(), key)
				delete(model, key)
			} else {
				model[key] = rapid.String().Draw(r, "value")
				set(t, m, key, model[key], time.Hour)
			}
		}
		for key, want := range model {
			if got, ok, _ := m.Get(t.Context(), key); !ok || string(got) != want {
				r.Fatalf("Get(%q) = %q, %t, want %q", key, got, ok, want)
			}
		}
		if m.Len() != len(model) {
			r.Fatalf("holds %d entries, want %d", m.Len(), len(model))
		}
		checkShards(r, m)
	})
}

func TestWhatIsReadOutlivesWhatIsNot(t *testing.T) {
	m := newMemory(t, MemoryConfig{MaxEntries: 100, Shards: 1})
	for i := range 10 {
		set(t, m, fmt.Sprint("hot ", i), "", time.Hour)
	}
	for i := range 5000 {
		set(t, m, fmt.Sprint("cold ", i), "", time.Hour)
		if !has(t, m, fmt.Sprint("hot ", i%10)) {
			t.Fatalf("hot %d was evicted by a run of entries that nobody read", i%10)
		}
	}
}

func TestEvictionGoesInOrderOfArrival(t *testing.T) {
	m := newMemory(t, MemoryConfig{MaxEntries: 3, Shards: 1})
	arrive := func(key string, want ...string) {
		t.Helper()
		set(t, m, key, "", time.Hour)
		if got := m.shards[0].keys(); !slices.Equal(got, want) {
			t.Fatalf("after %s: %q, want %q", key, got, want)
		}
	}
	arrive("a", "a")
	arrive("b", "a", "b")
	arrive("c", "a", "b", "c")
	arrive("d", "b", "c", "d")
	arrive("b", "c", "d", "b") // replaced: it arrived anew
	has(t, m, "c")
	arrive("e", "b", "c", "e") // c was read: it is passed over
	arrive("f", "c", "e", "f")
	arrive("g", "e", "f", "g") // but once only
}

func TestOneHoldOfALockLooksAtNoMoreThanAStep(t *testing.T) {
	const entries = 10 * step
	now := time.Second
	fill := func(expires time.Duration) *shard {
		s := new(shard)
		s.init(1<<20, entries)
		for i := range entries {
			it := newItem(fmt.Sprint(i), nil, expires)
			it.read.Store(true)
			s.set(it, 0)
		}
		return s
	}
	t.Run("sweep", func(t *testing.T) {
		s := fill(now)
		steps := 0
		s.sweep(now, func() bool { // asked between the steps
			if held := entries - steps*step; s.queue.len != held {
				t.Fatalf("%d entries after %d steps, want %d", s.queue.len, steps, held)
			}
			steps++
			return false
		})
		if s.queue.len != 0 {
			t.Errorf("%d entries are left", s.queue.len)
		}
	})
	t.Run("a stopped sweep", func(t *testing.T) {
		s := fill(now)
		s.sweep(now, func() bool { return s.queue.len < entries })
		if s.queue.len != entries-step {
			t.Errorf("%d entries are left, want one step fewer than %d", s.queue.len, entries)
		}
	})
	t.Run("many evictions for one large entry", func(t *testing.T) {
		s := fill(now + 1)
		large := newItem("large", make([]byte, 900_000), now+1)
		for tries := 0; ; tries++ {
			before := s.queue.len
			done, _ := s.trySet(large, now)
			if freed := before - s.queue.len; freed > step || freed < 1 && !done {
				t.Fatalf("a try freed %d entries", freed)
			}
			if done {
				if tries < 2 {
					t.Errorf("stored at try %d: nothing was tested", tries)
				}
				break
			}
		}
		if s.find("large") != large {
			t.Error("the large entry is not there")
		}
	})
	t.Run("one eviction among entries that were all read", func(t *testing.T) {
		s := fill(now + 1)
		if looked := s.evict(now, step); looked != step {
			t.Errorf("looked at %d entries, want %d", looked, step)
		}
		if s.queue.len != entries-1 {
			t.Errorf("%d entries are left, want one fewer than %d", s.queue.len, entries)
		}
	})
}
