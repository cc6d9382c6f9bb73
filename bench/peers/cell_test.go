package peers

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// The policy of every subject, except that a refusal must outlast the run.
const (
	failures = 5
	window   = time.Minute
	openFor  = time.Hour
)

// cell is something measured: one subject doing one thing.
type cell struct {
	what string
	who  string
	// set makes a new subject and returns what does the thing n times. That may
	// be called by several goroutines at once, and panics if something else
	// happens.
	set func() func(n int)
}

// calls are the cells of breakers and guards.
func calls() []cell {
	return slices.Concat(
		floor(), successes(), failed(), refusals(),
		retried(), watched(), limited(), waiting(), resorts(),
	)
}

// Who does it.
const (
	oursAcquire = "ours, Acquire and Done"
	oursDo      = "ours, Do"
	oursRun     = "ours, Run"
	oursChain   = "ours, Run in a fallback.Chain"

	gobreakerFixed   = "gobreaker"
	gobreakerBuckets = "gobreaker, 10 buckets"
	failsafePermits  = "failsafe-go, permits"
	failsafeExecutor = "failsafe-go, executor"
	eapacheRun       = "eapache/go-resiliency"
	byHand           = "gobreaker and backoff by hand"
)

var errDown = errors.New("down")

func answer(context.Context) (int, error)  { return 1, nil }
func failure(context.Context) (int, error) { return 0, errDown }

func plainAnswer() (int, error)  { return 1, nil }
func plainFailure() (int, error) { return 0, errDown }

func bareAnswer() error  { return nil }
func bareFailure() error { return errDown }

// patient is a call that would wait for what it is given, as one over the
// network does.
func patient(ctx context.Context) (int, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	default:
		return 1, nil
	}
}

func must(ok bool) {
	if !ok {
		panic("peers: not what is to be measured")
	}
}

// concurrently does it n times in all, on every processor.
func concurrently(do func(n int)) func(n int) {
	return func(n int) {
		procs := runtime.GOMAXPROCS(0)
		var wg sync.WaitGroup
		for i := range procs {
			wg.Go(func() { do((n + i) / procs) })
		}
		wg.Wait()
	}
}

// floor is what nothing below can go under here.
func floor() []cell {
	const what = "floor"
	return []cell{
		{what, "a call", func() func(int) {
			fn := answer
			return func(n int) {
				ctx := context.Background()
				for range n {
					v, err := fn(ctx)
					must(v == 1 && err == nil)
				}
			}
		}},
		{what, "time.Since", func() func(int) {
			begun := time.Now()
			return func(n int) {
				for range n {
					must(time.Since(begun) >= 0)
				}
			}
		}},
		{what, "a mutex", func() func(int) {
			var mu sync.Mutex
			held := 0
			return func(n int) {
				for range n {
					mu.Lock()
					held++
					mu.Unlock()
				}
			}
		}},
	}
}
