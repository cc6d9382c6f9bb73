package resilience

import (
	"sort"
	"time"
)

// window remembers the last len(times) failures. That is all an exact
// "n failures within any span" needs: the n-th last one tells.
type window struct {
	times []time.Duration // a ring of instants in order; empty if failures are not counted this way
	next  int32           // where the next failure goes
	count int32           // how many places hold one
}

func newWindow(n int) window { return window{times: make([]time.Duration, n)} }

func (w *window) add(at time.Duration) {
	n := int32(len(w.times))
	if n == 0 {
		return
	}
	w.times[w.next] = at
	if w.next++; w.next == n {
		w.next = 0
	}
	w.count = min(w.count+1, n)
}

func (w *window) clear() { w.next, w.count = 0, 0 }

// full tells whether all len(times) failures lie within span before now, both
// ends included.
func (w *window) full(now, span time.Duration) bool {
	return w.count > 0 && int(w.count) == len(w.times) && now-w.times[w.next] <= span
}

// within counts the remembered failures within span before now.
func (w *window) within(now, span time.Duration) int {
	n, newest := int(w.count), int(w.next)-1+len(w.times)
	return sort.Search(n, func(i int) bool {
		return now-w.times[(newest-i)%len(w.times)] > span
	})
}

// sameUntil tells from when on within counts fewer.
func (w *window) sameUntil(now, span time.Duration) time.Duration {
	n := w.within(now, span)
	if n == 0 {
		return forever
	}
	oldest := w.times[(int(w.next)-n+len(w.times))%len(w.times)]
	return after(after(oldest, span), 1) // a failure as old as span still counts
}
