package peers

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryCellDoesWhatItSays(t *testing.T) {
	for _, c := range slices.Concat(calls(), looked()) {
		do := c.set()
		do(100)
		concurrently(do)(100)
	}
}

// Allocations, unlike times, are the same wherever they are measured.
func TestOursAllocatesNoMoreThanItMay(t *testing.T) {
	atMost := map[string]float64{
		withEvents:    1,
		withTimeLimit: 4,
		// A context.WithTimeout that somebody waits on costs 5 by itself.
		cancellable: 7,
	}
	for _, c := range slices.Concat(calls(), looked()) {
		if !strings.HasPrefix(c.who, "ours") || c.who == oursChain {
			continue
		}
		do := c.set()
		if n := testing.AllocsPerRun(100, func() { do(1) }); n > atMost[c.what] {
			t.Errorf("%s, %s: %v allocations, want at most %v", c.what, c.who, n, atMost[c.what])
		}
	}
}

func TestABreakerIsSmall(t *testing.T) {
	if bytes := weighOurs().AllocedBytesPerOp(); bytes > maxBreakerBytes {
		t.Errorf("a breaker takes %d bytes, want at most %d", bytes, maxBreakerBytes)
	}
}

func TestARegistryOfManyBreakersHasNoGoroutine(t *testing.T) {
	if r := newRegistry(); r.goroutines > 0 {
		t.Errorf("%d breakers started %d goroutines", breakers, r.goroutines)
	}
}
