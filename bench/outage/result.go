package outage

import (
	"math"
	"time"
)

// Result is what came of a run.
type Result struct {
	// Recovery is the time from the end of the stall until the service is well
	// again: the first whole second from which on, in every five seconds, at
	// least Well of the requests made in them were answered. Never, if it was
	// not well again in the time that was looked at.
	Recovery time.Duration
	// Answered is the share of the requests made after the stall that were.
	Answered float64
	// InStall and Overall are the attempts that reached the server for each
	// request offered, during the stall and in the whole run.
	InStall, Overall float64
}

const (
	// Well is the goodput, answered requests to requests, of a service that
	// has recovered.
	Well = 0.95
	// Never is the Recovery of a service that has not: longer than any other.
	Never time.Duration = math.MaxInt64
)

// window is the number of seconds in which goodput must hold.
const window = 5

func newResult(srv *server, requests []*request, after time.Duration) Result {
	seconds := make([]tally, int(after/time.Second))
	offered := 0
	for _, r := range requests {
		if srv.stall.holds(r.at) {
			offered++
		}
		if since := r.at - srv.stall.to; since >= 0 {
			seconds[min(int(since/time.Second), len(seconds)-1)].add(r.answered)
		}
	}
	later := sum(seconds)
	inStall, overall := srv.attempts()
	return Result{
		Recovery: recovery(seconds),
		Answered: float64(later.answered) / float64(later.offered),
		InStall:  float64(inStall) / float64(offered),
		Overall:  float64(overall) / float64(len(requests)),
	}
}

// tally counts the requests made in one second, and those answered.
type tally struct{ offered, answered int }

func (t *tally) add(answered bool) {
	t.offered++
	if answered {
		t.answered++
	}
}

// recovery looks for the last window that is not well; what follows it is.
func recovery(seconds []tally) time.Duration {
	for first := len(seconds) - window; first >= 0; first-- {
		if !well(seconds[first : first+window]) {
			if first == len(seconds)-window {
				return Never
			}
			return time.Duration(first+1) * time.Second
		}
	}
	return 0
}

func well(seconds []tally) bool {
	all := sum(seconds)
	return float64(all.answered) >= Well*float64(all.offered)
}

func sum(seconds []tally) (all tally) {
	for _, t := range seconds {
		all.offered += t.offered
		all.answered += t.answered
	}
	return all
}
