package ai

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/finbrain/ai/resilience"
)

// DefaultTimeout returns how long one attempt may take unless a policy says
// otherwise: 60 s, but 20 s for embeddings, 90 s for image generation and 10
// minutes for files.
func DefaultTimeout(k Kind) time.Duration {
	switch k {
	case KindEmbedding:
		return 20 * time.Second
	case KindImageGeneration:
		return 90 * time.Second
	case KindFile:
		return 10 * time.Minute
	default:
		return 60 * time.Second
	}
}

// DefaultOpenFor is how long the breaker of a route stays open unless a policy
// says otherwise.
const DefaultOpenFor = 30 * time.Second

// route is one provider under its guards, one guard per kind:
// embeddings that fail must not stop texts.
type route struct {
	name     string
	index    int // its place among the Client's routes
	provider Analyzer
	planner  Planner  // nil when the provider is none
	streamer Streamer // likewise
	serves   [kindEnd]bool
	guards   [kindEnd]*resilience.Guard // nil where it serves nothing
	hedges   [kindEnd]bool              // attempts may run beside each other
	steps    [kindEnd][]link            // of the Client's own policy, with this route as primary
}

func newRoute(name string, provider Analyzer) *route {
	r := &route{name: name, provider: provider}
	r.planner, _ = provider.(Planner)
	r.streamer, _ = provider.(Streamer)
	for _, k := range []Kind{KindText, KindImage, KindEmbedding} {
		r.serves[k] = true
	}
	// Few providers make images: one is taken at its word.
	if r.planner != nil {
		_, err := r.plan(specimen(KindImageGeneration))
		r.serves[KindImageGeneration] = err == nil
	}
	_, r.serves[KindFineTuning] = provider.(FineTuner)
	_, r.serves[KindFile] = provider.(FileStore)
	return r
}

func checkRouteName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case strings.ContainsAny(name, "/ \t\r\n"):
		return errors.New("contains a slash or white space")
	}
	return nil
}

// guard builds the route's guards and connects their breakers to the feed.
func (r *route) guard(rules []policyRule, events *feed) error {
	for k := range kindEnd {
		if !r.serves[k] {
			continue
		}
		policy := policyFor(rules, r.name, k)
		if policy.Timeout == 0 {
			policy.Timeout = DefaultTimeout(k)
		}
		if policy.Breaker.OpenFor == 0 {
			policy.Breaker.OpenFor = DefaultOpenFor
		}
		events.watch(r.name, k, &policy)
		g, err := resilience.NewGuard(r.name+"/"+k.String(), policy, verdict)
		if err != nil {
			return invalid("WithPolicy", err.Error())
		}
		r.guards[k], r.hedges[k] = g, policy.Hedge.MaxShare > 0
	}
	return nil
}

// analyze asks the provider. A panic of the provider is a bad response: the
// application must not go down with a library that its provider's answer
// confused. The panic's value may hold that answer and is not kept.
func (r *route) analyze(ctx context.Context, req *Request) (resp *Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, &Error{Code: CodeBadResponse, Detail: "the provider's adapter panicked"}
		}
	}()
	resp, err = r.provider.Analyze(ctx, req)
	if err == nil {
		err = verify(req, resp)
	}
	return resp, err
}

// plan asks the provider's Planner, under the same protection.
func (r *route) plan(req *Request) (plan Plan, failed *Error) {
	if r.planner == nil {
		return Plan{Model: req.Model}, nil
	}
	defer func() {
		if p := recover(); p != nil {
			failed = &Error{Code: CodeBadResponse, Provider: r.name, Detail: "the provider's adapter panicked"}
		}
	}()
	plan, err := r.planner.Plan(req)
	if err != nil {
		failed = coded(err, CodeUnsupported)
		failed.Provider = r.name
	}
	return plan, failed
}

// verify catches what an adapter must not return: no answer at all, or vectors
// that cannot be matched to the inputs.
func verify(req *Request, resp *Response) error {
	kind := req.ResolvedKind()
	switch {
	case resp == nil:
		return &Error{Code: CodeBadResponse, Detail: "the adapter returned neither response nor error"}
	case kind == KindImageGeneration && len(resp.Images) == 0:
		return &Error{Code: CodeBadResponse, Detail: "the answer has no image"}
	case kind == KindImageGeneration:
		return nil
	case kind != KindEmbedding && resp.Text == "" && len(resp.ToolCalls) == 0 && resp.FinishReason == FinishLength:
		return &Error{Code: CodeMaxTokens}
	case kind != KindEmbedding && resp.Text == "" && len(resp.ToolCalls) == 0:
		return &Error{Code: CodeBadResponse, Detail: "the answer is empty"}
	case kind != KindEmbedding:
		return nil
	case len(resp.Embeddings) != len(req.Inputs):
		return &Error{Code: CodeBadResponse, Detail: "not one vector per input"}
	}
	length := resp.Space.Dimensions
	if length == 0 {
		length = len(resp.Embeddings[0])
	}
	for _, v := range resp.Embeddings {
		if len(v) != length || length == 0 {
			return &Error{Code: CodeBadResponse, Detail: "an embedding vector has the wrong length"}
		}
	}
	return nil
}
