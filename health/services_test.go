package health_test

import (
	"testing"
	"testing/synctest"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

// circuits returns the names and states of the list in /health, in its order.
func circuits(t *testing.T, e *health.Endpoints) (all []string) {
	t.Helper()
	var d document
	decode(t, get(t, e.Health).Body.Bytes(), &d)
	for _, c := range d.list() {
		all = append(all, c.Name+" "+c.State)
	}
	return all
}

func wantCircuits(t *testing.T, e *health.Endpoints, list []string, states string) {
	t.Helper()
	if got := circuits(t, e); len(got) != len(list) {
		t.Errorf("/health lists %q, want %q", got, list)
	} else {
		for i := range got {
			if got[i] != list[i] {
				t.Errorf("/health lists %q, want %q", got, list)
				break
			}
		}
	}
	want(t, get(t, e.JobsStatus), 200, `{"circuit_breaker_open":false,"circuits":`+states+`}`)
}

func TestACircuitOfTheClientIsShownOnceThoughServicesHaveItToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)),
			ai.WithProvider("gemini", working(), ai.OnlyKinds(ai.KindText)))
		services := &resilience.Registry{}
		services.Breaker("file_storage")
		for _, b := range client.Breakers() {
			if err := services.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		trip(client, "gemini")
		e := newEndpoints(t, client, health.Config{Services: services})
		wantCircuits(t, e, []string{"openai/text closed", "gemini/text open", "file_storage closed"},
			`{"file_storage":"closed","gemini/text":"open","openai/text":"closed"}`)
		if ready, status := inspect(t, e); ready != 200 || status != "degraded" {
			t.Errorf("%d, %s", ready, status)
		}
		// Whoever requires it by name means it.
		if ready, status := inspect(t, newEndpoints(t, client, health.Config{Services: services, Required: []string{"gemini/text"}})); ready != 503 || status != "down" {
			t.Errorf("required: %d, %s", ready, status)
		}
	})
}

func TestOfTwoCircuitsOfOneNameTheWorseIsShown(t *testing.T) {
	for _, test := range []struct {
		client, service func(*resilience.Breaker)
		worse           string
	}{
		{(*resilience.Breaker).Reset, (*resilience.Breaker).Reset, "closed"},
		{(*resilience.Breaker).ForceOpen, (*resilience.Breaker).Reset, "open"},
		{(*resilience.Breaker).Reset, (*resilience.Breaker).ForceOpen, "open"},
		{halfOpen, (*resilience.Breaker).Reset, "half_open"},
		{(*resilience.Breaker).Reset, halfOpen, "half_open"},
		{halfOpen, (*resilience.Breaker).ForceOpen, "open"},
		{(*resilience.Breaker).ForceOpen, halfOpen, "open"},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)),
				ai.WithProvider("gemini", working(), ai.OnlyKinds(ai.KindText)))
			services := &resilience.Registry{}
			own, other := client.Breaker("gemini", ai.KindText), services.Breaker("gemini/text")
			test.client(own)
			test.service(other)
			e := newEndpoints(t, client, health.Config{Services: services})
			wantCircuits(t, e, []string{"openai/text closed", "gemini/text " + own.State().String(), "gemini/text " + other.State().String()},
				`{"gemini/text":"`+test.worse+`","openai/text":"closed"}`)
		})
	}
}

// halfOpen opens a breaker and lets its open time go by.
func halfOpen(b *resilience.Breaker) {
	for range 5 {
		b.RecordFailure()
	}
	elapse(b.RetryAfter())
}

func TestAModeIsToTheEndpointsWhatItIsToCalls(t *testing.T) {
	for name, test := range map[string]struct {
		set    func(*resilience.Breaker)
		ready  int
		status string
	}{
		"automatic":     {func(*resilience.Breaker) {}, 503, "down"},
		"forced_open":   {(*resilience.Breaker).ForceOpen, 503, "down"},
		"forced_closed": {(*resilience.Breaker).ForceClosed, 200, "ok"},
		"disabled":      {(*resilience.Breaker).Disable, 200, "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)))
				breaker, e := client.Breaker("openai", ai.KindText), newEndpoints(t, client, health.Config{})
				test.set(breaker)
				trip(client, "openai")
				wantMode(t, client, e, name, test.ready, test.status)
			})
		})
	}
}

func TestABreakerThatOnlyMeasuresRefusesNothingAndShowsWhatItWouldDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)),
			ai.WithPolicy("", 0, resilience.Policy{Breaker: resilience.BreakerConfig{Mode: resilience.MetricsOnly}}))
		e := newEndpoints(t, client, health.Config{})
		trip(client, "openai")
		wantMode(t, client, e, "metrics_only", 200, "ok")
		want(t, get(t, e.JobsStatus), 200, `{"circuit_breaker_open":false,"circuits":{"openai/text":"closed"}}`)
		var told struct {
			Circuits []struct {
				State  string
				Shadow string `json:"shadow_state"`
			}
		}
		decode(t, get(t, e.Health).Body.Bytes(), &told)
		if c := told.Circuits[0]; c.State != "closed" || c.Shadow != "open" {
			t.Errorf("got %+v", c)
		}
	})
}

// wantMode checks that the endpoints, the gates and a call agree.
func wantMode(t *testing.T, client *ai.Client, e *health.Endpoints, mode string, ready int, status string) {
	t.Helper()
	if gotReady, gotStatus := inspect(t, e); gotReady != ready || gotStatus != status {
		t.Errorf("%d, %s; want %d, %s", gotReady, gotStatus, ready, status)
	}
	var jobs document
	decode(t, get(t, e.JobsStatus).Body.Bytes(), &jobs)
	if jobs.Open != (ready != 200) {
		t.Errorf("circuit_breaker_open is %t", jobs.Open)
	}
	if job := get(t, health.Gate(client, ai.KindText)(accept).ServeHTTP); (job.Code == 202) != (ready == 200) {
		t.Errorf("a job: %d", job.Code)
	}
	if _, err := client.Analyze(t.Context(), ai.Text("q")); (err == nil) != (ready == 200) {
		t.Errorf("a call: %v", err)
	}
	if got := client.Health().Circuits[0].Mode.String(); got != mode {
		t.Errorf("mode is %s", got)
	}
}
