package httpguard

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/finbrain/ai/resilience"
)

// exchange is one request with its permit and, if the status was a success, the
// body of its response.
type exchange struct {
	permit   resilience.Permit
	breaker  *resilience.Breaker
	req      *http.Request
	started  time.Time // zero if the request has no deadline
	minTrial time.Duration
	body     io.ReadCloser
	stream   bool // an event stream, perhaps a probe's
}

// answered tells what is certain by now, and leaves a success to the body.
func (x *exchange) answered(resp *http.Response, v resilience.Verdict) {
	if v.Outcome == resilience.Success && x.readable(resp) {
		x.body, x.stream = resp.Body, x.breaker.IsHalfOpen() && isEventStream(resp.Header)
		resp.Body = x
	} else {
		x.permit.Done(v.Outcome)
	}
	if v.Block > 0 {
		x.breaker.Trip(time.Now().Add(v.Block), v.Reason)
	}
}

// readable tells whether the answer has a body with something to prove. One
// that can be written to is an upgraded connection, which is no longer HTTP.
func (x *exchange) readable(resp *http.Response) bool {
	switch {
	case resp.Body == nil, resp.Body == http.NoBody, x.req.Method == http.MethodHead,
		resp.StatusCode == http.StatusNoContent, resp.StatusCode == http.StatusNotModified:
		return false
	}
	_, upgraded := resp.Body.(io.Writer)
	return !upgraded
}

func isEventStream(h http.Header) bool {
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && media == "text/event-stream"
}

// Read reads the response's body.
func (x *exchange) Read(p []byte) (int, error) {
	n, err := x.body.Read(p)
	switch {
	case err == io.EOF:
		x.permit.Done(resilience.Success)
	case err != nil:
		x.permit.Done(x.brokenOff(err))
	case x.stream && n > 0:
		x.permit.Done(resilience.Success)
	}
	return n, err
}

// Close closes the response's body. The outcome comes first: closing makes a
// Read that is under way fail.
func (x *exchange) Close() error {
	x.permit.Done(resilience.Success)
	return x.body.Close()
}

// brokenOff is the outcome of a request that ended with err.
func (x *exchange) brokenOff(err error) resilience.Outcome {
	if errors.Is(err, resilience.ErrOpen) || errors.Is(err, resilience.ErrLimit) {
		return resilience.Neutral
	}
	ctx := x.req.Context()
	ended := ctx.Err()
	deadline, ok := ctx.Deadline()
	// The deadline of a connection may pass a moment before the context's.
	late := errors.Is(ended, context.DeadlineExceeded) || ended == nil && ok && !time.Now().Before(deadline)
	switch {
	case late && time.Since(x.started) < x.minTrial:
		return resilience.Neutral
	case !late && (ended != nil || withdrawn(x.req)):
		return resilience.Neutral
	}
	return resilience.Failure
}

// withdrawn tells whether the request's Cancel channel is closed: by its maker,
// or by an [http.Client] whose time limit has passed.
func withdrawn(req *http.Request) bool {
	select {
	case <-req.Cancel: //nolint:staticcheck // deprecated for makers of requests; a RoundTripper has to honour it
		return true
	default:
		return false
	}
}
