package promises

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// promise is a row of the table.
type promise struct {
	text  string
	needs ability
	kept  func(*stage) bool
}

var promises = []promise{
	{"4 failures at 59 s and 1 at 61 s open", repeats, opensAcrossMinutes},
	{"failures 59.1 s apart count together", windows, countsWithinWindow},
	{"failures 60.1 s apart do not", windows, forgetsBeyondWindow},
	{"half-open lets 1 of 64 through", knows, admitsOneProbe},
	{"a success begun earlier does not close", knows, ignoresOldSuccess},
	{"a failure begun earlier does not reopen", knows, ignoresOldFailure},
	{"failures of an old era do not open", knows, ignoresOldEra},
	{"a probe that panics frees its place", knows, freesPlace((*call).panics)},
	{"a probe that calls Goexit frees its place", knows, freesPlace((*call).exits)},
	{"a probe that never returns frees its place", knows, freesPlace((*call).hangs)},
	{"5 cancels by the caller do not open", repeats, ignoresCancels},
	{"a cancelled probe is neutral", knows, ignoresCancelledProbe},
	{"a callback may ask for the state", tells, nil}, // deadlock_test.go
	{"a permit reported 5 times counts once", separate, countsPermitOnce},
	{"50 calls run in parallel", 0, runsInParallel},
}

func opensAcrossMinutes(s *stage) bool {
	elapse(59 * time.Second)
	s.fail(4)
	elapse(2 * time.Second)
	s.fail(1)
	return !s.closed()
}

// However the breaker divides its time.
func countsWithinWindow(s *stage) bool {
	for lead := time.Duration(0); lead < 6*time.Second; lead += 500 * time.Millisecond {
		s.renew()
		elapse(lead)
		s.fail(4)
		elapse(window - 900*time.Millisecond)
		s.fail(1)
		if s.closed() {
			return false
		}
	}
	return true
}

// With other calls between them.
func forgetsBeyondWindow(s *stage) bool {
	for lead := time.Duration(0); lead < 6*time.Second; lead += 500 * time.Millisecond {
		s.renew()
		elapse(lead)
		s.fail(4)
		for range 5 {
			elapse(11900 * time.Millisecond)
			s.succeed()
		}
		elapse(600 * time.Millisecond)
		s.fail(1)
		if !s.closed() {
			return false
		}
	}
	return true
}

func admitsOneProbe(s *stage) bool {
	s.halfOpen()
	admitted := 0
	for _, c := range s.begin(64) {
		if c.admitted {
			admitted++
		}
	}
	return admitted == 1
}

// It began while the breaker was closed, or in an earlier half-open time.
func ignoresOldSuccess(s *stage) bool {
	old := s.one()
	s.halfOpen()
	s.one()
	old.succeeds()
	if s.closed() {
		return false
	}

	s.renew()
	s.halfOpen()
	old = s.one()
	elapse(openFor + time.Second)
	s.one().fails()
	elapse(openFor + time.Second)
	if probe := s.one(); !probe.admitted {
		return true // the old probe is the only one still
	}
	old.succeeds()
	return !s.closed()
}

func ignoresOldFailure(s *stage) bool {
	old := s.one()
	s.halfOpen()
	probe := s.one()
	old.fails()
	probe.succeeds()
	return s.closed()
}

func ignoresOldEra(s *stage) bool {
	old := s.begin(failures)
	s.halfOpen()
	s.one().succeeds()
	for _, c := range old {
		c.fails()
	}
	return s.closed()
}

// freesPlace: whether such an end counts as a failure or as nothing, two open
// times later a call passes and closes the breaker.
func freesPlace(end func(*call)) func(*stage) bool {
	return func(s *stage) bool {
		s.halfOpen()
		end(s.one())
		elapse(2*openFor + time.Second)
		s.one().succeeds()
		return s.closed()
	}
}

func ignoresCancels(s *stage) bool {
	for range failures {
		s.one().isCancelled()
	}
	return s.closed()
}

// Its place is free at once, and nothing has been decided.
func ignoresCancelledProbe(s *stage) bool {
	s.halfOpen()
	s.one().isCancelled()
	if s.closed() {
		return false
	}
	s.one().succeeds()
	return s.closed()
}

func countsPermitOnce(s *stage) bool {
	fail, ok := s.breaker.(permitter).acquire()
	for range failures {
		fail()
	}
	s.fail(failures - 2)
	counted := s.closed()
	s.fail(1)
	return ok && counted && !s.closed()
}

func runsInParallel(s *stage) bool {
	const took = 100 * time.Millisecond
	begun := time.Now()
	var all sync.WaitGroup
	var answered atomic.Int32
	for range 50 {
		all.Go(func() {
			s.call(s.ctx, func(context.Context) error {
				elapse(took)
				answered.Add(1)
				return nil
			})
		})
	}
	all.Wait()
	return answered.Load() == 50 && time.Since(begun) == took
}
