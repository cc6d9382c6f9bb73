package peers

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"

	"github.com/finbrain/ai/resilience"
)

const (
	lookups   = "registry of 100,000 breakers, lookup"
	oursFew   = "ours, 100 of them in turn"
	oursEvery = "ours, every one in turn"
	breakers  = 100_000
)

// registry is one with many breakers.
type registry struct {
	resilience.Registry
	names      []string // in no order
	bytes      float64  // for each breaker, without its name
	goroutines int      // that were started
}

func newRegistry() *registry {
	r := &registry{names: make([]string, breakers)}
	for i := range r.names {
		r.names[i] = "tenant/" + strconv.Itoa(i)
	}
	bytes, goroutines := heap(), runtime.NumGoroutine()
	for _, name := range r.names {
		r.Breaker(name)
	}
	for range r.All() { // what was looked at as a whole has settled
		break
	}
	r.bytes = float64(heap()-bytes) / breakers
	r.goroutines = runtime.NumGoroutine() - goroutines
	rand.Shuffle(len(r.names), func(i, j int) { r.names[i], r.names[j] = r.names[j], r.names[i] })
	return r
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func looked() []cell {
	r := sync.OnceValue(newRegistry)
	return []cell{
		{lookups, oursFew, func() func(int) { return lookup(r(), 100) }},
		{lookups, oursEvery, func() func(int) { return lookup(r(), breakers) }},
	}
}

// lookup looks for that many different breakers, one after the other: all of them
// fit into no cache of a processor.
func lookup(r *registry, different int) func(n int) {
	names := r.names[:different]
	return func(n int) {
		i := rand.IntN(different)
		for range n {
			if i++; i == different {
				i = 0
			}
			b, ok := r.Lookup(names[i])
			must(ok && b != nil)
		}
	}
}
