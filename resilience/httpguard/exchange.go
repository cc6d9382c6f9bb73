package httpguard

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/finbrain/ai/resilience"
)

// exchange is one request with its permit and, if the status was a success, the
// body of its response.
type exchange struct {
	transport *Transport
	permit    resilience.Permit
	req       *http.Request
	broken    atomic.Bool // the request's own body is
	started   time.Time   // zero if the request has no deadline
	body      io.ReadCloser
	stream    bool // an event stream of a probe
}

func (x *exchange) roundTrip() (resp *http.Response, err error) {
	returns := false
	defer func() {
		if returns {
			return
		}
		x.permit.Abandon()
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
	}()
	if _, ok := x.req.Context().Deadline(); ok {
		x.started = time.Now()
	}
	sent := watched(x.req, &x.broken)
	resp, err = x.transport.base().RoundTrip(sent)
	if err != nil || resp == nil {
		x.permit.Done(x.brokenOff(err))
	} else {
		if resp.Request == sent {
			resp.Request = x.req
		}
		x.answered(resp, x.transport.classify(resp))
	}
	returns = true
	return resp, err
}

// answered tells what is certain by now, and leaves a success to the body.
func (x *exchange) answered(resp *http.Response, v resilience.Verdict) {
	if v.Outcome == resilience.Success && v.Block <= 0 && x.readable(resp) {
		x.body, x.stream = resp.Body, x.permit.Probe() && isEventStream(resp.Header)
		resp.Body = x
		return
	}
	x.permit.Judge(v)
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
		defer x.permit.Abandon() // if it cannot be judged
		x.permit.Done(x.brokenOff(err))
	case x.stream && n > 0:
		x.permit.Done(resilience.Success)
	}
	return n, err
}

// Close closes the response's body. The outcome comes first: closing makes a
// Read that is under way fail.
func (x *exchange) Close() (err error) {
	defer func() { err = x.body.Close() }() // even if a callback of the breaker panics
	o := resilience.Success
	if x.req.Context().Err() != nil || withdrawn(x.req) {
		o = resilience.Neutral // its reader gave up
	}
	x.permit.Done(o)
	return nil
}

// brokenOff is the outcome of a request that ended with err.
func (x *exchange) brokenOff(err error) resilience.Outcome {
	if x.broken.Load() || errors.Is(err, resilience.ErrOpen) || errors.Is(err, resilience.ErrLimit) {
		return resilience.Neutral
	}
	ctx := x.req.Context()
	ended := ctx.Err()
	deadline, ok := ctx.Deadline()
	// The deadline of a connection may pass a moment before the context's.
	late := errors.Is(ended, context.DeadlineExceeded) || ended == nil && ok && !time.Now().Before(deadline)
	switch {
	case late && time.Since(x.started) < x.transport.minTrial():
		return resilience.Neutral
	case !late && (ended != nil || withdrawn(x.req)):
		return resilience.Neutral
	case err != nil && x.transport.ClassifyError != nil:
		return x.transport.ClassifyError(x.req, err)
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
