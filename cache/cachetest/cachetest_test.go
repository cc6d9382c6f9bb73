package cachetest

import (
	"testing"

	"github.com/finbrain/ai/cache"
)

func TestMemoryKeepsEveryObligation(t *testing.T) {
	Run(t, func(*testing.T) cache.Store { return cache.NewMemory(cache.MemoryConfig{}) })
}
