package peers

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// target is what a run is to show. A time of ours is at most so many ns, or
// those of a peer are at least so many times as long.
type target struct {
	what, who string
	ns        float64
	peer      string
	times     float64
	allocs    int64
}

var targets = []target{
	{what: "breaker, success", who: oursAcquire, peer: gobreakerFixed, times: 20},
	{what: "breaker, success", who: oursAcquire, peer: failsafePermits, times: 10},
	{what: "breaker, success", who: oursDo, ns: 15},
	{what: "breaker, failure", who: oursAcquire, ns: 50},
	{what: "breaker, refusal", who: oursAcquire, ns: 40},
	{what: withRetries, who: oursRun, ns: 60},
	{what: withRetries, who: oursRun, peer: failsafeExecutor, times: 10},
	{what: withEvents, who: oursRun, ns: 250, allocs: 1},
	{what: withTimeLimit, who: oursRun, ns: 500, allocs: 4},
	{what: cancellable, who: oursRun, ns: 500, allocs: 4},
	{what: lookups, who: oursFew, ns: 50},
	{what: lookups, who: oursEvery, ns: 50},
}

// verdict tells whether the medians show it, or the minima alone: what the
// machine can do when nobody else uses it.
func verdict(medians, minima bool) string {
	switch {
	case medians:
		return "met"
	case minima:
		return "met by minima"
	}
	return "MISSED"
}

func printTargets(out io.Writer, r results) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprint(w, "\nTARGETS, median (by minima)\t\tserial\tparallel\t\n")
	for _, t := range targets {
		f := r[t.what][t.who]
		fmt.Fprintf(w, "%s: %s\t", t.what, t.who)
		if t.peer != "" {
			p := r[t.what][t.peer]
			fmt.Fprintf(w, "%s ≥ %.0f×\t%s\t%s\t\n", t.peer, t.times, t.ratio(f.serial, p.serial), t.ratio(f.parallel, p.parallel))
			continue
		}
		fmt.Fprintf(w, "≤ %.0f ns\t%s\t%s\t\n", t.ns, t.time(f.serial), t.time(f.parallel))
		fmt.Fprintf(w, "\t≤ %d allocations\t%d %s\t\t\n", t.allocs, f.allocs, verdict(f.allocs <= t.allocs, false))
	}
	bytes := weighOurs().AllocedBytesPerOp()
	fmt.Fprintf(w, "a breaker\t≤ %d B\t%d %s\t\t\n", maxBreakerBytes, bytes, verdict(bytes <= maxBreakerBytes, false))
}

func (t target) time(ours times) string {
	return fmt.Sprintf("%s %s", ours, verdict(ours.median() <= t.ns, ours.least() <= t.ns))
}

func (t target) ratio(ours, peer times) string {
	medians, minima := peer.median()/ours.median(), peer.least()/ours.least()
	return fmt.Sprintf("%.1f (%.1f) %s", medians, minima, verdict(medians >= t.times, minima >= t.times))
}
