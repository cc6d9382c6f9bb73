package ai

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/finbrain/ai/fallback"
	"github.com/finbrain/ai/resilience"
)

// call is one Analyze or Stream on its way through the steps. It is used by one
// goroutine at a time, and again for another one once it has ended.
type call struct {
	client    *Client
	id        uint64 // in events; 0 when nobody wants them
	req       *Request
	kind      Kind
	policy    *FallbackPolicy
	model     string // the model name asked for, without a route before it
	addressed *route // the route named before the model, or nil
	primary   *route
	start     time.Time
	deadline  time.Time
	sum       string // the request's part of its cache keys; "" when it has none
	trail     Trail
	seats     []seat  // by route index
	hasStale  bool    // the cache holds a stale answer of the primary
	together  bool    // run for other callers too: it may go on when this one has left
	hedged    bool    // an attempt that lost may still be under way when it ends
	out       *outlet // of a Stream

	few   [2]seat    // where seats lies when that is enough
	short [4]Attempt // where trail lies when that is enough
}

// answer is a response on its way to the caller, with what the marker will say
// of it.
type answer struct {
	resp     *Response
	source   Source
	provider string
	model    string // asked for; the response may name another
	age      time.Duration
	private  bool // resp belongs to this call alone
}

func (c *Client) newCall(ctx context.Context, req *Request) *call {
	l, ok := c.calls.Get().(*call)
	if !ok {
		l = new(call)
	}
	l.client, l.req, l.kind, l.policy = c, req, req.ResolvedKind(), &c.fallback
	l.start, l.trail = time.Now(), l.short[:0]
	if c.events.wants() {
		l.id = c.ids.Add(1)
	}
	if req.Fallback != nil {
		l.policy = req.Fallback
	}
	if _, ok := ctx.Deadline(); !ok {
		l.deadline = l.start.Add(DefaultDeadline)
	}
	if l.seats = l.few[:]; len(c.routes) > len(l.few) {
		l.seats = make([]seat, len(c.routes))
	}
	l.address(c)
	l.choosePrimary(c)
	return l
}

// recycle gives a call back that has ended. What the caller was given holds no
// part of it.
func (c *Client) recycle(l *call) {
	if !l.together && !l.hedged {
		*l = call{}
		c.calls.Put(l)
	}
}

// run takes the call through its steps and marks what comes of it.
func (l *call) run(ctx context.Context) (*Response, error) {
	result := chain.Run(ctx, l, l.deadline, l.client.stepsFor(l))
	if result.Step < 0 {
		return nil, l.giveUp(ctx, result.Left)
	}
	return l.mark(result), nil
}

// mark writes who answered and why, the fallback marker among it. Nothing else
// does. It writes on a copy unless the response is the call's own: a provider's
// may be shared.
func (l *call) mark(result fallback.Result[answer]) *Response {
	a := result.Value
	resp := a.resp
	if !a.private {
		resp = new(*a.resp)
	}
	resp.Source, resp.Provider, resp.Age = a.source, a.provider, a.age
	if resp.Model == "" {
		resp.Model = a.model
	}
	// A provider that is a Client itself may have fallen back: that stays said.
	resp.Fallback = resp.Fallback || result.Step > 0
	switch {
	case result.Step > 0:
		resp.Reason = CodeOf(result.Left[0].Err)
	case !resp.Fallback:
		resp.Reason = ""
	}
	resp.Trail = slices.Clone(l.trail)
	return resp
}

// ask is the step of a route: its fresh cached answer if it is a substitute,
// else the provider under its guard.
func (l *call) ask(ctx context.Context, r *route, turn fallback.Turn) (answer, error) {
	s := l.seat(r)
	switch {
	case s.err != nil:
		return answer{}, l.skip(r, s, s.err)
	case !l.sameSpace(r):
		return answer{}, l.skip(r, s, &Error{Code: CodeIncompatibleSpace, Provider: r.name, Model: s.plan.Model})
	}
	if r != l.primary && !l.req.Cache.Refresh {
		if a, ok := l.look(ctx, r, false); ok {
			return a, nil
		}
	}
	made := len(l.trail)
	resp, err := l.guarded(ctx, r, s, l.pace(s.plan.Model, turn))
	if err == nil {
		l.store(ctx, r, resp)
		return answer{
			resp: resp, source: SourceProvider, provider: r.name, model: s.plan.Model, private: l.reads(r),
		}, nil
	}
	if failed, ok := err.(*Error); ok && ctx.Err() == nil {
		return answer{}, failed
	}
	refused := r.refusal(ctx, s.plan.Model, err)
	if len(l.trail) == made {
		return answer{}, l.skip(r, s, refused)
	}
	if failed := (*Error)(nil); errors.As(err, &failed) { // the last attempt before the call ended
		refused.steps = []error{failed}
	}
	return answer{}, refused
}

// resortPatience is how long a route waits for a retry or a gate when only a
// static answer is behind it: long enough for the ordinary retries, not for a
// rate limit.
const resortPatience = time.Second

// pace is how the guard is to take its turn.
func (l *call) pace(model string, turn fallback.Turn) resilience.Call {
	c := resilience.Call{ID: l.id, Key: model, Share: turn.Share, Hurry: turn.Hurry}
	if turn.Resort {
		c.Patience = resortPatience
	}
	return c
}

