package otel

import (
	"context"
	"strings"

	"github.com/finbrain/ai"
)

// Wrap returns an Analyzer that makes a span of every call to analyzer and
// measures it. It is an ai.Planner, or an ai.Streamer, if analyzer is one.
// Nothing else changes: the same request goes in, the same answer or error
// comes out.
//
// Wrap a Client or a provider, not a Client and its providers too: their calls
// would be counted twice. A Client's circuits are measured from now on until
// it is closed; those of two Clients are told apart by the names of their
// routes only. Wrap panics when analyzer is nil.
func (t *Telemetry) Wrap(analyzer ai.Analyzer) ai.Analyzer {
	if analyzer == nil {
		panic("otel: Telemetry.Wrap: analyzer is nil")
	}
	w := &wrapped{telemetry: t, inner: analyzer}
	w.streamer, _ = analyzer.(ai.Streamer)
	if client, ok := analyzer.(*ai.Client); ok {
		t.watch(client)
		w.primaries, w.ofClient = primariesOf(client), true
		return streaming{w}
	}
	w.planner, _ = analyzer.(ai.Planner)
	switch {
	case w.planner != nil && w.streamer != nil:
		return planningStreaming{streaming{w}, w.planner}
	case w.planner != nil:
		return planning{w, w.planner}
	case w.streamer != nil:
		return streaming{w}
	}
	return w
}

// wrapped is an Analyzer under watch.
type wrapped struct {
	telemetry *Telemetry
	inner     ai.Analyzer
	planner   ai.Planner  // inner, if it is one
	streamer  ai.Streamer // likewise
	primaries primaries   // of inner, if it is a Client
	ofClient  bool
}

// planning is a wrapped Planner.
type planning struct {
	*wrapped
	ai.Planner
}

// streaming is a wrapped Streamer.
type streaming struct{ *wrapped }

// planningStreaming is a wrapped Planner that is a Streamer.
type planningStreaming struct {
	streaming
	ai.Planner
}

// Analyze calls the wrapped Analyzer, whose context holds the call's span.
func (w *wrapped) Analyze(ctx context.Context, req *ai.Request) (resp *ai.Response, err error) {
	if req == nil {
		return w.inner.Analyze(ctx, req) // which refuses it
	}
	c := w.newCall(req)
	ctx = c.begin(ctx, req)
	// Also when inner panics or ends its goroutine: then there is neither
	// response nor error.
	defer func() { c.end(ctx, resp, err) }()
	return w.inner.Analyze(ctx, req)
}

func (w *wrapped) newCall(req *ai.Request) call {
	return call{telemetry: w.telemetry, asked: w.target(req), byName: req.Model != "", ofClient: w.ofClient}
}

// target is what req asks for, as far as that is known beforehand.
func (w *wrapped) target(req *ai.Request) target {
	kind := req.ResolvedKind()
	if model, ok := w.plan(req); ok {
		return target{kind: kind, model: model}
	}
	if route, model, ok := strings.Cut(req.Model, "/"); ok && w.primaries.routes[route] {
		return target{kind, route, model}
	}
	return target{kind, w.primaries.byKind[kind], req.Model}
}

// plan is the model that a Planner would ask. One that panics spoils no call
// here: whether it spoils one at all is up to inner.
func (w *wrapped) plan(req *ai.Request) (model string, ok bool) {
	if w.planner == nil {
		return "", false
	}
	defer func() { _ = recover() }()
	plan, err := w.planner.Plan(req)
	return plan.Model, err == nil
}

// primaries are the routes of a Client, and the first that serves each kind.
type primaries struct {
	routes map[string]bool
	byKind map[ai.Kind]string
}

func primariesOf(client *ai.Client) primaries {
	p := primaries{routes: map[string]bool{}, byKind: map[ai.Kind]string{}}
	for _, c := range client.Health().Circuits {
		p.routes[c.Provider] = true
		if p.byKind[c.Kind] == "" {
			p.byKind[c.Kind] = c.Provider
		}
	}
	return p
}
