package resilience

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = errors.New("down")

// elapse lets virtual time go by.
func elapse(d time.Duration) { <-time.After(d) }

func newTestBreaker(t *testing.T, cfg BreakerConfig) *Breaker {
	t.Helper()
	b, err := NewBreaker("storage", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustAcquire(t *testing.T, b *Breaker) *Permit {
	t.Helper()
	p, err := b.Acquire()
	if err != nil {
		t.Fatalf("Acquire: %v, want a permit", err)
	}
	return &p
}

func mustRefuse(t *testing.T, b *Breaker) *OpenError {
	t.Helper()
	_, err := b.Acquire()
	refused, ok := errors.AsType[*OpenError](err)
	if !ok {
		t.Fatalf("Acquire: %v, want an *OpenError", err)
	}
	return refused
}

func wantState(t *testing.T, b *Breaker, want State) {
	t.Helper()
	if got := b.State(); got != want {
		t.Fatalf("state is %v, want %v", got, want)
	}
}

func failTimes(b *Breaker, n int) {
	for range n {
		b.RecordFailure()
	}
}

// halfOpen brings a closed breaker with the default open time to half-open.
func halfOpen(t *testing.T, b *Breaker) {
	t.Helper()
	failTimes(b, b.cfg.Failures)
	wantState(t, b, Open)
	elapse(b.cfg.OpenFor)
	wantState(t, b, HalfOpen)
}

func succeed(context.Context) (string, error) { return "answer", nil }

func fail(context.Context) (string, error) { return "", errDown }

func newTestGuard(t *testing.T, p Policy, classify func(error) Verdict) *Guard {
	t.Helper()
	g, err := NewGuard("openai/text", p, classify)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
