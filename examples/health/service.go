package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
	aiprom "github.com/finbrain/ai/telemetry/prometheus"
)

// service answers questions and queues jobs, and can be watched doing it.
type service struct {
	handler   http.Handler
	endpoints *health.Endpoints
	client    *ai.Client
}

// config is what a service depends on.
type config struct {
	openai, gemini ai.Analyzer
	// store keeps the document of a job and returns its name.
	store func(context.Context) (string, error)
	logs  io.Writer
	// policy of the providers; the storage shares its thresholds. In production
	// the zero value is sound.
	policy resilience.Policy
}

func newService(c config) (*service, error) {
	logger := slog.New(ai.NewJSONHandler(c.logs, nil))
	metrics, err := aiprom.New(aiprom.Config{})
	if err != nil {
		return nil, err
	}
	client, err := ai.New(
		ai.WithProvider("openai", c.openai, ai.OnlyKinds(ai.KindText)),
		ai.WithProvider("gemini", c.gemini, ai.OnlyKinds(ai.KindText)),
		ai.WithPolicy("", 0, c.policy),
		ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Stale: time.Hour}),
		ai.WithLogger(logger),
		ai.WithObserver(metrics),
	)
	if err != nil {
		return nil, err
	}

	// The breakers of everything else the service uses, shown beside the client's.
	thresholds := c.policy.Breaker
	thresholds.OnStateChange = ai.LogStateChange(logger)
	services, err := resilience.NewRegistry(resilience.RegistryConfig{Default: thresholds})
	if err != nil {
		return nil, err
	}
	storage := services.Breaker("file_storage")

	endpoints, err := health.New(client, health.Config{Services: services, Required: []string{"file_storage"}})
	if err != nil {
		return nil, err
	}
	if err := metrics.Watch(client); err != nil {
		return nil, err
	}
	if err := metrics.WatchRegistry(services); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(metrics); err != nil {
		return nil, err
	}

	mux := http.NewServeMux()
	endpoints.Register(mux) // /health, /readyz, /jobs/status
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))

	// Whoever waits for an answer may get a cached one; a job waits for a provider.
	mux.Handle("POST /analysis", health.GateDirect(client, ai.KindText)(analyze(client)))
	mux.Handle("POST /jobs", health.Gate(client, ai.KindText)(health.GateBreaker(storage)(enqueue(storage, c.store))))
	return &service{mux, endpoints, client}, nil
}

// analyze asks while its caller waits.
func analyze(analyzer ai.Analyzer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := analyzer.Analyze(r.Context(), ai.Text(r.FormValue("q")))
		if err != nil {
			health.WriteError(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(resp) // a caller who is gone needs no answer
	})
}

// enqueue keeps a job's document, for a worker to ask about later.
func enqueue(storage *resilience.Breaker, store func(context.Context) (string, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document, err := resilience.Do(r.Context(), storage, store)
		if err != nil {
			health.WriteError(w, err)
			return
		}
		w.Header().Set("Location", "/jobs/"+document)
		w.WriteHeader(http.StatusAccepted)
	})
}
