package health_test

import (
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

func TestABadConfigIsRefusedByName(t *testing.T) {
	text := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)))
	vectors := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindEmbedding)))
	nothing := newClient(t, ai.WithProvider("openai", refusing{working()}))
	services := &resilience.Registry{}
	for message, test := range map[string]struct {
		client *ai.Client
		config health.Config
	}{
		"health: client is nil": {nil, health.Config{}},
		`health: Config.Kinds[1] is "image": no provider serves it`:          {text, health.Config{Kinds: []ai.Kind{ai.KindText, ai.KindImage}}},
		`health: Config.Kinds[0] is "": no provider serves it`:               {text, health.Config{Kinds: []ai.Kind{0}}},
		`health: Config.JobKind is "image": no provider serves it`:           {text, health.Config{JobKind: ai.KindImage}},
		`health: Config.JobKind is "text": no provider serves it`:            {vectors, health.Config{JobKind: ai.KindText}},
		"health: the client serves no kind of request":                       {nothing, health.Config{}},
		"health: Config.Required names services, but Config.Services is nil": {text, health.Config{Required: []string{"database"}}},
		"health: Config.Required has an empty name":                          {text, health.Config{Services: services, Required: []string{"database", ""}}},
	} {
		if e, err := health.New(test.client, test.config); e != nil || err == nil || err.Error() != message {
			t.Errorf("got %v, want %q", err, message)
		}
	}
}

func TestAConfigMayBeChangedOnceItWasGiven(t *testing.T) {
	client := newClient(t, ai.WithProvider("openai", working()))
	services := &resilience.Registry{}
	config := health.Config{Kinds: []ai.Kind{ai.KindText}, Services: services, Required: []string{"database"}}
	e := newEndpoints(t, client, config)
	config.Kinds[0], config.Required[0] = ai.KindImage, "mail"
	client.Breaker("openai", ai.KindImage).ForceOpen()
	services.Breaker("mail").ForceOpen()
	if ready, status := inspect(t, e); ready != 200 || status != "degraded" {
		t.Errorf("%d, %s", ready, status)
	}
}

// refusing serves no kind of request.
type refusing struct{ *provider }

func (refusing) Plan(*ai.Request) (ai.Plan, error) {
	return ai.Plan{}, &ai.Error{Code: ai.CodeUnsupported}
}

func TestTheZeroConfigFitsEveryClient(t *testing.T) {
	for _, test := range []struct {
		kinds []ai.Kind
		jobs  string // the circuit that /jobs/status is about
	}{
		{ai.Kinds(), "openai/text"},
		{[]ai.Kind{ai.KindEmbedding, ai.KindImage}, "openai/image"},
		{[]ai.Kind{ai.KindEmbedding}, "openai/embedding"},
	} {
		client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(test.kinds...)))
		e := newEndpoints(t, client, health.Config{})
		for _, b := range client.Breakers() {
			b.ForceOpen()
			var jobs document
			decode(t, get(t, e.JobsStatus).Body.Bytes(), &jobs)
			if jobs.Open != (b.Name() == test.jobs) {
				t.Errorf("%v: circuit_breaker_open is %t while %s is open", test.kinds, jobs.Open, b.Name())
			}
			b.Reset()
		}
	}
}
