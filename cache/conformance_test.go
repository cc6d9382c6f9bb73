package cache_test

import (
	"testing"

	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/cache/cachetest"
)

func TestMemoryKeepsTheObligationsOfAStore(t *testing.T) {
	for name, cfg := range map[string]cache.MemoryConfig{
		"default":   {},
		"one shard": {Shards: 1},
		"64 shards": {Shards: 64},
	} {
		t.Run(name, func(t *testing.T) {
			cachetest.Run(t, func(*testing.T) cache.Store { return cache.NewMemory(cfg) })
		})
	}
}
