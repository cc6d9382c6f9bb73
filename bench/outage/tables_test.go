package outage

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/finbrain/ai/bench/internal/table"
	"github.com/finbrain/ai/resilience"
)

// runs of each cell of a table.
const runs = 9

// summary is what several runs of one scenario have in common.
type summary struct {
	median, worst    time.Duration // of Recovery
	answered         float64       // means, these three
	inStall, overall float64
}

func summarize(t *testing.T, s subject, sc Scenario) summary {
	t.Helper()
	var sum summary
	recoveries := make([]time.Duration, 0, runs)
	for seed := range uint64(runs) {
		sc.Seed = seed
		r := s.play(t, sc)
		recoveries = append(recoveries, r.Recovery)
		sum.answered += r.Answered / runs
		sum.inStall += r.InStall / runs
		sum.overall += r.Overall / runs
	}
	slices.Sort(recoveries)
	sum.median, sum.worst = recoveries[runs/2], recoveries[runs-1]
	return sum
}

func TestTableOfPolicies(t *testing.T) {
	w := table.New(t, "A stall of 10 s: recovery median/worst in s; attempts per request in the stall, overall")
	fmt.Fprintln(w, "\tload 50 %\t\t70 %\t\t85 %\t")
	breakerOnly := resilience.Policy{Retry: resilience.RetryPolicy{MaxAttempts: 1}}
	for _, s := range []subject{
		naive("3 attempts", Naive(3, 0)),
		naive("3 attempts, backoff", Naive(3, 200*time.Millisecond)),
		naive("no retry", Naive(1, 0)),
		withoutBreaker("guard without breaker", resilience.Policy{}),
		guarded("guard without retry", breakerOnly),
		guarded("guard", resilience.Policy{}),
		guarded("guard, open for 30 s", openFor(30)),
		guarded("guard, open for 20 s", openFor(20)),
		guarded("guard, open for 15 s", openFor(15)),
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
	w := table.New(t, "Worst recovery in s by the length of the stall, load 85 %; attempts in all during the longest")
	stalls := []int{2, 5, 8, 10, 11, 13, 15, 20, 30, 45, 60}
	fmt.Fprintf(w, "\t%s s\n", strings.Trim(strings.ReplaceAll(fmt.Sprint(stalls), " ", "\t"), "[]"))
	growing := func(from, to int) resilience.Policy {
		return breaker(resilience.BreakerConfig{OpenFor: asSeconds(from), OpenGrowth: 2, MaxOpenFor: asSeconds(to)})
	}
	for _, s := range []subject{
		guarded("open for 2 s", openFor(2)),
		guarded("open for 5 s", openFor(5)),
		guarded("open for 10 s", openFor(10)),
		guarded("open for 15 s", openFor(15)),
		guarded("open for 30 s", openFor(30)),
		guarded("open for 2 s, growing to 30 s", growing(2, 30)),
		guarded("open for 5 s, growing to 20 s", growing(5, 20)),
	} {
		fmt.Fprint(w, s.name)
		var sum summary
		for _, stall := range stalls {
			sc := TenSeconds(0.85, 0)
			sc.Stall, sc.After = asSeconds(stall), 45*time.Second
			sum = summarize(t, s, sc)
			fmt.Fprintf(w, "\t%s", seconds(sum.worst))
		}
		fmt.Fprintf(w, "\t%.0f\n", sum.inStall*0.85*100*60)
	}
}

func TestTableOfConditions(t *testing.T) {
	w := table.New(t, "A minute of health, then a stall of 10 s: worst recovery in s; attempts per request in the stall")
	fmt.Fprintln(w, "\tload 50 %\t\t70 %\t\t85 %\t")
	const short = 10 * time.Second
	for _, s := range []subject{
		guarded("Failures 5", resilience.Policy{}),
		guarded("Failures 20", breaker(resilience.BreakerConfig{Failures: 20})),
		guarded("MinFailureRate 10 %", breaker(resilience.BreakerConfig{MinFailureRate: 0.1})),
		guarded("MinFailureRate 10 %, Window 10 s", breaker(resilience.BreakerConfig{MinFailureRate: 0.1, Window: short})),
		guarded("MinFailureRate 20 %, Window 10 s", breaker(resilience.BreakerConfig{MinFailureRate: 0.2, Window: short})),
		guarded("MinFailureRate 50 %, Window 10 s", breaker(resilience.BreakerConfig{MinFailureRate: 0.5, Window: short})),
	} {
		fmt.Fprint(w, s.name)
		for _, load := range loads {
			sc := TenSeconds(load, 0)
			sc.Warm, sc.After = time.Minute, 80*time.Second
			sum := summarize(t, s, sc)
			fmt.Fprintf(w, "\t%s\t%.2f", seconds(sum.worst), sum.inStall)
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfFleets(t *testing.T) {
	w := table.New(t, "The load of 70 requests/s shared by that many processes, each with a guard: worst recovery in s; attempts per request in the stall")
	fleets := []int{1, 10, 50, 100, 200, 500, 1000}
	fmt.Fprint(w, "processes")
	for _, n := range fleets {
		fmt.Fprintf(w, "\t%d\t", n)
	}
	fmt.Fprintln(w)
	small := resilience.Policy{Budget: resilience.BudgetPolicy{Capacity: 14}}
	for _, s := range []subject{
		guarded("default", resilience.Policy{}),
		guarded("open for 30 s", openFor(30)),
		guarded("Capacity 14", small),
		guarded("Capacity 14, Failures 3", sparing(3, 3)),
		guarded("Capacity 14, Failures 2", sparing(2, 3)),
		guarded("1 attempt", sparing(5, 1)),
		guarded("1 attempt, Failures 2", sparing(2, 1)),
		guarded("1 attempt, Failures 1", sparing(1, 1)),
		withoutBreaker("1 attempt, no breaker", sparing(5, 1)),
	} {
		fmt.Fprint(w, s.name)
		for _, n := range fleets {
			sc := TenSeconds(0.70, 0)
			sc.After = 150 * time.Second
			sum := summarize(t, s.times(n), sc)
			fmt.Fprintf(w, "\t%s\t%.2f", seconds(sum.worst), sum.inStall)
		}
		fmt.Fprintln(w)
	}
}

func TestTableOfColdStarts(t *testing.T) {
	w := table.New(t, "A stall of 10 s, then 30 s at half the speed: answered of the requests in the 60 s after the stall; worst recovery in s")
	fmt.Fprintln(w, "\tload 50 %\t\t70 %\t\t85 %\t")
	readmit := func(each int, shares ...float64) resilience.Policy {
		return breaker(resilience.BreakerConfig{Readmit: shares, ReadmitFor: asSeconds(each)})
	}
	limited := func(l resilience.LimitPolicy) resilience.Policy { return resilience.Policy{Limit: l} }
	for _, s := range []subject{
		guarded("guard", resilience.Policy{}),
		guarded("open for 5 s", openFor(5)),
		guarded("open for 30 s", openFor(30)),
		guarded("3 probes", breaker(resilience.BreakerConfig{Probes: 3})),
		guarded("Readmit 10, 50 %, 10 s each", readmit(10, 0.1, 0.5)),
		guarded("Readmit 20, 40, 60 %, 5 s each", readmit(5, 0.2, 0.4, 0.6)),
		guarded("Readmit 50 %, 20 s", readmit(20, 0.5)),
		guarded("at most 40 at once", limited(resilience.LimitPolicy{MaxConcurrent: 40})),
		guarded("at most 80 at once", limited(resilience.LimitPolicy{MaxConcurrent: 80})),
		guarded("adaptive limit, 4 to 200", limited(resilience.LimitPolicy{
			MaxConcurrent: 200, Adaptive: resilience.AdaptivePolicy{Min: 4},
		})),
	} {
		fmt.Fprint(w, s.name)
		for _, load := range loads {
			sc := TenSeconds(load, 0)
			sc.Cold, sc.After = 30*time.Second, time.Minute
			sum := summarize(t, s, sc)
			fmt.Fprintf(w, "\t%.0f %%\t%s", 100*sum.answered, seconds(sum.worst))
		}
		fmt.Fprintln(w)
	}
}

func asSeconds(n int) time.Duration { return time.Duration(n) * time.Second }

func seconds(d time.Duration) string {
	if d == Never {
		return "never"
	}
	return fmt.Sprint(int(d / time.Second))
}
