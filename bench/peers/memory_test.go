package peers

import (
	"fmt"
	"io"
	"runtime"
	"testing"
	"text/tabwriter"

	eapache "github.com/eapache/go-resiliency/breaker"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/finbrain/ai/resilience"
	"github.com/sony/gobreaker/v2"
)

// maxBreakerBytes is what a breaker with the default configuration may take.
const maxBreakerBytes = 320

// weigh measures what a constructor allocates.
func weigh[T any](construct func() T) testing.BenchmarkResult {
	var kept T
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			kept = construct()
		}
	})
	runtime.KeepAlive(kept)
	return r
}

func weighOurs() testing.BenchmarkResult {
	return weigh(func() *resilience.Breaker {
		b, err := resilience.NewBreaker("ours", resilience.BreakerConfig{})
		must(err == nil)
		return b
	})
}

func printMemory(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	defer w.Flush()
	fmt.Fprint(w, "\t\t\t\nA BREAKER\tB\tallocs\t\n")
	for _, one := range []struct {
		who  string
		cost testing.BenchmarkResult
	}{
		{"ours", weighOurs()},
		{gobreakerFixed, weigh(func() *gobreaker.CircuitBreaker[int] { return newGobreaker(failures, false) })},
		{gobreakerBuckets, weigh(func() *gobreaker.CircuitBreaker[int] { return newGobreaker(failures, true) })},
		{"failsafe-go", weigh(func() circuitbreaker.CircuitBreaker[int] { return newFailsafe(failures) })},
		{eapacheRun, weigh(func() *eapache.Breaker { return eapache.New(failures, 1, openFor) })},
	} {
		fmt.Fprintf(w, "%s\t%d\t%d\t\n", one.who, one.cost.AllocedBytesPerOp(), one.cost.AllocsPerOp())
	}
	r := newRegistry()
	fmt.Fprintf(w, "ours, in a registry of %d\t%.0f\t\t\n", breakers, r.bytes)
}
