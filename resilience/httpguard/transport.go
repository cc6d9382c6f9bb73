package httpguard

import (
	"errors"
	"net/http"
	"time"

	"github.com/finbrain/ai/resilience"
)

// Transport is an [http.RoundTripper] under a circuit breaker. One of Breaker
// and BreakerFor is required. It is safe for concurrent use, if what it is made
// of is, and must not be modified once in use.
//
// Each hop of a redirect is a request of its own. The error of a refusal is the
// breaker's [*resilience.OpenError]; every other error is that of Base. A panic
// in Base passes through and counts as a failure; of a probe it only frees the
// place.
//
// An error is a failure, with exceptions that say nothing of the service and
// are neutral: the request's context was cancelled, its deadline passed before
// MinTrial, its own body could not be read or was not as long as announced, or
// a guard further in refused. What else is no fault of the service
// ClassifyError tells. A request without a host, or with a method or header
// that HTTP does not know, is left to Base to refuse and asks no breaker.
//
// The permit of a successful answer is given back when its body has been read
// to the end or closed, whichever is first; a body that breaks off is judged as
// an error is, and one that is closed after the request's context has ended is
// neutral. BreakerConfig.SlowAfter measures the time until then. One that is
// never closed keeps a probe's place until its lease has run out
// (BreakerConfig.ProbeLease), and so does a download that takes longer; only of
// an event stream (text/event-stream), which may never end, does a probe
// succeed with the first bytes. An upgraded connection (101) is a success at
// once, and its body stays an [io.ReadWriteCloser].
//
// A guarded body is no [io.WriterTo], even if Base's was: copying would not
// tell a source that broke off from a destination that did.
type Transport struct {
	// Base makes the requests. Default: http.DefaultTransport.
	Base http.RoundTripper
	// Breaker is asked before every request.
	Breaker *resilience.Breaker
	// BreakerFor takes the place of Breaker and chooses one for each request,
	// by host for instance. A request for which it returns nil is made without
	// a breaker. It must not modify the request. A host that comes from outside
	// should not make a breaker of its own: their number has no bound.
	BreakerFor func(*http.Request) *resilience.Breaker
	// Classify says what an answer means; it must not read or close the body.
	// Of the verdict Outcome is used, and Block with Reason, which open the
	// breaker for that long, unless its state has changed since the request was
	// made. Default: [Classify].
	Classify func(*http.Response) resilience.Verdict
	// ClassifyError says what an error of Base, or of reading an answer's body,
	// means when none of the exceptions named above holds. Default: a failure.
	ClassifyError func(*http.Request, error) resilience.Outcome
	// MinTrial is how long a request must have run, the reading of its body
	// included, before being cut by its deadline is a failure: hurried callers
	// must not open a healthy service's breaker. The time limit of an
	// [http.Client] is such a deadline: if it is shorter than the default, set
	// MinTrial to it. Who reads a body slowly, until the deadline passes, cannot
	// be told from a service that sends it slowly, which is a failure: read
	// first and work then, or set no deadline. Default 1 s; negative: every
	// deadline that passes is a failure.
	MinTrial time.Duration
}

const defaultMinTrial = time.Second

var errNoBreaker = errors.New("httpguard: Transport.Breaker and Transport.BreakerFor are nil: one is required")

// RoundTrip makes one request under its breaker. Like every RoundTripper it
// closes the request's body, also when it refuses.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if malformed(req) {
		return t.base().RoundTrip(req)
	}
	b, err := t.breaker(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	if b == nil {
		return t.base().RoundTrip(req)
	}
	x := &exchange{transport: t, req: req}
	if x.permit, err = b.Acquire(); err != nil {
		closeBody(req)
		return nil, err
	}
	return x.roundTrip()
}

// CloseIdleConnections closes those of Base, if it has that method.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (t *Transport) breaker(req *http.Request) (*resilience.Breaker, error) {
	switch {
	case t.BreakerFor != nil:
		return t.BreakerFor(req), nil
	case t.Breaker != nil:
		return t.Breaker, nil
	}
	return nil, errNoBreaker
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	return http.DefaultTransport //nolint:forbidigo // what a nil RoundTripper means everywhere in net/http
}

func (t *Transport) minTrial() time.Duration {
	if t.MinTrial == 0 {
		return defaultMinTrial
	}
	return t.MinTrial
}

func (t *Transport) classify(resp *http.Response) resilience.Verdict {
	if t.Classify != nil {
		return t.Classify(resp)
	}
	return Classify(resp)
}
