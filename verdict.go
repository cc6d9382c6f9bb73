package ai

import (
	"time"

	"github.com/finbrain/ai/resilience"
)

// quotaBlock is how long a route is left alone after its quota was used up and
// the provider did not say until when.
const quotaBlock = 10 * time.Minute

// verdict says what a failed attempt means to the guard of its route. It is
// the one place where Codes become retries and breaker outcomes.
func verdict(err error) resilience.Verdict {
	e, ok := err.(*Error) // as errorOf made it
	if !ok {
		return resilience.Verdict{Outcome: resilience.Failure}
	}
	v := verdictOn(e)
	v.Retry = v.Retry && !e.final
	return v
}

func verdictOn(e *Error) resilience.Verdict {
	switch e.Code {
	case CodeTimeout:
		return resilience.Verdict{Outcome: resilience.Failure, Retry: true, TimedOut: true, After: e.RetryAfter}
	case CodeUnavailable:
		return resilience.Verdict{Outcome: resilience.Failure, Retry: true, After: e.RetryAfter}
	case CodeBadResponse:
		return resilience.Verdict{Outcome: resilience.Failure, Retry: true, Once: true, After: e.RetryAfter}
	case CodeAuthentication:
		return resilience.Verdict{Outcome: resilience.Failure}
	case CodeRateLimited:
		return resilience.Verdict{
			Outcome: resilience.Neutral, Retry: true, Throttled: true,
			After: e.RetryAfter, Reason: string(CodeRateLimited),
		}
	case CodeQuotaExhausted:
		block := e.RetryAfter
		if block <= 0 {
			block = quotaBlock
		}
		return resilience.Verdict{Outcome: resilience.Neutral, Block: block, Reason: string(CodeQuotaExhausted)}
	default:
		return resilience.Verdict{Outcome: resilience.Neutral}
	}
}

// onward reports whether a step behind one that failed with code is worth
// trying. Where the caller's context has ended nobody asks.
func onward(code Code, policy *FallbackPolicy) bool {
	switch code {
	case CodeInvalidRequest, CodeMaxTokens:
		return false
	case CodeContentFiltered:
		return policy.OnFiltered
	default:
		return true
	}
}
