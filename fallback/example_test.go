package fallback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/fallback"
)

func ExampleChain_Run() {
	type step = fallback.Step[string, string]
	remote := step{Timed: true, Do: func(context.Context, string, fallback.Turn) (string, error) {
		return "", errors.New("connection refused")
	}}
	constant := step{Do: func(_ context.Context, name string, _ fallback.Turn) (string, error) {
		return "no quote for " + name, nil
	}}
	result := fallback.Chain[string, string]{}.Run(context.Background(), "ACME", time.Now().Add(time.Second), []step{remote, constant})
	fmt.Println(result.Value)
	for _, left := range result.Left {
		fmt.Printf("step %d was left: %v\n", left.Step, left.Err)
	}
	// Output:
	// no quote for ACME
	// step 0 was left: connection refused
}
