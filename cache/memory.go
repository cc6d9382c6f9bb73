package cache

import (
	"context"
	"errors"
	"hash/maphash"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	defaultMaxBytes   = 64 << 20
	defaultMaxEntries = 100_000
	defaultSweepEvery = time.Minute

	// A shard smaller than this would refuse entries that a user of the default
	// has every reason to store, and evict by accident of the hash.
	minShardBytes   = 1 << 20
	minShardEntries = 256
	maxShards       = 64
)

// MemoryConfig bounds a Memory. The zero value is a sound default.
type MemoryConfig struct {
	// MaxBytes bounds keys, values and what holding them costs. Default 64 MiB.
	MaxBytes int64
	// MaxEntries bounds the number of entries. Default 100,000.
	MaxEntries int
	// SweepEvery is the time between two sweeps, which free entries that have
	// expired without being asked for. Default one minute.
	SweepEvery time.Duration
	// Shards is the number of parts with a lock each, at most MaxEntries, rounded
	// down to a power of two. Each has its equal part of the bounds. By default
	// four for each processor that Go may use, at most 64, and as few as leave
	// each a MiB and 256 entries.
	Shards int
}

// Validate returns an error that names a negative field.
func (c MemoryConfig) Validate() error {
	switch {
	case c.MaxBytes < 0:
		return errors.New("cache: MemoryConfig.MaxBytes is negative")
	case c.MaxEntries < 0:
		return errors.New("cache: MemoryConfig.MaxEntries is negative")
	case c.SweepEvery < 0:
		return errors.New("cache: MemoryConfig.SweepEvery is negative")
	case c.Shards < 0:
		return errors.New("cache: MemoryConfig.Shards is negative")
	}
	return nil
}

// Memory is a Store in the memory of this process, bounded by bytes and by
// entries, on patrickmn/go-cache.
//
// A full shard evicts by second chance (CLOCK): entries go in the order in which
// they came, but one that was read since the hand last passed is passed over
// once. An entry larger than the whole bound of a shard, MaxBytes / Shards, is
// refused: Set returns nil and the key is absent. Stats counts both.
//
// Time to live runs on the monotonic clock, so that setting the host's clock
// neither prolongs nor shortens it. At exactly its ttl an entry is gone.
//
// It never holds a lock for more than 256 entries' worth of work, and never
// while copying a value.
type Memory struct {
	seed   maphash.Seed
	shards []shard // a power of two of them
	base   time.Time
	closed atomic.Bool
	once   sync.Once
	stop   chan struct{}
	done   chan struct{} // closed when the sweeper has returned
}

var (
	_ Store       = (*Memory)(nil)
	_ StringStore = (*Memory)(nil)
)

// NewMemory returns an empty Memory and starts its sweeper, one goroutine that
// ends with Close. It panics with the error of cfg.Validate if there is one, as
// time.NewTicker does: a bound below zero is a mistake in the program. Call
// Validate first where the numbers come from outside.
func NewMemory(cfg MemoryConfig) *Memory {
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	cfg = cfg.withDefaults()
	m := &Memory{
		seed:   maphash.MakeSeed(),
		shards: make([]shard, cfg.Shards),
		base:   time.Now(),
		stop:   make(chan struct{}),
		done:   make(chan struct{}),
	}
	for i := range m.shards {
		m.shards[i].init(cfg.MaxBytes/int64(cfg.Shards), cfg.MaxEntries/cfg.Shards)
	}
	go m.sweepEvery(cfg.SweepEvery)
	return m
}

func (c MemoryConfig) withDefaults() MemoryConfig {
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxEntries == 0 {
		c.MaxEntries = defaultMaxEntries
	}
	if c.SweepEvery == 0 {
		c.SweepEvery = defaultSweepEvery
	}
	most := c.MaxEntries
	if c.Shards == 0 {
		c.Shards = min(4*runtime.GOMAXPROCS(0), maxShards)
		most = int(min(c.MaxBytes/minShardBytes, int64(c.MaxEntries/minShardEntries)))
	}
	c.Shards = max(min(c.Shards, most), 1)
	c.Shards = 1 << (bits.Len(uint(c.Shards)) - 1)
	return c
}

// Get implements Store. An expired entry that it meets is freed at once.
func (m *Memory) Get(ctx context.Context, key string) ([]byte, bool, error) {
	value, ok, err := m.GetString(ctx, key)
	if !ok {
		return nil, false, err
	}
	return []byte(value), true, nil
}

// GetString implements StringStore.
func (m *Memory) GetString(ctx context.Context, key string) (string, bool, error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	if m.closed.Load() {
		return "", false, nil
	}
	value, ok := m.shard(key).get(key, m.now())
	return value, ok, nil
}

// Set implements Store.
func (m *Memory) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ttl <= 0 {
		return ErrTTL
	}
	now := m.now()
	if !m.shard(key).set(newItem(key, value, addDuration(now, ttl)), now) {
		return ErrClosed
	}
	return nil
}

// Delete implements Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.shard(key).delete(key)
	return nil
}

// Close implements Store. It waits for the sweeper and always returns nil.
func (m *Memory) Close() error {
	m.once.Do(func() {
		m.closed.Store(true)
		close(m.stop)
		<-m.done
		for i := range m.shards {
			m.shards[i].close()
		}
	})
	return nil
}

// Len is the number of entries held, those included that have expired and were
// not met yet.
func (m *Memory) Len() int { return m.Stats().Entries }

// Bytes is what MaxBytes bounds: keys, values, and an estimate of what holding
// them costs.
func (m *Memory) Bytes() int64 { return m.Stats().Bytes }

// now is the time since the Memory was made, on the monotonic clock.
func (m *Memory) now() time.Duration { return time.Since(m.base) }

func (m *Memory) shard(key string) *shard {
	return &m.shards[maphash.String(m.seed, key)&uint64(len(m.shards)-1)]
}
