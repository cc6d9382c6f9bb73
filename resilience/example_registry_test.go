package resilience_test

import (
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

// One breaker for each thing that fails as a whole, named once, and all of them
// on the health page.
func ExampleRegistry() {
	services, err := resilience.NewRegistry(resilience.RegistryConfig{
		Named: map[string]resilience.BreakerConfig{
			"database": {Failures: 10, OpenFor: 5 * time.Second},
		},
	})
	if err != nil {
		panic(err)
	}
	guard, err := resilience.NewGuard("ai", resilience.Policy{}, nil)
	if err != nil {
		panic(err)
	}
	if err := services.Add(guard.Breaker()); err != nil {
		panic(err)
	}
	for range 5 {
		services.Breaker("file_storage").RecordFailure()
		services.Breaker("database").RecordFailure()
	}
	services.Breaker("notifications").RecordSuccess()
	for _, s := range services.Snapshots() {
		fmt.Println(s.Name, s.State, s.FailureCount)
	}
	// Output:
	// ai closed 0
	// database closed 5
	// file_storage open 5
	// notifications closed 0
}

// outage is a breaker to show how an application answers in each state: its
// open time is over at once, so that a failure leaves it half-open.
func outage(name string) *resilience.Breaker {
	breaker, err := resilience.NewBreaker(name, resilience.BreakerConfig{
		Failures:   1,
		OpenFor:    time.Nanosecond,
		ProbeLease: time.Minute,
	})
	if err != nil {
		panic(err)
	}
	return breaker
}

// An analysis gets shorter before it gets old: while the provider recovers it is
// asked for little.
func ExampleBreaker_IsHalfOpen_answer() {
	ai := outage("ai")
	analyze := func() string {
		switch {
		case ai.IsOpen():
			return "the cached analysis"
		case ai.IsHalfOpen():
			return "two sentences by the small model"
		}
		return "the full analysis"
	}
	fmt.Println(analyze())
	ai.ForceOpen()
	fmt.Println(analyze())
	ai.Reset()
	ai.RecordFailure()
	fmt.Println(analyze())
	// Output:
	// the full analysis
	// the cached analysis
	// two sentences by the small model
}

// While the mail server is down mail is kept, and sent when it is back. The next
// mail after the open time is the probe, so what is kept waits for its success.
func ExampleBreaker_IsOpen() {
	mail := outage("email")
	var outbox []string
	deliver := func(letter string) string {
		permit, err := mail.Acquire()
		if err != nil {
			outbox = append(outbox, letter)
			return letter + " is kept"
		}
		permit.Done(resilience.Success)
		return letter + " is sent"
	}
	flush := func() {
		for len(outbox) > 0 && !mail.IsOpen() && !mail.IsHalfOpen() {
			fmt.Println("later:", deliver(outbox[0]))
			outbox = outbox[1:]
		}
	}
	fmt.Println(deliver("the invoice"))
	mail.ForceOpen()
	fmt.Println(deliver("the reminder"))
	flush() // in vain: it is open
	mail.Reset()
	mail.RecordFailure()
	flush() // in vain: it is half-open
	fmt.Println(deliver("the statement"))
	flush()
	// Output:
	// the invoice is sent
	// the reminder is kept
	// the statement is sent
	// later: the reminder is sent
}

// While a receiver of webhooks recovers only what matters is delivered, and
// while it is down everything is kept for redelivery.
func ExampleBreaker_IsHalfOpen_webhooks() {
	receiver := outage("webhooks/acme")
	deliver := func(event string, urgent bool) {
		switch {
		case receiver.IsOpen():
			fmt.Println(event, "is kept for redelivery")
		case receiver.IsHalfOpen() && !urgent:
			fmt.Println(event, "is skipped")
		default:
			fmt.Println(event, "is delivered")
		}
	}
	all := func() {
		deliver("payment.failed", true)
		deliver("report.viewed", false)
	}
	all()
	receiver.RecordFailure()
	all()
	receiver.ForceOpen()
	all()
	// Output:
	// payment.failed is delivered
	// report.viewed is delivered
	// payment.failed is delivered
	// report.viewed is skipped
	// payment.failed is kept for redelivery
	// report.viewed is kept for redelivery
}
