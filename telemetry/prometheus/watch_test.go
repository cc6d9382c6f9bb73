package aiprom_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

func newRegistry(t *testing.T, c resilience.RegistryConfig) *resilience.Registry {
	t.Helper()
	r, err := resilience.NewRegistry(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBreakersOfOtherServicesAreShownAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		services := newRegistry(t, resilience.RegistryConfig{})
		if err := metrics.WatchRegistry(services); err != nil {
			t.Fatal(err)
		}
		registry := registered(t, metrics)
		scrape(t, registry).absent(t, "ai_circuit_")
		storage := services.Breaker("file_storage")
		for range 4 {
			storage.RecordFailure()
		}
		scrape(t, registry).want(t, values{
			`ai_circuit_state{circuit="file_storage",state="closed"}`:           1,
			`ai_circuit_window_failures{circuit="file_storage"}`:                4,
			`ai_circuit_failure_threshold{circuit="file_storage"}`:              5,
			`ai_circuit_failure_ratio_threshold{circuit="file_storage"}`:        math.NaN(),
			`ai_circuit_failure_ratio{circuit="file_storage"}`:                  math.NaN(),
			`ai_circuit_opened_timestamp_seconds{circuit="file_storage"}`:       math.NaN(),
			`ai_circuit_openings_total{circuit="file_storage"}`:                 0,
			`ai_circuit_last_failure_timestamp_seconds{circuit="file_storage"}`: float64(time.Now().Unix()),
			`ai_retry_budget_tokens{circuit="file_storage"}`:                    math.NaN(),
			`ai_concurrent_calls{circuit="file_storage"}`:                       math.NaN(),
		})
		storage.RecordFailure()
		if _, err := storage.Acquire(); err == nil {
			t.Fatal("the breaker is not open")
		}
		elapse(10 * time.Second)
		scrape(t, registry).want(t, values{
			`ai_circuit_state{circuit="file_storage",state="open"}`:       1,
			`ai_circuit_state{circuit="file_storage",state="closed"}`:     0,
			`ai_circuit_openings_total{circuit="file_storage"}`:           1,
			`ai_circuit_refusals_total{circuit="file_storage"}`:           1,
			`ai_circuit_failures_total{circuit="file_storage"}`:           5,
			`ai_circuit_opened_timestamp_seconds{circuit="file_storage"}`: float64(time.Now().Unix() - 10),
		})
		elapse(20 * time.Second)
		scrape(t, registry).want(t, values{`ai_circuit_state{circuit="file_storage",state="half_open"}`: 1})
	})
}

func TestAFailureRatioIsShownOnlyWhereItIsJudged(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	services := newRegistry(t, resilience.RegistryConfig{Default: resilience.BreakerConfig{FailureRate: 0.75, MinCalls: 4}})
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	registry := registered(t, metrics)
	mail := services.Breaker("mail")
	mail.RecordFailure()
	for range 2 {
		mail.RecordSuccess()
	}
	scrape(t, registry).want(t, values{
		`ai_circuit_failure_threshold{circuit="mail"}`:       math.NaN(),
		`ai_circuit_failure_ratio_threshold{circuit="mail"}`: 0.75,
		`ai_circuit_failure_ratio{circuit="mail"}`:           math.NaN(),
	})
	mail.RecordSuccess()
	scrape(t, registry).want(t, values{`ai_circuit_failure_ratio{circuit="mail"}`: 0.25})
}

func TestAFailureRatioThatIsRequiredIsShown(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	services := newRegistry(t, resilience.RegistryConfig{Default: resilience.BreakerConfig{MinFailureRate: 0.5}})
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	mail := services.Breaker("mail")
	mail.RecordFailure()
	for range 3 {
		mail.RecordSuccess()
	}
	scrape(t, registered(t, metrics)).want(t, values{
		`ai_circuit_failure_threshold{circuit="mail"}`:       5,
		`ai_circuit_failure_ratio{circuit="mail"}`:           0.25,
		`ai_circuit_failure_ratio_required{circuit="mail"}`:  0.5,
		`ai_circuit_failure_ratio_threshold{circuit="mail"}`: math.NaN(),
	})
}

