package ai

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Code says what kind of failure an error is. Providers map whatever went
// wrong to a Code, and nothing else in the system looks at status codes or
// error texts: retries, breakers and fallbacks all decide by Code.
//
// A Code is itself an error value, so that
//
//	errors.Is(err, ai.CodeUnavailable)
//
// asks whether err, or any failure behind it, has that Code.
type Code string

// The codes. What each does to retries, the breaker and the fallback is in
// the table of the package documentation.
const (
	// CodeInvalidRequest: the request itself is wrong; asking again, or asking
	// somebody else, cannot help.
	CodeInvalidRequest Code = "invalid_request"
	// CodeTooLarge: an input or image is over the provider's limit.
	CodeTooLarge Code = "too_large"
	// CodeContextLength: the prompt is too long for the model.
	CodeContextLength Code = "context_length"
	// CodeMaxTokens: the token limit was reached before any text was produced.
	CodeMaxTokens Code = "max_tokens"
	// CodeContentFiltered: the prompt or the answer was blocked, or the model
	// refused to answer.
	CodeContentFiltered Code = "content_filtered"
	// CodeModelFailed: the model gave up for reasons of its own (recitation, a
	// malformed or unexpected tool call).
	CodeModelFailed Code = "model_failed"
	// CodeNotAvailable: the model does not exist, or not for this key or
	// location.
	CodeNotAvailable Code = "not_available"
	// CodeAuthentication: the key is missing, wrong or revoked.
	CodeAuthentication Code = "authentication"
	// CodeQuotaExhausted: the account's quota or credit is used up; unlike a
	// rate limit this does not pass within minutes.
	CodeQuotaExhausted Code = "quota_exhausted"
	// CodeRateLimited: too many requests; RetryAfter says when to come back.
	CodeRateLimited Code = "rate_limited"
	// CodeTimeout: the attempt's time limit passed, or the provider said that
	// it had timed out.
	CodeTimeout Code = "timeout"
	// CodeUnavailable: the provider could not be reached, or said that it
	// cannot serve now.
	CodeUnavailable Code = "unavailable"
	// CodeBadResponse: the provider answered with something that is no answer.
	CodeBadResponse Code = "bad_response"
	// CodeCircuitOpen: the circuit breaker let nothing through.
	CodeCircuitOpen Code = "circuit_open"
	// CodeOverloadedHere: a limit of this process was reached; the provider was
	// not asked.
	CodeOverloadedHere Code = "overloaded_here"
	// CodeIncompatibleSpace: only an embedding space other than the primary's
	// could have answered.
	CodeIncompatibleSpace Code = "incompatible_space"
	// CodeCanceled: the caller's context was cancelled.
	CodeCanceled Code = "canceled"
	// CodeDeadline: the caller's deadline passed.
	CodeDeadline Code = "deadline"
	// CodeUnsupported: the provider cannot do this kind of request.
	CodeUnsupported Code = "unsupported"
)

// ErrOpen is what errors.Is finds when a circuit breaker or a closed
// rate-limit gate refused the call.
var ErrOpen = resilience.ErrOpen

// ErrIncompatibleSpace is what errors.Is finds when an embedding request could
// only have been answered from another embedding space.
const ErrIncompatibleSpace = CodeIncompatibleSpace

// ErrClosed is what errors.Is finds when the Client has been closed.
var ErrClosed = errors.New("ai: client is closed")

// Error makes every Code an error value of its own; it returns the Code as it
// is written in logs and JSON: "rate_limited".
func (c Code) Error() string { return string(c) }

func (c Code) text() string { return strings.ReplaceAll(string(c), "_", " ") }

// Temporary reports whether the same request may succeed later without
// anything being changed.
func (c Code) Temporary() bool {
	switch c {
	case CodeRateLimited, CodeQuotaExhausted, CodeTimeout, CodeUnavailable, CodeBadResponse,
		CodeCircuitOpen, CodeOverloadedHere, CodeDeadline:
		return true
	}
	return false
}

// Error is the one error type of this module. It says what happened in terms
// the application can act on; it never holds a key, a prompt, an answer or a
// provider's own error text.
//
// An Error returned by a Client has the Code of the primary's failure, the
// smallest wait hint of all steps, and the Trail of everything that was tried.
type Error struct {
	// Code is the kind of failure; never empty on an error of this module.
	Code Code
	// Field names the offending part of the request, for CodeInvalidRequest
	// and CodeTooLarge found before any network: "Images[2].Data".
	Field string
	// Detail is a short phrase written by this SDK, or empty.
	Detail string
	// Provider is the route's name; Model the model asked for, if known.
	Provider string
	Model    string
	// Status is the HTTP status, or 0 when there was none.
	Status int
	// RetryAfter is how long to wait before asking again, 0 when nobody said.
	RetryAfter time.Duration
	// RequestID is the provider's identifier of the exchange, for its support.
	RequestID string
	// Trail lists every attempt made and every step skipped. Only a Client
	// fills it.
	Trail Trail
	// Cause is a sentinel behind the failure (context.DeadlineExceeded,
	// io.ErrUnexpectedEOF, a *resilience.OpenError) or nil. Adapters never put
	// a library's own error here: such errors carry bodies and keys.
	Cause error

	steps []error // what each step ended in, when a Client gave up
	final bool    // it must not be tried again, whatever the Code
}

// Error describes the failure in one line without any provider text.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("ai: ")
	if e.Provider != "" {
		b.WriteString(e.Provider)
		b.WriteString(": ")
	}
	b.WriteString(e.Code.text())
	if e.Field != "" {
		b.WriteString(": ")
		b.WriteString(e.Field)
	}
	if e.Detail != "" {
		b.WriteString(": ")
		b.WriteString(e.Detail)
	}
	if e.Status != 0 {
		b.WriteString(" (status ")
		b.WriteString(strconv.Itoa(e.Status))
		b.WriteString(")")
	}
	if e.RetryAfter > 0 {
		b.WriteString(", retry after ")
		b.WriteString(e.RetryAfter.Round(time.Millisecond).String())
	}
	return b.String()
}

// Is reports whether target is this error's Code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap returns the cause and, on an error of a Client, the error of every
// step that was tried or skipped.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return e.steps
	}
	return append([]error{e.Cause}, e.steps...)
}

// Temporary reports whether the same request may succeed later without
// anything being changed. An error of a Client is temporary as soon as one
// route's failure is.
func (e *Error) Temporary() bool {
	if e.Code.Temporary() {
		return true
	}
	for _, step := range e.steps {
		if CodeOf(step).Temporary() {
			return true
		}
	}
	return false
}

// CodeOf returns the Code of err: that of the first *Error or Code in its
// chain, or the empty Code when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		if e == nil {
			return ""
		}
		return e.Code
	}
	c, _ := errors.AsType[Code](err)
	return c
}

// invalid is the error of a request, option or configuration that names its
// wrong field.
func invalid(field, detail string) *Error {
	return &Error{Code: CodeInvalidRequest, Field: field, Detail: detail}
}
