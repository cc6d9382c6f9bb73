package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Two reports are made at once and a third may wait; who finds no place in time
// is told at once.
func ExampleLimiter() {
	reports, err := resilience.NewLimiter("reports", resilience.LimitPolicy{
		MaxConcurrent: 2,
		Queue:         1,
		MaxQueueWait:  time.Millisecond,
	})
	if err != nil {
		panic(err)
	}
	for range 3 {
		err := reports.Acquire(context.Background())
		fmt.Println(reports.InFlight(), "under way:", err, errors.Is(err, resilience.ErrLimit))
	}
	reports.Release() // as soon as one is made
	fmt.Println(reports.TryAcquire())
	// Output:
	// 1 under way: <nil> false
	// 2 under way: <nil> false
	// 2 under way: resilience: reports already has 2 calls under way (queue_wait) true
	// true
}

// A service that answers in 100 ms gets more calls at once, and fewer when it
// becomes slow.
func ExampleAdaptivePolicy() {
	limiter, err := resilience.NewLimiter("search", resilience.LimitPolicy{
		MaxConcurrent: 200,
		Adaptive: resilience.AdaptivePolicy{
			Min:      2,
			Start:    10,
			OnChange: func(from, to int) { fmt.Println("limit", from, "->", to) },
		},
	})
	if err != nil {
		panic(err)
	}
	calls := func(took time.Duration) {
		for limiter.TryAcquire() { // as many at once as may be
		}
		for range 50 {
			limiter.Learn(took, resilience.Success)
		}
		for limiter.InFlight() > 0 {
			limiter.Release()
		}
	}
	calls(100 * time.Millisecond)
	calls(300 * time.Millisecond)
	// Output:
	// limit 10 -> 11
	// limit 11 -> 10
	// limit 10 -> 9
}
