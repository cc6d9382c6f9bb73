package outage

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/finbrain/ai/resilience"
)

var tables = flag.Bool("tables", false, "play the scenarios of the tables and print them")

// runs of each cell of a table.
const runs = 9

func newTable(t *testing.T, title string) *tabwriter.Writer {
	t.Helper()
	if !*tables {
		t.Skip("only with -tables")
	}
	fmt.Printf("\n%s\n\n", title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	t.Cleanup(func() { _ = w.Flush() })
	return w
}

// summary is what several runs of one scenario have in common.
type summary struct {
	median, worst    time.Duration // of Recovery
	inStall, overall float64       // means
}

func summarize(t *testing.T, s subject, sc Scenario) summary {
	t.Helper()
	var sum summary
	recoveries := make([]time.Duration, 0, runs)
	for seed := range uint64(runs) {
		sc.Seed = seed
		r := s.play(t, sc)
		recoveries = append(recoveries, r.Recovery)
		sum.inStall += r.InStall / runs
		sum.overall += r.Overall / runs
	}
	slices.Sort(recoveries)
	sum.median, sum.worst = recoveries[runs/2], recoveries[runs-1]
	return sum
}

func TestTableOfPolicies(t *testing.T) {
	w := newTable(t, "A stall of 10 s: recovery median/worst in s; attempts per request in the stall, overall")
	fmt.Fprintln(w, "\tload 50 %\t\t70 %\t\t85 %\t")
	breakerOnly := resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}}
	for _, s := range []subject{
		naive("3 attempts", Naive(3, 0)),
		naive("3 attempts, backoff", Naive(3, 200*time.Millisecond)),
		naive("no retry", Naive(1, 0)),
		withoutBreaker("guard without breaker", resilience.Policy{}),
		guarded("guard without retry", breakerOnly),
		guarded("guard", resilience.Policy{}),
		guarded("guard, open for 20 s", openFor(20)),
		guarded("guard, open for 15 s", openFor(15)),
		guarded("guard, open for 10 s", openFor(10)),
		guarded("guard, open for 5 s", openFor(5)),
		guarded("guard, open for 2 s", openFor(2)),
	} {
		fmt.Fprint(w, s.name)
		for _, load := range loads {
			sc := TenSeconds(load, 0)
			sc.After = 80 * time.Second
			sum := summarize(t, s, sc)
			fmt.Fprintf(w, "\t%s/%s\t%.2f, %.2f", seconds(sum.median), seconds(sum.worst), sum.inStall, sum.overall)
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfStalls(t *testing.T) {
	w := newTable(t, "Worst recovery in s by the length of the stall, load 85 %")
	stalls := []int{2, 5, 8, 10, 11, 13, 15, 20, 30, 45, 60}
	fmt.Fprintf(w, "\t%s s\n", strings.Trim(strings.ReplaceAll(fmt.Sprint(stalls), " ", "\t"), "[]"))
	for _, open := range []int{2, 5, 10, 15, 30} {
		fmt.Fprintf(w, "open for %d s", open)
		for _, stall := range stalls {
			sc := TenSeconds(0.85, 0)
			sc.Stall, sc.After = asSeconds(stall), 45*time.Second
			fmt.Fprintf(w, "\t%s", seconds(summarize(t, guarded("", openFor(open)), sc).worst))
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfFleets(t *testing.T) {
	w := newTable(t, "The load of 70 % shared by many processes, each with a guard: worst recovery in s; attempts per request in the stall")
	fleets := []int{1, 10, 50, 100, 200, 500, 1000}
	fmt.Fprint(w, "processes")
	for _, n := range fleets {
		fmt.Fprintf(w, "\t%d\t", n)
	}
	fmt.Fprintln(w)
	for _, open := range []int{10, 30} {
		for _, capacity := range []int{500, 140, 42, 14} {
			p := openFor(open)
			p.Budget.Capacity = capacity
			fmt.Fprintf(w, "open for %d s, budget of %d", open, capacity)
			for _, n := range fleets {
				sc := TenSeconds(0.70, 0)
				sc.After = 80 * time.Second
				sum := summarize(t, guarded("", p).times(n), sc)
				fmt.Fprintf(w, "\t%s\t%.2f", seconds(sum.worst), sum.inStall)
			}
			fmt.Fprintln(w)
		}
	}
}

func asSeconds(n int) time.Duration { return time.Duration(n) * time.Second }

func seconds(d time.Duration) string {
	if d == Never {
		return "never"
	}
	return fmt.Sprint(int(d / time.Second))
}
