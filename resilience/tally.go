package resilience

import "time"

// tallySteps is how finely a tally divides its window.
const tallySteps = 60

// tally counts the calls of a window in steps of a 60th of it: the step that is
// going on and the 60 before it. Adding and summing are O(1).
type tally struct {
	span   time.Duration // of one step
	begin  time.Duration // of step 0
	newest int64         // the step that is going on
	steps  [tallySteps + 1]counts
	sum    counts
}

// counts are of calls: those that have ended, and all, which are those and the
// slow ones under way.
type counts struct{ calls, ended, failures, slow int }

func newTally(window, now time.Duration) *tally {
	// Rounded up, for a window that the steps do not divide is covered too.
	return &tally{span: (window-1)/tallySteps + 1, begin: now}
}

func (t *tally) clear(now time.Duration) { *t = tally{span: t.span, begin: now} }

// advance forgets the steps that have left the window.
func (t *tally) advance(now time.Duration) {
	step := int64((now - t.begin) / t.span)
	if step-t.newest > tallySteps {
		*t = tally{span: t.span, begin: t.begin, newest: step}
		return
	}
	for ; t.newest < step; t.newest++ {
		left := t.at(t.newest + 1)
		t.sum.calls -= left.calls
		t.sum.ended -= left.ended
		t.sum.failures -= left.failures
		t.sum.slow -= left.slow
		*left = counts{}
	}
}

func (t *tally) at(step int64) *counts { return &t.steps[step%(tallySteps+1)] }

// add counts c into the step that is going on, and returns which that is.
func (t *tally) add(now time.Duration, c counts) (step int64) {
	t.advance(now)
	t.addTo(t.newest, c)
	return t.newest
}

// holds tells whether a step is still within the window.
func (t *tally) holds(step int64, now time.Duration) bool {
	t.advance(now)
	return t.newest-step <= tallySteps
}

func (t *tally) addTo(step int64, c counts) {
	for _, to := range []*counts{t.at(step), &t.sum} {
		to.calls += c.calls
		to.ended += c.ended
		to.failures += c.failures
		to.slow += c.slow
	}
}

// stepEnd is when the step that is going on is over.
func (t *tally) stepEnd() time.Duration {
	return t.begin + time.Duration(t.newest+1)*t.span
}

// within sums up the window.
func (t *tally) within(now time.Duration) counts {
	t.advance(now)
	return t.sum
}

func (c counts) failureRate() float64 { return ratio(c.failures, c.ended) }
func (c counts) slowRate() float64    { return ratio(c.slow, c.calls) }

func ratio(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
