package resilience_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai/resilience"
)

// A read that hangs is made a second time beside the first.
func ExampleHedgePolicy() {
	guard, err := resilience.NewGuard("storage", resilience.Policy{
		Timeout: time.Minute,
		Hedge:   resilience.HedgePolicy{MaxShare: 1, Delay: time.Millisecond}, // 0.05 and no Delay suit most
		OnEvent: func(e resilience.Event) { fmt.Println(e.Kind) },
	}, nil)
	if err != nil {
		panic(err)
	}
	var calls atomic.Int32 // the function runs concurrently with itself
	answer, err := resilience.RunHedged(context.Background(), guard, resilience.Call{}, func(ctx context.Context) (string, error) {
		if calls.Add(1) == 1 {
			<-ctx.Done() // until the second has answered
			return "", ctx.Err()
		}
		return "from the second call", nil
	})
	fmt.Println(answer, err)
	// Output:
	// hedge_started
	// hedge_won
	// attempt
	// from the second call <nil>
}
