package resilience_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/resilience"
)

// recovering brings a breaker to where an outage ends: its open time is over and
// no probe has succeeded yet.
func recovering(breaker *resilience.Breaker) {
	breaker.Reset()
	breaker.Trip(time.Now().Add(time.Millisecond), "outage")
	<-time.After(breaker.RetryAfter())
}

// Degrade in steps instead of all at once: while the database recovers it is
// asked for little, and that little is what finds out.
func ExampleBreaker_IsHalfOpen() {
	database := newBreaker("database", resilience.BreakerConfig{})
	query := func(what string) string {
		rows, err := resilience.Do(context.Background(), database, func(context.Context) (string, error) { return what, nil })
		if errors.Is(err, resilience.ErrOpen) {
			return "last night's figures"
		}
		return rows
	}
	report := func() string {
		if database.IsHalfOpen() {
			return query("a summary")
		}
		return query("the full report")
	}
	fmt.Println(report())
	database.Trip(time.Now().Add(time.Hour), "migration")
	fmt.Println(report())
	recovering(database)
	fmt.Println(report())
	fmt.Println(report())
	// Output:
	// the full report
	// last night's figures
	// a summary
	// the full report
}

// An analysis gets shorter before it gets old: while the provider recovers it is
// asked for little.
func ExampleBreaker_IsHalfOpen_answer() {
	ai := newBreaker("ai", resilience.BreakerConfig{})
	analyze := func() string {
		model := "the full analysis"
		if ai.IsHalfOpen() {
			model = "two sentences by the small model"
		}
		answer, err := resilience.Do(context.Background(), ai, func(context.Context) (string, error) { return model, nil })
		if err != nil {
			return "the cached analysis"
		}
		return answer
	}
	fmt.Println(analyze())
	ai.ForceOpen()
	fmt.Println(analyze())
	recovering(ai)
	fmt.Println(analyze())
	fmt.Println(analyze())
	// Output:
	// the full analysis
	// the cached analysis
	// two sentences by the small model
	// the full analysis
}

// While the mail server is down mail is kept, and sent when it is back. The next
// mail after the open time is the probe, so what is kept waits for its success.
func ExampleBreaker_IsOpen() {
	mail := newBreaker("email", resilience.BreakerConfig{})
	var outbox []string
	deliver := func(letter string) {
		_, err := resilience.Do(context.Background(), mail, func(context.Context) (bool, error) {
			fmt.Println(letter, "is sent")
			return true, nil
		})
		if err != nil {
			fmt.Println(letter, "is kept")
			outbox = append(outbox, letter)
		}
	}
	flush := func() {
		if mail.IsOpen() || mail.IsHalfOpen() {
			return
		}
		waiting := outbox
		outbox = nil
		for _, letter := range waiting {
			deliver(letter)
		}
	}
	deliver("the invoice")
	mail.ForceOpen()
	deliver("the reminder")
	flush() // in vain: it is open
	recovering(mail)
	flush() // in vain: it is half-open
	deliver("the statement")
	flush()
	// Output:
	// the invoice is sent
	// the reminder is kept
	// the statement is sent
	// the reminder is sent
}

// While a receiver of webhooks recovers only what matters is delivered, and
// while it is down everything is kept for redelivery.
func ExampleBreaker_IsHalfOpen_webhooks() {
	receiver := newBreaker("webhooks/acme", resilience.BreakerConfig{})
	deliver := func(event string, urgent bool) {
		if receiver.IsHalfOpen() && !urgent {
			fmt.Println(event, "is skipped")
			return
		}
		permit, err := receiver.Acquire()
		if err != nil {
			fmt.Println(event, "is kept for redelivery")
			return
		}
		defer permit.Abandon() // if the delivery panics
		fmt.Println(event, "is delivered")
		permit.Done(resilience.Success)
	}
	all := func() {
		deliver("report.viewed", false)
		deliver("payment.failed", true)
	}
	all()
	receiver.ForceOpen()
	all()
	recovering(receiver)
	all()
	// Output:
	// report.viewed is delivered
	// payment.failed is delivered
	// report.viewed is kept for redelivery
	// payment.failed is kept for redelivery
	// report.viewed is skipped
	// payment.failed is delivered
}
