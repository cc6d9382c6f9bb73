package ai

import (
	"sync"
	"time"
)

// race keeps the attempts of a route's turn that hedging lets run beside each
// other. One that lost may end when the call is long over: the trail lists it
// as cancelled then.
type race struct {
	mu      sync.Mutex
	entries []Attempt
	ended   []bool
	decided bool
}

// begin enters an attempt and returns its number.
func (r *race) begin(entry Attempt) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries, r.ended = append(r.entries, entry), append(r.ended, false)
	return len(r.entries) - 1
}

// end completes the entry of an attempt that has ended in time.
func (r *race) end(n int, entry Attempt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.decided {
		r.entries[n], r.ended[n] = entry, true
	}
}

// over returns the entries of all attempts. now counts from the start of the
// call.
func (r *race) over(now time.Duration) []Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decided = true
	for n := range r.entries {
		if e := &r.entries[n]; !r.ended[n] {
			e.Code, e.Duration = CodeCanceled, now-e.Start
		}
	}
	return r.entries
}
