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

// scales weighs what a constructor makes.
type scales struct{ testing.BenchmarkResult }

func weigh[T any](construct func() T) scales {
	var kept T
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			kept = construct()
		}
	})
	runtime.KeepAlive(kept)
	return scales{r}
}

func weighOurs() scales {
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
		who string
		scales
	}{
		{"ours", weighOurs()},
		{gobreakerFixed, weigh(func() *gobreaker.CircuitBreaker[int] { return newGobreaker(failures, false) })},
		{gobreakerBuckets, weigh(func() *gobreaker.CircuitBreaker[int] { return newGobreaker(failures, true) })},
		{"failsafe-go", weigh(func() circuitbreaker.CircuitBreaker[int] { return newFailsafe(failures) })},
		{eapacheRun, weigh(func() *eapache.Breaker { return eapache.New(failures, 1, openFor) })},
	} {
		fmt.Fprintf(w, "%s\t%d\t%d\t\n", one.who, one.AllocedBytesPerOp(), one.AllocsPerOp())
	}
	r := newRegistry()
	fmt.Fprintf(w, "ours, in a registry of %d\t%.0f\t\t\n", breakers, r.bytes)
}
