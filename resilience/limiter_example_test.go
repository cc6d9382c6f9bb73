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
