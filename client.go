package ai

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai/fallback"
	"github.com/finbrain/ai/resilience"
)

// DefaultDeadline is how long a call may take whose context has no deadline.
const DefaultDeadline = 2 * time.Minute

// drainLimit is how long Close waits for observers.
const drainLimit = 5 * time.Second

// Client is an Analyzer that stays up: it asks the first of its providers that
// can serve a request, each behind circuit breakers of its own, and when that
// one fails answers from the cache, from another provider or with a static
// answer, and says so. It is safe for concurrent use; make one with New and
// keep it.
type Client struct {
	routes   []*route
	byName   map[string]*route
	fallback FallbackPolicy
	statics  [kindEnd]*Response
	answers  *answerCache // nil without WithCache
	events   *feed
	ids      atomic.Uint64 // of calls, in events
	closed   atomic.Bool
	calls    sync.Pool // of *call
}

// link is one step of a call.
type link = fallback.Step[*call, answer]

// chain decides which failures lead on to the next link.
var chain = fallback.Chain[*call, answer]{
	Onward: func(l *call, err error) bool { return !l.begun() && onward(CodeOf(err), l.policy) },
}

// New returns a Client with at least one provider. Its errors are *Error with
// CodeInvalidRequest and name the wrong option; a store given to WithCache is
// closed then, as nobody else may be able to.
func New(options ...Option) (*Client, error) {
	var s settings
	var errs []error
	for _, o := range options {
		if o != nil {
			errs = append(errs, o.apply(&s))
		}
	}
	c, err := s.client(errs)
	if err != nil {
		if s.store != nil {
			_ = s.store.Close() // the wrong option is what the caller must hear of
		}
		return nil, err
	}
	return c, nil
}

// client builds the Client from settings whose options ended in errs.
func (s *settings) client(errs []error) (*Client, error) {
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	if len(s.routes) == 0 {
		return nil, invalid("WithProvider", "is missing: a client needs a provider")
	}
	c := &Client{
		routes: s.routes, byName: make(map[string]*route, len(s.routes)),
		fallback: s.fallback, statics: s.statics, events: s.feed(),
	}
	if s.store != nil {
		c.answers = newAnswerCache(s.store, s.caching)
	}
	for i, r := range c.routes {
		r.index = i
		c.byName[r.name] = r
		if err := r.guard(s.policies, c.events); err != nil {
			return nil, err
		}
	}
	for _, rule := range s.policies {
		if err := rule.check(c.byName); err != nil {
			return nil, err
		}
	}
	for _, r := range c.routes {
		for _, k := range Kinds() {
			r.steps[k] = c.stepsOf(r, k, &c.fallback)
		}
	}
	return c, nil
}

// Analyze answers a request: from the cache if a fresh answer is there, else
// by the primary provider, else by what the fallback policy names. The
// response says what answered; its Trail lists all that was tried.
//
// The error is a *Error. Requests that cannot be right are refused before any
// network. A context without a deadline gets DefaultDeadline. After ctx has
// ended nothing more is sent to a provider.
func (c *Client) Analyze(ctx context.Context, req *Request) (*Response, error) {
	if err := c.check(ctx, req); err != nil {
		return nil, err
	}
	l := c.newCall(ctx, req)
	var resp *Response
	var err error
	if c.answers != nil && l.cacheable() {
		resp, err = l.runCached(ctx)
	} else {
		resp, err = l.run(ctx)
	}
	l.tellEnd(resp, err)
	c.recycle(l)
	return resp, err
}

// check refuses what need not begin.
func (c *Client) check(ctx context.Context, req *Request) error {
	if err := req.Validate(); err != nil {
		return err
	}
	if c.closed.Load() {
		return &Error{Code: CodeInvalidRequest, Detail: "the client is closed", Cause: ErrClosed}
	}
	if err := ctx.Err(); err != nil {
		return &Error{Code: codeOfContext(err), Cause: err}
	}
	return nil
}

// Close refuses further calls, closes the cache store and waits up to five
// seconds until the observers have been told everything, so it is not for an
// observer to call. Calls under way go on. It is idempotent.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	var err error
	if c.answers != nil {
		err = c.answers.store.Close()
	}
	c.events.drain(drainLimit)
	return err
}

// Breakers returns the circuit breaker of every route and kind, in the order
// of the routes, to look at and to steer: each is named "route/kind".
func (c *Client) Breakers() []*resilience.Breaker {
	var all []*resilience.Breaker
	for _, g := range c.Guards() {
		all = append(all, g.Breaker())
	}
	return all
}

// Guards returns the guard of every route and kind, in the order of Breakers:
// a breaker with its retry budget, limit and gates, to look at.
func (c *Client) Guards() []*resilience.Guard {
	var all []*resilience.Guard
	for _, r := range c.routes {
		for _, g := range r.guards {
			if g != nil {
				all = append(all, g)
			}
		}
	}
	return all
}

// Breaker returns the circuit breaker of one route and kind, or nil when there
// is none.
func (c *Client) Breaker(route string, kind Kind) *resilience.Breaker {
	r := c.byName[route]
	if r == nil || kind >= kindEnd || r.guards[kind] == nil {
		return nil
	}
	return r.guards[kind].Breaker()
}

func (c *Client) stepsFor(l *call) []link {
	if l.policy == &c.fallback {
		return l.primary.steps[l.kind]
	}
	return c.stepsOf(l.primary, l.kind, l.policy)
}

// stepsOf lists the steps of a call: its primary, then what the policy names
// as far as the Client has it.
func (c *Client) stepsOf(primary *route, kind Kind, policy *FallbackPolicy) []link {
	steps := []link{c.routeStep(primary)}
	for _, s := range policy.order() {
		switch {
		case s == StepCache && c.answers != nil && c.answers.ages.Stale > 0:
			steps = append(steps, link{Do: stale, Ready: func(l *call) bool { return l.hasStale }})
		case s == StepProvider:
			for _, r := range c.routes {
				if r != primary && r.serves[kind] {
					steps = append(steps, c.routeStep(r))
				}
			}
		case s == StepStatic && c.statics[kind] != nil:
			steps = append(steps, link{Do: static, Resort: true})
		}
	}
	return steps
}

func (c *Client) routeStep(r *route) link {
	return link{
		Timed: true,
		Ready: func(l *call) bool { return l.ready(r) },
		Do: func(ctx context.Context, l *call, turn fallback.Turn) (answer, error) {
			return l.ask(ctx, r, turn)
		},
	}
}