// guarded asks the provider under its guard, and enters every attempt in the
// trail.
func (l *call) guarded(ctx context.Context, r *route, s *seat, pace resilience.Call) (*Response, error) {
	guard := r.guards[l.kind]
	switch {
	case l.reads(r):
		return resilience.RunStream(ctx, guard, pace, func(attempt context.Context, reading *resilience.Reading) (*Response, error) {
			entry := l.newAttempt(s, r)
			resp, err := l.read(ctx, attempt, r, s, reading, &entry)
			l.trail = append(l.trail, entry)
			return resp, err
		})
	case !r.hedges[l.kind]:
		return resilience.RunCall(ctx, guard, pace, func(attempt context.Context) (*Response, error) {
			entry := l.newAttempt(s, r)
			resp, err := l.attempt(ctx, attempt, r, s, &entry)
			l.trail = append(l.trail, entry)
			return resp, err
		})
	}
	l.hedged = true
	var race race
	resp, err := resilience.RunHedged(ctx, guard, pace, func(attempt context.Context) (*Response, error) {
		entry := l.newAttempt(s, r)
		n := race.begin(entry)
		resp, err := l.attempt(ctx, attempt, r, s, &entry)
		race.end(n, entry)
		return resp, err
	})
	l.trail = append(l.trail, race.over(time.Since(l.start))...)
	return resp, err
}

func (l *call) newAttempt(s *seat, r *route) Attempt {
	return Attempt{Source: SourceProvider, Provider: r.name, Model: s.plan.Model, Start: time.Since(l.start)}
}

// attempt asks the provider once and completes the entry. caller is the
// context of the call, ctx that of the attempt.
func (l *call) attempt(caller, ctx context.Context, r *route, s *seat, entry *Attempt) (*Response, error) {
	resp, err := r.analyze(ctx, s.req)
	return l.attempted(caller, ctx, r, s, entry, resp, err)
}

// attempted completes the entry of an attempt that ended with resp or err. Beside
// err, resp says no more than what was used.
func (l *call) attempted(caller, ctx context.Context, r *route, s *seat, entry *Attempt, resp *Response, err error) (*Response, error) {
	entry.Duration = time.Since(l.start) - entry.Start
	var usage Usage
	if resp != nil { // the provider charges for what cannot be used, too
		usage = resp.Usage
	}
	if err == nil && r != l.primary && !l.servedSpace(resp) {
		err = &Error{Code: CodeIncompatibleSpace}
	}
	if err == nil {
		if entry.Model == "" {
			entry.Model = resp.Model // what was asked for, nobody knows
		}
		l.tellAttempt(r, entry, usage)
		return resp, nil
	}
	e := r.errorOf(caller, ctx, s.plan.Model, err)
	entry.Code, entry.Status, entry.RetryAfter = e.Code, e.Status, e.RetryAfter
	l.tellAttempt(r, entry, usage)
	return nil, e
}

// servedSpace reports whether the vectors that came back may stand in for the
// primary's: what a provider planned is not always what it did.
func (l *call) servedSpace(resp *Response) bool {
	return l.kind != KindEmbedding || l.req.AllowOtherSpace ||
		matchSpaces(l.seat(l.primary).plan.Space, resp.Space)
}

// ready reports whether r could be asked now.
func (l *call) ready(r *route) bool {
	s := l.seat(r)
	return s.err == nil && l.sameSpace(r) && r.guards[l.kind].Ready(s.plan.Model)
}

// skip enters a step that was not tried in the trail.
func (l *call) skip(r *route, s *seat, e *Error) error {
	l.trail = append(l.trail, Attempt{
		Source: SourceProvider, Provider: r.name, Model: s.plan.Model,
		Code: e.Code, Skipped: true, Start: time.Since(l.start), RetryAfter: e.RetryAfter,
	})
	return e
}

// giveUp builds the error of a call that nothing answered: the primary's Code,
// the smallest wait hint, and every route's error behind it. When substitutes
// were left only for embedding into another space, that is its Code. Of a stream
// that broke off it is the Code of who broke off.
func (l *call) giveUp(ctx context.Context, left []fallback.Left) *Error {
	out := &Error{}
	substitutes, apart, decides := 0, 0, 0
	if l.begun() {
		decides = len(left) - 1
	}
	if decisive := (*Error)(nil); errors.As(left[decides].Err, &decisive) {
		*out = *decisive
		out.Cause, out.steps = nil, nil
	}
	for i, step := range left {
		var failed *Error
		if !errors.As(step.Err, &failed) {
			continue // no cached answer
		}
		if i != decides {
			switch failed.Code {
			case CodeUnsupported:
			case CodeIncompatibleSpace:
				substitutes++
				apart++
			default:
				substitutes++
			}
		}
		out.steps = append(out.steps, failed)
		if failed.RetryAfter > 0 && (out.RetryAfter == 0 || failed.RetryAfter < out.RetryAfter) {
			out.RetryAfter = failed.RetryAfter
		}
	}
	if substitutes > 0 && apart == substitutes {
		out.Code, out.Status, out.Detail = CodeIncompatibleSpace, 0, ""
	}
	if err := ctx.Err(); err != nil {
		out.Code, out.Cause, out.Status, out.Detail = codeOfContext(err), err, 0, ""
	}
	out.Trail = slices.Clone(l.trail)
	return out
}
