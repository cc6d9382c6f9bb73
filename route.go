package ai

import (
	"context"
	"errors"
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

// verify catches what an adapter must not return: no response at all, or
// vectors that cannot be matched to the inputs.
func verify(req *Request, resp *Response) error {
	if resp == nil {
		return &Error{Code: CodeBadResponse, Detail: "the adapter returned neither response nor error"}
	}
	if req.ResolvedKind() != KindEmbedding {
		return nil
	}
	if len(resp.Embeddings) != len(req.Inputs) {
		return &Error{Code: CodeBadResponse, Detail: "not one vector per input"}
	}
	for _, v := range resp.Embeddings {
		if len(v) == 0 {
			return &Error{Code: CodeBadResponse, Detail: "an embedding vector is empty"}
		}
	}
	return nil
}

// errorOf gives a failed attempt its final Code: only here is it known whether
// the caller, the attempt's time limit or the provider ended it. caller is the
// context of the whole call, attempt that of this attempt.
func (r *route) errorOf(caller, attempt context.Context, model string, err error) *Error {
	e := &Error{Code: CodeUnavailable}
	var own *Error
	var code Code
	switch {
	case errors.As(err, &own):
		*e = *own
		e.Trail, e.steps = nil, nil
	case errors.As(err, &code):
		e.Code = code
	}
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
		if c := Code(refused.Reason); c == CodeRateLimited || c == CodeQuotaExhausted {
			e.Code = c
		}
	case *resilience.LimitError:
		e.Code, e.Cause = CodeOverloadedHere, refused
	}
	return e
}
