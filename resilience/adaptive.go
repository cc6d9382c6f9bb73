package resilience

import (
	"math"
	"time"
)

// AdaptivePolicy lets a [Limiter] find its limit by itself, from the latency and
// the failures that [Limiter.Learn] is told. It is off at zero.
//
// The rule is a descendant of Gradient2Limit in Netflix's concurrency-limits: the
// limit follows the ratio of a long-run mean latency to the recent one, with
// room to grow by its square root. The recent one is the mean over a window of
// as many calls as the limit, ten at least. A window whose latency has risen, or
// in which more than one call in that square root failed, shrinks the limit, by a
// tenth at most; any other lets it grow, unless less than half of it was used.
// Under constant demand it settles about its square root above what the service
// can do at once.
//
// Unlike there, the long-run latency is not taught by calls that queue behind
// each other: it would follow an overload upwards, and the limit with it. It
// learns from the windows that left half the limit unused and, after 30 without
// one, from a probe: the limit is halved for a window, to see what the service
// does with less. Probing is older than that rule: GradientLimit of the same
// library and TCP BBR do so. The calls that end first after a start or a change
// are the quickest or the oldest, so they are left out: twice as many as may be
// under way.
type AdaptivePolicy struct {
	// Min is what the limit never falls below; more than 0 turns the rule on. It
	// never rises above LimitPolicy.MaxConcurrent, which must be set.
	Min int
	// Start is the limit at first. Default 20, or the nearest that Min and
	// MaxConcurrent allow.
	Start int
	// OnChange is called once per change of the limit, in order, outside any
	// lock; it may call back into the limiter. It runs in the goroutine of a
	// caller of Learn and delays it.
	OnChange func(from, to int)
}

const (
	adaptiveStart     = 20
	adaptiveWindow    = 10  // the least calls of a window
	adaptiveSmoothing = 0.2 // what a window has to say in the limit
	adaptiveSteepest  = 0.5 // the least gradient: one outlier is no outage
	adaptiveForget    = 0.9 // of a baseline more than twice the recent latency, what is left after a window
	probeWindows      = 30  // windows that teach nothing before a probe
	probeWeight       = 0.5 // of a probe in the baseline
	idleWeight        = 0.1 // of a window that leaves half the limit unused
)

// adaptive is the rule of an [AdaptivePolicy].
type adaptive struct {
	least, most float64
	limit       float64
	baseline    float64 // the long-run mean latency, in ns; 0 if unknown
	window      latencyWindow
	untaught    int     // windows since the baseline last learnt
	drain       int     // calls to leave out
	resume      float64 // the limit after the probe; 0: no probe
}

// latencyWindow is what the calls of one window had to tell.
type latencyWindow struct {
	successes, failures int
	sum                 float64 // of the latencies of successes, in ns
	peak                int     // the most calls under way
}

func newAdaptive(p LimitPolicy) adaptive {
	return adaptive{
		least: float64(p.Adaptive.Min),
		most:  float64(p.MaxConcurrent),
		limit: float64(p.Adaptive.Start),
		drain: 2 * p.Adaptive.Start,
	}
}

// learn takes what one call tells into account and returns the limit.
func (a *adaptive) learn(took time.Duration, o Outcome, inFlight int) int {
	if a.drain > 0 {
		a.drain--
		return int(a.limit)
	}
	w := &a.window
	w.peak = max(w.peak, inFlight)
	if o == Failure {
		w.failures++
	} else {
		w.successes++
		w.sum += float64(max(took, 0))
	}
	if w.successes+w.failures >= max(adaptiveWindow, int(a.limit), int(a.resume)) {
		a.conclude(inFlight)
		a.window = latencyWindow{}
	}
	return int(a.limit)
}

// conclude ends a window.
func (a *adaptive) conclude(inFlight int) {
	switch {
	case a.resume > 0:
		a.teach(probeWeight)
		a.limit, a.resume = a.resume, 0
	case float64(a.window.peak) < a.limit/2:
		a.teach(idleWeight)
	default:
		a.adjust()
		a.untaught++
		if a.untaught >= probeWindows {
			a.probe(inFlight)
		}
	}
}

// adjust moves the limit by what the window tells.
func (a *adaptive) adjust() {
	latency := a.window.latency()
	if a.baseline == 0 {
		a.baseline = latency
	}
	gradient := a.window.succeeded()
	switch {
	case latency > a.baseline:
		gradient *= a.baseline / latency
	case a.baseline > 2*latency && a.window.successes > 0:
		a.baseline *= adaptiveForget
	}
	target := a.limit*max(gradient, adaptiveSteepest) + math.Sqrt(a.limit)
	a.limit += adaptiveSmoothing * (target - a.limit)
	a.limit = min(max(a.limit, a.least), a.most)
}

// probe halves the limit for one window. At the least limit there is nothing to
// halve, and the window just over teaches.
func (a *adaptive) probe(inFlight int) {
	if a.limit <= a.least {
		a.teach(probeWeight)
		return
	}
	a.resume, a.drain = a.limit, 2*inFlight
	a.limit = max(a.limit/2, a.least)
}

// teach lets the window have its say in the baseline, which it can raise by its
// weight at most: one outlier is no new normal.
func (a *adaptive) teach(weight float64) {
	a.untaught = 0
	if a.window.successes == 0 {
		return
	}
	if a.baseline == 0 {
		a.baseline = a.window.latency()
	}
	a.baseline += weight * (min(a.window.latency(), 2*a.baseline) - a.baseline)
}

// latency is the mean of the successes; 0 if there were none.
func (w *latencyWindow) latency() float64 { return w.sum / float64(max(w.successes, 1)) }

// succeeded is the share of the calls that did.
func (w *latencyWindow) succeeded() float64 {
	return float64(w.successes) / float64(w.successes+w.failures)
}
