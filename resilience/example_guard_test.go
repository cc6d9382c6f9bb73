package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

func ExampleRun() {
	guard, err := resilience.NewGuard("email", resilience.Policy{
		Timeout: 10 * time.Second,
		Retry:   resilience.RetryPolicy{BaseDelay: time.Millisecond},
	}, nil)
	if err != nil {
		panic(err)
	}
	attempts := 0
	receipt, err := resilience.Run(context.Background(), guard, func(context.Context) (string, error) {
		if attempts++; attempts < 3 {
			return "", errDown
		}
		return "sent", nil
	})
	fmt.Println(receipt, err, "after", attempts, "attempts")
	// Output: sent <nil> after 3 attempts
}

// A service's rate limit closes the gate of one key and leaves the breaker alone.
func ExampleRunCall() {
	errTooMany := errors.New("429")
	guard, err := resilience.NewGuard("sms", resilience.Policy{}, func(err error) resilience.Verdict {
		if errors.Is(err, errTooMany) {
			return resilience.Verdict{Retry: true, Throttled: true, After: time.Minute, Reason: "rate_limited"}
		}
		return resilience.Verdict{Outcome: resilience.Failure, Retry: true}
	})
	if err != nil {
		panic(err)
	}
	send := func(country string, err error) {
		call := resilience.Call{Key: country, Hurry: true} // the message can go by e-mail instead
		_, err = resilience.RunCall(context.Background(), guard, call, func(context.Context) (string, error) { return "", err })
		fmt.Println(country, err)
	}
	send("fr", errTooMany)
	send("fr", nil)
	send("de", nil)
	fmt.Println(guard.Breaker().State())
	// Output:
	// fr 429
	// fr resilience: sms/fr is open (rate_limited)
	// de <nil>
	// closed
}

// All that a guard does comes out of one place.
func ExampleEvent() {
	guard, err := resilience.NewGuard("storage", resilience.Policy{
		Breaker: resilience.BreakerConfig{Failures: 2},
		Retry:   resilience.RetryPolicy{BaseDelay: time.Millisecond},
		OnEvent: func(e resilience.Event) {
			switch e.Kind {
			case resilience.EventAttempt:
				fmt.Println(e.Guard, e.Kind, e.Attempt, e.Outcome)
			case resilience.EventRetry:
				fmt.Println(e.Guard, e.Kind, "costs", e.Cost)
			case resilience.EventStateChanged:
				fmt.Println(e.Guard, e.Kind, e.From, e.To, e.Wait)
			}
		},
	}, nil)
	if err != nil {
		panic(err)
	}
	_, _ = resilience.Run(context.Background(), guard, func(context.Context) (int, error) { return 0, errDown })
	// Output:
	// storage attempt 1 failure
	// storage retry costs 14
	// storage state_changed closed open 30s
	// storage attempt 2 failure
}