func TestABreakerThatOnlyMeasuresIsShownClosed(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	services := newRegistry(t, resilience.RegistryConfig{Default: resilience.BreakerConfig{Failures: 1, Mode: resilience.MetricsOnly}})
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	services.Breaker("mail").RecordFailure()
	scrape(t, registered(t, metrics)).want(t, values{
		`ai_circuit_state{circuit="mail",state="closed"}`:      1,
		`ai_circuit_mode{circuit="mail",mode="metrics_only"}`:  1,
		`ai_circuit_mode{circuit="mail",mode="automatic"}`:     0,
		`ai_circuit_mode{circuit="mail",mode="forced_open"}`:   0,
		`ai_circuit_mode{circuit="mail",mode="forced_closed"}`: 0,
		`ai_circuit_mode{circuit="mail",mode="disabled"}`:      0,
		`ai_circuit_openings_total{circuit="mail"}`:            1,
	})
}

func TestNoMoreThanSoManyBreakersOfRegistriesAreShown(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{MaxCircuits: 3})
	client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)))
	first, second := newRegistry(t, resilience.RegistryConfig{}), newRegistry(t, resilience.RegistryConfig{})
	for i := range 2 {
		first.Breaker(fmt.Sprint("host-", i))
	}
	second.Breaker("table")
	for _, watch := range []error{metrics.Watch(client), metrics.WatchRegistry(first), metrics.WatchRegistry(second)} {
		if watch != nil {
			t.Fatal(watch)
		}
	}
	registry := registered(t, metrics)
	scrape(t, registry).want(t, values{
		`ai_circuits_left_out`: 0,
		`ai_circuit_state{circuit="openai/text",state="closed"}`: 1,
		`ai_circuit_state{circuit="host-0",state="closed"}`:      1,
		`ai_circuit_state{circuit="table",state="closed"}`:       1,
	})
	second.Breaker("view")
	scrape(t, registry).want(t, values{
		`ai_circuits_left_out`:                             1,
		`ai_circuit_state{circuit="table",state="closed"}`: 1,
		`ai_circuit_state{circuit="view",state="closed"}`:  math.NaN(),
	})
}

func TestABreakerOnceShownGivesNoPlaceToOneThatComesLater(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{MaxCircuits: 1})
	services := newRegistry(t, resilience.RegistryConfig{})
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	registry := registered(t, metrics)
	services.Breaker("mail")
	scrape(t, registry)
	services.Breaker("database")
	scrape(t, registry).want(t, values{
		`ai_circuit_state{circuit="mail",state="closed"}`:     1,
		`ai_circuit_state{circuit="database",state="closed"}`: math.NaN(),
		`ai_circuits_left_out`:                                1,
	})
}

func TestABreakerHiddenByAnotherOfItsNameIsCounted(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)))
	first, second := newRegistry(t, resilience.RegistryConfig{}), newRegistry(t, resilience.RegistryConfig{})
	first.Breaker("mail").RecordFailure()
	second.Breaker("mail")
	second.Breaker("openai/text").RecordFailure()
	for _, watch := range []error{metrics.Watch(client), metrics.WatchRegistry(first), metrics.WatchRegistry(first), metrics.WatchRegistry(second)} {
		if watch != nil {
			t.Fatal(watch)
		}
	}
	scrape(t, registered(t, metrics)).want(t, values{
		`ai_circuits_left_out`:                              2,
		`ai_circuit_window_failures{circuit="mail"}`:        1,
		`ai_circuit_window_failures{circuit="openai/text"}`: 0,
	})
}

