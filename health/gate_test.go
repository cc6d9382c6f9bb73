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

var accept = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })

// wantRefused checks the answer of a gate that lets nothing through.
func wantRefused(t *testing.T, gate http.Handler, status int, seconds string) {
	t.Helper()
	got := get(t, gate.ServeHTTP)
	want(t, got, status, `{"error":"temporarily unavailable","retry_after":`+seconds+`,"circuit_state":"open"}`)
	if header := got.Header().Values("Retry-After"); len(header) != 1 || header[0] != seconds {
		t.Errorf("Retry-After is %q, want %s", header, seconds)
	}
}

func wantAccepted(t *testing.T, gate http.Handler) {
	t.Helper()
	if got := get(t, gate.ServeHTTP); got.Code != http.StatusAccepted || got.Body.Len() > 0 {
		t.Errorf("got %d %s, want it accepted", got.Code, got.Body)
	}
}

func TestAJobIsRefusedUntilTheFirstRouteCanBeAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working()), ai.WithProvider("gemini", working()))
		jobs, images := health.Gate(client, ai.KindText)(accept), health.Gate(client, ai.KindImage)(accept)
		direct := health.GateDirect(client, ai.KindText)(accept)
		trip(client, "openai")
		wantAccepted(t, jobs)
		elapse(10 * time.Second)
		trip(client, "gemini")
		wantRefused(t, jobs, 429, "20")
		wantRefused(t, direct, 503, "20")
		wantAccepted(t, images)
		elapse(19*time.Second + 1)
		wantRefused(t, jobs, 429, "1")
		client.Breaker("openai", ai.KindText).ForceOpen()
		wantRefused(t, jobs, 429, "11")
		client.Breaker("gemini", ai.KindText).ForceOpen()
		wantRefused(t, jobs, 429, "30") // nobody knows
		client.Breaker("gemini", ai.KindText).Reset()
		wantAccepted(t, jobs)
		wantAccepted(t, direct)
	})
}

func TestJobsPassWhileACallIsOutToSeeWhetherTheProviderWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working()))
		jobs := health.Gate(client, ai.KindText)(accept)
		trip(client, "openai")
		elapse(30 * time.Second)
		wantAccepted(t, jobs)
		probe, err := client.Breaker("openai", ai.KindText).Acquire()
		if err != nil {
			t.Fatal(err)
		}
		wantAccepted(t, jobs)
		probe.Done(resilience.Failure)
		wantRefused(t, jobs, 429, "30")
	})
}

func TestARateLimitOfTheDefaultModelShutsTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		openai := working()
		client := newClient(t, ai.WithProvider("openai", openai))
		jobs := health.Gate(client, ai.KindText)(accept)
		openai.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 7500 * time.Millisecond})
		_, _ = client.Analyze(t.Context(), ai.Text("q"))
		wantRefused(t, jobs, 429, "8")
		elapse(7500 * time.Millisecond)
		wantAccepted(t, jobs)
	})
}

func TestADirectCallPassesWhereACacheOrAStaticAnswerMayServe(t *testing.T) {
	for name, behind := range map[string]ai.Option{
		"cache":  ai.WithCache(cache.NewMemory(cache.MemoryConfig{}), ai.CachePolicy{Scope: ai.ScopeShared, Stale: time.Hour}),
		"static": ai.WithStatic(&ai.Response{Text: "later"}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, ai.WithProvider("openai", working()), behind)
				trip(client, "openai")
				wantAccepted(t, health.GateDirect(client, ai.KindText)(accept))
				wantRefused(t, health.Gate(client, ai.KindText)(accept), 429, "30")
			})
		})
	}
}

func TestAGateOfOneBreakerLooksAtThatAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working()), ai.WithProvider("gemini", working()))
		jobs := health.GateBreaker(client.Breaker("openai", ai.KindText))(accept)
		trip(client, "gemini")
		wantAccepted(t, jobs)
		trip(client, "openai")
		wantRefused(t, jobs, 429, "30")
		elapse(29*time.Second + 1)
		wantRefused(t, jobs, 429, "1")
		elapse(time.Second)
		wantAccepted(t, jobs)
	})
}

func TestAGateThatCouldNeverBeRightIsRefused(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)))
	for _, test := range []struct {
		message string
		build   func()
	}{
		{"health: Gate: the client is nil", func() { health.Gate(nil, ai.KindText) }},
		{`health: Gate: no provider serves the kind "image"`, func() { health.Gate(client, ai.KindImage) }},
		{"health: GateDirect: the client is nil", func() { health.GateDirect(nil, ai.KindText) }},
		{`health: GateDirect: no provider serves the kind "kind(9)"`, func() { health.GateDirect(client, 9) }},
		{"health: GateBreaker: the breaker is nil", func() { health.GateBreaker(client.Breaker("openai", ai.KindImage)) }},
	} {
		func() {
			defer func() {
				if got := recover(); got != test.message {
					t.Errorf("panicked with %v, want %q", got, test.message)
				}
			}()
			test.build()
		}()
	}
}
