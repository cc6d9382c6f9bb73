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