func TestABreakerSharedWithARegistryIsShownOnce(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	client := newClient(t, ai.WithProvider("openai", &provider{}))
	services := newRegistry(t, resilience.RegistryConfig{})
	for _, b := range client.Breakers() {
		if err := services.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	services.Breaker("\xffhost") // a label must be valid UTF-8
	services.Breaker("\xfehost")
	if err := metrics.Watch(client); err != nil {
		t.Fatal(err)
	}
	if err := metrics.WatchRegistry(services); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, registered(t, metrics))
	states := 0
	for series := range got {
		if strings.HasPrefix(series, "ai_circuit_state{") {
			states++
		}
	}
	if want := 3 * (len(client.Breakers()) + 1); states != want {
		t.Errorf("%d states, want %d", states, want)
	}
}

func TestTwoClientsWithTheSameCircuitsNeedTwoCollectors(t *testing.T) {
	metrics := newCollector(t, aiprom.Config{})
	client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)))
	equal := newClient(t, ai.WithProvider("vectors", &provider{}), ai.WithProvider("openai", &provider{}))
	other := newClient(t, ai.WithProvider("vectors", &provider{}))
	if err := metrics.Watch(client); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*ai.Client{client, equal} {
		if err := metrics.Watch(c); err == nil || err.Error() != `aiprom: Watch: circuit "openai/text" is watched already` {
			t.Errorf("Watch returned %v", err)
		}
	}
	if err := metrics.Watch(other); err != nil { // what was refused left nothing behind
		t.Error(err)
	}
	if metrics.Watch(nil) == nil || metrics.WatchRegistry(nil) == nil {
		t.Error("nil is watched")
	}
}

func TestCallsUnderALimitAndInItsQueueAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		release := make(chan struct{})
		slow := ai.AnalyzerFunc(func(context.Context, *ai.Request) (*ai.Response, error) {
			<-release
			return &ai.Response{Text: "answer"}, nil
		})
		client := newClient(t, ai.WithProvider("openai", slow, ai.OnlyKinds(ai.KindText)), ai.WithObserver(metrics),
			ai.WithPolicy("openai", ai.KindText, resilience.Policy{Limit: resilience.LimitPolicy{MaxConcurrent: 2, Queue: 1, MaxQueueWait: time.Minute}}))
		if err := metrics.Watch(client); err != nil {
			t.Fatal(err)
		}
		registry := registered(t, metrics)
		for range 4 {
			go func() { _, _ = client.Analyze(context.Background(), ai.Text("q")) }()
		}
		synctest.Wait()
		scrape(t, registry).want(t, values{
			`ai_concurrent_calls{circuit="openai/text"}`:          2,
			`ai_concurrent_calls_limit{circuit="openai/text"}`:    2,
			`ai_queued_calls{circuit="openai/text"}`:              1,
			`ai_refusals_total{by="limit",circuit="openai/text"}`: 1,
		})
		close(release)
		synctest.Wait()
		scrape(t, registry).want(t, values{`ai_concurrent_calls{circuit="openai/text"}`: 0, `ai_queued_calls{circuit="openai/text"}`: 0})
	})
}

func TestWhatAStuckObserverMissesIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		metrics := newCollector(t, aiprom.Config{})
		release := make(chan struct{})
		client := newClient(t, ai.WithProvider("openai", &provider{}, ai.OnlyKinds(ai.KindText)),
			ai.WithObserver(ai.ObserverFunc(func(ai.Event) { <-release })), ai.WithObserver(metrics))
		if err := metrics.Watch(client); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if _, err := client.Analyze(t.Context(), ai.Text("q")); err != nil {
				t.Fatal(err)
			}
		}
		dropped := client.Health().DroppedEvents
		if dropped == 0 {
			t.Fatal("nothing was dropped")
		}
		scrape(t, registered(t, metrics)).want(t, values{`ai_events_dropped_total`: float64(dropped)})
		close(release)
		synctest.Wait()
	})
}
