package resilience

import (
	"fmt"
	"testing"
)

func BenchmarkRegistryLookup(b *testing.B) {
	for _, count := range []int{4, 100_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			var r Registry
			for i := range count {
				r.Breaker(fmt.Sprint("tenant-", i))
			}
			for range r.All() {
				break
			}
			name := "tenant-3"
			benchmark(b, func() {
				if _, ok := r.Lookup(name); !ok {
					b.Fatal("lost")
				}
			})
		})
	}
}

func BenchmarkRegistryFirstUse(b *testing.B) {
	b.ReportAllocs()
	names := make([]string, 100_000)
	for i := range names {
		names[i] = fmt.Sprint("tenant-", i)
	}
	var r *Registry
	for n := 0; b.Loop(); n++ {
		if n%len(names) == 0 {
			r = new(Registry)
		}
		r.Breaker(names[n%len(names)])
	}
}
