package health

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/finbrain/ai"
	"github.com/finbrain/ai/resilience"
)

// Endpoints serves the health of a service: see the package documentation. Its
// methods Health, Ready and JobsStatus are handlers; they answer GET and HEAD,
// are never to be cached, and are safe for concurrent use.
type Endpoints struct {
	client   *ai.Client
	own      []*resilience.Breaker // the client's
	config   Config
	draining atomic.Bool
}

// New returns the endpoints of a service that asks client, or an error that
// names what is wrong with its arguments.
func New(client *ai.Client, config Config) (*Endpoints, error) {
	if client == nil {
		return nil, errors.New("health: client is nil")
	}
	served := client.Health().Kinds
	if len(served) == 0 {
		return nil, errors.New("health: the client serves no kind of request")
	}
	config.JobKind = cmp.Or(config.JobKind, served[0].Kind)
	if err := config.check(served); err != nil {
		return nil, err
	}
	config.Kinds, config.Required = slices.Clone(config.Kinds), slices.Clone(config.Required)
	return &Endpoints{client: client, own: client.Breakers(), config: config}, nil
}

// Register serves the endpoints at /health, /readyz and /jobs/status of mux,
// which answers other methods than GET and HEAD itself.
func (e *Endpoints) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /health", e.Health) // a pattern without GET would conflict with a "GET /"
	mux.HandleFunc("GET /readyz", e.Ready)
	mux.HandleFunc("GET /jobs/status", e.JobsStatus)
}

// Drain makes /readyz fail from now on, so that no further requests are sent
// here: the first thing to do when the process is told to stop, some seconds
// before it stops listening.
func (e *Endpoints) Drain() { e.draining.Store(true) }

// Health answers 200 with everything there is to see:
//
//	{"status":"degraded","draining":false,"kinds":[…],"circuits":[…],"dropped_events":0,"closed":false}
//
// status is "down" while a kind that Config.Kinds needs, or a service that
// Config.Required names, cannot be had; "degraded" while any circuit is not
// closed or the gate of any model is shut; else "ok". The rest is [ai.Health],
// with the circuits of Config.Services after the Client's.
func (e *Endpoints) Health(w http.ResponseWriter, r *http.Request) {
	serve(w, r, func() (int, any) {
		s := e.look()
		return http.StatusOK, struct {
			Status   Status `json:"status"`
			Draining bool   `json:"draining"`
			ai.Health
		}{s.status(), e.draining.Load(), s.Health}
	})
}

// Ready answers 200, or 503 while the service drains or its status is "down":
//
//	{"ready":true,"status":"degraded","draining":false,"kinds":[…],"circuits":{"openai/text":"open",…}}
func (e *Endpoints) Ready(w http.ResponseWriter, r *http.Request) {
	serve(w, r, func() (int, any) {
		s, draining := e.look(), e.draining.Load()
		status, code := s.status(), http.StatusOK
		ready := status != Down && !draining
		if !ready {
			code = http.StatusServiceUnavailable
		}
		return code, struct {
			Ready    bool            `json:"ready"`
			Status   Status          `json:"status"`
			Draining bool            `json:"draining"`
			Kinds    []ai.KindHealth `json:"kinds"`
			Circuits states          `json:"circuits"`
		}{ready, status, draining, s.Kinds, s.states()}
	})
}

// JobsStatus answers 200 with what [Gate] would say to a job:
//
//	{"circuit_breaker_open":true,"retry_after":30,"circuits":{"openai/text":"open",…}}
//
// circuit_breaker_open is true while no provider can be asked for what
// Config.JobKind names; retry_after, in seconds, is left out when there is
// nothing to wait for or nobody knows.
func (e *Endpoints) JobsStatus(w http.ResponseWriter, r *http.Request) {
	serve(w, r, func() (int, any) {
		s := e.look()
		jobs := s.kind(e.config.JobKind)
		return http.StatusOK, struct {
			Open       bool   `json:"circuit_breaker_open"`
			RetryAfter int64  `json:"retry_after,omitzero"`
			Circuits   states `json:"circuits"`
		}{!jobs.Available, seconds(jobs.RetryAfter), s.states()}
	})
}
