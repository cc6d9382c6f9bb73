package ai

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/finbrain/ai/resilience"
)

// DefaultTimeout returns how long one attempt may take unless a policy says
// otherwise: 60 s for text and image, 20 s for embeddings.
func DefaultTimeout(k Kind) time.Duration {
	if k == KindEmbedding {
		return 20 * time.Second
	}
	return 60 * time.Second
}

// route is one provider under its guards, one guard per kind of request:
// embeddings that fail must not stop texts.
type route struct {
	name     string
	index    int // its place among the Client's routes
	provider Analyzer
	planner  Planner // nil when the provider is none
	serves   [kindEnd]bool
	guards   [kindEnd]*resilience.Guard // nil where it serves nothing
	steps    [kindEnd][]link            // of the Client's own policy, with this route as primary
}

func newRoute(name string, provider Analyzer) *route {
	r := &route{name: name, provider: provider}
	r.planner, _ = provider.(Planner)
	for _, k := range Kinds() {
		r.serves[k] = true
	}
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

// policyRule is one WithPolicy.
type policyRule struct {
	route  string // "" is every route
	kind   Kind   // 0 is every kind
	policy resilience.Policy
}

// field names the rule as the application wrote it.
func (p policyRule) field() string { return fmt.Sprintf("WithPolicy(%q, %v)", p.route, p.kind) }

// check reports a rule that would never apply.
func (p policyRule) check(routes map[string]*route) error {
	r := routes[p.route]
	switch {
	case p.route == "":
		return nil
	case r == nil:
		return invalid(p.field()+".route", "names no provider")
	case p.kind != 0 && !r.serves[p.kind]:
		return invalid(p.field()+".kind", "is not among the kinds of this route")
	}
	return nil
}

// policyFor returns the most specific of the rules for a route and kind.
func policyFor(rules []policyRule, route string, kind Kind) resilience.Policy {
	var best resilience.Policy
	rank := -1
	for _, rule := range rules {
		if (rule.route != "" && rule.route != route) || (rule.kind != 0 && rule.kind != kind) {
			continue
		}
		of := 0
		if rule.route != "" {
			of += 2
		}
		if rule.kind != 0 {
			of++
		}
		if of >= rank {
			best, rank = rule.policy, of
		}
	}
	return best
}

// guard builds the route's guards and connects their breakers to the feed.
func (r *route) guard(rules []policyRule, events *feed) error {
	for _, k := range Kinds() {
		if !r.serves[k] {
			continue
		}
		policy := policyFor(rules, r.name, k)
		if policy.Timeout == 0 {
			policy.Timeout = DefaultTimeout(k)
		}
		own := policy.Breaker.OnStateChange
		policy.Breaker.OnStateChange = func(c resilience.StateChange) {
			events.publish(StateChanged{
				Time: c.At, Circuit: c.Name, Provider: r.name, Kind: k,
				From: c.From, To: c.To, FailureCount: c.FailureCount,
				Window: c.Window, OpenFor: c.OpenFor, Reason: c.Reason,
			})
			if own != nil {
				own(c)
			}
		}
		g, err := resilience.NewGuard(r.name+"/"+k.String(), policy, verdict)
		if err != nil {
			return invalid("WithPolicy", err.Error())
		}
		r.guards[k] = g
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
	switch {
	case resp == nil:
		return &Error{Code: CodeBadResponse, Detail: "the adapter returned neither response nor error"}
	case req.ResolvedKind() != KindEmbedding && resp.Text == "" && resp.FinishReason == FinishLength:
		return &Error{Code: CodeMaxTokens}
	case req.ResolvedKind() != KindEmbedding && resp.Text == "":
		return &Error{Code: CodeBadResponse, Detail: "the answer is empty"}
	case req.ResolvedKind() != KindEmbedding:
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

// coded returns a copy of the *Error in err, or an error of the Code in it, or
// of the Code otherwise. It keeps nothing else of err: what an adapter did not
// code may hold a key or a body.
func coded(err error, otherwise Code) *Error {
	var own *Error
	var code Code
	switch {
	case errors.As(err, &own) && own == nil:
		return &Error{Code: CodeBadResponse, Detail: "the adapter returned neither response nor error"}
	case own != nil:
		e := *own
		e.Trail, e.steps = nil, nil
		return &e
	case errors.As(err, &code):
		return &Error{Code: code}
	default:
		return &Error{Code: otherwise}
	}
}

// errorOf gives a failed attempt its final Code: only here is it known whether
// the caller, the attempt's time limit or the provider ended it. caller is the
// context of the whole call, attempt that of this attempt.
func (r *route) errorOf(caller, attempt context.Context, model string, err error) *Error {
	e := coded(err, CodeUnavailable)
	switch ended := caller.Err(); {
	case ended != nil:
		if cutShort(e.Code) {
			e.Code, e.Cause = codeOfContext(ended), ended
		}
	case attempt.Err() != nil:
		if cutShort(e.Code) {
			e.Code, e.Cause = CodeTimeout, context.DeadlineExceeded
		}
	case e.Code == CodeCanceled || e.Code == CodeDeadline:
		e.Code = CodeUnavailable // whoever ended it, it was not the caller
	}
	e.Provider = r.name
	if e.Model == "" {
		e.Model = model
	}
	return e
}

// cutShort reports whether an error may be no more than the effect of a
// context that ended. What a provider said of the request stays said.
func cutShort(c Code) bool {
	switch c {
	case CodeCanceled, CodeDeadline, CodeTimeout, CodeUnavailable, CodeBadResponse:
		return true
	}
	return false
}

func codeOfContext(err error) Code {
	if errors.Is(err, context.DeadlineExceeded) {
		return CodeDeadline
	}
	return CodeCanceled
}

// probeHint is when to ask again while one call is out to see whether the
// provider works: its lease says only when it is given up.
const probeHint = time.Second

// refusal turns what a guard returned without asking the provider into a coded
// error. ctx is the call's context.
func (r *route) refusal(ctx context.Context, model string, err error) *Error {
	e := &Error{Code: CodeDeadline, Provider: r.name, Model: model, Cause: context.DeadlineExceeded}
	if ended := ctx.Err(); ended != nil {
		e.Code, e.Cause = codeOfContext(ended), ended
		return e
	}
	switch refused := err.(type) {
	case *resilience.OpenError:
		e.Code, e.Cause, e.RetryAfter = CodeCircuitOpen, refused, refused.RetryAfter()
		if refused.State == resilience.HalfOpen {
			e.RetryAfter = min(e.RetryAfter, probeHint)
		}
		if c := Code(refused.Reason); c == CodeRateLimited || c == CodeQuotaExhausted {
			e.Code = c
		}
	case *resilience.LimitError:
		e.Code, e.Cause = CodeOverloadedHere, refused
	}
	return e
}
