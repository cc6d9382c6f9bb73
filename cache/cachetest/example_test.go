package cachetest_test

import (
	"testing"

	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/cache/cachetest"
)

// A store's own test is one line beside the function that opens it.
func ExampleRun() {
	open := func(*testing.T) cache.Store { return cache.NewMemory(cache.MemoryConfig{}) }

	_ = func(t *testing.T) { // TestMyStoreKeepsTheObligationsOfAStore
		cachetest.Run(t, open)
	}
}
