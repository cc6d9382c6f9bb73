package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

var errDown = errors.New("mail server is down")

func Example() {
	var breakers resilience.Registry // one breaker per name, made at its first use

	ctx := context.Background()
	lastReport := []string{"yesterday's rows"}
	heavyQuery := func(context.Context) ([]string, error) { return nil, errors.New("the database is down") }
	for range 6 {
		rows, err := resilience.Do(ctx, breakers.Breaker("database"), heavyQuery)
		if errors.Is(err, resilience.ErrOpen) {
			rows, err = lastReport, nil // the database is left alone until it has recovered
		}
		fmt.Println(rows, err)
	}
	// Output:
	// [] the database is down
	// [] the database is down
	// [] the database is down
	// [] the database is down
	// [] the database is down
	// [yesterday's rows] <nil>
}

func ExampleDo() {
	breaker, err := resilience.NewBreaker("email", resilience.BreakerConfig{Failures: 2})
	if err != nil {
		panic(err)
	}
	send := func(context.Context) (string, error) { return "", errDown }
	for range 3 {
		_, err := resilience.Do(context.Background(), breaker, send)
		fmt.Println(err)
	}
	// Output:
	// mail server is down
	// mail server is down
	// resilience: email is open (failures)
}

func ExampleProtect() {
	breaker, err := resilience.NewBreaker("file_storage", resilience.BreakerConfig{})
	if err != nil {
		panic(err)
	}
	upload := resilience.Protect(breaker, func(context.Context) (string, error) {
		return "report.pdf stored", nil
	})
	fmt.Println(upload(context.Background()))
	// Output: report.pdf stored <nil>
}

// A permit outlives the function that took it: here the outcome is told when a
// webhook's receipt arrives.
func ExampleBreaker_Acquire() {
	breaker, err := resilience.NewBreaker("webhooks", resilience.BreakerConfig{})
	if err != nil {
		panic(err)
	}
	permit, err := breaker.Acquire()
	if err != nil {
		fmt.Println("not now:", err)
		return
	}
	receipt := func(delivered bool) {
		outcome := resilience.Failure
		if delivered {
			outcome = resilience.Success
		}
		fmt.Println("counted:", permit.Done(outcome))
	}
	receipt(true)
	receipt(true) // told twice
	// Output:
	// counted: true
	// counted: false
}

// Degrade in steps instead of all at once.
func ExampleBreaker_IsHalfOpen() {
	breaker, err := resilience.NewBreaker("database", resilience.BreakerConfig{})
	if err != nil {
		panic(err)
	}
	serve := func() string {
		switch {
		case breaker.IsOpen():
			return "last night's figures"
		case breaker.IsHalfOpen():
			return "a summary"
		}
		return "the full report"
	}
	fmt.Println(serve())
	breaker.Trip(time.Now().Add(time.Hour), "migration")
	fmt.Println(serve())
	breaker.Reset()
	fmt.Println(serve())
	// Output:
	// the full report
	// last night's figures
	// the full report
}

func ExampleBreakerConfig_onStateChange() {
	breaker, err := resilience.NewBreaker("ai", resilience.BreakerConfig{
		Failures: 1,
		OnStateChange: func(c resilience.StateChange) {
			fmt.Printf("%s: %v to %v, %d failures in %v\n", c.Name, c.From, c.To, c.FailureCount, c.Window)
		},
		OnFailure: func(e resilience.FailureEvent) { fmt.Println("failure", e.FailureCount) },
	})
	if err != nil {
		panic(err)
	}
	breaker.RecordFailure()
	// Output:
	// failure 1
	// ai: closed to open, 1 failures in 1m0s
}

func ExampleOpenError() {
	breaker, err := resilience.NewBreaker("ai", resilience.BreakerConfig{})
	if err != nil {
		panic(err)
	}
	breaker.Trip(time.Now().Add(30*time.Second), "maintenance")
	_, err = breaker.Acquire()
	if open, ok := errors.AsType[*resilience.OpenError](err); ok {
		fmt.Printf("%v, retry after %v: %s\n", open.State, open.RetryAfter().Round(time.Second), open.Reason)
	}
	fmt.Println(errors.Is(err, resilience.ErrOpen))
	// Output:
	// open, retry after 30s: maintenance
	// true
}

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
