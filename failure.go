package ai

import (
	"context"
	"errors"
	"time"

	"github.com/finbrain/ai/resilience"
)

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
		if !cutShort(e.Code) {
			break
		}
		e.Code, e.Cause = CodeTimeout, context.DeadlineExceeded
		if errors.Is(context.Cause(attempt), context.Canceled) {
			e.Code, e.Cause = CodeCanceled, context.Canceled // another attempt beside it has answered
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
