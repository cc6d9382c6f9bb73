package cache

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// newMemory returns a Memory that is closed at the end of the test.
func newMemory(t *testing.T, cfg MemoryConfig) *Memory {
	t.Helper()
	m := NewMemory(cfg)
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func set(t *testing.T, m *Memory, key, value string, ttl time.Duration) {
	t.Helper()
	if err := m.Set(t.Context(), key, []byte(value), ttl); err != nil {
		t.Fatalf("Set(%q): %v", key, err)
	}
}

func has(t *testing.T, m *Memory, key string) bool {
	t.Helper()
	_, ok, err := m.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	return ok
}

func TestABoundBelowZeroIsNamed(t *testing.T) {
	for field, cfg := range map[string]MemoryConfig{
		"MaxBytes":   {MaxBytes: -1},
		"MaxEntries": {MaxEntries: -1},
		"SweepEvery": {SweepEvery: -1},
		"Shards":     {Shards: -1},
	} {
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("Validate of a negative %s: %v", field, err)
		}
		func() {
			defer func() {
				if got, _ := recover().(error); got == nil || got.Error() != err.Error() {
					t.Errorf("NewMemory with a negative %s panicked with %v, want %v", field, got, err)
				}
			}()
			_ = NewMemory(cfg).Close()
		}()
	}
	if err := (MemoryConfig{}).Validate(); err != nil {
		t.Errorf("Validate of the zero config: %v", err)
	}
}

func TestShardsDivideTheBounds(t *testing.T) {
	for _, c := range []struct {
		cfg  MemoryConfig
		want int
	}{
		{MemoryConfig{Shards: 1}, 1},
		{MemoryConfig{Shards: 7}, 4},
		{MemoryConfig{Shards: 8, MaxEntries: 3}, 2},
		{MemoryConfig{Shards: math.MaxInt, MaxEntries: 10}, 8},
		{MemoryConfig{MaxBytes: 1000}, 1},
		{MemoryConfig{MaxEntries: 10}, 1},
		{MemoryConfig{MaxBytes: 3 << 20}, 2},
	} {
		m := newMemory(t, c.cfg)
		cfg := c.cfg.withDefaults()
		if len(m.shards) > c.want || len(m.shards)&(len(m.shards)-1) != 0 || len(m.shards) == 0 {
			t.Errorf("%+v makes %d shards, want %d or fewer", c.cfg, len(m.shards), c.want)
		}
		var total int64
		var entries int
		for i := range m.shards {
			total += m.shards[i].maxBytes
			entries += m.shards[i].maxEntries
		}
		if total > cfg.MaxBytes || entries > cfg.MaxEntries || entries == 0 {
			t.Errorf("%+v: shards hold %d bytes and %d entries in all", c.cfg, total, entries)
		}
	}
}

func TestAnEntryIsGoneAtExactlyItsTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, MemoryConfig{})
		set(t, m, "a", "one", 10*time.Second)
		pass(10*time.Second - 1)
		if !has(t, m, "a") {
			t.Error("gone 1 ns before its ttl")
		}
		pass(1)
		if has(t, m, "a") {
			t.Error("there at its ttl")
		}
		if s := m.Stats(); s.Entries != 0 || s.Bytes != 0 || s.Expired != 1 {
			t.Errorf("after Get met an expired entry: %+v, want it freed", s)
		}
	})
}

func TestAnEntryLargerThanAShardIsRefusedQuietly(t *testing.T) {
	m := newMemory(t, MemoryConfig{MaxBytes: 10_000, Shards: 1})
	set(t, m, "small", "s", time.Hour)
	set(t, m, "a", "old", time.Hour)
	set(t, m, "a", strings.Repeat("x", 10_000), time.Hour)
	if has(t, m, "a") {
		t.Error("the older value outlived its replacement")
	}
	if !has(t, m, "small") {
		t.Error("an entry made way for one that was refused")
	}
	if s := m.Stats(); s.Refused != 1 || s.Evictions != 0 {
		t.Errorf("%+v, want 1 refused and 0 evicted", s)
	}
}

func TestAReplacementMayFillTheWholeShard(t *testing.T) {
	m := newMemory(t, MemoryConfig{MaxBytes: 10_000, Shards: 1})
	most := strings.Repeat("x", 10_000-holdingCost-1)
	for range 3 {
		set(t, m, "a", most, time.Hour)
		if s := m.Stats(); !has(t, m, "a") || s.Bytes != 10_000 || s.Evictions != 0 {
			t.Fatalf("%+v, want one entry of 10,000 bytes", s)
		}
	}
	set(t, m, "b", most, time.Hour)
	if has(t, m, "a") || !has(t, m, "b") {
		t.Error("the new entry did not take the room of the old")
	}
}

func TestStatsCountWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t, MemoryConfig{MaxEntries: 2, Shards: 1})
		has(t, m, "absent")
		set(t, m, "a", "12345", time.Second)
		has(t, m, "a")
		set(t, m, "b", "", time.Hour)
		pass(time.Second)
		set(t, m, "c", "", time.Hour) // in the place of a, which has expired
		set(t, m, "d", "", time.Hour) // in the place of b
		want := Stats{Entries: 2, Bytes: 2 * (holdingCost + 1), Hits: 1, Misses: 1, Evictions: 1, Expired: 1}
		if got := m.Stats(); got != want {
			t.Errorf("Stats() = %+v, want %+v", got, want)
		}
		if m.Len() != want.Entries || m.Bytes() != want.Bytes {
			t.Errorf("Len, Bytes = %d, %d", m.Len(), m.Bytes())
		}
	})
}

func TestCloseFreesWhatIsHeldAndWaitsForTheSweeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // panics if a goroutine is left
		m := NewMemory(MemoryConfig{})
		set(t, m, "a", "one", time.Hour)
		var closing sync.WaitGroup
		for range 3 {
			closing.Go(func() {
				if err := m.Close(); err != nil {
					t.Error(err)
				}
				select {
				case <-m.done:
				default:
					t.Error("Close returned before the sweeper")
				}
			})
		}
		closing.Wait()
		if m.Len() != 0 || m.Bytes() != 0 {
			t.Errorf("holds %d entries, %d bytes", m.Len(), m.Bytes())
		}
		if err := m.Set(t.Context(), "a", nil, time.Hour); !errors.Is(err, ErrClosed) {
			t.Errorf("Set: %v", err)
		}
	})
}

func TestConcurrentUsersKeepTheBounds(t *testing.T) {
	m := newMemory(t, MemoryConfig{MaxBytes: 100_000, MaxEntries: 200, Shards: 4})
	var users sync.WaitGroup
	for u := range 8 {
		users.Go(func() {
			for i := range 500 {
				key := fmt.Sprint((u*31 + i*7) % 300)
				want := bytes.Repeat([]byte(key), 1+i%200)
				if err := m.Set(t.Context(), key, want, time.Hour); err != nil {
					t.Error(err)
				}
				got, ok, err := m.Get(t.Context(), key)
				if err != nil || ok && len(bytes.ReplaceAll(got, []byte(key), nil)) != 0 {
					t.Errorf("Get(%s) = %.20q, %v", key, got, err)
				}
				if i%50 == 0 {
					m.sweep()
					if s := m.Stats(); s.Bytes > 100_000 || s.Entries > 200 {
						t.Errorf("over its bounds: %+v", s)
					}
				}
			}
		})
	}
	users.Wait()
	checkShards(t, m)
}
