package outage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/finbrain/ai/bench/internal/table"
	"github.com/finbrain/ai/resilience"
)

// What a small budget costs on a good day, when every retry is worth its while.
func TestTableOfBudgets(t *testing.T) {
	w := table.New(t, "Unanswered of the requests to a service that fails 1, 2, 5 and 10 % of all attempts, by the Capacity of the budget; no breaker")
	for _, capacity := range []int{14, 28, 42, 140, 500} {
		fmt.Fprintf(w, "Capacity %d", capacity)
		for _, failing := range []float64{0.01, 0.02, 0.05, 0.1} {
			fmt.Fprintf(w, "\t%.2g %%", 100*unanswered(t, capacity, failing))
		}
		fmt.Fprintln(w)
	}
}

func unanswered(t *testing.T, capacity int, failing float64) (share float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(t, resilience.Policy{Budget: resilience.BudgetPolicy{Capacity: capacity}})
		g.Breaker().Disable()
		random := rand.New(rand.NewPCG(1, 0)) // the same failures for each capacity
		const requests = 200_000
		for range requests {
			_, err := resilience.Run(t.Context(), g, func(context.Context) (struct{}, error) {
				if random.Float64() < failing {
					return struct{}{}, errors.New("failed")
				}
				return struct{}{}, nil
			})
			if err != nil {
				share += 1.0 / requests
			}
		}
	})
	return share
}
