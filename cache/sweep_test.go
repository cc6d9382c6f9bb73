package cache

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestASweepFreesExpiredEntriesThatNobodyAsksFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, MemoryConfig{SweepEvery: time.Minute})
		for i := range 5000 {
			set(t, m, fmt.Sprint("short ", i), "x", 30*time.Second)
		}
		set(t, m, "long", "x", time.Hour)
		pass(59 * time.Second)
		synctest.Wait()
		if m.Len() != 5001 {
			t.Fatalf("%d entries before the first sweep", m.Len())
		}
		pass(time.Second)
		synctest.Wait()
		if s := m.Stats(); s.Entries != 1 || s.Expired != 5000 || s.Evictions != 0 {
			t.Errorf("after the first sweep: %+v", s)
		}
		if !has(t, m, "long") {
			t.Error("the sweep took a live entry")
		}
		checkShards(t, m)
	})
}

func TestASweepMissesNoExpiredEntryAndTakesNoOther(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 4*step).Draw(r, "entries")
		pattern := rapid.SliceOfN(rapid.Bool(), 1, 10).Draw(r, "which have expired")
		s := new(shard)
		s.init(1<<30, n+1)
		live := map[string]bool{}
		for i := range n {
			it := newItem(fmt.Sprint(i), nil, 2)
			if pattern[i%len(pattern)] {
				it.expires = 1
			} else {
				live[it.key()] = true
			}
			s.set(it, 0)
		}
		s.sweep(1, func() bool { // asked between the steps
			for range rapid.IntRange(0, 3).Draw(r, "changes between steps") {
				key := fmt.Sprint(rapid.IntRange(0, n).Draw(r, "key"))
				switch rapid.IntRange(0, 2).Draw(r, "change") {
				case 0:
					s.delete(key)
					delete(live, key)
				case 1:
					s.set(newItem(key, nil, 2), 0)
					live[key] = true
				case 2:
					if it := s.find(key); it != nil && live[key] {
						s.requeue(it)
					}
				}
			}
			return false
		})
		checkShard(r, s)
		if got, want := slices.Sorted(slices.Values(s.keys())), slices.Sorted(maps.Keys(live)); !slices.Equal(got, want) {
			r.Fatalf("left %v, want %v", got, want)
		}
	})
}

func TestLiveMemoryStaysWithinTheBound(t *testing.T) {
	const bound = 8 << 20
	for _, size := range []int{16, 1000, 2049, 33_000, 200_000} {
		before := liveHeap()
		m := NewMemory(MemoryConfig{MaxBytes: bound, MaxEntries: 1 << 30, Shards: 4})
		value := make([]byte, size)
		for i := range 2 * bound / (size + holdingCost) {
			if err := m.Set(t.Context(), fmt.Sprintf("%043d", i), value, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		held := liveHeap() - before
		t.Logf("values of %6d bytes: %5d entries, %.2f of the bound", size, m.Len(), float64(held)/bound)
		if held > bound*12/10 {
			t.Errorf("values of %d bytes: %d bytes of live memory for a bound of %d", size, held, bound)
		}
		if m.Bytes() < bound*8/10 {
			t.Errorf("values of %d bytes: only %d of %d bytes used", size, m.Bytes(), bound)
		}
		_ = m.Close()
		if left := liveHeap() - before; left > bound/100 {
			t.Errorf("values of %d bytes: %d bytes are left after Close", size, left)
		}
		runtime.KeepAlive(m)
	}
}

// liveHeap is what the heap holds after a collection.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // sync.Pools give up their victims at the second
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
