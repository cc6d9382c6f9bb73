package mocks

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/finbrain/ai"
)

// TB is what an Analyzer needs of a test; *testing.T and *testing.B have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Analyzer is a scripted ai.Analyzer for unit tests. Its methods add steps to
// a script and return it, so that a script reads as one line; each call takes
// the next step:
//
//	m := mocks.NewAnalyzer(t).Fail(ai.CodeTimeout).Times(2).Answer("Net debt fell.")
//
// Like a provider it refuses, with the error of Request.Validate, what cannot
// be sent, and asks for nothing once the context has ended; such calls take no
// step. An Analyzer is safe for concurrent use, also while steps are added.
//
// It is an ai.Streamer too: every step can be streamed, word by word or in the
// pieces of Deltas, and Collect of the stream is what Analyze answers. And it is
// an ai.Planner: see Space.
type Analyzer struct {
	tb TB

	mu       sync.Mutex
	script   []step // what was added and not yet taken
	added    int    // steps ever added, repetitions counted
	standing *step  // answers what the script does not
	current  bool   // the last step of the script may still be modified
	calls    []Call
	space    ai.Space
	over     bool // the test has ended
}

// NewAnalyzer returns an Analyzer with an empty script: every call fails the
// test until steps are added. When the test ends, so does every step that was
// never asked for, except the one that Always made to stand. It panics when tb
// is nil.
func NewAnalyzer(tb TB) *Analyzer {
	if tb == nil {
		panic("mocks: NewAnalyzer: tb is nil")
	}
	a := &Analyzer{tb: tb}
	tb.Cleanup(a.finish)
	return a
}

// Space says in which space the double embeds. Answers to embedding requests
// carry it, with the length of their vectors as Dimensions when that is 0
// here. Without it they name no space, and an ai.Client never lets the double
// stand in for another provider's embeddings.
func (a *Analyzer) Space(space ai.Space) *Analyzer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.space = space
	return a
}

// Plan says what Analyze would do, without taking a step. It is the ai.Planner
// of the double.
func (a *Analyzer) Plan(req *ai.Request) (ai.Plan, error) {
	if err := req.Validate(); err != nil {
		return ai.Plan{}, err
	}
	plan := ai.Plan{Model: modelOf(req)}
	if req.ResolvedKind() == ai.KindEmbedding {
		a.mu.Lock()
		defer a.mu.Unlock()
		plan.Space = a.space
		if req.Dimensions > 0 && a.space != (ai.Space{}) {
			plan.Space.Dimensions = req.Dimensions
		}
	}
	return plan, nil
}

// Analyze takes the next step of the script. A call that no step is for fails
// the test and returns an *ai.Error; none waits, except where the script says
// so, and then only as long as the context lasts.
func (a *Analyzer) Analyze(ctx context.Context, req *ai.Request) (*ai.Response, error) {
	a.tb.Helper()
	s, resp, err := a.take(ctx, req)
	if err != nil {
		return nil, err
	}
	if !s.streamsOnly() {
		return resp, nil
	}
	return ai.Collect(s.stream(ctx, resp))
}

// take records the call and takes the next step: its answer, as far as that is
// not for a stream to tell, or its error.
func (a *Analyzer) take(ctx context.Context, req *ai.Request) (step, *ai.Response, error) {
	a.tb.Helper()
	number := a.record(ctx, req)
	if err := ended(ctx); err != nil {
		return step{}, nil, err
	}
	if err := req.Validate(); err != nil {
		return step{}, nil, err
	}
	s, ok := a.next()
	if !ok {
		return s, nil, a.unexpected(number, req, "no step is left in the script")
	}
	if s.only != 0 && s.only != medium(req.ResolvedKind()) {
		return s, nil, a.unexpected(number, req, fmt.Sprintf("the next step, %s, is not for that kind", s.name))
	}
	if err := wait(ctx, s.delay); err != nil {
		return s, nil, err
	}
	resp, err := s.run(ctx, req)
	switch {
	case err != nil && resp != nil:
		return s, nil, a.unexpected(number, req, s.name+" gave both a response and an error")
	case err != nil:
		return s, nil, err
	case resp == nil:
		return s, nil, a.unexpected(number, req, s.name+" gave neither a response nor an error")
	}
	return s, a.complete(number, req, resp.Clone()), nil
}

// medium returns the kind whose steps answer a request: text for images to
// look at too.
func medium(kind ai.Kind) ai.Kind {
	if kind == ai.KindImage {
		return ai.KindText
	}
	return kind
}

// Calls returns the calls made so far, in order, as deep copies.
func (a *Analyzer) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := make([]Call, len(a.calls))
	for i, c := range a.calls {
		calls[i] = Call{Request: c.Request.Clone(), Deadline: c.Deadline}
	}
	return calls
}

// record keeps a copy of the call and returns its number, counted from 1.
func (a *Analyzer) record(ctx context.Context, req *ai.Request) int {
	c := Call{Request: req.Clone()}
	c.Deadline, _ = ctx.Deadline()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, c)
	return len(a.calls)
}

func (a *Analyzer) next() (step, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.script) > 0:
		s := a.script[0]
		a.script = a.script[1:]
		return s, true
	case a.standing != nil:
		return *a.standing, true
	}
	return step{}, false
}

// complete fills in what every provider says of its answers, as far as the
// step left it open.
func (a *Analyzer) complete(number int, req *ai.Request, resp *ai.Response) *ai.Response {
	resp.Source = cmp.Or(resp.Source, ai.SourceProvider)
	resp.Provider = cmp.Or(resp.Provider, name)
	resp.Model = cmp.Or(resp.Model, modelOf(req))
	resp.RequestID = cmp.Or(resp.RequestID, fmt.Sprintf("%s-%d", name, number))
	if len(resp.Embeddings) == 0 {
		finish := ai.FinishStop
		if len(resp.ToolCalls) > 0 {
			finish = ai.FinishToolCalls
		}
		resp.FinishReason = cmp.Or(resp.FinishReason, finish)
		return resp
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if resp.Space == (ai.Space{}) && a.space != (ai.Space{}) {
		resp.Space = a.space
		resp.Space.Dimensions = cmp.Or(resp.Space.Dimensions, len(resp.Embeddings[0]))
	}
	return resp
}

// name is what the double calls itself and, unless asked for another, its
// model.
const name = "mock"

func modelOf(req *ai.Request) string { return cmp.Or(req.Model, name) }

// unexpected fails the test and makes the error for the caller.
func (a *Analyzer) unexpected(number int, req *ai.Request, why string) error {
	a.tb.Helper()
	a.report("mocks: call %d (%s): %s", number, req.ResolvedKind(), why)
	return &ai.Error{Code: ai.CodeBadResponse, Provider: name, Model: modelOf(req), Detail: "unexpected call: " + why}
}

// report fails the test, unless that has ended: a *testing.T must not be
// touched then.
func (a *Analyzer) report(format string, args ...any) {
	a.tb.Helper()
	a.mu.Lock()
	over := a.over
	a.mu.Unlock()
	if !over {
		a.tb.Errorf(format, args...)
	}
}

// finish reports what was never asked for.
func (a *Analyzer) finish() {
	a.tb.Helper()
	a.mu.Lock()
	left := a.script
	added := a.added
	a.over = true
	a.mu.Unlock()
	if len(left) > 0 {
		a.tb.Errorf("mocks: %d of %d steps were never asked for, the first of them %s", len(left), added, left[0].name)
	}
}
