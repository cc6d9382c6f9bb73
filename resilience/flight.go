package resilience

import "time"

// flight is a call under way that is known by itself: a probe, which holds a
// place, or a call that may become slow.
type flight struct {
	prev, next *flight
	listed     bool
	probe      bool
	slow       bool  // counted as slow while still under way
	step       int64 // of the tally, if slow
	start      time.Duration
}

// flights lists calls under way by their start, the earliest first.
type flights struct {
	first, last *flight
	n           int
}

func (l *flights) add(f *flight) {
	f.listed, f.prev = true, l.last
	if l.last != nil {
		l.last.next = f
	} else {
		l.first = f
	}
	l.last = f
	l.n++
}

// remove reports whether f was listed.
func (l *flights) remove(f *flight) bool {
	if !f.listed {
		return false
	}
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		l.first = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		l.last = f.prev
	}
	f.prev, f.next, f.listed = nil, nil, false
	l.n--
	return true
}

func (l *flights) clear() {
	for l.first != nil {
		l.remove(l.first)
	}
}

// takeBefore removes and returns the first call if it began at that time or
// earlier.
func (l *flights) takeBefore(start time.Duration) *flight {
	f := l.first
	if f == nil || f.start > start {
		return nil
	}
	l.remove(f)
	return f
}
