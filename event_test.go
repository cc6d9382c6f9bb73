package ai_test

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// heard collects events in words: each with what this test looks at.
type heard struct {
	mu     sync.Mutex
	events []string
}

func (h *heard) Observe(e ai.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var word string
	switch e := e.(type) {
	case ai.CallEnded:
		word = fmt.Sprintf("call %d ended: %s%s from %s after %d attempts and %v", e.Call, e.Code, e.Source, e.Provider, e.Attempts, e.Duration)
	case ai.AttemptEnded:
		word = fmt.Sprintf("call %d: %s attempt ended: %s", e.Call, e.Circuit, e.Code)
	case ai.FellBack:
		word = fmt.Sprintf("call %d fell back from %s to %s %s: %s", e.Call, e.Primary, e.Source, e.Provider, e.Reason)
	case ai.CacheLooked:
		word = fmt.Sprintf("call %d: cache of %s: %s, %v old", e.Call, e.Provider, e.Result, e.Age)
	case ai.RetryWaiting:
		word = fmt.Sprintf("call %d: %s waits before attempt %d", e.Call, e.Circuit, e.Attempt)
	case ai.BudgetEmpty:
		word = fmt.Sprintf("call %d: %s budget empty", e.Call, e.Circuit)
	case ai.Refused:
		word = fmt.Sprintf("call %d: %s refused by %s: %s, %s, retry after %v", e.Call, e.Circuit, e.By, e.State, e.Reason, e.RetryAfter)
	case ai.StateChanged:
		word = fmt.Sprintf("%s: %v to %v: %s", e.Circuit, e.From, e.To, e.Reason)
	case ai.GateChanged:
		word = fmt.Sprintf("call %d: gate of %s %s closed %v for %v: %s", e.Call, e.Circuit, e.Model, e.Closed, e.For, e.Reason)
	case ai.Hedged:
		word = fmt.Sprintf("call %d: %s hedge %s", e.Call, e.Circuit, e.Stage)
	default:
		word = fmt.Sprintf("%T", e)
	}
	h.events = append(h.events, word)
}

// since returns what was heard after the last time it was asked.
func (h *heard) since() []string {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	events := h.events
	h.events = nil
	return events
}

func (h *heard) want(t *testing.T, want ...string) {
	t.Helper()
	if got := h.since(); !slices.Equal(got, want) {
		t.Fatalf("heard\n%q\nwant\n%q", got, want)
	}
}

func TestTheEventsOfACallTellItsWholeStory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var h heard
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second"), ai.OnlyKinds(ai.KindText)),
			withMemory(time.Minute, time.Hour), ai.WithObserver(&h),
			ai.WithPolicy("primary", 0, resilience.Policy{Breaker: resilience.BreakerConfig{Failures: 3}, Retry: resilience.RetryPolicy{BaseDelay: 1}}))
		q := ai.Text("q")

		mustAnalyze(t, client, q)
		h.want(t,
			"call 1: cache of primary: miss, 0s old",
			"call 1: primary/text attempt ended: ",
			"call 1 ended: provider from primary after 1 attempts and 0s")

		mustAnalyze(t, client, q)
		h.want(t,
			"call 2: cache of primary: fresh, 0s old",
			"call 2 ended: cache from primary after 0 attempts and 0s")

		wait(2 * time.Minute)
		primary.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 10 * time.Second})
		mustAnalyze(t, client, q)
		h.want(t,
			"call 3: cache of primary: miss, 0s old",
			"call 3: primary/text attempt ended: rate_limited",
			"call 3: gate of primary/text  closed true for 10s: rate_limited",
			"call 3: cache of primary: stale, 2m0s old",
			"call 3 fell back from primary to cache primary: rate_limited",
			"call 3 ended: cache from primary after 1 attempts and 0s")

		other := ai.Text("another")
		mustAnalyze(t, client, other)
		h.want(t,
			"call 4: cache of primary: miss, 0s old",
			"call 4: primary/text refused by gate: open, rate_limited, retry after 10s",
			"call 4: cache of primary: miss, 0s old",
			"call 4: cache of secondary: miss, 0s old",
			"call 4: secondary/text attempt ended: ",
			"call 4 fell back from primary to provider secondary: rate_limited",
			"call 4 ended: provider from secondary after 1 attempts and 0s")

		primary.fail(coded(ai.CodeUnavailable))
		image := &ai.Request{Prompt: "?", Images: []ai.Image{{URL: "https://example.test/a.png"}}}
		failed := mustFail(t, client, image)
		events := h.since()
		if len(events) != 7 || failed.Code != ai.CodeUnavailable {
			t.Fatalf("%v: %q", failed, events)
		}
		for _, want := range []string{
			"call 5: primary/image attempt ended: unavailable",
			"call 5: primary/image waits before attempt 2",
			"call 5: primary/image attempt ended: unavailable",
			"call 5: primary/image waits before attempt 3",
			"call 5: primary/image attempt ended: unavailable",
			"primary/image: closed to open: failures",
		} {
			if !slices.Contains(events, want) {
				t.Errorf("nobody heard %q in %q", want, events)
			}
		}
	})
}

// With nobody but the log to listen, what went well makes no event, however it
// is asked for.
func TestWithoutAnObserverACallMakesNoEvent(t *testing.T) {
	req, ctx := ai.Text("q"), t.Context()
	asks := map[string]func(*ai.Client) error{
		"Analyze": func(client *ai.Client) error { _, err := client.Analyze(ctx, req); return err },
		"Stream": func(client *ai.Client) error {
			for _, err := range client.Stream(ctx, req) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, ask := range asks {
		allocs := func(options ...ai.Option) float64 {
			client := newClient(t, append(options, ai.WithProvider("primary", script(says("first"), stops)))...)
			return testing.AllocsPerRun(100, func() {
				if err := ask(client); err != nil {
					t.Error(err)
				}
			})
		}
		alone, logged := allocs(), allocs(ai.WithLogger(slog.New(slog.NewTextHandler(discard{}, nil))))
		if logged != alone {
			t.Errorf("%s: %v allocations with a logger, %v without", name, logged, alone)
		}
		if watched := allocs(ai.WithObserver(ai.ObserverFunc(func(ai.Event) {}))); watched <= alone {
			t.Errorf("%s: %v allocations with an observer: is it told at all?", name, watched)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
