package ai

import (
	"context"
	"errors"
	"time"

	"github.com/finbrain/ai/resilience"
)

// errand is work beside requests: one route can do it, and nothing stands in
// for that one.
type errand struct {
	client *Client
	route  *route
	kind   Kind
	err    *Error // why there is no such route
}

// errand returns the errand of a kind at a route, or at the first that has the
// ability if none is named.
func (c *Client) errand(name string, kind Kind) errand {
	e := errand{client: c, kind: kind}
	switch r := c.byName[name]; {
	case r != nil && r.serves[kind]:
		e.route = r
	case r != nil:
		e.err = unsupported(r)
	case name != "":
		e.err = invalid("route", "names no provider")
	default:
		e.err = &Error{Code: CodeUnsupported, Detail: "no provider has it"}
		for _, r := range c.routes {
			if r.serves[kind] {
				e.route, e.err = r, nil
				break
			}
		}
	}
	return e
}

// ready returns why the errand cannot begin: the request is wrong, or it is
// nobody's.
func (e errand) ready(ctx context.Context, request error) error {
	switch ended := ctx.Err(); {
	case e.err != nil:
		return new(*e.err)
	case request != nil:
		return request
	case e.client.closed.Load():
		return &Error{Code: CodeInvalidRequest, Detail: "the client is closed", Cause: ErrClosed}
	case ended != nil:
		return &Error{Code: codeOfContext(ended), Cause: ended}
	}
	return nil
}

// repeatable says after which failures work may be done again.
type repeatable func(*Error) bool

func always(*Error) bool { return true }
func never(*Error) bool  { return false }

// unheard is for work that must not be done twice: the service itself said that
// it has done nothing.
func unheard(e *Error) bool { return e.Code == CodeRateLimited }

// perform does the work under the route's guard, for at most share in all; 0 is
// as long as the context and the guard's policy let it.
func perform[T any](ctx context.Context, e errand, share time.Duration, again repeatable, do func(context.Context) (T, error)) (T, error) {
	r := e.route
	l := &call{client: e.client, kind: e.kind, primary: r, start: time.Now()}
	if e.client.events.wants() {
		l.id = e.client.ids.Add(1)
	}
	v, err := resilience.RunCall(ctx, r.guards[e.kind], resilience.Call{ID: l.id, Share: share},
		func(attempt context.Context) (T, error) {
			entry := Attempt{Source: SourceProvider, Provider: r.name, Start: time.Since(l.start)}
			v, err := protected(attempt, do)
			entry.Duration = time.Since(l.start) - entry.Start
			if err == nil {
				l.enter(r, entry)
				return v, nil
			}
			failed := r.errorOf(ctx, attempt, "", err)
			failed.final = !again(failed)
			entry.Code, entry.Status, entry.RetryAfter = failed.Code, failed.Status, failed.RetryAfter
			l.enter(r, entry)
			return v, failed
		})
	if err == nil {
		l.tellEnd(&Response{Source: SourceProvider, Provider: r.name, Trail: l.trail}, nil)
		return v, nil
	}
	failed := l.abort(ctx, r, err)
	l.tellEnd(nil, failed)
	return v, failed
}

// enter puts an attempt that has ended into the trail and tells of it.
func (l *call) enter(r *route, entry Attempt) {
	l.trail = append(l.trail, entry)
	l.tellAttempt(r, &entry, Usage{})
}

// abort turns what a guard returned into the error of an errand.
func (l *call) abort(ctx context.Context, r *route, err error) *Error {
	var e Error
	failed, attempted := errors.AsType[*Error](err)
	if attempted && ctx.Err() == nil {
		e = *failed
	} else {
		e = *r.refusal(ctx, "", err)
		if attempted {
			e.steps = []error{failed}
		}
	}
	if len(l.trail) == 0 {
		_ = l.skip(r, new(seat), &e)
	}
	e.Trail = l.trail
	return &e
}

// protected does the work. A panic of the adapter is a bad response, as in
// route.analyze.
func protected[T any](ctx context.Context, do func(context.Context) (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Code: CodeBadResponse, Detail: "the provider's adapter panicked"}
		}
	}()
	return do(ctx)
}

// checkID refuses what cannot name anything at a provider.
func checkID(id string) error {
	switch {
	case id == "":
		return invalid("id", "is empty")
	case id == "." || id == "..": // no escape keeps these from meaning a folder
		return invalid("id", "names nothing")
	case len(id) > 512:
		return invalid("id", "is longer than 512 bytes")
	}
	return nil
}
