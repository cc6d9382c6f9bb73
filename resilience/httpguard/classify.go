package httpguard

import (
	"net/http"
	"time"

	"github.com/finbrain/ai/resilience"
)

// The reasons that a breaker gives for being open because of a Retry-After.
const (
	ReasonRateLimited = "rate_limited" // of a 429
	ReasonUnavailable = "unavailable"  // of a 503
)

// Classify says what an answer means by its status alone:
//
//   - 429 is neutral, and blocks for as long as its Retry-After asks;
//   - 503 is a failure, and blocks for as long as its Retry-After asks;
//   - 408 and the other 5xx except 501 are failures;
//   - everything else is a success: the service answered.
//
// What is not a success may succeed when tried again. It reads the clock if
// there is a Retry-After.
func Classify(resp *http.Response) resilience.Verdict {
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		return blocking(resp.Header, resilience.Verdict{
			Outcome:   resilience.Neutral,
			Retry:     true,
			Throttled: true,
			Reason:    ReasonRateLimited,
		})
	case code == http.StatusServiceUnavailable:
		return blocking(resp.Header, resilience.Verdict{
			Outcome: resilience.Failure,
			Retry:   true,
			Reason:  ReasonUnavailable,
		})
	case code == http.StatusRequestTimeout, serverFault(code):
		return resilience.Verdict{Outcome: resilience.Failure, Retry: true}
	}
	return resilience.Verdict{Outcome: resilience.Success}
}

func blocking(h http.Header, v resilience.Verdict) resilience.Verdict {
	if wait, ok := RetryAfter(h, time.Now()); ok {
		v.After, v.Block = wait, wait
	}
	return v
}

// serverFault tells whether a status says that the server failed. 501 says that
// the request asks for what the server does not do.
func serverFault(code int) bool {
	return code/100 == 5 && code != http.StatusNotImplemented
}
