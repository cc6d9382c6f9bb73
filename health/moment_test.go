package health_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

// moments asks for a document while circuits open and close as fast as they
// can.
func moments(t *testing.T, check func(e *health.Endpoints)) {
	t.Helper()
	client := newClient(t, ai.WithProvider("openai", working(), ai.OnlyKinds(ai.KindText)),
		ai.WithProvider("gemini", working(), ai.OnlyKinds(ai.KindText)))
	e := newEndpoints(t, client, health.Config{})
	stop := make(chan struct{})
	var group sync.WaitGroup
	for _, b := range client.Breakers() {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					b.ForceOpen()
					b.Reset()
				}
			}
		})
	}
	for range 300 {
		check(e)
	}
	close(stop)
	group.Wait()
}

func TestADocumentAgreesWithItselfWhileCircuitsChange(t *testing.T) {
	moments(t, func(e *health.Endpoints) {
		var h, r, j struct {
			document
			Ready bool
		}
		overall := get(t, e.Health)
		decode(t, overall.Body.Bytes(), &h)
		var states []string
		for _, c := range h.list() {
			states = append(states, c.State)
		}
		wantMoment(t, overall.Body.String(), states, h.Kinds[0].Available, h.Status)

		ready := get(t, e.Ready)
		decode(t, ready.Body.Bytes(), &r)
		wantMoment(t, ready.Body.String(), statesOf(r.document), r.Kinds[0].Available, r.Status)
		if r.Ready != r.Kinds[0].Available || (ready.Code == 200) != r.Ready {
			t.Errorf("%d %s", ready.Code, ready.Body)
		}

		jobs := get(t, e.JobsStatus)
		decode(t, jobs.Body.Bytes(), &j)
		if j.Open != !slices.Contains(statesOf(j.document), resilience.Closed.String()) {
			t.Error(jobs.Body)
		}
	})
}

func statesOf(d document) (all []string) {
	for _, s := range d.states() {
		all = append(all, s)
	}
	return all
}

func wantMoment(t *testing.T, body string, states []string, available bool, status string) {
	t.Helper()
	want := "ok"
	switch {
	case !slices.Contains(states, "closed"):
		want = "down"
	case slices.Contains(states, "open"):
		want = "degraded"
	}
	if status != want || available != (want != "down") {
		t.Error(body)
	}
}
