package outage

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Client makes one request to a server, by one or more calls of attempt. An
// error means that the request was not answered. A client stands for one
// process: what it remembers is shared by all of its requests, which it makes
// concurrently.
type Client func(ctx context.Context, attempt func(context.Context) error) error

// Patience is the time limit of every attempt.
const Patience = time.Second

// Guarded is a client that calls through the guard, whose policy should have
// Patience as its Timeout.
func Guarded(g *resilience.Guard) Client {
	return func(ctx context.Context, attempt func(context.Context) error) error {
		_, err := resilience.Run(ctx, g, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, attempt(ctx)
		})
		return err
	}
}

// Naive is a client that makes up to that many attempts and knows neither
// budget nor breaker. The wait before its n-th retry is uniformly random
// between 0 and backoff·2ⁿ⁻¹; 0 does not wait.
func Naive(attempts int, backoff time.Duration) Client {
	return func(ctx context.Context, attempt func(context.Context) error) error {
		longest := backoff
		for n := 1; ; n++ {
			err := patiently(ctx, attempt)
			if err == nil || n == attempts || ctx.Err() != nil {
				return err
			}
			if longest > 0 {
				wait(ctx, rand.N(longest)) //nolint:gosec // jitter
				longest *= 2
			}
		}
	}
}

func patiently(ctx context.Context, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return attempt(ctx)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
