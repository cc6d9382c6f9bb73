package cache_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/finbrain/ai/cache"
)

func Example() {
	ctx := context.Background()
	store := cache.NewMemory(cache.MemoryConfig{MaxBytes: 16 << 20})
	defer func() { _ = store.Close() }()
	ages := cache.Ages{Fresh: 10 * time.Minute, Stale: time.Hour}

	var h cache.Hasher
	h.String("tenant", "acme")
	h.String("question", "How much is it?")
	key := cache.Join(h.Sum(), "route")

	// An answer is stored with its time, for as long as it may be of use.
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	b, err := cache.Entry{Stored: now, Value: "42"}.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := store.Set(ctx, key, b, ages.TTL()); err != nil {
		fmt.Println("not stored:", err) // and the call goes on
	}

	// An error, a damaged entry and one that is too old are misses.
	for _, later := range []time.Duration{time.Minute, 30 * time.Minute, 2 * time.Hour} {
		b, ok, err := store.Get(ctx, key)
		if err != nil || !ok {
			fmt.Println("miss")
			continue
		}
		entry, err := cache.ParseEntry(string(b))
		if err != nil {
			fmt.Println("miss")
			continue
		}
		age := entry.Age(now.Add(later))
		fmt.Printf("%s, %v old: %v\n", entry.Value, age, ages.At(age))
	}
	// Output:
	// 42, 1m0s old: fresh
	// 42, 30m0s old: stale
	// 42, 2h0m0s old: expired
}

func ExampleHasher() {
	var h cache.Hasher
	key := func(first, second string) string {
		h.String("first", first)
		h.String("second", second)
		return h.Sum()
	}
	one, again, other := key("ab", "c"), key("ab", "c"), key("a", "bc")
	fmt.Println(len(one), one == again, one == other)
	// Output: 43 true false
}

func ExampleFlight() {
	var flight cache.Flight[string]
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	answer, shared, err := flight.Do(ctx, "key", func(ctx context.Context) (string, error) {
		return "asked upstream", ctx.Err()
	})
	fmt.Println(answer, shared, err)

	cancel()
	_, _, err = flight.Do(ctx, "key", func(context.Context) (string, error) {
		return "never called", nil
	})
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// asked upstream false <nil>
	// true
}
