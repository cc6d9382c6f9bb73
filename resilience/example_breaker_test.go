package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

func newBreaker(name string, cfg resilience.BreakerConfig) *resilience.Breaker {
	breaker, err := resilience.NewBreaker(name, cfg)
	if err != nil {
		panic(err)
	}
	return breaker
}

// Where there are many calls a share of them says more than a count.
func ExampleBreakerConfig_failureRate() {
	breaker := newBreaker("search", resilience.BreakerConfig{FailureRate: 0.2, MinCalls: 50})
	for range 40 {
		breaker.RecordSuccess()
	}
	for range 9 {
		breaker.RecordFailure()
	}
	fmt.Println(breaker.State(), "after 49 calls")
	breaker.RecordFailure()
	fmt.Println(breaker.State(), "after 10 failures of 50 calls")
	// Output:
	// closed after 49 calls
	// open after 10 failures of 50 calls
}

// A service that answers too late to be of use is failing, too.
func ExampleBreakerConfig_slowRate() {
	breaker := newBreaker("reports", resilience.BreakerConfig{
		SlowRate: 0.5, SlowAfter: time.Millisecond, MinCalls: 2,
	})
	slow := resilience.Protect(breaker, func(context.Context) (string, error) {
		<-time.After(2 * time.Millisecond)
		return "an answer", nil
	})
	for range 3 {
		fmt.Println(slow(context.Background()))
	}
	// Output:
	// an answer <nil>
	// an answer <nil>
	//  resilience: reports is open (slow_rate)
}

// After an outage three probes must succeed; then a tenth of the calls passes
// for a while, and half of them, before all do.
func ExampleBreakerConfig_readmit() {
	breaker := newBreaker("database", resilience.BreakerConfig{
		Failures: 1, OpenFor: time.Millisecond,
		Probes: 3, Readmit: []float64{0.1, 0.5}, ReadmitFor: time.Minute,
	})
	breaker.RecordFailure()
	<-time.After(breaker.RetryAfter())
	query := func(context.Context) (string, error) { return "a row", nil }
	for range 3 {
		_, err := resilience.Do(context.Background(), breaker, query)
		fmt.Println("probe:", err)
	}
	passed := 0
	for range 20 {
		if _, err := resilience.Do(context.Background(), breaker, query); err == nil {
			passed++
		}
	}
	fmt.Println(passed, "of 20 calls passed;", breaker.State())
	// Output:
	// probe: <nil>
	// probe: <nil>
	// probe: <nil>
	// 2 of 20 calls passed; half_open
}

// The longer an outage lasts, the less often it is looked for its end.
func ExampleBreakerConfig_openGrowth() {
	breaker := newBreaker("webhooks", resilience.BreakerConfig{
		Failures: 1, OpenFor: time.Millisecond, OpenGrowth: 2, MaxOpenFor: 3 * time.Millisecond,
		OnStateChange: func(c resilience.StateChange) {
			if c.To == resilience.Open {
				fmt.Println("open for", c.OpenFor)
			}
		},
	})
	for range 4 {
		breaker.RecordFailure()
		<-time.After(breaker.RetryAfter())
	}
	// Output:
	// open for 1ms
	// open for 2ms
	// open for 3ms
	// open for 3ms
}

// New thresholds are tried on real traffic before they refuse anything.
func ExampleBreaker_MetricsOnly() {
	breaker := newBreaker("payments", resilience.BreakerConfig{
		Failures: 3, Mode: resilience.MetricsOnly,
		OnStateChange: func(c resilience.StateChange) { fmt.Println("would be", c.To) },
	})
	for range 5 {
		_, err := resilience.Do(context.Background(), breaker, func(context.Context) (string, error) {
			return "", errors.New("timeout")
		})
		fmt.Println(err)
	}
	s := breaker.Snapshot()
	fmt.Printf("%v; would be %v, with %d calls refused\n", s.State, s.Shadow, s.Refusals)
	breaker.Reset() // in earnest
	fmt.Println(breaker.Mode())
	// Output:
	// timeout
	// timeout
	// would be open
	// timeout
	// timeout
	// timeout
	// closed; would be open, with 2 calls refused
	// would be closed
	// automatic
}

// stream delivers what it was opened for piece by piece.
type stream struct {
	pieces []string
	permit *resilience.Permit
	early  bool // whether the first piece is enough to call it a success
}

// open begins a stream. Its permit outlives this function.
func open(breaker *resilience.Breaker, early bool, pieces ...string) (*stream, error) {
	permit, err := breaker.Acquire()
	if err != nil {
		return nil, err
	}
	return &stream{pieces: pieces, permit: &permit, early: early}, nil
}

func (s *stream) next() (string, bool) {
	if len(s.pieces) == 0 {
		fmt.Println("success counted at the end:", s.permit.Done(resilience.Success))
		return "", false
	}
	piece := s.pieces[0]
	s.pieces = s.pieces[1:]
	if s.early {
		s.early = false
		fmt.Println("success counted at the first token:", s.permit.Done(resilience.Success))
	}
	return piece, true
}

// close gives the permit back if nothing was told: who stops reading says
// nothing about the service.
func (s *stream) close() { s.permit.Done(resilience.Neutral) }

// The outcome of a stream may be told at its first token, when the service has
// shown that it works, or at its end.
func ExamplePermit_Done() {
	breaker := newBreaker("ai", resilience.BreakerConfig{})
	for _, early := range []bool{true, false} {
		s, err := open(breaker, early, "Hello", "world")
		if err != nil {
			fmt.Println("not now:", err)
			return
		}
		for piece, ok := s.next(); ok; piece, ok = s.next() {
			fmt.Println(piece)
		}
		s.close()
	}
	// Output:
	// success counted at the first token: true
	// Hello
	// world
	// success counted at the end: false
	// Hello
	// world
	// success counted at the end: true
}
