package ai_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

func TestStateChangesFailuresAndFallbacksAreObservedInOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var changes []ai.StateChanged
		var failures, fallbacks int
		observer := ai.ObserverFunc(func(e ai.Event) {
			switch e := e.(type) {
			case ai.StateChanged:
				changes = append(changes, e)
			case ai.AttemptEnded:
				if e.Code != "" {
					failures++
				}
			case ai.FellBack:
				fallbacks++
			}
		})
		panicking := ai.ObserverFunc(func(ai.Event) { panic("observer") })
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries(),
			ai.WithObserver(panicking), ai.WithObserver(observer))
		trip(t, client, primary)
		mustAnalyze(t, client, ai.Text("q"))
		wait(30 * time.Second)
		primary.answer("first")
		mustAnalyze(t, client, ai.Text("q"))
		synctest.Wait()

		var path []resilience.State
		for _, c := range changes {
			path = append(path, c.To)
			if c.Circuit != "primary/text" || c.Provider != "primary" || c.Kind != ai.KindText || c.Window != time.Minute {
				t.Errorf("got %+v", c)
			}
		}
		if !slices.Equal(path, []resilience.State{resilience.Open, resilience.HalfOpen, resilience.Closed}) {
			t.Errorf("states %v", path)
		}
		if changes[0].FailureCount != 5 || changes[0].OpenFor != 30*time.Second {
			t.Errorf("got %+v", changes[0])
		}
		if failures != 5 || fallbacks != 1 {
			t.Errorf("%d failures and %d fallbacks observed, want 5 and 1", failures, fallbacks)
		}
	})
}

func TestEveryCallerThatFellBackIsObserved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var fallbacks atomic.Int32
		primary := &provider{do: func(context.Context, *ai.Request) (*ai.Response, error) {
			wait(time.Second)
			return nil, coded(ai.CodeNotAvailable)
		}}
		client := newClient(t, ai.WithProvider("primary", primary), withMemory(time.Hour, 0), ai.WithStatic(&ai.Response{Text: "static"}),
			ai.WithObserver(ai.ObserverFunc(func(e ai.Event) {
				if _, ok := e.(ai.FellBack); ok {
					fallbacks.Add(1)
				}
			})))
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() { mustAnalyze(t, client, ai.Text("q")) })
		}
		group.Wait()
		synctest.Wait()
		if primary.count() != 1 || fallbacks.Load() != 10 {
			t.Errorf("%d calls upstream, %d fallbacks observed; want 1 and 10", primary.count(), fallbacks.Load())
		}
	})
}

func TestLogLinesSayWhatHappened(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var log bytes.Buffer
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("secondary", answers("second")), noRetries(),
			ai.WithLogger(slog.New(slog.NewJSONHandler(&log, nil))))
		trip(t, client, primary)
		mustAnalyze(t, client, ai.Text("q"))
		primary.fail(coded(ai.CodeAuthentication))
		wait(30 * time.Second)
		mustAnalyze(t, client, ai.Text("q"))
		synctest.Wait()
		want := []map[string]any{
			{"level": "WARN", "component": "circuit_breaker", "event": "state_change", "from_state": "closed", "to_state": "open",
				"failure_count": 5.0, "window_seconds": 60.0, "circuit": "primary/text", "provider": "primary", "open_for_ms": 30000.0},
			{"level": "INFO", "event": "fallback", "primary": "primary", "reason": "circuit_open", "source": "provider", "provider": "secondary", "model": "second-model"},
			{"level": "INFO", "from_state": "open", "to_state": "half_open"},
			{"level": "WARN", "from_state": "half_open", "to_state": "open"},
			{"level": "ERROR", "event": "attempt_failed", "reason": "authentication"},
			{"level": "INFO", "event": "fallback", "reason": "authentication"},
		}
		var lines []map[string]any
		for line := range strings.Lines(log.String()) {
			var m map[string]any
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, m)
		}
		for _, w := range want {
			if !slices.ContainsFunc(lines, func(m map[string]any) bool {
				for k, v := range w {
					if m[k] != v {
						return false
					}
				}
				return true
			}) {
				t.Errorf("no line %v in\n%s", w, log.String())
			}
		}
	})
}

func TestHealthShowsEveryCircuit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		primary := answers("first")
		client := newClient(t, ai.WithProvider("primary", primary), ai.WithProvider("vectors", answers(""), ai.OnlyKinds(ai.KindEmbedding)), noRetries())
		trip(t, client, primary)
		_, _ = client.Analyze(t.Context(), ai.Text("refused"))
		health := client.Health()
		var names []string
		for _, c := range health.Circuits {
			names = append(names, c.Name)
		}
		if !slices.Equal(names, []string{"primary/text", "primary/image", "primary/embedding", "vectors/embedding"}) {
			t.Fatalf("circuits %v", names)
		}
		c := health.Circuits[0]
		if c.State != resilience.Open || c.Failures != 5 || c.Trips != 1 || c.Refusals != 1 || c.RetryAfter != 29*time.Second || c.LastFailure.IsZero() || c.OpenedAt.IsZero() {
			t.Errorf("got %+v", c)
		}
		if len(client.Breakers()) != 4 || client.Breaker("vectors", ai.KindText) != nil || client.Breaker("absent", ai.KindText) != nil {
			t.Error("Breakers and Breaker disagree with Health")
		}
	})
}
