package aiprom_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

func withCache() ai.Option {
	return ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Fresh: time.Hour})
}

func TestAClientTakesThePlaceOfOneThatIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		options := func(err error, observers ...ai.Observer) []ai.Option {
			o := []ai.Option{ai.WithProvider("openai", &provider{err: err}, ai.OnlyKinds(ai.KindText))}
			for _, observer := range observers {
				o = append(o, ai.WithObserver(observer))
			}
			return o
		}
		release := make(chan struct{})
		first := newClient(t, options(nil, ai.ObserverFunc(func(ai.Event) { <-release }), metrics)...)
		if err := metrics.Watch(first); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if _, err := first.Analyze(t.Context(), ai.Text("q")); err != nil {
				t.Fatal(err)
			}
		}
		first.Breaker("openai", ai.KindText).ForceOpen()
		dropped := float64(first.Health().DroppedEvents)
		if dropped == 0 {
			t.Fatal("nothing was dropped")
		}
		close(release)
		_ = first.Close()
		registry := registered(t, metrics)
		scrape(t, registry).want(t, values{ // closed, and still the only one
			`ai_circuit_state{circuit="openai/text",state="open"}`: 1, `ai_events_dropped_total`: dropped,
		})
		if err := metrics.Watch(first); err == nil {
			t.Error("a client is watched twice")
		}
		second := newClient(t, options(nil, metrics)...)
		if err := metrics.Watch(second); err != nil {
			t.Fatal(err)
		}
		scrape(t, registry).want(t, values{
			`ai_circuit_state{circuit="openai/text",state="open"}`: 0, `ai_events_dropped_total`: dropped,
		})
	})
}

func TestWithoutAClientToAskNothingIsSaidOfDroppedEvents(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	scrape(t, registered(t, metrics)).absent(t, "ai_events_dropped_total")
}

func TestTheFirstOpeningOfACircuitShowsAsAnIncrease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)), ai.WithObserver(metrics))
		if err := metrics.Watch(client); err != nil {
			t.Fatal(err)
		}
		registry := registered(t, metrics)
		before := scrape(t, registry)
		before.want(t, values{
			`ai_circuit_transitions_total{circuit="openai/text",from="closed",mode="automatic",to="open"}`:      0,
			`ai_circuit_transitions_total{circuit="openai/text",from="open",mode="automatic",to="half_open"}`:   0,
			`ai_circuit_transitions_total{circuit="openai/text",from="half_open",mode="automatic",to="open"}`:   0,
			`ai_circuit_transitions_total{circuit="openai/text",from="half_open",mode="automatic",to="closed"}`: 0,
			`ai_retries_total{circuit="openai/text"}`:                                                           0,
			`ai_retry_wait_seconds_total{circuit="openai/text"}`:                                                0,
			`ai_retry_budget_exhausted_total{circuit="openai/text"}`:                                            0,
			`ai_refusals_total{by="breaker",circuit="openai/text"}`:                                             0,
			`ai_refusals_total{by="gate",circuit="openai/text"}`:                                                0,
			`ai_refusals_total{by="limit",circuit="openai/text"}`:                                               0,
			`ai_gate_closings_total{circuit="openai/text",reason="rate_limited"}`:                               0,
			`ai_gate_closings_total{circuit="openai/text",reason="quota_exhausted"}`:                            0,
			`ai_circuit_openings_total{circuit="openai/text"}`:                                                  0,
			`ai_hedges_total{circuit="openai/text",outcome="won"}`:                                              math.NaN(),
			`ai_gate_closings_total{circuit="openai/text",reason="other"}`:                                      math.NaN(),
			`ai_circuit_opened_timestamp_seconds{circuit="openai/text"}`:                                        math.NaN(),
			`ai_circuit_last_failure_timestamp_seconds{circuit="openai/text"}`:                                  math.NaN(),
			`ai_circuit_failure_ratio_required{circuit="openai/text"}`:                                          math.NaN(),
		})
		client.Breaker("openai", ai.KindText).Trip(time.Now().Add(time.Minute), "test")
		synctest.Wait()
		scrape(t, registry).want(t, values{`ai_circuit_transitions_total{circuit="openai/text",from="closed",mode="automatic",to="open"}`: 1})
	})
}

func TestNamesThatLookTheSameAreNotBothWatched(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	one := ai.OnlyKinds(ai.KindText)
	client := newClient(t, ai.WithProvider("\xff", &provider{}, one), ai.WithProvider("\xfe", &provider{}, one))
	if err := metrics.Watch(client); err == nil {
		t.Error("both are watched")
	}
	scrape(t, registered(t, metrics)) // fails if a series is there twice
}

func TestACollectorIsRegisteredOnce(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newCollector(t, aiprom.Config{}))
	for _, c := range []aiprom.Config{{}, {Currency: "EUR"}} {
		if err := registry.Register(newCollector(t, c)); err == nil {
			t.Error("two Collectors are in one registry without a label that tells them apart")
		}
	}
}

func TestScrapesEventsAndWatchesMayComeAtTheSameTime(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{MaxCircuits: 5})
	registry := registered(t, metrics)
	var group sync.WaitGroup
	for i := range 4 {
		client := newClient(t, ai.WithProvider(fmt.Sprint("route-", i), &provider{}, ai.OnlyKinds(ai.KindText)), ai.WithObserver(metrics))
		services := newRegistry(t, resilience.RegistryConfig{})
		group.Go(func() {
			if err := metrics.Watch(client); err != nil {
				t.Error(err)
			}
			if err := metrics.WatchRegistry(services); err != nil {
				t.Error(err)
			}
			for n := range 20 {
				services.Breaker(fmt.Sprint("service-", i, "-", n)).RecordFailure()
				_, _ = client.Analyze(context.Background(), ai.Text("q"))
				if _, err := registry.Gather(); err != nil {
					t.Error(err)
				}
			}
			_ = client.Close()
		})
	}
	group.Wait()
	want := values{`ai_circuits_left_out`: 75}
	for i := range 4 {
		want[fmt.Sprintf(`ai_calls_total{code="ok",kind="text",provider="route-%d",source="provider"}`, i)] = 20
	}
	scrape(t, registry).want(t, want)
}
