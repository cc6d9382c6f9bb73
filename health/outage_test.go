package health_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/health"
	"github.com/finbrain/ai/resilience"
)

var update = flag.Bool("update", false, "write the golden files")

// outage is a service with two providers and a breaker of its own storage, and
// what it has said so far.
type outage struct {
	t         *testing.T
	client    *ai.Client
	endpoints *health.Endpoints
	gate      http.Handler
	log       bytes.Buffer // written by the client's observers
	states    map[string]string
	said      bytes.Buffer
}

func newOutage(t *testing.T, openai, gemini *provider) *outage {
	o := &outage{t: t, states: map[string]string{}}
	o.client = newClient(t, ai.WithLogger(slog.New(ai.NewJSONHandler(&o.log, nil))),
		ai.WithProvider("openai", openai, ai.OnlyKinds(ai.KindText)), ai.WithProvider("gemini", gemini, ai.OnlyKinds(ai.KindText)))
	services := &resilience.Registry{}
	services.Breaker("file_storage")
	o.endpoints = newEndpoints(t, o.client, health.Config{Services: services})
	o.gate = health.Gate(o.client, ai.KindText)(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	}))
	return o
}

func (o *outage) analyze(times int) {
	for range times {
		_, _ = o.client.Analyze(o.t.Context(), ai.Text("q"))
	}
}

// moment notes what everything says now, and checks that all say the same.
func (o *outage) moment(what string) {
	o.t.Helper()
	overall, ready, jobs := get(o.t, o.endpoints.Health), get(o.t, o.endpoints.Ready), get(o.t, o.endpoints.JobsStatus)
	job := get(o.t, o.gate.ServeHTTP)
	fmt.Fprintf(&o.said, "%s, %s\n", time.Now().UTC().Format("15:04:05.000"), what)
	synctest.Wait()
	for line := range strings.Lines(o.log.String()) {
		var change struct{ Event, Circuit, To_state string }
		decode(o.t, []byte(line), &change)
		if change.Event == "state_change" {
			o.states[change.Circuit] = change.To_state
			fmt.Fprintf(&o.said, "  log           %s", line)
		}
	}
	o.log.Reset()
	fmt.Fprintf(&o.said, "  /health       %d %s\n", overall.Code, overall.Body)
	fmt.Fprintf(&o.said, "  /readyz       %d %s\n", ready.Code, ready.Body)
	fmt.Fprintf(&o.said, "  /jobs/status  %d %s\n", jobs.Code, jobs.Body)
	fmt.Fprintf(&o.said, "  a job         %d %s\n\n", job.Code, job.Body)

	own, err := json.Marshal(o.client.Health())
	if err != nil {
		o.t.Fatal(err)
	}
	var h, r, c, j document
	decode(o.t, own, &h)
	decode(o.t, overall.Body.Bytes(), &r)
	o.agree(what+": /health", h, r)
	decode(o.t, ready.Body.Bytes(), &c)
	decode(o.t, jobs.Body.Bytes(), &j)
	for _, circuit := range h.list() {
		name, state := circuit.Name, circuit.State
		if logged, ok := o.states[name]; ok && logged != state || !ok && state != "closed" {
			o.t.Errorf("%s: %s is %s in the log and %s in Client.Health", what, name, logged, state)
		}
		if c.states()[name] != state || j.states()[name] != state {
			o.t.Errorf("%s: %s is %s in /readyz, %s in /jobs/status, %s in Client.Health", what, name, c.states()[name], j.states()[name], state)
		}
	}
	text := h.Kinds[0]
	if j.Open == text.Available || j.RetryAfter != text.RetryAfter || j.Open != (job.Code == http.StatusTooManyRequests) {
		o.t.Errorf("%s: /jobs/status says %+v, the gate %d, Client.Health %+v", what, j, job.Code, text)
	}
	if (ready.Code == http.StatusOK) != text.Available || (ready.Code == http.StatusOK) != (r.Status != "down") || c.Status != r.Status {
		o.t.Errorf("%s: /readyz says %d, %s, /health %s, Client.Health %+v", what, ready.Code, c.Status, r.Status, text)
	}
	if h := job.Header().Get("Retry-After"); j.Open && h != fmt.Sprint(j.RetryAfter) {
		o.t.Errorf("%s: Retry-After is %s, /jobs/status says %d", what, h, j.RetryAfter)
	}
}

func (o *outage) agree(what string, client, told document) {
	o.t.Helper()
	if fmt.Sprint(client.Kinds) != fmt.Sprint(told.Kinds) {
		o.t.Errorf("%s says %v, Client.Health %v", what, told.Kinds, client.Kinds)
	}
	of, shown := client.list(), told.list()
	if len(shown) != len(of)+1 || fmt.Sprint(of) != fmt.Sprint(shown[:len(of)]) || shown[len(of)].Name != "file_storage" {
		o.t.Errorf("%s says %v, Client.Health %v", what, shown, of)
	}
}

// document is any of the bodies.
type document struct {
	Status string
	Kinds  []struct {
		Kind       string
		Available  bool
		RetryAfter int `json:"retry_after"`
	}
	Circuits   json.RawMessage
	Open       bool `json:"circuit_breaker_open"`
	RetryAfter int  `json:"retry_after"`
}

type circuit struct {
	Name, State string
	Failures    int `json:"failure_count"`
	RetryAfter  int `json:"retry_after"`
}

func (d document) list() (all []circuit) {
	_ = json.Unmarshal(d.Circuits, &all)
	return all
}

func (d document) states() (all map[string]string) {
	_ = json.Unmarshal(d.Circuits, &all)
	return all
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestEverythingAgreesAtEveryMomentOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		openai, gemini := working(), working()
		o := newOutage(t, openai, gemini)
		o.analyze(3)
		o.moment("all is well")
		openai.fail(down())
		o.analyze(4)
		o.moment("openai has failed four times")
		o.analyze(2)
		o.moment("openai has failed five times, one call was refused")
		elapse(10500 * time.Millisecond)
		gemini.fail(down())
		o.analyze(5)
		o.moment("gemini has failed too")
		elapse(19*time.Second + 499*time.Millisecond)
		o.moment("openai is open for another millisecond")
		elapse(time.Millisecond)
		o.moment("openai may be asked again")

		release := make(chan error)
		openai.set(func(context.Context, *ai.Request) (*ai.Response, error) { return nil, <-release })
		probe := make(chan struct{})
		go func() {
			o.analyze(1)
			close(probe)
		}()
		synctest.Wait()
		o.moment("a call is out to see whether openai works")
		release <- down()
		<-probe
		o.moment("it does not")
		elapse(10500 * time.Millisecond)
		gemini.set(answering)
		o.moment("gemini may be asked again")
		o.analyze(1)
		o.moment("gemini works")
		openai.fail(&ai.Error{Code: ai.CodeRateLimited, RetryAfter: 7 * time.Second})
		elapse(30 * time.Second)
		o.analyze(1)
		o.moment("openai asks to be left alone")
		openai.set(answering)
		elapse(7 * time.Second)
		o.analyze(2)
		o.moment("openai works again")
		golden(t, "testdata/outage.golden", o.said.Bytes())
	})
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}
