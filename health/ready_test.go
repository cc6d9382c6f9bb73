package health_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/cache"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

// inspect returns the status codes and bodies of /readyz and /health, of which
// it checks what both have.
func inspect(t *testing.T, e *health.Endpoints) (ready int, status string) {
	t.Helper()
	var r, h struct {
		Ready    bool
		Status   string
		Draining bool
	}
	readiness, overall := get(t, e.Ready), get(t, e.Health)
	decode(t, readiness.Body.Bytes(), &r)
	decode(t, overall.Body.Bytes(), &h)
	if overall.Code != http.StatusOK || r.Ready != (readiness.Code == http.StatusOK) || r.Status != h.Status || r.Draining != h.Draining {
		t.Errorf("/readyz: %d %s, /health: %d %s", readiness.Code, readiness.Body, overall.Code, overall.Body)
	}
	return readiness.Code, r.Status
}

func TestAServiceIsReadyAsLongAsSomethingCanAnswerEveryKindItNeeds(t *testing.T) {
	withCache := ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Stale: time.Hour})
	static := ai.WithStatic(&ai.Response{Text: "later"}, ai.KindText)
	text, vectors := "openai/text", "openai/embedding"
	for name, test := range map[string]struct {
		options []ai.Option
		config  health.Config
		open    []string // circuits
		ready   int
		status  string
	}{
		"all is well":                        {nil, health.Config{}, nil, 200, "ok"},
		"one circuit of two":                 {[]ai.Option{ai.WithProvider("gemini", working())}, health.Config{}, []string{text}, 200, "degraded"},
		"a circuit with a cache behind":      {[]ai.Option{withCache}, health.Config{}, []string{text}, 200, "degraded"},
		"a circuit with a static answer":     {[]ai.Option{static}, health.Config{}, []string{text}, 200, "degraded"},
		"a circuit with nothing behind":      {nil, health.Config{}, []string{text}, 503, "down"},
		"a kind without a static answer":     {[]ai.Option{static}, health.Config{}, []string{vectors}, 503, "down"},
		"a kind that is not needed":          {nil, health.Config{Kinds: []ai.Kind{ai.KindText, ai.KindImage}}, []string{vectors}, 200, "degraded"},
		"the second of the kinds needed":     {nil, health.Config{Kinds: []ai.Kind{ai.KindText, ai.KindEmbedding}}, []string{vectors}, 503, "down"},
		"a service":                          {nil, health.Config{}, []string{"file_storage"}, 200, "degraded"},
		"a service that is required":         {nil, health.Config{Required: []string{"database"}}, []string{"database"}, 503, "down"},
		"one beside the required":            {nil, health.Config{Required: []string{"database"}}, []string{"file_storage"}, 200, "degraded"},
		"a required one that is not there":   {nil, health.Config{Required: []string{"mail"}}, nil, 200, "ok"},
		"a circuit of a required name":       {[]ai.Option{static}, health.Config{Required: []string{text}}, []string{text}, 200, "degraded"},
		"two services and a circuit, all up": {[]ai.Option{ai.WithProvider("gemini", working())}, health.Config{Required: []string{"database", "mail"}}, nil, 200, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, append([]ai.Option{ai.WithProvider("openai", working())}, test.options...)...)
				services := &resilience.Registry{}
				services.Breaker("file_storage")
				services.Breaker("database")
				test.config.Services = services
				e := newEndpoints(t, client, test.config)
				breakers := client.Breakers()
				for b := range services.All() {
					breakers = append(breakers, b)
				}
				for _, name := range test.open {
					for _, b := range breakers {
						if b.Name() == name {
							b.Trip(time.Now().Add(time.Minute), "test")
						}
					}
				}
				if ready, status := inspect(t, e); ready != test.ready || status != test.status {
					t.Errorf("%d, %s; want %d, %s", ready, status, test.ready, test.status)
				}
				elapse(time.Minute) // half-open, all of them
				degraded := "degraded"
				if len(test.open) == 0 {
					degraded = "ok"
				}
				if ready, status := inspect(t, e); ready != 200 || status != degraded {
					t.Errorf("half-open: %d, %s; want 200, %s", ready, status, degraded)
				}
			})
		})
	}
}

func TestAShutGateAloneDegrades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		openai := working()
		client := newClient(t, ai.WithProvider("openai", openai), ai.WithProvider("gemini", working()))
		e := newEndpoints(t, client, health.Config{})
		openai.fail(&ai.Error{Code: ai.CodeQuotaExhausted})
		_, _ = client.Analyze(t.Context(), ai.Text("q"))
		if ready, status := inspect(t, e); ready != 200 || status != "degraded" {
			t.Errorf("%d, %s", ready, status)
		}
		elapse(10 * time.Minute)
		if ready, status := inspect(t, e); ready != 200 || status != "ok" {
			t.Errorf("%d, %s", ready, status)
		}
	})
}

func TestAServiceThatDrainsIsNotReadyHoweverWellItIs(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)))
	e := newEndpoints(t, client, health.Config{})
	e.Drain()
	const rest = `"draining":true,"kinds":[{"kind":"text","available":true,"cache":false,"static":false}],`
	want(t, get(t, e.Ready), 503, `{"ready":false,"status":"ok",`+rest+`"circuits":{"openai/text":"closed"}}`)
	if ready, status := inspect(t, e); ready != 503 || status != "ok" {
		t.Errorf("%d, %s", ready, status)
	}
	want(t, get(t, e.JobsStatus), 200, `{"circuit_breaker_open":false,"circuits":{"openai/text":"closed"}}`)
}

func TestAClosedClientIsDown(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()), ai.WithStatic(&ai.Response{Text: "later"}))
	e := newEndpoints(t, client, health.Config{Kinds: []ai.Kind{ai.KindText}})
	_ = client.Close()
	if ready, status := inspect(t, e); ready != 503 || status != "down" {
		t.Errorf("%d, %s", ready, status)
	}
}

func TestJobsStatusIsOfTheKindThatJobsAskFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText, ai.KindEmbedding)))
		text, vectors := newEndpoints(t, client, health.Config{}), newEndpoints(t, client, health.Config{JobKind: ai.KindEmbedding})
		for range 5 {
			client.Breaker("openai", ai.KindEmbedding).RecordFailure()
		}
		const circuits = `"circuits":{"openai/embedding":"open","openai/text":"closed"}}`
		want(t, get(t, text.JobsStatus), 200, `{"circuit_breaker_open":false,`+circuits)
		want(t, get(t, vectors.JobsStatus), 200, `{"circuit_breaker_open":true,"retry_after":30,`+circuits)
		client.Breaker("openai", ai.KindEmbedding).ForceOpen() // nobody knows until when
		want(t, get(t, vectors.JobsStatus), 200, `{"circuit_breaker_open":true,`+circuits)
	})
}
